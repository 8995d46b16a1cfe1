"""What the list of events shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.web.dashboard.shell import Pager, Shell


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in the list. `about_url` None: what it is about has no page."""

    id: str
    at: int
    event: str
    about: str
    about_url: str | None


@dataclass(frozen=True, slots=True)
class EventsPage:
    """`GET /dashboard/events?type=&of=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/events/page.html"

    shell: Shell
    types: tuple[str, ...]
    """Every type that there is."""
    event_type: str
    """The chosen one; empty: all."""
    of: str
    """Only what is about this link or payment; empty: all."""
    rows: tuple[EventRow, ...]
    pager: Pager
