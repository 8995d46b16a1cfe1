"""Bugs between Pay and the gateway: the form, the slot, the price, the call and what its failure means."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_START: Final = "flows/start_payment.py"
_LINKS: Final = "storage/links.py"
_SESSIONS: Final = "storage/sessions.py"
_ATTEMPTS: Final = "storage/attempts.py"
_ANSWERS: Final = "gateways/answers.py"

_CHECKED_OUTSIDE: Final = (
    Patch(
        _START,
        "    amount, computation = _check(link, form, moment.now)\n",
        "    amount, computation = link.terms.amount, None\n",
    ),
    Patch(
        _START,
        "    amount = await _due(services, link, form)\n",
        "    amount = await _due(services, link, form)\n    _check(link, form, services.clock.now_us())\n",
    ),
)
"""The link is checked as it was read, some time before it is claimed: check, then act."""

STARTING: Final[tuple[Mutant, ...]] = (
    Mutant(
        "start_key_per_call",
        "each call to the gateway gets an idempotency key of its own",
        "double charge",
        (
            Patch(
                _START,
                'return await found.gateway.start(found.account, order, key=attempt.key("start"))',
                "key = services.ids.new(prefixes.ATTEMPT)\n"
                "    return await found.gateway.start(found.account, order, key=key)",
            ),
        ),
    ),
    Mutant(
        "slot_checked_then_taken",
        "the link is checked when it is read; the slot is then taken without a condition",
        "two payers for one place",
        (
            *_CHECKED_OUTSIDE,
            Patch(
                _LINKS,
                "        _HAS_ROOM,\n        or_(L.starts_at",
                "        or_(L.starts_at",
            ),
        ),
    ),
    Mutant(
        "late_slot_without_condition",
        "money that comes late takes a place on its link although it is full",
        "more payments than a link allows",
        (
            Patch(
                _LINKS,
                ".where(_THIS, _HAS_ROOM)",
                ".where(_THIS, or_(_HAS_ROOM, L.slots_taken >= 0))",
            ),
        ),
    ),
    Mutant(
        "price_not_compared",
        "the price of now is charged, whatever the payer was shown",
        "charged at another price than displayed",
        (
            Patch(
                _START,
                "    if not form.has_seen(amount, may_be_typed=not takes_codes(link)):\n",
                "    if form.amount.currency != amount.currency:\n",
            ),
            Patch(_START, "    if form.version != link.version:\n        raise PriceChanged(CHANGED)\n", ""),
        ),
    ),
    Mutant(
        "price_read_again_at_the_gateway",
        "the gateway is told the session's amount, which a retry has changed, not the attempt's",
        "charged at another price than displayed",
        (
            Patch(
                "flows/resolve_attempt.py",
                "    return link.slug, session\n",
                "    return link.slug, replace(session, amount=link.terms.amount)\n",
            ),
            Patch(_START, "        amount=attempt.amount,\n", "        amount=session.amount,\n"),
        ),
    ),
    Mutant(
        "retry_keeps_the_old_snapshot",
        "a second try in a session does not store the price that is displayed now",
        "charged at another price than displayed",
        (
            Patch(
                _SESSIONS,
                '        amount_minor=bindparam("amount_minor"),\n        currency=bindparam("currency"),\n',
                "",
            ),
            Patch(
                _SESSIONS,
                "        link_version=session.link_version,\n        amount_minor=session.amount.minor,\n"
                "        currency=session.amount.currency,\n        description=session.description,\n"
                "        payer_email=session.payer_email,\n        payer_name=session.payer_name,\n"
                "        expires_at=session.expires_at,\n        language=session.language,\n    )\n"
                "    return row is not None\n\n\nasync def follow",
                "        link_version=session.link_version,\n        description=session.description,\n"
                "        payer_email=session.payer_email,\n        payer_name=session.payer_name,\n"
                "        expires_at=session.expires_at,\n        language=session.language,\n    )\n"
                "    return row is not None\n\n\nasync def follow",
            ),
        ),
    ),
    Mutant(
        "recorded_after_the_call",
        "the gateway is asked first, and the attempt is recorded when it has answered",
        "a charge that nobody knows of",
        (
            Patch(
                _START,
                "    claimed = await services.database.run(claim, moment_of(services), link.slug, form, new)\n",
                "    now = services.clock.now_us()\n"
                "    session = _session(link, form, new, _check(link, form, now)[0], now)\n"
                "    try:\n"
                "        planned = attempt_of(session, new.gateway, new.account_id, now=now, poll_at=now)\n"
                "        await send_start(services, found, link.slug, session, planned)\n"
                "    except (Unavailable, Rejected, OutcomeUnknown) as error:\n"
                '        raise GatewayTrouble("Nothing was charged.") from error\n'
                "    claimed = await services.database.run(claim, moment_of(services), link.slug, form, new)\n",
            ),
        ),
    ),
    Mutant(
        "retry_not_conditional",
        "a session with a payment under way takes another try",
        "a double click pays twice",
        (
            Patch(
                _START,
                "    return session.status is SessionStatus.OPEN and session.attempts < ATTEMPTS_MAX\n",
                "    return session.status is not SessionStatus.PAID and session.attempts < ATTEMPTS_MAX\n",
            ),
            Patch(
                _SESSIONS,
                '    .where(_THIS, C.status == SessionStatus.OPEN, C.attempt_id == bindparam("attempt_before"))\n',
                '    .where(_THIS, C.attempt_id == bindparam("attempt_before"))\n',
            ),
        ),
    ),
    Mutant(
        "closed_link_is_paid",
        "the claim does not ask whether the link is open",
        "paid after it was canceled, paused or had expired",
        (
            Patch(
                _START,
                "    if state is not Payability.PAYABLE:\n",
                "    if state is Payability.DRAFT:\n",
            ),
            Patch(
                _LINKS,
                '        or_(L.status == "active", L.status == "scheduled"),\n',
                "",
            ),
        ),
    ),
    Mutant(
        "timeout_is_failure",
        "no answer from the gateway counts as a failed payment",
        "a charge that is called failed",
        (
            Patch(
                _START,
                "    except (Unavailable, Rejected) as error:\n",
                "    except (Unavailable, Rejected, OutcomeUnknown) as error:\n",
            ),
        ),
    ),
    Mutant(
        "timeout_is_unavailable",
        "the client takes a timeout for a connection that was never made",
        "a charge that is called failed",
        (
            Patch(
                _ANSWERS,
                '            raise unsure(f"{self.vendor} did not answer: {error}.") from error\n',
                '            raise Unavailable(f"{self.vendor} did not answer: {error}.") from error\n',
            ),
        ),
    ),
    Mutant(
        "server_error_is_rejection",
        "a 500 in the gateway's own words counts as a refusal",
        "a charge that is called failed",
        (
            Patch(
                _ANSWERS,
                "        error = self.error_in(response) if 400 <= status < 500 else None\n",
                "        error = self.error_in(response) if status >= 400 else None\n",
            ),
        ),
    ),
    Mutant(
        "html_is_rejection",
        "an answer that cannot be read counts as a refusal",
        "a charge that is called failed",
        (
            Patch(
                _ANSWERS,
                '            raise self.unsure(f"{self.vendor}\'s answer could not be read.") from error\n',
                '            raise Rejected(f"{self.vendor}\'s answer could not be read.") from error\n',
            ),
        ),
    ),
    Mutant(
        "second_caller_fails_it",
        "whoever cannot reach the gateway fails the attempt, also the second click",
        "a charge that is called failed",
        (
            Patch(
                _START,
                "        if not claimed.is_new or not await services.database.run(\n",
                "        if not await services.database.run(\n",
            ),
            Patch(
                _START,
                "    if now.status is AttemptStatus.CREATED and now.gateway_ref is None and now.polls == 0:\n",
                "    if now.status is AttemptStatus.CREATED and now.gateway_ref is None:\n",
            ),
        ),
    ),
    Mutant(
        "second_caller_not_noted",
        "that somebody else asks the gateway, too, is not written down before it is asked",
        "a charge that is called failed",
        (
            Patch(
                _ATTEMPTS,
                "    .values(polls=A.polls + 1)\n    .returning(A.id)\n)\n_MOVE",
                "    .values(polls=A.polls)\n    .returning(A.id)\n)\n_MOVE",
            ),
        ),
    ),
    Mutant(
        "crash_is_not_looked_for",
        "an attempt has no time at which somebody looks whether its call was ever finished",
        "a payment that stays open for good",
        (Patch(_START, "poll_at=moment.now + CRASH_POLL_US", "poll_at=None"),),
    ),
    Mutant(
        "late_start_overwrites",
        "the answer to the first call overwrites what a webhook has told since",
        "a captured payment that waits for its payer again",
        (
            Patch(
                _ATTEMPTS,
                '    .where(_THIS, or_(A.status == "created", A.status == "unknown"), A.gateway_ref.is_(None))\n',
                "    .where(_THIS)\n",
            ),
        ),
    ),
    Mutant(
        "started_event_after_the_commit",
        "the event is written in a unit of its own, after the one that makes it true",
        "a payment that nobody hears of",
        (
            Patch(
                _START,
                "    if attempt.has_answers:\n"
                "        await keep_given(tx, link.merchant_id, attempt.id, given)\n"
                "    await announce(\n"
                "        tx,\n"
                "        moment,\n"
                "        EventType.PAYMENT_STARTED,\n"
                "        Subject(link.merchant_id, attempt.id, link.id, attempt.id),\n"
                "        payment_object(attempt, given),\n"
                "    )\n",
                "    if attempt.has_answers:\n"
                "        await keep_given(tx, link.merchant_id, attempt.id, given)\n",
            ),
            Patch(
                _START,
                "    attempt = claimed.attempt\n",
                "    attempt = claimed.attempt\n"
                "    if claimed.is_new:\n"
                "        subject = Subject(link.merchant_id, attempt.id, link.id, attempt.id)\n"
                "        await services.database.run(\n"
                "            announce,\n"
                "            moment_of(services),\n"
                "            EventType.PAYMENT_STARTED,\n"
                "            subject,\n"
                "            payment_object(attempt),\n"
                "        )\n",
            ),
        ),
    ),
)
