"""What the page of offline payments shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.core.money import Money
from linktill.core.offline_terms import OfflineFields
from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A payment that waits for money."""

    id: str
    reference: str
    """In groups of four."""
    missing: Money
    payer: str | None
    description: str
    ends_at: int
    is_partly_paid: bool


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """`GET /dashboard/offline`. Posts `csrf_token` and the names of `OfflineFields` there; `reference` is searched by GET."""

    TEMPLATE: ClassVar[str] = "dashboard/offline/page.html"

    shell: Shell
    is_set_up: bool
    fields: OfflineFields
    wait_days_max: int
    waiting: tuple[WaitingRow, ...]
    sought: str = ""
    """A reference that was looked for and not found."""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
