"""What the page of a payout shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Shell, TimelineEntry


@dataclass(frozen=True, slots=True)
class PayoutPage:
    """`GET /dashboard/payouts/{id}`."""

    TEMPLATE: ClassVar[str] = "dashboard/payout/page.html"

    shell: Shell
    id: str
    account_name: str
    status: str
    amount: Money
    """What reaches the bank; below zero, the gateway took money from there."""
    fee: Money
    """What the gateway kept beside the fees of payments."""
    made_at: int
    arrives_at: int | None
    gateway_ref: str
    """Empty: a person recorded it."""
    note: str
    by: str
    """Who recorded it; empty: the gateway told of it."""
    failure: str
    timeline: tuple[TimelineEntry, ...]
