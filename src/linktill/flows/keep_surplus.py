"""Money came that its link had no room for: it goes back by itself, or waits for a person who keeps it or gives it back.

Giving back is a refund like any other (`refund_payment`). Kept, it is a sale, though not one that counts on its link.
"""

from dataclasses import replace

from linktill.core import ids as prefixes
from linktill.core import postings
from linktill.core.errors import NotFound, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, MerchantId, RefundId
from linktill.core.merchant import OnSurplus
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.refund import RefundReason
from linktill.flows.announce import Subject, announce
from linktill.flows.book import book
from linktill.flows.payment_objects import whole_payment
from linktill.flows.refund_payment import RefundAsked, request_refund
from linktill.flows.services import Moment
from linktill.storage import attempts
from linktill.storage.database import Tx
from linktill.storage.merchants import get_merchant


async def settle_surplus(tx: Tx, moment: Moment, attempt: PaymentAttempt, note: str) -> None:
    """In the unit that captured it: said, and sent back unless the merchant wants to be asked."""
    await _announce(tx, moment, EventType.PAYMENT_SURPLUS, attempt)
    merchant = await get_merchant(tx, attempt.merchant_id)
    if merchant is not None and merchant.on_surplus is OnSurplus.ASK:
        return
    refund_id = RefundId(moment.ids.new(prefixes.REFUND))
    asked = RefundAsked(refund_id, attempt.id, attempt.captured_minor, RefundReason.SURPLUS, note)
    await request_refund(tx, moment, attempt.merchant_id, asked)


async def keep_surplus(
    tx: Tx, moment: Moment, merchant_id: MerchantId, payment_id: AttemptId
) -> PaymentAttempt:
    """Unit: a person keeps the money. The same words again change nothing.

    Raises NotFound, and TransitionRefused for what had its place, goes back, or went back in part.
    """
    attempt = await attempts.lock_attempt(tx, merchant_id, payment_id)
    if attempt is None:
        raise NotFound(f"There is no payment {payment_id}.", param="id")
    if attempt.surplus_kept_at is not None:
        return attempt
    if attempt.status is not AttemptStatus.CAPTURED or not attempt.is_surplus:
        raise TransitionRefused("Only money that its link had no room for is kept or given back.")
    if not await attempts.keep_surplus(tx, attempt, now=moment.now):
        raise TransitionRefused(
            "This payment goes back to its payer, or a part of it: it is not kept any more."
        )
    after = replace(attempt, surplus_kept_at=moment.now, updated_at=moment.now)
    await book(tx, moment, after, postings.surplus_kept(after))
    await _announce(tx, moment, EventType.SURPLUS_KEPT, after)
    return after


async def _announce(tx: Tx, moment: Moment, event: EventType, attempt: PaymentAttempt) -> None:
    subject = Subject(attempt.merchant_id, attempt.id, attempt.link_id, attempt.id)
    await announce(tx, moment, event, subject, await whole_payment(tx, attempt))
