"""SQLite connections as Linktill needs them: durable, strict, and with their errors in our words."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import apsw

from linktill.storage.database import SETTING
from linktill.storage.errors import (
    Busy,
    ConstraintBroken,
    SettingInvalid,
    StatementWrong,
    StorageBroken,
    StorageError,
    StorageFull,
)

STATEMENTS_CACHED: Final = 512

WRITE_BUSY_MS: Final = 5_000
"""How long the writer waits for another process that writes, such as the command line."""

_PRAGMAS: Final = """
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
PRAGMA journal_size_limit = 67108864;
"""
# FULL and not NORMAL: NORMAL lost acknowledged commits in each simulated power cut.

_TRIES: Final = 5
"""One would do, but for others that take the lock between the wait and the next try."""

_NO_SPACE: Final = frozenset({apsw.SQLITE_FULL, apsw.SQLITE_IOERR_SHMSIZE})
_FSYNC_FAILED: Final = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})


def path_of(url: str) -> Path:
    """Return the file that `sqlite:///relative` or `sqlite:////absolute` names."""
    rest = url.removeprefix("sqlite://")
    name, _question, query = rest.partition("?")
    if not name.startswith("/") or name in {"/", "/:memory:"} or parse_qsl(query, keep_blank_values=True):
        message = f"{SETTING} must name a file after sqlite:///, such as sqlite:///data/linktill.sqlite3, and nothing else."
        raise SettingInvalid(message)
    return Path(name[1:])


def must_be_there(path: Path) -> None:
    """Raises SettingInvalid where no database was made yet, so that looking for one makes none."""
    if not path.exists() or path.stat().st_size == 0:
        raise SettingInvalid(
            f"{SETTING} names {path}, where no database is yet. Name yours, or make one: linktill serve or linktill migrate."
        )


def create_file(path: Path) -> None:
    """Make sure that the file exists and that only its owner reads a new one (SQLite gives -wal and -shm the same mode)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        message = f"{SETTING} names {path}, which cannot be opened for writing: {error.strerror}."
        raise SettingInvalid(message) from error


def connect(path: Path, *, busy_ms: int, vfs: str | None = None) -> apsw.Connection:
    """Open an existing file. `busy_ms` is how long a statement may wait for another process's lock."""
    connection = apsw.Connection(
        str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs, statementcachesize=STATEMENTS_CACHED
    )
    connection.set_busy_timeout(busy_ms)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    keep_plans(connection)
    connection.execute(_PRAGMAS)
    return connection


def keep_plans(connection: apsw.Connection) -> None:
    """Have each statement planned once. Where a table has partial indexes, SQLite would plan anew for each value that is bound
    (https://www.sqlite.org/compile.html#enable_qpsg): finding a link by its slug took 90 µs instead of 15.
    """
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)


def keep_log(connection: apsw.Connection) -> bool:
    """Have commits go to a write-ahead log, and return whether the file system can. Waits for others as a statement does.

    SQLite does not wait for another process's write lock here, because the switch takes a read lock first
    (https://www.sqlite.org/c3ref/busy_handler.html): of instances that started together on a new file, one died of it.
    """
    for _ in range(_TRIES):
        try:
            return bool(connection.pragma("journal_mode", "wal") == "wal")
        except apsw.BusyError:
            connection.execute("BEGIN IMMEDIATE; ROLLBACK")  # here it waits
    raise Busy("The database was locked for too long.")


class Files:
    """The file, its WAL and the WAL's index, as they were when the database was opened.

    SQLite goes on writing to files that were removed or replaced beneath it, and everything written is lost with them.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._names: Final = (str(path), f"{path}-wal", f"{path}-shm")
        self._before: Final = self._now()
        assert self._before is not None, "an open database in WAL mode has all three"

    def are_in_place(self) -> bool:
        """Return whether all three are still the same files."""
        return self._now() == self._before

    def _now(self) -> tuple[tuple[int, int], ...] | None:
        try:
            return tuple([(found.st_dev, found.st_ino) for found in map(os.stat, self._names)])
        except OSError:
            return None


def storage_error(error: apsw.Error) -> StorageError:
    """Return what `error` means for who asked."""
    extended = getattr(error, "extendedresult", 0)
    match error:
        case _ if extended in _NO_SPACE or isinstance(error, apsw.FullError):
            return StorageFull("No space left for the database.")
        case apsw.IOError() if extended == apsw.SQLITE_IOERR_DATA:
            return StorageBroken(
                "A page of the database file was changed, by the disk or another tool. Run: linktill verify"
            )
        case apsw.BusyError() | apsw.LockedError() | apsw.InterruptError():
            return Busy("The database was locked for too long.")
        case apsw.ConstraintError():
            return ConstraintBroken(str(error))
        case (
            apsw.SQLError()
            | apsw.MismatchError()
            | apsw.RangeError()
            | apsw.TooBigError()
            | apsw.BindingsError()
        ):
            return StatementWrong(f"{type(error).__name__}: {error}")
        case _:
            return StorageBroken(f"{type(error).__name__}: {error}")


def is_fatal(error: apsw.Error, *, during_commit: bool) -> bool:
    """Return whether the page cache can no longer be trusted.

    After a failed fsync the kernel may have dropped the data and say that all is well the next time
    (https://wiki.postgresql.org/wiki/Fsync_Errors).
    """
    if not isinstance(error, apsw.IOError):
        return False
    extended = getattr(error, "extendedresult", 0)
    return extended in _FSYNC_FAILED or (during_commit and extended not in _NO_SPACE)
