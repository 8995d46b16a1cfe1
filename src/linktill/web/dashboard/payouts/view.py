"""What the list of payouts shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Pager, Shell, Tab


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """A payout in the list. `gateway_ref` empty: a person recorded it."""

    id: str
    account_name: str
    status: str
    amount: Money
    made_at: int
    gateway_ref: str


@dataclass(frozen=True, slots=True)
class PayoutsPage:
    """`GET /dashboard/payouts?status=&q=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/payouts/page.html"

    shell: Shell
    tabs: tuple[Tab, ...]
    status: str
    search: str
    rows: tuple[PayoutRow, ...]
    pager: Pager
    has_payouts: bool
    """False where the merchant has none at all."""
