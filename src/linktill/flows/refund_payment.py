"""Sends money back: reserves it first, then asks the gateway, then books what the gateway says."""

from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core import postings
from linktill.core.errors import NotFound, RefundTooLarge, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, MerchantId, RefundId
from linktill.core.link_terms import clean_text
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.refund import (
    NEXT,
    OPEN,
    Refund,
    RefundFact,
    RefundFactKind,
    RefundReason,
    RefundStatus,
    may_refund,
)
from linktill.flows.announce import Subject, announce
from linktill.flows.book import book
from linktill.flows.representations import refund_object
from linktill.flows.schedule import next_bounce_look
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import attempts, links, refunds
from linktill.storage.database import Tx

NOTE_MAX: Final = 500

_EVENTS: Final = {
    RefundStatus.SUCCEEDED: EventType.REFUND_SUCCEEDED,
    RefundStatus.FAILED: EventType.REFUND_FAILED,
    RefundStatus.CANCELED: EventType.REFUND_CANCELED,
    RefundStatus.UNKNOWN: EventType.REFUND_UNKNOWN,
    RefundStatus.PENDING: EventType.REFUND_CREATED,
}


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """A refund that somebody wants. `amount_minor` None: all that is left.

    `id` is drawn outside the unit: run again after a COMMIT whose answer was lost, it finds its own refund by it. A second
    one would reserve, and send, the money twice.
    """

    id: RefundId
    payment_id: AttemptId
    amount_minor: int | None
    reason: RefundReason
    note: str


def new_refund_id(services: Services) -> RefundId:
    """The id of a refund to be asked for. Raises GatewayTrouble in a copy, where it would wait for nobody knows what."""
    services.standing.check()
    return RefundId(services.ids.new(prefixes.REFUND))


async def refund_payment(
    services: Services,
    merchant_id: MerchantId,
    payment_id: AttemptId,
    *,
    amount_minor: int | None,
    reason: RefundReason = RefundReason.REQUESTED_BY_CUSTOMER,
    note: str = "",
) -> Refund:
    """Asks for a refund of the amount (None: all that is left). It is `pending` until the gateway has answered.

    Raises NotFound, TransitionRefused (not captured), RefundTooLarge, FieldInvalid, and GatewayTrouble in a copy.
    """
    note = clean_text(note, "note", max_length=NOTE_MAX)
    asked = RefundAsked(new_refund_id(services), payment_id, amount_minor, reason, note)
    refund = await services.database.run(request_refund, moment_of(services), merchant_id, asked)
    services.wake.now()
    return refund


async def request_refund(tx: Tx, moment: Moment, merchant_id: MerchantId, wanted: RefundAsked) -> Refund:
    """Unit: the intent. The worker asks the gateway, and finds it there after every crash."""
    attempt = await attempts.lock_attempt(tx, merchant_id, wanted.payment_id)
    if attempt is None:
        raise NotFound(f"There is no payment {wanted.payment_id}.", param="payment_id")
    known = await refunds.get_refund(tx, merchant_id, wanted.id)
    if known is not None:
        return known
    if attempt.status is not AttemptStatus.CAPTURED:
        raise TransitionRefused("Only a captured payment can be refunded.", param="payment_id")
    currency = attempt.amount.currency
    asked = Money(attempt.refundable_minor if wanted.amount_minor is None else wanted.amount_minor, currency)
    if wanted.amount_minor is None and asked.minor == 0:
        raise RefundTooLarge("The payment is refunded in full already.", param="payment_id")
    may_refund(
        Money(attempt.captured_minor, currency), Money(attempt.refund_requested_minor, currency), asked
    )
    if not await attempts.reserve_refund(tx, merchant_id, attempt.id, asked.minor):
        raise RefundTooLarge("Another refund was faster: not so much is left.", param="amount_minor")
    refund = Refund(
        merchant_id=merchant_id,
        id=wanted.id,
        attempt_id=attempt.id,
        link_id=attempt.link_id,
        amount=asked,
        reason=wanted.reason,
        note=wanted.note,
        status=RefundStatus.PENDING,
        gateway_ref=None,
        failure_code=None,
        created_at=moment.now,
        updated_at=moment.now,
        started_at=None,
        poll_at=moment.now,
        polls=0,
    )
    await refunds.insert_refund(tx, refund)
    await _announce(tx, moment, EventType.REFUND_CREATED, refund)
    return refund


