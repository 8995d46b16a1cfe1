"""Money that is authorized and not taken: it rests until somebody decides, and then the decision is carried out.

The decision in the books is the intent: whoever finds it after a crash asks the gateway under the same key. What the gateway
says is what counts, whatever was decided.
"""

from dataclasses import replace
from typing import Final

from linktill.core.capture import Decision, Verdict
from linktill.core.events import EventType
from linktill.core.payment_attempt import AttemptFact, FactKind, PaymentAttempt
from linktill.flows.accounts import Connection
from linktill.flows.announce import Subject, announce
from linktill.flows.apply_fact import apply_fact, call_person
from linktill.flows.payment_objects import whole_payment
from linktill.flows.schedule import DAY_US, next_poll, next_rest_look
from linktill.flows.services import Moment, Services, moment_of
from linktill.gateways.contract import AttemptRef, Rejected
from linktill.storage import held_payments
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx

TOLD_BEFORE_US: Final = DAY_US
"""So long before its end the merchant is told."""
LATE_US: Final = 3 * DAY_US
"""A gateway that still holds money so long after its end has something that a person must see."""


def next_look(attempt: PaymentAttempt, now: int) -> int:
    """When a held payment is looked up next."""
    if attempt.decision is not None:
        return next_poll(now, since=attempt.decision.at, is_unsure=True)
    return next_rest_look(now, attempt.capture_before)


def waits_since(attempt: PaymentAttempt, now: int) -> int:
    """Since when the gateway owes an answer: money that only rests asks for none before its end."""
    if not attempt.is_held:
        return attempt.created_at
    if attempt.decision is not None:
        return attempt.decision.at
    return now if attempt.capture_before is None else attempt.capture_before


def why_person(attempt: PaymentAttempt, now: int) -> str | None:
    """What a person must see of a held payment, or None."""
    if attempt.decision is not None and now - attempt.decision.at > DAY_US:
        return f"The gateway has not answered for a day whether it did this: {attempt.decision.verdict}."
    if attempt.capture_before is not None and now - attempt.capture_before > LATE_US:
        return "The gateway still holds this money, long after its time is over."
    return None


def with_term(found: Connection, attempt: PaymentAttempt, fact: AttemptFact, now: int) -> AttemptFact:
    """The fact with the end that the gateway documents, where it tells none."""
    lasts_s = found.gateway.authorization_lasts_s
    is_told = fact.capture_before is not None or attempt.capture_before is not None
    if not attempt.is_manual or not fact.is_held or is_told or not lasts_s:
        return fact
    return replace(fact, capture_before=now + lasts_s * 1_000_000)


async def reserve(services: Services, found: Connection, attempt: PaymentAttempt) -> PaymentAttempt:
    """The payer has agreed, and the gateway wants to be asked to hold the money. The status in the books is the intent."""
    ref = AttemptRef(attempt.id, attempt.gateway_ref, is_manual=True)
    fact = await found.gateway.authorize(found.account, ref, key=attempt.key("authorize"))
    return await heard(services, found, attempt, fact)


async def heard(
    services: Services, found: Connection, attempt: PaymentAttempt, fact: AttemptFact
) -> PaymentAttempt:
    """Applies what the gateway says of a payment that is captured by hand."""
    moment = moment_of(services)
    fact = with_term(found, attempt, fact, moment.now)
    return await services.database.run(apply_fact, moment, attempt.merchant_id, attempt.id, fact)


async def carry_out(
    services: Services, found: Connection, attempt: PaymentAttempt
) -> tuple[PaymentAttempt, AttemptFact | None]:
    """Does what was decided of a held payment, or says that its end is near. Answers what the gateway said, if it was asked."""
    decision = attempt.decision
    if decision is None:
        await services.database.run(tell_ending, moment_of(services), attempt)
        return attempt, None
    try:
        fact = await _ask(found, attempt, decision)
    except Rejected as refused:
        if refused.is_account_trouble:
            raise
        return await services.database.run(
            _refused, moment_of(services), attempt, decision, str(refused)
        ), None
    return await heard(services, found, attempt, fact), fact


async def _ask(found: Connection, attempt: PaymentAttempt, decision: Decision) -> AttemptFact:
    ref = AttemptRef(attempt.id, attempt.gateway_ref, is_manual=True)
    ask = found.gateway.capture if decision.verdict is Verdict.CAPTURE else found.gateway.void
    return await ask(found.account, ref, key=attempt.key(decision.verdict))


async def _refused(
    tx: Tx, moment: Moment, attempt: PaymentAttempt, decision: Decision, why: str
) -> PaymentAttempt:
    """Unit: surely nothing was done. Somebody decides anew, and sees why."""
    poll_at = next_rest_look(moment.now, attempt.capture_before)
    if await held_payments.undecide(tx, attempt, decision, poll_at=poll_at, now=moment.now):
        reason = f"The gateway refused to {decision.verdict} this payment: {why}"[:300]
        return await call_person(tx, moment, attempt.merchant_id, attempt.id, reason)
    now = await get_attempt(tx, attempt.merchant_id, attempt.id)
    assert now is not None, "attempts are not deleted"
    return now


async def tell_ending(tx: Tx, moment: Moment, attempt: PaymentAttempt) -> None:
    """Unit: says once that it cannot be captured much longer, if that is so."""
    ends_at = attempt.capture_before
    if ends_at is None or not ends_at - TOLD_BEFORE_US <= moment.now < ends_at:
        return
    if await held_payments.note_ending_told(tx, attempt, now=moment.now):
        subject = Subject(attempt.merchant_id, attempt.id, attempt.link_id, attempt.id)
        await announce(
            tx, moment, EventType.PAYMENT_AUTHORIZATION_ENDING, subject, await whole_payment(tx, attempt)
        )


def is_only_agreed(fact: AttemptFact) -> bool:
    """Has the payer agreed, and does nobody hold the money yet?"""
    return fact.kind is FactKind.AUTHORIZED and not fact.is_held
