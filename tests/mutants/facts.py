"""Bugs in what becomes of the gateway's word: its states, its doubts, the slot, surplus money, and who asks again when."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_APPLY: Final = "flows/apply_fact.py"
_RESOLVE: Final = "flows/resolve_attempt.py"
_RECONCILE: Final = "flows/reconcile.py"
_STATES: Final = "core/payment_attempt.py"
_LINKS: Final = "storage/links.py"
_ATTEMPTS: Final = "storage/attempts.py"

FACTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "expiry_does_not_ask",
        "when the checkout ends, the attempt is canceled here and not at the gateway",
        "a payer pays a page whose place was given away",
        (
            Patch(
                _RESOLVE,
                '        return await found.gateway.cancel(found.account, known, key=attempt.key("cancel"))\n',
                "        return AttemptFact(FactKind.CANCELED, gateway_ref=known.gateway_ref)\n",
            ),
        ),
    ),
    Mutant(
        "not_found_is_failure",
        "a payment that the gateway does not find counts as failed",
        "a charge that is called failed",
        (
            Patch(
                _RESOLVE,
                "        return await _not_found(services, found, visit, fact)\n",
                '        return AttemptFact(FactKind.FAILED, decline_code="not_found")\n',
            ),
        ),
    ),
    Mutant(
        "old_news_overwrite_captured",
        "a captured payment follows whatever is said of it afterwards",
        "money that vanishes from the books",
        (
            Patch(
                _STATES,
                "        S.CAPTURED: _row(S.CAPTURED, {}),\n",
                "        S.CAPTURED: _row(S.CAPTURED, _FORWARD),\n",
            ),
        ),
    ),
    Mutant(
        "capture_after_canceled_dropped",
        "canceled is final: money that comes after it is not booked",
        "money that nobody knows of",
        (
            Patch(
                _STATES,
                "        S.CANCELED: _row(S.CANCELED, _ONLY_CAPTURE),\n",
                "        S.CANCELED: _row(S.CANCELED, {}),\n",
            ),
        ),
    ),
    Mutant(
        "capture_after_failed_dropped",
        "failed is final: money that comes after it is not booked",
        "money that nobody knows of",
        (
            Patch(
                _STATES,
                "        S.FAILED: _row(S.FAILED, _ONLY_CAPTURE),\n",
                "        S.FAILED: _row(S.FAILED, {}),\n",
            ),
        ),
    ),
    Mutant(
        "wrong_amount_is_booked",
        "what was charged is not compared to what was displayed",
        "charged at another price than displayed",
        (Patch(_STATES, "    if fact.amount != attempt.amount:\n", "    if fact.amount.minor <= 0:\n"),),
    ),
    Mutant(
        "another_payment_is_accepted",
        "neither the adapter nor the attempt looks which payment an answer is about",
        "one payer's money is booked as another's",
        (
            Patch(
                "gateways/answers.py",
                "        if found != asked:\n",
                "        if not found:\n",
            ),
            Patch(
                _STATES,
                "    if fact.reference is not None and fact.reference != attempt.id:\n",
                '    if fact.reference == "":\n',
            ),
            Patch(
                _STATES,
                "    if attempt.gateway_ref is not None and fact.gateway_ref not in {None, attempt.gateway_ref}:\n",
                '    if fact.gateway_ref == "":\n',
            ),
        ),
    ),
    Mutant(
        "answers_are_not_told_apart",
        "the adapter does not look which payment an answer is about",
        "a good payment is frozen over an answer that was mixed up",
        (
            Patch(
                "gateways/answers.py",
                "        if found != asked:\n",
                "        if not found:\n",
            ),
        ),
    ),
    Mutant(
        "quarantine_frees_the_slot",
        "a payment that a person must look at gives its place away",
        "two payers for one place",
        (
            Patch(
                _APPLY,
                "    after = replace(before, status=status, review_reason=reason, poll_at=None, updated_at=moment.now)\n",
                "    after = replace(\n"
                "        before,\n"
                "        status=status,\n"
                "        review_reason=reason,\n"
                "        is_slot_held=False,\n"
                "        poll_at=None,\n"
                "        updated_at=moment.now,\n"
                "    )\n",
            ),
        ),
    ),
    Mutant(
        "slot_not_freed",
        "a failed payment keeps its place on the link",
        "a link that nobody can pay any more",
        (
            Patch(
                _APPLY,
                "    if before.is_slot_held:\n        await give_place_back(tx, before)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "slot_freed_twice",
        "a payment that was never sent frees its place where it fails, and once more after that",
        "two payers for one place",
        (
            Patch(
                "flows/start_payment.py",
                "        now = await apply_fact(tx, moment, attempt.merchant_id, attempt.id, fact)\n",
                "        now = await apply_fact(tx, moment, attempt.merchant_id, attempt.id, fact)\n"
                "        await give_place_back(tx, attempt)\n",
            ),
            Patch(
                "flows/start_payment.py",
                "import CHANGED, SOMEBODY_ELSE, refusal_of",
                "import CHANGED, SOMEBODY_ELSE, give_place_back, refusal_of",
            ),
        ),
    ),
    Mutant(
        "capture_counted_again",
        "the link counts a payment each time that the gateway says captured",
        "counters that promise more than came",
        (
            Patch(
                _APPLY,
                "    if attempt.status is AttemptStatus.CAPTURED:\n        return await _fee(",
                "    if attempt.status is AttemptStatus.CAPTURED:\n"
                "        await count_payment(tx, attempt)\n"
                "        return await _fee(",
            ),
        ),
    ),
    Mutant(
        "capture_announced_again",
        "each messenger announces the capture that it brings, though another has",
        "receivers ship twice",
        (
            Patch(
                _APPLY,
                "    if attempt.status is AttemptStatus.CAPTURED:\n        return await _fee(",
                "    if attempt.status is AttemptStatus.CAPTURED:\n"
                "        await _announce(tx, moment, EventType.PAYMENT_CAPTURED, attempt)\n"
                "        return await _fee(",
            ),
        ),
    ),
    Mutant(
        "link_not_settled",
        "a link that was paid in full stays open",
        "a bill that is paid twice",
        (
            Patch(
                _APPLY,
                "        await settle_status(tx, moment, link)\n",
                "        assert link.id == after.link_id\n",
            ),
        ),
    ),
    Mutant(
        "surplus_is_kept",
        "money that the link has no room for is marked, and not sent back",
        "a payer who has paid for nothing",
        (
            Patch(
                "flows/keep_surplus.py",
                "    await request_refund(tx, moment, attempt.merchant_id, asked)\n",
                "    assert asked.payment_id == attempt.id\n",
            ),
        ),
    ),
    Mutant(
        "surplus_is_counted",
        "money that goes back because there was no room counts on its link",
        "counters that promise more than came",
        (
            Patch(
                _APPLY,
                '    await settle_surplus(tx, moment, after, "The link had no room for this payment.")\n',
                "    await count_payment(tx, after)\n"
                '    await settle_surplus(tx, moment, after, "The link had no room for this payment.")\n',
            ),
        ),
    ),
    Mutant(
        "read_before_the_unit",
        "a fact is applied to the attempt as the asker read it, over whatever happened since",
        "money that vanishes from the books",
        (
            Patch(
                _RESOLVE,
                "run(apply_fact, moment_of(services), attempt.merchant_id, attempt.id, fact)\n",
                "run(apply_fact, moment_of(services), attempt.merchant_id, attempt.id, fact, attempt)\n",
            ),
            Patch(
                _APPLY,
                "    tx: Tx, moment: Moment, merchant_id: MerchantId, attempt_id: AttemptId, fact: AttemptFact\n"
                ") -> PaymentAttempt:\n"
                '    """Unit: answers the attempt as it is afterwards. The same fact again changes nothing."""\n'
                "    attempt = await attempts.lock_attempt(tx, merchant_id, attempt_id)\n",
                "    tx: Tx,\n"
                "    moment: Moment,\n"
                "    merchant_id: MerchantId,\n"
                "    attempt_id: AttemptId,\n"
                "    fact: AttemptFact,\n"
                "    known: PaymentAttempt | None = None,\n"
                ") -> PaymentAttempt:\n"
                "    attempt = known or await attempts.lock_attempt(tx, merchant_id, attempt_id)\n",
            ),
            Patch(
                _APPLY,
                "    is_ours = await attempts.move_attempt(tx, after, before=before.status, now=moment.now)\n"
                '    assert is_ours, "the attempt is locked by this unit"\n',
                "    await attempts.move_attempt(tx, after, before=before.status, now=moment.now)\n",
            ),
        ),
    ),
    Mutant(
        "turn_taken_without_condition",
        "whoever finds an attempt due takes its turn, also when somebody has settled it meanwhile",
        "work on what is over, for good",
        (
            Patch(
                _ATTEMPTS,
                '    .where(_THIS, A.poll_at == bindparam("seen"))\n',
                '    .where(_THIS, or_(A.poll_at == bindparam("seen"), A.polls >= 0))\n',
            ),
        ),
    ),
    Mutant(
        "asked_for_after_its_end",
        "a failed attempt keeps its next turn",
        "work on what is over, for good",
        (
            Patch(
                _APPLY,
                "    after = replace(told, is_slot_held=False, poll_at=None)\n",
                "    after = replace(told, is_slot_held=False)\n",
            ),
        ),
    ),
    Mutant(
        "asked_twice",
        "an attempt is not asked for any more after two turns",
        "a payment that stays open for good",
        (
            Patch(
                _RECONCILE,
                "    return await attempts.take_poll(tx, attempt, poll_at=poll_at)\n",
                "    if attempt.polls >= 2:\n"
                "        poll_at += 365 * DAY_US\n"
                "    return await attempts.take_poll(tx, attempt, poll_at=poll_at)\n",
            ),
        ),
    ),
    Mutant(
        "unknown_waits_like_the_rest",
        "an answer that was lost is asked for as rarely as a payer who takes their time, also after an outage",
        "a payer who waits for hours to hear",
        (
            Patch(
                "flows/schedule.py",
                "        step_s = min(step_s, UNSURE_STEP_S)\n",
                "        step_s = max(step_s, UNSURE_STEP_S)\n",
            ),
            Patch(
                _RECONCILE,
                "    await _note_up(services, attempt)\n    services.wake.now()\n",
                "    services.wake.now()\n",
            ),
        ),
    ),
    Mutant(
        "list_ends_after_its_first_page",
        "the daily comparison looks at nothing of what the gateway has",
        "money that nobody knows of",
        (
            Patch(
                _RECONCILE,
                "        for fact in page.attempts:\n",
                "        for fact in page.attempts[100:]:\n",
            ),
        ),
    ),
)
