"""What the search shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class HitRow:
    """Something that was found."""

    url: str
    title: str
    note: str
    """A second line; may be empty."""
    status: str
    """As the words of its kind know it; empty: none."""
    amount: Money | None
    at: int


@dataclass(frozen=True, slots=True)
class Group:
    """The newest of one kind."""

    kind: str
    """`payment`, `link`, `customer`, `dispute`, `payout` or `coupon`; the template chooses the words."""
    rows: tuple[HitRow, ...]
    more_url: str | None
    """The list with all of them; None: these are all."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """`GET /dashboard/search?q=`."""

    TEMPLATE: ClassVar[str] = "dashboard/search/page.html"

    shell: Shell
    text: str
    """As it was typed; empty: nothing was searched for yet."""
    groups: tuple[Group, ...]
