"""Which entries a business event makes. Data in, entries out; each has a business key, so that it is booked once."""

from collections.abc import Iterable
from dataclasses import dataclass

from linktill.core import ledger
from linktill.core.dispute import Dispute
from linktill.core.ledger import Entry
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payout import Payout
from linktill.core.receipt import Receipt, Way
from linktill.core.refund import Refund


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be booked."""

    kind: str
    business_key: str
    entries: tuple[Entry, ...]


def _entries(pairs: Iterable[tuple[str, int]]) -> tuple[Entry, ...]:
    return tuple(Entry(account, amount) for account, amount in pairs if amount != 0)


def capture(attempt: PaymentAttempt, *, fee_minor: int, is_surplus: bool, reversals: int = 0) -> Posting:
    """A payment came in: the gateway holds the net, the fee is spent, the gross is a sale (or owed back if surplus).

    `reversals`: so often was its capture reversed before (`capture_reversed`).
    """
    gross = attempt.amount.minor
    return Posting(
        "capture_again" if reversals else "capture",
        f"capture_again:{attempt.id}:{reversals}" if reversals else f"capture:{attempt.id}",
        _entries(
            (
                (ledger.clearing(attempt.gateway_account_id), gross - fee_minor),
                (ledger.FEES, fee_minor),
                (ledger.SURPLUS if is_surplus else ledger.SALES, -gross),
            )
        ),
    )


def capture_reversed(attempt: PaymentAttempt, *, reversal: int) -> Posting:
    """A person had called an offline payment paid, and took it back. `reversal` counts from 1."""
    gross = attempt.captured_minor
    return Posting(
        "capture_reversed",
        f"capture_reversed:{attempt.id}:{reversal}",
        _entries(
            (
                (ledger.SURPLUS if attempt.is_surplus else ledger.SALES, gross),
                (ledger.clearing(attempt.gateway_account_id), -gross),
            )
        ),
    )


def money_received(attempt: PaymentAttempt, receipt: Receipt) -> Posting:
    """A person says that money came: it lies where they put it, and waits until the payment is whole."""
    return _moved("receipt", f"receipt:{receipt.id}", attempt, receipt.way, receipt.amount.minor)


def money_taken_back(attempt: PaymentAttempt, receipt: Receipt) -> Posting:
    """The receipt does not count any more."""
    key = f"receipt_taken_back:{receipt.id}"
    return _moved("receipt_taken_back", key, attempt, receipt.way, -receipt.amount.minor)


def given_back(attempt: PaymentAttempt, refunded: Refund, way: Way) -> Posting:
    """A person says that a refund of offline money went out."""
    return _moved("given_back", f"given_back:{refunded.id}", attempt, way, -refunded.amount.minor)


def _moved(kind: str, business_key: str, attempt: PaymentAttempt, way: Way, amount_minor: int) -> Posting:
    account = attempt.gateway_account_id
    return Posting(
        kind,
        business_key,
        _entries(((ledger.held(account, way), amount_minor), (ledger.clearing(account), -amount_minor))),
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


def surplus_kept(attempt: PaymentAttempt) -> Posting:
    """A person keeps money that was owed back: it is a sale now."""
    gross = attempt.captured_minor
    return Posting(
        "surplus_kept",
        f"surplus_kept:{attempt.id}",
        _entries(((ledger.SURPLUS, gross), (ledger.SALES, -gross))),
    )


def _source(attempt: PaymentAttempt) -> str:
    """What the money is taken from: a surplus payment was owed back from the start, whoever sends it back and why."""
    is_owed = attempt.is_surplus and attempt.surplus_kept_at is None
    return ledger.SURPLUS if is_owed else ledger.REFUNDS


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


def payout(paid: Payout) -> Posting:
    """The gateway sent money to the bank, and kept a fee of its own. For nothing at all there is nothing to book."""
    return Posting(
        "payout",
        f"payout:{paid.id}",
        _entries(
            (
                (ledger.BANK, paid.amount.minor),
                (ledger.FEES, paid.fee_minor),
                (_paid_from(paid), -paid.amount.minor - paid.fee_minor),
            )
        ),
    )


def payout_returned(failed: Payout) -> Posting:
    """A payout that was booked did not arrive: the gateway has the money again. What it kept for itself stays spent."""
    return Posting(
        "payout_returned",
        f"payout_returned:{failed.id}",
        _entries(((_paid_from(failed), failed.amount.minor), (ledger.BANK, -failed.amount.minor))),
    )


def _paid_from(paid: Payout) -> str:
    account = paid.gateway_account_id
    return ledger.clearing(account) if paid.way is None else ledger.held(account, paid.way)
