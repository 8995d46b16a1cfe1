"""What every dashboard page carries: who is signed in, the notice after a redirect, and the parts that pages share."""

from dataclasses import dataclass
from typing import Literal

from linktill.core.money import Money


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence on what just happened, shown once."""

    kind: Literal["done", "problem"]
    text: str


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame around every page of a signed-in member."""

    lang: str
    business_name: str
    member_email: str
    csrf_token: str
    is_test: bool
    notice: Notice | None = None
    has_live: bool = False
    """The business has live books beside its test books."""
    section: str = "/dashboard"
    """The list that this page belongs to: where a switch to the other books leads."""
    is_set_aside: bool = False
    """A copy, or a backup that was brought back: nothing is charged or sent until somebody adopts it."""
    live_since: str = ""
    """Events with a higher id may not be on the page yet."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Neighbors of a cursor page; None where there is none."""

    newer_url: str | None = None
    older_url: str | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One choice of a status filter."""

    label: str
    url: str
    is_current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Currency:
    """A choice in a currency list."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """A customer as other pages name it."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment in a list."""

    id: str
    at: int
    status: str
    """Of the payment attempt (`captured`, `processing`, …), or `refunded` / `partly_refunded`."""
    amount: Money
    description: str
    payer: str | None
    """E-mail or name, as far as known."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event in the history of a thing."""

    at: int
    event: str
    """The event's name, such as `payment.captured`; the template chooses the words."""
    amount: Money | None = None
    detail: str | None = None
    """Further words: a decline reason, what was edited."""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One side of a ledger transaction; exactly one of the two is set."""

    account: str
    """The ledger account as stored, such as `sales` or `clearing:gwa_…`; the template chooses the words."""
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A ledger transaction with its entries."""

    id: str
    at: int
    kind: str
    """What it books, such as `capture`; the template chooses the words."""
    entries: tuple[EntryRow, ...]
    description: str | None = None
    payment_id: str | None = None
