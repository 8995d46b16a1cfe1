"""A person takes back what they said: money that never came, or that the payer has again. Reversed, never deleted."""

from dataclasses import dataclass, replace

from linktill.core import postings
from linktill.core.checkout_session import AFTER_ATTEMPT
from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import MerchantId, ReceiptId, RefundId
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.receipt import OFFLINE, TakenBack, Way
from linktill.core.refund import OPEN as REFUND_OPEN
from linktill.core.refund import Refund, RefundFact, RefundFactKind, RefundReason, RefundStatus
from linktill.flows.announce import Subject, announce
from linktill.flows.book import book
from linktill.flows.manage_links import settle_status
from linktill.flows.payment_objects import whole_payment
from linktill.flows.place import uncount_payment
from linktill.flows.refund_payment import apply_refund_fact
from linktill.flows.schedule import next_poll
from linktill.flows.services import Moment
from linktill.storage import attempts, ledger, receipts, refunds, sessions
from linktill.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Taking:
    """Which receipt, why and by whom."""

    receipt_id: ReceiptId
    why: TakenBack
    by: str


def checked_why(text: str, *, param: str = "reason") -> TakenBack:
    """Raises FieldInvalid."""
    try:
        return TakenBack(text)
    except ValueError:
        raise FieldInvalid(param, f"Send one of {', '.join(TakenBack)}.") from None


async def take_back(tx: Tx, moment: Moment, merchant_id: MerchantId, taking: Taking) -> PaymentAttempt:
    """Unit: the receipt does not count any more. Answers its payment as it is then; the same words again change nothing.

    A payment that was paid waits for money again and keeps its place on the link; a surplus one is canceled, with the refund
    that was asked for. Raises NotFound, and TransitionRefused where some of it was refunded.
    """
    receipt = await receipts.get_receipt(tx, merchant_id, taking.receipt_id)
    if receipt is None:
        raise NotFound(f"There is no receipt {taking.receipt_id}.", param="receipt_id")
    attempt = await attempts.lock_attempt(tx, merchant_id, receipt.attempt_id)
    assert attempt is not None, "a receipt has a payment"
    # Asked before the write: what was taken back already is no refusal.
    if not await receipts.take_back(tx, receipt, by=taking.by, why=taking.why, now=moment.now):
        return attempt
    if attempt.surplus_kept_at is not None:
        raise TransitionRefused(
            "You decided to keep this money. If it went back to the payer, refund the payment."
        )
    if attempt.is_surplus:
        attempt = await _cancel_refunds(tx, moment, attempt)
    if attempt.refund_requested_minor:
        raise TransitionRefused(
            "Money of this payment was refunded, or is to be. Cancel the refund first, or refund the rest."
        )
    after = replace(
        attempt, received_minor=attempt.received_minor - receipt.amount.minor, updated_at=moment.now
    )
    assert after.received_minor >= 0, "no more is taken back than came"
    is_ours = await receipts.receive(tx, attempt, after.received_minor, now=moment.now)
    assert is_ours, "the attempt is locked by this unit"
    await book(tx, moment, attempt, postings.money_taken_back(attempt, receipt))
    if attempt.status is AttemptStatus.CAPTURED:
        after = await _uncapture(tx, moment, after)
    await announce(
        tx,
        moment,
        EventType.MONEY_TAKEN_BACK,
        Subject(after.merchant_id, after.id, after.link_id, after.id),
        await whole_payment(tx, after),
    )
    return after


async def _uncapture(tx: Tx, moment: Moment, attempt: PaymentAttempt) -> PaymentAttempt:
    reversal = 1 + await ledger.count_kind(tx, attempt.merchant_id, attempt.id, "capture_reversed")
    await book(tx, moment, attempt, postings.capture_reversed(attempt, reversal=reversal))
    status = AttemptStatus.CANCELED if attempt.is_surplus else AttemptStatus.REQUIRES_ACTION
    after = replace(
        attempt,
        status=status,
        captured_minor=0,
        is_slot_held=not attempt.is_surplus,
        is_surplus=False,
        poll_at=None if attempt.is_surplus else next_poll(moment.now, since=moment.now),
    )
    is_ours = await receipts.reopen(tx, after, before=attempt.status, now=moment.now)
    assert is_ours, "the attempt is locked by this unit"
    await sessions.follow_attempt(
        tx, after.merchant_id, after.session_id, after.id, AFTER_ATTEMPT[after.status]
    )
    if after.is_slot_held:
        link = await uncount_payment(tx, after, attempt.captured_minor)
        await settle_status(tx, moment, link)
    return after


async def _cancel_refunds(tx: Tx, moment: Moment, attempt: PaymentAttempt) -> PaymentAttempt:
    """What Linktill itself asked to be given back is not owed any more."""
    for refund in await refunds.refunds_of(tx, attempt.merchant_id, attempt.id):
        if refund.status in REFUND_OPEN:
            fact = RefundFact(RefundFactKind.CANCELED)
            await apply_refund_fact(tx, moment, attempt.merchant_id, refund.id, fact)
    found = await attempts.lock_attempt(tx, attempt.merchant_id, attempt.id)
    assert found is not None, "attempts are not deleted"
    return found


async def settle_refund(
    tx: Tx, moment: Moment, merchant_id: MerchantId, refund_id: RefundId, way: Way | None
) -> Refund:
    """Unit: the refund of an offline payment went out on this way, or (None) will not. Answers it as it is then.

    The same words again change nothing. Raises NotFound and TransitionRefused.
    """
    refund = await refunds.get_refund(tx, merchant_id, refund_id)
    if refund is None:
        raise NotFound(f"There is no refund {refund_id}.", param="id")
    attempt = await attempts.get_attempt(tx, merchant_id, refund.attempt_id)
    assert attempt is not None, "a refund belongs to a payment"
    if attempt.gateway != OFFLINE:
        raise TransitionRefused("The gateway says itself whether this refund went out.")
    wanted = RefundStatus.CANCELED if way is None else RefundStatus.SUCCEEDED
    if refund.status is wanted:
        return refund
    if refund.status not in REFUND_OPEN:
        raise TransitionRefused(f"This refund is {refund.status} already.")
    if way is None and refund.reason is RefundReason.SURPLUS:
        raise TransitionRefused(
            "This money is owed to its payer. If it never came, take the receipt back: the refund ends with it."
        )
    kind = RefundFactKind.CANCELED if way is None else RefundFactKind.SUCCEEDED
    after = await apply_refund_fact(tx, moment, merchant_id, refund_id, RefundFact(kind))
    if way is not None and after.status is RefundStatus.SUCCEEDED:
        await book(tx, moment, attempt, postings.given_back(attempt, refund, way))
    return after