async def apply_refund_fact(
    tx: Tx, moment: Moment, merchant_id: MerchantId, refund_id: RefundId, fact: RefundFact
) -> Refund:
    """Unit: applies what the gateway says of a refund. The same fact again changes nothing."""
    refund = await refunds.lock_refund(tx, merchant_id, refund_id)
    assert refund is not None, "facts are applied to refunds that were looked up"
    status = NEXT[refund.status][fact.kind]
    if fact.amount is not None and fact.amount != refund.amount:
        if refund.status not in OPEN:
            # What is booked stays booked: reopened, it would be booked or given back a second time.
            return refund
        # Not ours to guess: it stays reserved and open, and a person is told.
        status = RefundStatus.UNKNOWN
        fact = replace(fact, failure_code="amount_mismatch")
    if status is refund.status:
        return await _keep_ref(tx, moment, refund, fact)
    after = replace(
        refund,
        status=status,
        gateway_ref=refund.gateway_ref or fact.gateway_ref,
        failure_code=fact.failure_code,
        updated_at=moment.now,
        poll_at=_next_look(refund, status, moment.now),
    )
    if not await refunds.move_refund(tx, after, before=refund.status, now=moment.now):
        return refund
    attempt = await attempts.lock_attempt(tx, merchant_id, refund.attempt_id)
    assert attempt is not None, "a refund belongs to a payment"
    await _move_money(tx, moment, attempt, refund, after)
    await _announce(tx, moment, _EVENTS[after.status], after)
    return after


async def fail_refused(tx: Tx, moment: Moment, taken: Refund, code: str) -> None:
    """Unit: the gateway refused the first call, so nothing was given back. Whoever has asked since knows better.

    `taken`: as it was before the turn of that call.
    """
    refund = await refunds.lock_refund(tx, taken.merchant_id, taken.id)
    assert refund is not None, "refunds are not deleted"
    if refund.gateway_ref is None and refund.polls == taken.polls + 1:
        fact = RefundFact(RefundFactKind.FAILED, failure_code=code)
        await apply_refund_fact(tx, moment, taken.merchant_id, taken.id, fact)


def _next_look(refund: Refund, status: RefundStatus, now: int) -> int | None:
    if status in OPEN:
        return refund.poll_at
    return next_bounce_look(now, now) if status is RefundStatus.SUCCEEDED else None


async def _keep_ref(tx: Tx, moment: Moment, refund: Refund, fact: RefundFact) -> Refund:
    if refund.gateway_ref is not None or fact.gateway_ref is None:
        return refund
    found = replace(refund, gateway_ref=fact.gateway_ref)
    await refunds.move_refund(tx, found, before=refund.status, now=moment.now)
    return found


async def _move_money(tx: Tx, moment: Moment, attempt: PaymentAttempt, before: Refund, after: Refund) -> None:
    amount = after.amount.minor
    # A surplus payment never counted on its link, so its refund does not either.
    on_link = Money(0, after.amount.currency) if attempt.is_surplus else after.amount
    match after.status:
        case RefundStatus.SUCCEEDED:
            await attempts.change_refund(
                tx, after.merchant_id, after.attempt_id, requested=0, refunded=amount
            )
            await links.count_refund(tx, after.merchant_id, after.link_id, on_link)
            await book(tx, moment, attempt, postings.refund(attempt, after))
        case RefundStatus.FAILED | RefundStatus.CANCELED if before.status is RefundStatus.SUCCEEDED:
            await attempts.change_refund(
                tx, after.merchant_id, after.attempt_id, requested=-amount, refunded=-amount
            )
            await links.count_refund(tx, after.merchant_id, after.link_id, -on_link)
            await book(tx, moment, attempt, postings.refund_returned(attempt, after))
        case RefundStatus.FAILED | RefundStatus.CANCELED:
            await attempts.change_refund(
                tx, after.merchant_id, after.attempt_id, requested=-amount, refunded=0
            )
        case _:
            pass


async def _announce(tx: Tx, moment: Moment, event: EventType, refund: Refund) -> None:
    await announce(
        tx,
        moment,
        event,
        Subject(refund.merchant_id, refund.id, refund.link_id, refund.attempt_id),
        refund_object(refund),
    )
