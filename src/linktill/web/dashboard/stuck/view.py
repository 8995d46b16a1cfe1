"""What the page of stuck work shows."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class StuckRow:
    """A webhook of a gateway that could not be worked on, or news that could not be told."""

    id: str
    kind: Literal["webhook", "news"]
    event: str
    """In the gateway's words for a webhook, in ours for news; empty where nobody knows."""
    payment_id: str | None
    since: int
    tries: int
    error: str


@dataclass(frozen=True, slots=True)
class StuckPage:
    """`GET /dashboard/stuck`. Posts `csrf_token` to `/dashboard/stuck/{id}/retry`."""

    TEMPLATE: ClassVar[str] = "dashboard/stuck/page.html"

    shell: Shell
    rows: tuple[StuckRow, ...]
    more: int
    """How many there are besides those shown."""
