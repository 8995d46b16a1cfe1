"""Which entries a business event makes. Data in, entries out; each has a business key, so that it is booked once."""

from collections.abc import Iterable
from dataclasses import dataclass

from linktill.core import ledger
from linktill.core.dispute import Dispute
from linktill.core.ledger import Entry
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.refund import Refund


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be booked."""

    kind: str
    business_key: str
    entries: tuple[Entry, ...]


def _entries(pairs: Iterable[tuple[str, int]]) -> tuple[Entry, ...]:
    return tuple(Entry(account, amount) for account, amount in pairs if amount != 0)


def capture(attempt: PaymentAttempt, *, fee_minor: int, is_surplus: bool) -> Posting:
    """A payment came in: the gateway holds the net, the fee is spent, the gross is a sale (or owed back if surplus)."""
    gross = attempt.amount.minor
    return Posting(
        "capture",
        f"capture:{attempt.id}",
        _entries(
            (
                (ledger.clearing(attempt.gateway_account_id), gross - fee_minor),
                (ledger.FEES, fee_minor),
                (ledger.SURPLUS if is_surplus else ledger.SALES, -gross),
            )
        ),
    )


def fee_change(attempt: PaymentAttempt, *, difference_minor: int, revision: int) -> Posting:
    """The gateway's fee turned out different: a new entry, never an update."""
    return Posting(
        "fee",
        f"fee:{attempt.id}:{revision}",
        _entries(
            (
                (ledger.FEES, difference_minor),
                (ledger.clearing(attempt.gateway_account_id), -difference_minor),
            )
        ),
    )


def refund(attempt: PaymentAttempt, refunded: Refund) -> Posting:
    """Money went back to the payer."""
    source = _source(attempt)
    return Posting(
        "refund",
        f"refund:{refunded.id}",
        _entries(
            (
                (source, refunded.amount.minor),
                (ledger.clearing(attempt.gateway_account_id), -refunded.amount.minor),
            )
        ),
    )


def refund_returned(attempt: PaymentAttempt, refunded: Refund) -> Posting:
    """A refund that was booked bounced: the gateway has the money again."""
    source = _source(attempt)
    return Posting(
        "refund_returned",
        f"refund_returned:{refunded.id}",
        _entries(
            (
                (ledger.clearing(attempt.gateway_account_id), refunded.amount.minor),
                (source, -refunded.amount.minor),
            )
        ),
    )


def _source(attempt: PaymentAttempt) -> str:
    """What the money is taken from: a surplus payment was owed back from the start, whoever sends it back and why."""
    return ledger.SURPLUS if attempt.is_surplus else ledger.REFUNDS


def dispute_withdrawn(attempt: PaymentAttempt, dispute: Dispute, *, move: int) -> Posting:
    """The gateway took the disputed amount and its fee. `move` counts the moves of this dispute."""
    return Posting(
        "dispute",
        f"dispute:{dispute.id}:{move}",
        _entries(
            (
                (ledger.DISPUTES, dispute.amount.minor),
                (ledger.DISPUTE_FEES, dispute.fee_minor),
                (ledger.clearing(attempt.gateway_account_id), -dispute.amount.minor - dispute.fee_minor),
            )
        ),
    )


def dispute_reinstated(attempt: PaymentAttempt, dispute: Dispute, *, move: int) -> Posting:
    """The gateway gave the disputed amount back. The fee stays spent."""
    return Posting(
        "dispute_reinstated",
        f"dispute:{dispute.id}:{move}",
        _entries(
            (
                (ledger.clearing(attempt.gateway_account_id), dispute.amount.minor),
                (ledger.DISPUTES, -dispute.amount.minor),
            )
        ),
    )
