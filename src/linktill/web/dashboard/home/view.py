"""What the home page shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import PaymentRow, Shell


@dataclass(frozen=True, slots=True)
class HomePage:
    """Money at a glance, one amount per currency. Amounts are captured less refunded."""

    TEMPLATE: ClassVar[str] = "dashboard/home/page.html"

    shell: Shell
    today: tuple[Money, ...]
    total: tuple[Money, ...]
    links_open: int
    """Links that can be paid now."""
    has_links: bool
    """False on the very first visit: the page then says what to do first."""
    first_link_url: str | None
    """The public URL of a link that waits for its first payment, for the steps of the first visit."""
    is_room_short: bool
    """The server's disk is nearly full: no new links and payments until there is room."""
    needs_review: int
    """Payments that wait for a person."""
    recent: tuple[PaymentRow, ...]
    test_number: str
    """A number that succeeds, for the first try in test mode."""
    is_backup_overdue: bool = False
    """Backups were made, and for more than a day none was."""
    is_gateway_missing: bool = False
    """Nobody can pay in these books."""
    parked: int = 0
    """News from before a restore that wait for a person to send or discard them."""
    disputes: int = 0
    """Disputes that wait for an answer."""
    stuck: int = 0
    """Webhooks and news that were given up."""
    requests: int = 0
    """Payers who came too late and wait for an answer."""
    to_reconcile: int = 0
    """Money without a link, and payments that their gateway does not have so."""
    ending: int = 0
    """Authorized payments that cannot be captured any more after two days."""
