"""Links that are made from a file: what becomes of the file and of each of its rows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from linktill.core.ids import LinkImportId, MerchantId

FILE_MAX_BYTES: Final = 16 * 1024 * 1024
ROWS_MAX: Final = 100_000
CELL_MAX: Final = 10_000
"""Characters: more than any field of a link may have."""
KEY_MAX: Final = 200
FILE_NAME_MAX: Final = 200
OPEN_MAX: Final = 20
"""So many imports of one merchant may wait or be under way."""


class ImportStatus(StrEnum):
    """Where an import stands."""

    UPLOADING = "uploading"
    """Not all of the file is here yet; nobody is shown it."""
    CHECKING = "checking"
    CHECKED = "checked"
    """No link was made. It waits for a person, or a program, to start it."""
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """Somebody ended it; links that it had made stay."""


UNDER_WAY: Final = frozenset({ImportStatus.CHECKING, ImportStatus.RUNNING})


class RowStatus(StrEnum):
    """What became of a row."""

    READY = "ready"
    """It would make a link."""
    CREATED = "created"
    EXISTING = "existing"
    """It has made its link before."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LinkImport:
    """An import as stored. Counts are of rows; `ready` is what its check found, `created` what it has made."""

    merchant_id: MerchantId
    id: LinkImportId
    status: ImportStatus
    file_name: str
    by: str
    rows: int
    pieces: int
    next_piece: int
    done: int
    ready: int
    created: int
    existing: int
    failed: int
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of some rows."""

    ready: int = 0
    created: int = 0
    existing: int = 0
    failed: int = 0
