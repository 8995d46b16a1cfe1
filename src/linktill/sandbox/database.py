"""The sandbox company's own books: one SQLite file that Linktill's database knows nothing of.

One writer takes all waiting units into one durable commit, each in a savepoint. Nobody hears the result of a unit before that
commit has reached the disk, so that `kill -9` loses nothing that was answered.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, final

import apsw

from linktill.platform.clock import Clock
from linktill.platform.ids import Ids
from linktill.sandbox.schema import SCHEMA

T = TypeVar("T")
Value = str | int | bytes | None
Row = tuple[Any, ...]

BATCH_MAX: Final = 256
STATEMENTS_CACHED: Final = 512
BUSY_TIMEOUT_MS: Final = 5_000


class StorageFailed(Exception):
    """The file could not be written: nothing of the unit happened."""


@dataclass(slots=True)
class Tx:
    """What a unit works with. `wake` becomes True when the unit left work that is due soon."""

    connection: apsw.Connection
    now: int
    ids: Ids
    wake: bool = False

    def one(self, sql: str, **parameters: Value) -> Row | None:
        """The only row, or None."""
        rows = self.all(sql, **parameters)
        assert len(rows) <= 1, "asked for one row"
        return rows[0] if rows else None

    def all(self, sql: str, **parameters: Value) -> list[Row]:
        """All rows."""
        return self.connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, **parameters: Value) -> None:
        """No rows."""
        self.connection.execute(sql, parameters)


@dataclass(slots=True)
class _Waiting:
    unit: Callable[[Tx], Any]
    answer: asyncio.Future[Any]


@dataclass(slots=True)
class _Done:
    """What became of a unit: its result, or what it raised."""

    result: Any = None
    error: Exception | None = None
    wake: bool = False


@final
class Database:
    """Runs units. With `path` None everything is in memory and happens at once, without a thread."""

    def __init__(self, path: Path | None, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._writer = _open(path)
        self._reader = self._writer if path is None else _open(path)
        self._pool = None if path is None else ThreadPoolExecutor(1, "sandbox-writer")
        self._waiting: list[_Waiting] = []
        self._draining: asyncio.Task[None] | None = None
        self.on_wake: Callable[[], None] = lambda: None

    async def write(self, unit: Callable[[Tx], T]) -> T:
        """Runs the unit in a transaction, durable when this returns. What the unit raises undoes it and is raised here."""
        if self._pool is None:
            return self._write_now(unit)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(unit, answer))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return await answer

    def _write_now(self, unit: Callable[[Tx], T]) -> T:
        (done,) = self._commit([unit])
        if done.wake:
            self.on_wake()
        if done.error is not None:
            raise done.error
        result: T = done.result
        return result

    def read(self, unit: Callable[[Tx], T]) -> T:
        """Runs a short unit that only reads, at once."""
        return unit(Tx(self._reader, self._clock.now_us(), self._ids))

    async def close(self) -> None:
        """Waits for what is waiting, then closes the file."""
        if self._draining is not None:
            await self._draining
        if self._pool is not None:
            self._pool.shutdown()
            self._reader.close()
        self._writer.close()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            units = [waiting.unit for waiting in batch]
            try:
                outcomes = await loop.run_in_executor(self._pool, self._commit, units)
            except Exception as error:  # noqa: BLE001 - whatever it was, everyone who waits must hear of it
                outcomes = [_Done(error=StorageFailed(str(error))) for _ in batch]
            for waiting, done in zip(batch, outcomes, strict=True):
                _tell(waiting.answer, done)
            if any(done.wake for done in outcomes):
                self.on_wake()
        self._draining = None

    def _commit(self, units: list[Callable[[Tx], Any]]) -> list[_Done]:
        connection = self._writer
        connection.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [self._step(unit) for unit in units]
            connection.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself (a full disk).
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return outcomes

    def _step(self, unit: Callable[[Tx], Any]) -> _Done:
        tx = Tx(self._writer, self._clock.now_us(), self._ids)
        tx.run("SAVEPOINT unit")
        try:
            done = _Done(unit(tx))
        except Exception as error:  # raised again where the unit came from
            if not self._writer.in_transaction:
                # A full disk: SQLite rolled back the whole batch.
                raise
            tx.run("ROLLBACK TO unit")
            done = _Done(error=error)
        else:
            done.wake = tx.wake
        tx.run("RELEASE unit")
        return done


def _tell(answer: asyncio.Future[Any], done: _Done) -> None:
    if answer.cancelled():
        return
    if done.error is None:
        answer.set_result(done.result)
    else:
        answer.set_exception(done.error)


def _open(path: Path | None) -> apsw.Connection:
    if path is not None:
        # Its owner alone reads a new one: secrets are in it. SQLite gives -wal and -shm the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = apsw.Connection(
        ":memory:" if path is None else str(path), statementcachesize=STATEMENTS_CACHED
    )
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    # Each statement is planned once, not anew for each value that is bound.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL would lose answered commits when the power goes.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    for statement in SCHEMA:
        connection.execute(statement)
    return connection
