"""What the page shows on which a file of links is chosen."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.web.dashboard.shell import Pager, Shell


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column that a file may have."""

    name: str
    words: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A file that was sent before."""

    id: str
    file_name: str
    status: str
    rows: int
    links: int
    created_at: int


@dataclass(frozen=True, slots=True)
class ImportFilePage:
    """`GET /dashboard/links/import`."""

    TEMPLATE: ClassVar[str] = "dashboard/import_file/page.html"

    shell: Shell
    columns: tuple[ColumnRow, ...]
    imports: tuple[ImportRow, ...]
    pager: Pager
    problems: tuple[str, ...] = ()
    """Why the file that was sent was not taken."""
