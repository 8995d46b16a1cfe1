"""The books: append-only, integer, double-entry. A ledger transaction that does not balance cannot be constructed."""

from dataclasses import dataclass
from typing import Final

from linktill.core.ids import AttemptId, LedgerTransactionId, LinkId, MerchantId
from linktill.core.receipt import Way

SALES: Final = "sales"
REFUNDS: Final = "refunds"
FEES: Final = "gateway_fees"
DISPUTES: Final = "disputes"
DISPUTE_FEES: Final = "dispute_fees"
SURPLUS: Final = "surplus_payments"
"""Liability: money that came without a place for it, owed back to its payer."""
BANK: Final = "bank"
"""Asset: the merchant's bank account, as far as gateways paid out to it."""


def clearing(gateway_account_id: str) -> str:
    """Asset: what the gateway holds for the merchant until it pays out."""
    return f"clearing:{gateway_account_id}"


def held(gateway_account_id: str, way: Way) -> str:
    """Asset: offline money where it lies, the bank account, the till or the drawer with the checks.

    It comes over the account's `clearing`, which holds what came in part until the payment is whole, and is at zero then.
    """
    return f"{clearing(gateway_account_id)}:{_PLACES[way]}"


_PLACES: Final = {Way.TRANSFER: "bank", Way.CASH: "cash", Way.CHECK: "checks"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: positive is a debit, negative a credit, in minor units of the transaction's currency."""

    account: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class LedgerTransaction:
    """Entries that belong together, in one currency. `business_key` is unique per merchant: booked once, however often told."""

    merchant_id: MerchantId
    id: LedgerTransactionId
    kind: str
    business_key: str
    currency: str
    entries: tuple[Entry, ...]
    effective_at: int
    created_at: int
    link_id: LinkId | None
    attempt_id: AttemptId | None

    def __post_init__(self) -> None:
        assert len(self.entries) >= 2, "a ledger transaction has two sides"
        assert sum(entry.amount_minor for entry in self.entries) == 0, "a ledger transaction sums to zero"
        assert all(entry.amount_minor != 0 for entry in self.entries), "an entry moves something"
        assert len({entry.account for entry in self.entries}) == len(self.entries), "one entry per account"


SEAL_VERSION: Final = 1


def commitment(transaction: LedgerTransaction) -> bytes:
    """The canonical bytes that the hash chain commits to, version 1.

    Length-prefixed fields, so that no two different transactions have the same bytes; ids and amounts only, never
    personal data, so that erasing a payer leaves the chain whole.
    """
    fields = [
        transaction.merchant_id,
        transaction.id,
        transaction.kind,
        transaction.business_key,
        transaction.currency,
        str(transaction.effective_at),
        str(transaction.created_at),
        transaction.link_id or "",
        transaction.attempt_id or "",
    ]
    for entry in sorted(transaction.entries, key=lambda entry: entry.account):
        fields += [entry.account, str(entry.amount_minor)]
    encoded = [field.encode() for field in fields]
    return b"".join(b"%d:%s" % (len(field), field) for field in encoded)
