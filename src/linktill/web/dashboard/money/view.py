"""What the pages of a payment and of a link show of money that came without a gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from linktill.core.money import Money


@dataclass(frozen=True, slots=True)
class MoneyForm:
    """Posts `csrf_token, submit_token, seen_minor, amount` (decimal digits)`, way, received_on, note` to `action`."""

    action: str
    submit_token: str
    seen_minor: int
    """What had come when the page was shown: a press on an older page is refused."""
    currency: str
    amount: str
    way: str
    received_on: str
    note: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt. `taken_back_why` None: it stands."""

    id: str
    amount: Money
    way: str
    received_on: int
    note: str
    by: str
    created_at: int
    taken_back_at: int | None
    taken_back_why: str | None
    taken_back_by: str | None


@dataclass(frozen=True, slots=True)
class OfflinePanel:
    """Of a payment without a gateway. Posts `csrf_token` to `…/end`; with `receipt_id, reason` to `…/take_back`; with
    `refund_id, way` to `…/settle_refund`.
    """

    received: Money
    missing: Money
    reference: str
    """In groups of four."""
    is_waiting: bool
    waits_until: int | None
    receipts: tuple[ReceiptRow, ...]
    form: MoneyForm | None
    may_end: bool
    may_take_back: bool
    is_owed_back: bool
    """Surplus: its refund cannot be called off here."""
