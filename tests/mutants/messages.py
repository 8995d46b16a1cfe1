"""Bugs on the way of news: webhooks in, events out, leases and turns."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_INBOUND: Final = "inbound/webhooks.py"
_RECEIVE: Final = "flows/receive_webhook.py"
_DELIVER: Final = "flows/deliver_outbox.py"
_TURN: Final = "flows/take_turn.py"
_SEND: Final = "flows/send_webhooks.py"
_QUEUES: Final = "storage/queues.py"

MESSAGES: Final[tuple[Mutant, ...]] = (
    # WI15: both are found by what nobody heals in time.
    Mutant(
        "acknowledged_without_storing",
        "a webhook that could not be stored is acknowledged all the same",
        "news that are lost",
        (
            Patch(
                _INBOUND,
                '            self._not_stored.note(gateway, account_id, f"{type(error).__name__}: {error}")\n'
                "            return BUSY\n",
                '            self._not_stored.note(gateway, account_id, f"{type(error).__name__}: {error}")\n'
                "            return RECEIVED\n",
            ),
        ),
    ),
    Mutant(
        "acknowledged_before_storing",
        "a webhook is acknowledged while it is being stored",
        "news that are lost",
        (
            Patch(
                _RECEIVE,
                "    is_new = await services.database.run(_store, moment_of(services), arrived)\n"
                "    services.wake.now()\n"
                "    return is_new\n",
                "    storing = asyncio.ensure_future(\n"
                "        services.database.run(_store, moment_of(services), arrived)\n"
                "    )\n"
                "    storing.add_done_callback(lambda _: services.wake.now())\n"
                "    return True\n",
            ),
        ),
    ),
    Mutant(
        "done_before_it_is_applied",
        "a webhook is marked as done when the work on it begins",
        "news that are lost",
        (
            Patch(
                _RECEIVE,
                "        try:\n            await _apply(services, received)\n",
                "        try:\n"
                '            await services.database.run(_done, received, "")\n'
                "            await _apply(services, received)\n",
            ),
        ),
    ),
    Mutant(
        "not_found_is_done",
        "a webhook about a payment that look-ups do not show yet counts as done",
        "news that are lost",
        (
            Patch(
                _RECEIVE,
                '        raise NotFound(f"The gateway does not find {payment_ref} yet.")\n',
                '        await services.database.run(_done, received, "not found")\n        return\n',
            ),
        ),
    ),
    Mutant(
        "webhook_not_known_again",
        "a webhook that comes twice is two webhooks",
        "work that is done twice",
        (
            Patch(
                "flows/verify_webhook.py",
                "        event_id=hint.event_id,\n",
                '        event_id=f"{hint.event_id}:{moment.now}",\n',
            ),
        ),
    ),
    Mutant(
        "signature_not_checked",
        "webhooks are taken without looking who signed them",
        "a stranger says that something was paid",
        (
            Patch(
                "gateways/timed_signature.py",
                "    if not is_genuine:\n",
                "    if not is_genuine and not given:\n",
            ),
        ),
    ),
    Mutant(
        "webhook_body_is_believed",
        "what a webhook says is applied without asking the gateway",
        "old news count as new ones",
        (
            Patch(
                _RECEIVE,
                '    fact = await found.gateway.look_up(found.account, AttemptRef(AttemptId(""), payment_ref))\n',
                '    fact = await found.gateway.look_up(found.account, AttemptRef(AttemptId(""), payment_ref))\n'
                '    if _read_hint(received.hint).event_type == "payment.processing":\n'
                "        fact = AttemptFact(FactKind.PROCESSING, gateway_ref=payment_ref, reference=fact.reference)\n",
            ),
            Patch(
                "core/payment_attempt.py",
                "        S.CAPTURED: _row(S.CAPTURED, {}),\n",
                "        S.CAPTURED: _row(S.CAPTURED, {F.PROCESSING: S.PROCESSING}),\n",
            ),
        ),
    ),
    Mutant(
        "promise_is_missing",
        "an event is written, the promise to tell of it is not",
        "a payment that nobody hears of",
        (
            Patch(
                "flows/announce.py",
                "    await promise(\n",
                "    if event_type is EventType.PAYMENT_CAPTURED:\n        return event_id\n    await promise(\n",
            ),
        ),
    ),
    Mutant(
        "promise_kept_before_it_is",
        "the promise to tell is taken away in a unit of its own, before what it makes is written",
        "a payment that nobody hears of",
        (
            Patch(
                _DELIVER,
                "    async with gate:\n        await services.database.run(_expand, held, made, moment_of(services))\n",
                "    async with gate:\n"
                "        if await services.database.run(outbox.done, held):\n"
                "            await services.database.run(_expand, held, made, moment_of(services))\n",
            ),
            Patch(_DELIVER, "    if not await outbox.done(tx, held):\n        return\n", ""),
        ),
    ),
    Mutant(
        "failure_is_delivered",
        "an endpoint that answers 500 counts as told",
        "a payment that nobody hears of",
        (
            Patch(
                _SEND,
                "        row, Verdict.AGAIN, answer.error, answer.status, answer.body, rest_s=answer.retry_after_s or 0\n",
                "        row, Verdict.DONE, answer.error, answer.status, answer.body, rest_s=answer.retry_after_s or 0\n",
            ),
        ),
    ),
    Mutant(
        "taken_from_the_queue_before_sending",
        "what is sent is taken from the queue when the turn begins, not when it has arrived",
        "a payment that nobody hears of",
        (
            Patch(
                _TURN,
                "    if not rows:\n        await queues.end(tx, turn, prefix=prefix)\n    return rows\n",
                "    if not rows:\n"
                "        await queues.end(tx, turn, prefix=prefix)\n"
                "    for row in rows:\n"
                "        await queues.remove(tx, turn.merchant_id, row.id)\n"
                "    return rows\n",
            ),
        ),
    ),
    Mutant(
        "failed_try_is_the_last",
        "what an endpoint did not take leaves the queue like what it took",
        "a payment that nobody hears of",
        (
            Patch(
                _TURN,
                "        if outcome.verdict is Verdict.AGAIN:\n",
                "        if outcome.verdict is Verdict.AGAIN and not outcome.is_sent:\n",
            ),
        ),
    ),
    Mutant(
        "turn_ends_with_rows_left",
        "a turn that finds nothing due ends for good, though something waits for its next try",
        "a payment that nobody hears of",
        (
            Patch(
                _QUEUES,
                "    if next_at is not None:\n        await rest(tx, turn, until=next_at",
                "    if next_at == AT_ONCE:\n        await rest(tx, turn, until=next_at",
            ),
        ),
    ),
    Mutant(
        "settled_without_holding_the_turn",
        "a worker that slept past its lease still writes down what came of its tries",
        "a payment that nobody hears of",
        (
            Patch(
                _SEND,
                "    if not await hold_turn(tx, turn):\n        return False\n",
                "",
            ),
        ),
    ),
    Mutant(
        "look_up_behind_is_believed",
        "a webhook is done with although the look-up still shows what was before it",
        "news that are lost",
        (
            Patch(
                "flows/behind.py",
                "    return end is not None and books not in _PAYMENT.get(end, frozenset(AttemptStatus))\n",
                "    return False\n",
            ),
        ),
    ),
)
