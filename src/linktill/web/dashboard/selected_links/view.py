"""What the page shows after something was done with several links."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class SelectedRow:
    """One of the links. `amount` None: there is no such link."""

    id: str
    description: str
    status: str
    amount: Money | None
    refusal: str
    """Why nothing was done with it; empty where it was."""


@dataclass(frozen=True, slots=True)
class SelectedLinksPage:
    """`POST /dashboard/links/selected`. `is_asking`: nothing was done yet."""

    TEMPLATE: ClassVar[str] = "dashboard/selected_links/page.html"

    shell: Shell
    kind: str
    """What was asked for: a word of `Control`."""
    is_asking: bool
    rows: tuple[SelectedRow, ...]
    shown: str
    """The links' ids, to be sent again."""
    has_parts: bool = False
    """Is a part of one of them paid, so that canceling it must say what becomes of that?"""

    @property
    def done(self) -> int:
        """With how many of them it was done, or would be."""
        return sum(not row.refusal for row in self.rows)
