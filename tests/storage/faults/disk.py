"""A disk that tests can break, as an apsw VFS over the real one: any call can fail, and the power can go at any moment."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import apsw
from typing_extensions import override

from tests.storage.faults.platter import Platter

FOLDER_SYNCED_WITH: Final = (
    apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
)
"""SQLite's own VFS syncs the folder at the first sync of a log or journal that it has made (unixSync in os_unix.c)."""


class Disk(apsw.VFS):
    """Hand `name` to `open_sqlite(vfs=…)`.

    `before` is called ahead of each write, sync, truncate, open and delete with its kind and the file's path, in whatever
    thread that is, and may raise what the call shall raise. `platter` notes what a power cut would leave; None: not needed.
    `syncs_for_real` False saves the flush, which the model does not need. `is_default`: whoever names no VFS gets this one.
    """

    def __init__(
        self,
        name: str,
        *,
        platter: Platter | None = None,
        syncs_for_real: bool = True,
        is_default: bool = False,
    ) -> None:
        self.name = name
        self.platter = platter
        self.syncs_for_real = syncs_for_real
        self.before: Callable[[str, str], None] | None = None
        self.calls: Counter[str] = Counter()
        self.lock = threading.RLock()
        self.below = apsw.vfs_names()[0]
        super().__init__(name, self.below, makedefault=is_default)

    def note(self, kind: str, path: str) -> None:
        self.calls[kind] += 1
        if self.before is not None:
            self.before(kind, path)

    @override
    def xOpen(self, name: Any, flags: list[int]) -> "OpenFile":
        path = name if isinstance(name, str) else name.filename()
        with self.lock:
            self.note("open", path)
            is_new = not Path(path).exists()
            return OpenFile(self, name, path, flags, is_new=is_new)

    @override
    def xDelete(self, filename: str, syncdir: bool) -> None:
        with self.lock:
            self.note("delete", filename)
            super().xDelete(filename, syncdir)
            if self.platter is not None:
                self.platter.remove(Path(filename).name)
                if syncdir:
                    self.platter.sync_folder()


class OpenFile(apsw.VFSFile):
    """A file on a `Disk`."""

    def __init__(self, disk: Disk, name: Any, path: str, flags: list[int], *, is_new: bool) -> None:
        self._disk = disk
        self._path = path
        self._syncs_folder = is_new and bool(flags[0] & FOLDER_SYNCED_WITH)
        super().__init__(disk.below, name, flags)
        self._file = None if disk.platter is None else disk.platter.file(Path(path).name)

    @override
    def xWrite(self, data: Any, offset: int) -> None:
        disk = self._disk
        with disk.lock:
            disk.note("write", self._path)
            super().xWrite(data, offset)
            if self._file is not None:
                self._file.pending.append((offset, self._written(len(data), offset)))

    @override
    def xTruncate(self, newsize: int) -> None:
        disk = self._disk
        with disk.lock:
            disk.note("truncate", self._path)
            super().xTruncate(newsize)
            if self._file is not None:
                self._file.pending.append((newsize, None))

    @override
    def xSync(self, flags: int) -> None:
        disk = self._disk
        with disk.lock:
            disk.note("sync", self._path)
            if disk.syncs_for_real:
                super().xSync(flags)
            if self._file is not None:
                self._file.sync()
                if self._syncs_folder and disk.platter is not None:
                    disk.platter.sync_folder()
            self._syncs_folder = False

    def _written(self, length: int, offset: int) -> bytes:
        """Read back: what lies between us and the disk may have added a checksum."""
        return super().xRead(length, offset)
