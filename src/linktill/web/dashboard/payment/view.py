"""What the page of one payment shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.core.bill import Bill
from linktill.core.money import Money
from linktill.web.dashboard.money.view import OfflinePanel
from linktill.web.dashboard.payment.held import HeldPanel
from linktill.web.dashboard.payment.papers import PapersPanel
from linktill.web.dashboard.payment.told import ToldPanel
from linktill.web.dashboard.shell import CustomerLink, LedgerRow, Shell, TimelineEntry


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund of the payment."""

    id: str
    at: int
    status: str
    amount: Money
    reason: str
    """A `RefundReason`."""
    note: str
    failure: str | None
    """Why it failed, in words for the merchant."""


@dataclass(frozen=True, slots=True)
class RefundForm:
    """Posts `csrf_token, submit_token, kind` (`full` or `partial`)`, amount` (decimal digits)`, reason, note` to
    `/dashboard/payments/{id}/refund`.
    """

    submit_token: str
    left: Money
    """What can still be given back."""
    fee_kept: Money | None
    """The gateway's fee, which it keeps after a refund; None where unknown or none."""
    kind: str = "full"
    amount: str = ""
    reason: str = "requested_by_customer"
    note: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class DisputeNote:
    """What a payer's bank has done about the payment: the latest dispute, and what all of them have taken so far."""

    id: str
    status: str
    """A `DisputeStatus`."""
    amount: Money
    respond_by: int | None
    taken: Money
    """Zero where the gateway has not taken the money, or has given it back."""
    fee: Money
    """What disputing has cost; it is not given back."""


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """`GET /dashboard/payments/{id}`."""

    TEMPLATE: ClassVar[str] = "dashboard/payment/page.html"

    shell: Shell
    id: str
    status: str
    """Of the attempt, or `refunded` / `partly_refunded`."""
    amount: Money
    fee: Money | None
    """None until the gateway has told it."""
    refunded: Money
    net: Money
    """Amount less fees, refunds and what disputes have taken."""
    link_id: str
    link_description: str
    payer_email: str | None
    payer_name: str | None
    method: str | None
    gateway_name: str
    gateway_reference: str | None
    created_at: int
    captured_at: int | None
    failure: str | None
    """Why it failed, in words for the merchant."""
    review: str | None
    """Why a person must look at it; the money has not moved since."""
    is_surplus: bool
    may_keep: bool
    """It waits for a decision: to be kept, or given back."""
    kept_at: int | None
    refunds: tuple[RefundRow, ...]
    refund_form: RefundForm | None
    """None where nothing can be given back, or a dispute has taken it."""
    timeline: tuple[TimelineEntry, ...]
    ledger: tuple[LedgerRow, ...]
    dispute: DisputeNote | None = None
    offline: OfflinePanel | None = None
    """None where a gateway tells of it."""
    bill: Bill | None = None
    """How the amount came about, where there was more than a price."""
    told: ToldPanel | None = None
    """What the payer told, beside their name and e-mail."""
    failover: str | None = None
    """Why it did not go through the gateway that would have been first."""
    customer: CustomerLink | None = None
    """Whose payment it is, as far as known."""
    papers: PapersPanel | None = None
    """None before it is paid."""
    held: HeldPanel | None = None
    """None where the money is taken by itself."""
