"""Bugs in sending money back: the reservation, the key, what an answer means, and what is booked."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_REFUND: Final = "flows/refund_payment.py"
_RECONCILE: Final = "flows/reconcile.py"
_STATES: Final = "core/refund.py"
_ATTEMPTS: Final = "storage/attempts.py"

REFUNDING: Final[tuple[Mutant, ...]] = (
    Mutant(
        "refund_not_reserved",
        "a refund is asked for without setting its amount aside",
        "more goes back than came",
        (
            Patch(
                _ATTEMPTS,
                '    .values(refund_requested_minor=A.refund_requested_minor + bindparam("amount"))\n',
                "    .values(refund_requested_minor=A.refund_requested_minor)\n",
            ),
        ),
    ),
    Mutant(
        "refund_checked_then_reserved",
        "what is left is looked up before the unit, which then reserves without a condition",
        "more goes back than came",
        (
            Patch(
                _REFUND,
                "    may_refund(\n"
                "        Money(attempt.captured_minor, currency), Money(attempt.refund_requested_minor, currency), asked\n"
                "    )\n",
                "    may_refund(Money(attempt.captured_minor, currency), Money(0, currency), asked)\n",
            ),
            Patch(
                _ATTEMPTS,
                '    .where(_THIS, A.status == "captured", A.refund_requested_minor + bindparam("amount") <= A.captured_minor)\n',
                '    .where(_THIS, A.status == "captured")\n',
            ),
        ),
    ),
    Mutant(
        "refund_made_in_the_unit",
        "the refund's id is drawn inside the unit, so that a unit that is run again makes another",
        "money goes back twice",
        (
            Patch(
                _REFUND, "        id=wanted.id,\n", "        id=RefundId(moment.ids.new(prefixes.REFUND)),\n"
            ),
        ),
    ),
    Mutant(
        "refund_key_per_turn",
        "each turn at the gateway has an idempotency key of its own",
        "money goes back twice",
        (
            Patch(
                _STATES,
                '        return f"refund-{self.id}"\n',
                '        return f"refund-{self.id}-{self.polls}"\n',
            ),
        ),
    ),
    Mutant(
        "refund_timeout_is_failure",
        "no answer to a refund counts as a refund that failed",
        "money goes back twice",
        (
            Patch(
                _RECONCILE,
                '    except Rejected as error:\n        code = error.code or "gateway_rejected"\n',
                '    except GatewayError:\n        code = "gateway_rejected"\n',
            ),
        ),
    ),
    Mutant(
        "refund_refused_out_of_turn",
        "a refusal counts also when its worker stood still, and another one has asked since",
        "money goes back, and the books say that it did not",
        (
            Patch(
                _REFUND,
                "    if refund.gateway_ref is None and refund.polls == taken.polls + 1:\n",
                "    if refund.id == taken.id:\n",
            ),
        ),
    ),
    Mutant(
        "refund_not_found_is_failure",
        "a refund that the gateway does not find counts as one that failed",
        "money goes back twice",
        (
            Patch(
                _RECONCILE,
                "    fact = await found.gateway.look_up_refund(found.account, ref)\n",
                "    fact = await found.gateway.look_up_refund(found.account, ref)\n"
                "    if fact.kind is RefundFactKind.NOT_FOUND:\n"
                '        return RefundFact(RefundFactKind.FAILED, failure_code="not_found")\n',
            ),
        ),
    ),
    Mutant(
        "reservation_kept_after_failure",
        "a refund that failed keeps its amount set aside",
        "money that can never be refunded again",
        (
            Patch(
                _REFUND,
                "            await attempts.change_refund(\n"
                "                tx, after.merchant_id, after.attempt_id, requested=-amount, refunded=0\n"
                "            )\n",
                "            pass\n",
            ),
        ),
    ),
    Mutant(
        "bounce_is_not_booked",
        "a refund that came back is called failed; counters and books stay as they were",
        "money in the books that is not there, or the other way around",
        (
            Patch(
                _REFUND,
                "            await book(tx, moment, attempt, postings.refund_returned(attempt, after))\n",
                "            pass\n",
            ),
        ),
    ),
    Mutant(
        "bounce_is_ignored",
        "a refund that went through cannot fail any more",
        "a payer who never got their money",
        (
            Patch(
                _STATES,
                "        R.SUCCEEDED: _row(R.SUCCEEDED, {K.FAILED: R.FAILED}),\n",
                "        R.SUCCEEDED: _row(R.SUCCEEDED, {}),\n",
            ),
        ),
    ),
    Mutant(
        "bounce_is_not_looked_for",
        "once a refund went through nobody looks at it again, and the daily comparison passes over refunds",
        "a payer who never got their money",
        (
            Patch(
                _REFUND,
                "    return next_bounce_look(now, now) if status is RefundStatus.SUCCEEDED else None\n",
                "    return None\n",
            ),
            Patch(
                "flows/compare_rest.py",
                "            if known.gateway_ref in {None, fact.gateway_ref}:\n",
                "            if known.gateway_ref is None:\n",
            ),
        ),
    ),
    Mutant(
        "refund_not_counted",
        "the link does not count what went back",
        "counters that promise more than came",
        (
            Patch(
                _REFUND,
                "            await links.count_refund(tx, after.merchant_id, after.link_id, on_link)\n",
                "            assert on_link >= 0\n",
            ),
        ),
    ),
    Mutant(
        "refund_asked_for_once",
        "a refund has no next turn: the first call must settle it",
        "a payer who never got their money",
        (
            Patch(
                "storage/refunds.py",
                '    .values(poll_at=bindparam("poll_at"), polls=R.polls + 1, started_at=bindparam("started_at"))\n',
                "    .values(\n"
                '        poll_at=func.nullif(bindparam("poll_at"), bindparam("poll_at")),\n'
                "        polls=R.polls + 1,\n"
                '        started_at=bindparam("started_at"),\n'
                "    )\n",
            ),
        ),
    ),
)
