"""What the page of a link's versions shows."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from linktill.core.money import Money
from linktill.web.dashboard.shell import Pager, Shell

Shown: TypeAlias = Money | int | str
"""A time in microseconds is an `int`, whatever else was typed is a `str`."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field. `before` None: the version before had nothing to compare with."""

    label: str
    before: Shown | None
    after: Shown


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version. `is_first`: what it lists was there from the beginning."""

    version: int
    at: int
    by: str
    is_first: bool
    changes: tuple[ChangeRow, ...]


@dataclass(frozen=True, slots=True)
class LinkVersionsPage:
    """`GET /dashboard/links/{id}/versions`."""

    TEMPLATE: ClassVar[str] = "dashboard/link_versions/page.html"

    shell: Shell
    link_id: str
    description: str
    rows: tuple[VersionRow, ...]
    pager: Pager
