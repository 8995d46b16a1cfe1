"""Postings of the books as programs see them."""

from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.ledger import LedgerTransaction
from linktill.flows.representations import time_of


class LedgerEntryObject(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a ledger transaction: positive is a debit, negative a credit."""

    account: str
    amount_minor: int


class LedgerTransactionObject(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that belong together and sum to zero."""

    object: Literal["ledger_transaction"] = "ledger_transaction"
    id: str
    kind: str
    business_key: str
    currency: str
    entries: list[LedgerEntryObject]
    payment_link_id: str | None
    payment_id: str | None
    effective_at: datetime
    created_at: datetime
    sequence: int | None
    hash: str | None


def ledger_object(
    transaction: LedgerTransaction, *, sequence: int | None, chain_hash: bytes | None
) -> LedgerTransactionObject:
    """The ledger transaction with its place in the chain, if it is sealed."""
    return LedgerTransactionObject(
        id=transaction.id,
        kind=transaction.kind,
        business_key=transaction.business_key,
        currency=transaction.currency,
        entries=[
            LedgerEntryObject(account=entry.account, amount_minor=entry.amount_minor)
            for entry in transaction.entries
        ],
        payment_link_id=transaction.link_id,
        payment_id=transaction.attempt_id,
        effective_at=time_of(transaction.effective_at),
        created_at=time_of(transaction.created_at),
        sequence=sequence,
        hash=None if chain_hash is None else chain_hash.hex(),
    )
