"""Writes a posting into the books, once."""

from linktill.core import ids as prefixes
from linktill.core.ids import LedgerTransactionId, MerchantId
from linktill.core.ledger import LedgerTransaction
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.postings import Posting
from linktill.flows.services import Moment
from linktill.storage import ledger
from linktill.storage.database import Tx


async def book(
    tx: Tx, moment: Moment, attempt: PaymentAttempt, posting: Posting, *, effective_at: int | None = None
) -> bool:
    """Books what belongs to a payment. False: its business key is in the books already.

    `effective_at`: when it happened, where that was not now.
    """
    return await ledger.post(
        tx,
        LedgerTransaction(
            attempt.merchant_id,
            LedgerTransactionId(moment.ids.new(prefixes.LEDGER_TRANSACTION)),
            posting.kind,
            posting.business_key,
            attempt.amount.currency,
            posting.entries,
            moment.now if effective_at is None else effective_at,
            moment.now,
            attempt.link_id,
            attempt.id,
        ),
    )


async def book_posting(
    tx: Tx, moment: Moment, merchant_id: MerchantId, currency: str, posting: Posting, *, effective_at: int
) -> bool:
    """Books what belongs to no payment, such as a payout. False: its business key is in the books already."""
    return await ledger.post(
        tx,
        LedgerTransaction(
            merchant_id,
            LedgerTransactionId(moment.ids.new(prefixes.LEDGER_TRANSACTION)),
            posting.kind,
            posting.business_key,
            currency,
            posting.entries,
            effective_at,
            moment.now,
            None,
            None,
        ),
    )
