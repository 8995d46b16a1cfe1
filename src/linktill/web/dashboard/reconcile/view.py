"""What the reconciliation page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from linktill.core.money import Money
from linktill.web.dashboard.shell import PaymentRow, Shell


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A gateway account, and when it was last compared."""

    id: str
    name: str
    compared_at: int | None
    trouble: str
    """Why it could not be asked last; empty where it could."""
    may_pay_out: bool
    """A pretend gateway pays out when asked."""


@dataclass(frozen=True, slots=True)
class ClearingRow:
    """What one gateway account holds in one currency, and what makes it up."""

    name: str
    place: str
    """The ledger account as stored, where offline money lies; else empty."""
    balance: Money
    parts: tuple[tuple[str, Money], ...]
    """Kind → what of it was booked here: `payments`, `refunds`, `disputes`, `payouts`, `moved`."""
    on_its_way: Money
    """Pending payouts."""
    outside: Money
    """Money that the gateway has and no link started: it is paid out too, and not in the books."""


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """Money at the gateway that no link started."""

    kind: Literal["payment", "refund", "dispute"]
    gateway_ref: str
    """As stored: with its kind before it, where it is no payment."""
    shown_ref: str
    account_id: str
    account_name: str
    reference: str
    amount: Money | None
    """None where the gateway does not say, or names a currency that we do not know."""
    found_at: int
    may_attach: bool


@dataclass(frozen=True, slots=True)
class MismatchRow:
    """A payment of ours that the gateway does not have so. `reason`: what it says of it."""

    payment_id: str
    account_name: str
    amount: Money
    reason: str
    found_at: int


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """A payout. `by`: who recorded it; empty: the gateway told of it."""

    id: str
    account_name: str
    status: str
    amount: Money
    made_at: int
    note: str
    by: str
    gateway_ref: str
    may_take_back: bool


@dataclass(frozen=True, slots=True)
class DoneRow:
    """What was dealt with. `kind`: `set_aside`, `attached` or `settled`."""

    kind: str
    what: str
    """The gateway's id, or ours for a payment."""
    payment_id: str | None
    amount: Money | None
    note: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What a payout can be recorded of."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class PayoutForm:
    """`POST /dashboard/reconcile/record`: `source`, `amount`, `paid_on`, `note`, `submit_token`."""

    choices: tuple[Choice, ...]
    submit_token: str
    source: str = ""
    amount: str = ""
    paid_on: str = ""
    note: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReconcilePage:
    """`GET /dashboard/reconcile`. Posts to `/compare`, `/pay_out`, `/set_aside`, `/attach`, `/settle`, `/take_back`."""

    TEMPLATE: ClassVar[str] = "dashboard/reconcile/page.html"

    shell: Shell
    accounts: tuple[AccountRow, ...]
    clearing: tuple[ClearingRow, ...]
    foreign: tuple[ForeignRow, ...]
    review: tuple[PaymentRow, ...]
    """Payments that need a decision; each has its own page."""
    mismatches: tuple[MismatchRow, ...]
    payouts: tuple[PayoutRow, ...]
    done: tuple[DoneRow, ...]
    payout_form: PayoutForm | None
    """None where no account's payouts are recorded by hand."""
    problem: str = ""
    """Why what was asked for was not done."""
