"""Writes a posting into the books, once."""

from dataclasses import dataclass

from linktill.core import ids as prefixes
from linktill.core.ids import AttemptId, LedgerTransactionId, LinkId, MerchantId
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
    at = moment.now if effective_at is None else effective_at
    owner = Owner(attempt.merchant_id, attempt.amount.currency, attempt.link_id, attempt.id)
    return await _post(tx, moment, owner, posting, at)


async def book_posting(
    tx: Tx, moment: Moment, merchant_id: MerchantId, currency: str, posting: Posting, *, effective_at: int
) -> bool:
    """Books what belongs to no payment, such as a payout. False: its business key is in the books already."""
    return await _post(tx, moment, Owner(merchant_id, currency), posting, effective_at)


@dataclass(frozen=True, slots=True)
class Owner:
    """In whose books and in which currency, and for which payment, if for one."""

    merchant_id: MerchantId
    currency: str
    link_id: LinkId | None = None
    attempt_id: AttemptId | None = None


async def _post(tx: Tx, moment: Moment, owner: Owner, posting: Posting, effective_at: int) -> bool:
    return await ledger.post(
        tx,
        LedgerTransaction(
            owner.merchant_id,
            LedgerTransactionId(moment.ids.new(prefixes.LEDGER_TRANSACTION)),
            posting.kind,
            posting.business_key,
            owner.currency,
            posting.entries,
            effective_at,
            moment.now,
            owner.link_id,
            owner.attempt_id,
        ),
    )
