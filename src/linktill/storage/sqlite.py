"""SQLite behind the `Database` protocol: one writer thread, reads in the event loop, long reports in a thread of their own."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import apsw
from typing_extensions import override

from linktill.platform.clock import Clock
from linktill.platform.log import get_logger
from linktill.storage.database import SETTING, Database, P, Unit
from linktill.storage.errors import Busy, SettingInvalid, StatementWrong, StorageBroken
from linktill.storage.sqlite_connection import (
    WRITE_BUSY_MS,
    Files,
    connect,
    create_file,
    keep_log,
    path_of,
    storage_error,
)
from linktill.storage.sqlite_damage import check_start, has_checksums, is_log_sound
from linktill.storage.sqlite_unit import SqliteTx, drive
from linktill.storage.sqlite_writer import Writer

T = TypeVar("T")

READ_BUSY_MS: Final = 100
"""A read blocks the event loop, so it hardly waits. In WAL mode it does not have to."""

LOOK_S: Final = 1.0
"""So long reads may go on from a file that was removed or replaced; a write notices at once."""

REPORT_BUSY_MS: Final = 5_000

REPORTS_MAX: Final = 32
"""Reports that may wait for the one thread that runs them."""


log = get_logger("storage")


def leave(error: BaseException) -> NoReturn:
    """End the process: what the disk holds is no longer known. What was acknowledged is in the WAL; a new start reads it."""
    sys.stderr.write(
        f"linktill: the database's disk failed ({error}); leaving so that nothing is built on it.\n"
    )
    sys.stderr.flush()
    os._exit(os.EX_IOERR)


class SqliteDatabase(Database):
    """An open SQLite file. Reads of a thread go through that thread's own connection."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        queue_max: int,
        on_fatal: Callable[[BaseException], None],
        vfs: str | None,
    ) -> None:
        self._path: Final = path
        self._clock: Final = clock
        self._vfs: Final = vfs
        self._write_connection: Final = _open_writer(path, vfs)
        self._files: Final = Files(path)
        self._looks_again_at_s = 0.0
        self._writer: Final = Writer(
            self._write_connection, self._files, clock, queue_max=queue_max, on_fatal=on_fatal
        )
        self._readers: Final[dict[int, apsw.Connection]] = {}
        self._reporter: Final = ThreadPoolExecutor(1, thread_name_prefix="linktill-sqlite-report")
        self._reports = 0
        self._is_closed = False
        self._writer.start()

    @property
    @override
    def dialect(self) -> str:
        return "sqlite"

    @override
    async def run(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        result: T = await self._writer.submit(lambda tx: unit(tx, *args, **kwargs))
        return result

    @override
    async def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._read(READ_BUSY_MS, unit, *args, **kwargs)

    @override
    async def report(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._is_closed or self._reports >= REPORTS_MAX:
            raise Busy("The database is closed." if self._is_closed else "Too many reports wait.")
        context = copy_context()

        def work() -> T:
            return self._read(REPORT_BUSY_MS, unit, *args, **kwargs)

        self._reports += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reporter, context.run, work)
        finally:
            self._reports -= 1

    @override
    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.to_thread(self._writer.stop)
        await asyncio.to_thread(self._reporter.shutdown)
        for connection in self._readers.values():
            connection.close()
        if not is_log_sound(self._write_connection, self._path):
            self._write_connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            log.error("database.damaged", file=f"{self._path}-wal")
        # Last, so that it takes the WAL into the file and removes it.
        self._write_connection.close()

    def _read(self, busy_ms: int, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._look()
        try:
            connection = self._readers.get(threading.get_ident()) or self._open_reader(busy_ms)
            tx = SqliteTx(connection, self._clock)
            # All of the unit's statements see one snapshot, taken at the first of them.
            connection.execute("BEGIN")
            try:
                return drive(unit(tx, *args, **kwargs), tx)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except apsw.ReadOnlyError as error:
            message = f"A unit that only reads tried to write: {error}"
            raise StatementWrong(message) from error
        except apsw.Error as error:
            raise storage_error(error) from error

    def _look(self) -> None:
        """Each second: what is read from a file that was replaced is what somebody wanted to be rid of."""
        now_s = self._clock.monotonic_s()
        if now_s < self._looks_again_at_s or self._is_closed:
            return
        self._looks_again_at_s = now_s + LOOK_S
        if not self._files.are_in_place():
            raise self._writer.condemn()

    def _open_reader(self, busy_ms: int) -> apsw.Connection:
        if self._is_closed:
            raise Busy("The database is closed.")
        connection = connect(self._path, busy_ms=busy_ms, vfs=self._vfs)
        connection.execute("PRAGMA query_only = ON")
        if not has_checksums(connection):
            connection.close()
            raise StorageBroken(f"The header of {self._path} was changed.")
        self._readers[threading.get_ident()] = connection
        return connection


def _open_writer(path: Path, vfs: str | None) -> apsw.Connection:
    connection = connect(path, busy_ms=WRITE_BUSY_MS, vfs=vfs)
    if not keep_log(connection):
        connection.close()
        message = f"{SETTING} names {path}, where SQLite cannot keep a write-ahead log; use a local disk."
        raise SettingInvalid(message)
    try:
        check_start(connection, path)
        # Opens -wal and -shm, which stay open from here on.
        connection.execute("BEGIN IMMEDIATE; ROLLBACK")
    except BaseException:
        connection.close()
        raise
    return connection


async def open_sqlite(
    url: str,
    clock: Clock,
    *,
    queue_max: int,
    on_fatal: Callable[[BaseException], None] = leave,
    vfs: str | None = None,
) -> SqliteDatabase:
    """Open the file that `url` names, making it and its folder when missing.

    `on_fatal` is called by the writer thread when the disk can no longer be trusted, after all who wait were told.
    `vfs` names an apsw VFS, for tests that break the disk.
    """
    path = path_of(url).resolve()  # SQLite puts the WAL beside the file itself, not beside a link to it
    create_file(path)
    try:
        return SqliteDatabase(path, clock, queue_max=queue_max, on_fatal=on_fatal, vfs=vfs)
    except apsw.NotADBError as error:
        message = f"{SETTING} names {path}, which is not a SQLite database."
        raise SettingInvalid(message) from error
    except apsw.Error as error:
        raise storage_error(error) from error
