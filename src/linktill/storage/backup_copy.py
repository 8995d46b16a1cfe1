"""A whole SQLite file into and out of a backup, while it is written to: the sandbox's books, which are none of ours."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from linktill.storage.backup_file import sync_folder
from linktill.storage.sqlite_connection import storage_error

PART_BYTES: Final = 1 << 20
BUSY_MS: Final = 5_000


def parts_of(path: Path) -> Iterator[bytes]:
    """The file as it is at one moment, in parts. Raises StorageError."""
    with tempfile.TemporaryDirectory(prefix=".linktill-backup-", dir=path.parent) as name:
        copied = Path(name) / path.name
        try:
            _copy(path, copied)
        except apsw.Error as error:
            raise storage_error(error) from error
        with copied.open("rb") as file:
            while part := file.read(PART_BYTES):
                yield part


def _copy(path: Path, copied: Path) -> None:
    source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    target = apsw.Connection(str(copied))
    try:
        source.set_busy_timeout(BUSY_MS)
        # All at once: copied in steps, it would begin again with each write of another process.
        with target.backup("main", source, "main") as backup:
            backup.step()
        # A copy in WAL mode would leave part of itself in another file.
        target.pragma("journal_mode", "delete")
    finally:
        target.close()
        source.close()


def write_whole(path: Path, parts: Iterator[bytes]) -> None:
    """Makes the file, readable by its owner alone, whole or not at all. Raises FileExistsError: it is never replaced."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()
    sync_folder(path.parent)
