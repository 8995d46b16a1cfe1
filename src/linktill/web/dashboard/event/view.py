"""What the page of an event shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class Place:
    """A thing that an event is about; `url` None: it has no page."""

    id: str
    url: str | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """`GET /dashboard/events/{id}`."""

    TEMPLATE: ClassVar[str] = "dashboard/event/page.html"

    shell: Shell
    id: str
    event: str
    at: int
    about: tuple[Place, ...]
    data: str
    """The object as it was then: JSON, indented."""
