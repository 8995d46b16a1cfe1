"""What the list of links shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Pager, Shell, Tab


@dataclass(frozen=True, slots=True)
class TagLink:
    """A tag, and the list of the links that have it."""

    tag: str
    url: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link in the list."""

    id: str
    description: str
    status: str
    amount: Money
    collected: Money
    """Captured less refunded, in the link's own currency."""
    payments: int
    created_at: int
    tags: tuple[TagLink, ...] = ()
    collected_in: tuple[Money, ...] = ()
    """The same of other currencies, each for itself."""


@dataclass(frozen=True, slots=True)
class LinksPage:
    """`GET /dashboard/links?status=&q=&tag=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/links/page.html"

    shell: Shell
    tabs: tuple[Tab, ...]
    status: str
    """The chosen filter, sent again with a search; empty for all."""
    search: str
    rows: tuple[LinkRow, ...]
    pager: Pager
    has_links: bool
    """False where the merchant has none at all."""
    tag: str = ""
    """The chosen tag as it was asked for; empty for all."""
    untagged_url: str = ""
    """The same list without it."""
