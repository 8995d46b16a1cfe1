"""What the page of a file of links shows."""

from dataclasses import dataclass
from typing import ClassVar, Final

from linktill.web.dashboard.shell import Pager, Shell

REFRESH_S: Final = 3


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What became of a row of the file."""

    number: int
    key: str
    status: str
    about: str
    link_id: str | None
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportLinksPage:
    """`GET /dashboard/links/imports/{id}?rows=failed`."""

    TEMPLATE: ClassVar[str] = "dashboard/import_links/page.html"

    shell: Shell
    id: str
    file_name: str
    status: str
    rows_count: int
    done: int
    ready: int
    created: int
    existing: int
    failed: int
    rows: tuple[OutcomeRow, ...]
    is_failed_only: bool
    pager: Pager

    @property
    def is_under_way(self) -> bool:
        """Does it still change by itself?"""
        return self.status in {"checking", "running"}

    @property
    def refresh_header(self) -> str:
        """What has a browser ask again, without a script."""
        return f"{REFRESH_S};url=/dashboard/links/imports/{self.id}"
