"""Payments as programs see them, with what their payers told."""

from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.representations import PaymentObject, payment_object
from linktill.storage.answers import given_with
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx


async def whole_payment(tx: Tx, attempt: PaymentAttempt) -> PaymentObject:
    """Unit: the attempt, with what its payer told."""
    return payment_object(attempt, await given_with(tx, attempt))


async def read_payment(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> PaymentObject | None:
    """Unit: the payment as it is stored, or None."""
    attempt = await get_attempt(tx, merchant_id, attempt_id)
    return None if attempt is None else await whole_payment(tx, attempt)
