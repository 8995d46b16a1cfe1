"""What the list of disputes shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Pager, Shell, Tab


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute in a list. `state`: see `state.shown_state`."""

    id: str
    description: str
    state: str
    amount: Money
    respond_by: int | None
    """None where nothing is to be answered by anybody any more, or the gateway names no day."""
    at: int


@dataclass(frozen=True, slots=True)
class DisputesPage:
    """`GET /dashboard/disputes?status=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/disputes/page.html"

    shell: Shell
    tabs: tuple[Tab, ...]
    rows: tuple[DisputeRow, ...]
    pager: Pager
    has_disputes: bool
