"""Bugs about money that is held: taken without anybody's word, let go before the gateway has said so, asked for twice."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_RESOLVE: Final = "flows/resolve_attempt.py"
_HOLD: Final = "flows/hold_money.py"
_CAPTURE: Final = "flows/capture_payment.py"
_STORED: Final = "storage/held_payments.py"

HOLDING: Final[tuple[Mutant, ...]] = (
    Mutant(
        "held_money_is_taken_by_itself",
        "a payment that is captured by hand is captured by the next look-up",
        "taken without anybody's word",
        (
            Patch(
                _RESOLVE,
                "    if attempt.is_manual:\n        return await _by_hand(",
                "    if attempt.decision is not None:\n        return await _by_hand(",
            ),
        ),
    ),
    Mutant(
        "decision_is_overwritten",
        "who decides last wins, while the gateway does what was decided first",
        "captured and let go",
        (
            Patch(
                _STORED,
                "    .where(_THIS, A.verdict.is_(None))\n    .values(\n",
                "    .where(_THIS)\n    .values(\n",
            ),
            Patch(
                _CAPTURE,
                "    if attempt.decision is not None and attempt.status is AttemptStatus.AUTHORIZED:\n"
                "        if attempt.decision.verdict is verdict:\n"
                "            return attempt\n"
                "        raise TransitionRefused(\n",
                "    if attempt.decision is not None and attempt.merchant_id == '':\n"
                "        raise TransitionRefused(\n",
            ),
        ),
    ),
    Mutant(
        "let_go_before_the_gateway_says_so",
        "a void frees the place at once, whatever becomes of it at the gateway",
        "a place given twice",
        (
            Patch(
                _CAPTURE,
                "from linktill.flows.announce import Subject, announce\n",
                "from linktill.core.payment_attempt import AttemptFact, FactKind\n"
                "from linktill.flows.apply_fact import apply_fact\n"
                "from linktill.flows.announce import Subject, announce\n",
            ),
            Patch(
                _CAPTURE,
                "    await announce(tx, moment, _EVENTS[verdict], subject, await whole_payment(tx, after))\n",
                "    await announce(tx, moment, _EVENTS[verdict], subject, await whole_payment(tx, after))\n"
                "    if verdict is Verdict.VOID:\n"
                "        return await apply_fact(tx, moment, merchant_id, attempt_id, AttemptFact(FactKind.CANCELED))\n",
            ),
        ),
    ),
    Mutant(
        "void_captures",
        "the gateway is asked to capture, whatever was decided",
        "taken against the merchant's word",
        (
            Patch(
                _HOLD,
                "found.gateway.capture if decision.verdict is Verdict.CAPTURE else found.gateway.void\n",
                "found.gateway.capture if decision.verdict in Verdict else found.gateway.void\n",
            ),
        ),
    ),
    Mutant(
        "capture_under_a_new_key",
        "each time that a capture is asked for again it has another key",
        "captured twice",
        (
            Patch(
                _HOLD,
                "    return await ask(found.account, ref, key=attempt.key(decision.verdict))\n",
                '    return await ask(found.account, ref, key=f"{attempt.key(decision.verdict)}-{attempt.polls}")\n',
            ),
        ),
    ),
    Mutant(
        "reserved_is_paid",
        "what the gateway only holds is read as captured",
        "books with money that nobody has",
        (
            Patch(
                "gateways/sandbox/translate.py",
                '        "authorized": FactKind.AUTHORIZED,\n',
                '        "authorized": FactKind.CAPTURED,\n',
            ),
        ),
    ),
)
