"""Runs units on the raw drivers. A unit is a generator that yields statements and gets their rows.

SQLite: one writer thread that takes all units that wait into one durable commit (WAL, synchronous=FULL), reads on the
event loop's own connection. PostgreSQL: a pool of ten connections, BEGIN and COMMIT around a unit, none around reads.
"""

import asyncio
import json
import re
import threading
import time
from collections.abc import Generator, Sequence
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol

import apsw
import asyncpg

from bench.floor import statements

Row = Sequence[Any]
GROUP_MAX = 256
GROUP_S = 0.05
CONNECTIONS = 10


class Many(NamedTuple):
    """The same statement for several rows."""

    sql: str
    rows: Sequence[tuple[Any, ...]]


Unit = Generator[tuple[str, tuple[Any, ...]] | Many, Sequence[Row], Any]


class Driver(Protocol):
    """An open database."""

    async def run(self, unit: Unit) -> Any: ...

    async def read(self, sql: str, *values: Any) -> Sequence[Row]: ...

    async def now(self) -> int: ...


@cache
def _sqlite(sql: str) -> str:
    sql = re.sub(r"= ANY\((\$\d)\)", r"IN (SELECT value FROM json_each(\1))", sql)
    return sql.replace("$", "?").replace("FOR UPDATE SKIP LOCKED", "").replace("FOR UPDATE", "")


def _bound(values: Sequence[Any]) -> list[Any]:
    return [json.dumps(value) if type(value) is list else value for value in values]


def _connect(path: str) -> apsw.Connection:
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=512)
    connection.set_busy_timeout(5_000)
    connection.execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384"
    ).fetchall()
    return connection


class Sqlite:
    def __init__(self, path: str) -> None:
        self._writer = _connect(path)
        self._reader = _connect(path)
        self._queue: SimpleQueue[tuple[Unit, asyncio.Future[Any]]] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._write, daemon=True).start()

    async def run(self, unit: Unit) -> Any:
        future = self._loop.create_future()
        self._queue.put((unit, future))
        return await future

    async def read(self, sql: str, *values: Any) -> Sequence[Row]:
        return self._reader.execute(_sqlite(sql), _bound(values)).fetchall()

    async def now(self) -> int:
        return time.time_ns() // 1_000

    def _write(self) -> None:
        execute = self._writer.execute
        while True:
            job: tuple[Unit, asyncio.Future[Any]] | None = self._queue.get()
            done: list[tuple[asyncio.Future[Any], Any]] = []
            execute("BEGIN IMMEDIATE")
            ends_at = time.monotonic() + GROUP_S
            while job is not None:
                unit, future = job
                execute("SAVEPOINT unit")
                try:
                    done.append((future, self._drive(unit)))
                except Exception as error:  # noqa: BLE001 it is for whoever asked
                    execute("ROLLBACK TO unit")
                    done.append((future, error))
                execute("RELEASE unit")
                try:
                    full = len(done) >= GROUP_MAX or time.monotonic() > ends_at
                    job = None if full else self._queue.get_nowait()
                except Empty:
                    job = None
            execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, done)

    def _drive(self, unit: Unit) -> Any:
        try:
            asked = next(unit)
            while True:
                if isinstance(asked, Many):
                    self._writer.executemany(_sqlite(asked.sql), asked.rows).fetchall()
                    asked = unit.send(())
                else:
                    asked = unit.send(self._writer.execute(_sqlite(asked[0]), _bound(asked[1])).fetchall())
        except StopIteration as end:
            return end.value


def _settle(done: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in done:
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


class Postgres:
    def __init__(self, connections: list[asyncpg.Connection]) -> None:
        self._free: asyncio.LifoQueue[asyncpg.Connection] = asyncio.LifoQueue()
        for connection in connections:
            self._free.put_nowait(connection)

    async def run(self, unit: Unit) -> Any:
        connection = await self._free.get()
        try:
            await connection.execute("BEGIN")
            try:
                result = await self._drive(connection, unit)
            except Exception:
                await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")
        finally:
            self._free.put_nowait(connection)
        return result

    async def read(self, sql: str, *values: Any) -> Sequence[Row]:
        connection = await self._free.get()
        try:
            return await connection.fetch(sql, *values)
        finally:
            self._free.put_nowait(connection)

    async def now(self) -> int:
        return int((await self.read(statements.NOW))[0][0])

    async def _drive(self, connection: asyncpg.Connection, unit: Unit) -> Any:
        try:
            asked = next(unit)
            while True:
                if isinstance(asked, Many):
                    await connection.executemany(asked.sql, asked.rows)
                    asked = unit.send(())
                else:
                    asked = unit.send(await connection.fetch(asked[0], *asked[1]))
        except StopIteration as end:
            return end.value


async def connect(url: str) -> Driver:
    """Opens `sqlite:///path` or `postgresql://…`."""
    if url.startswith("sqlite:///"):
        return Sqlite(url.removeprefix("sqlite:///"))
    options: dict[str, Any] = {"statement_cache_size": 1_024, "max_cached_statement_lifetime": 0}
    return Postgres([await asyncpg.connect(url, **options) for _ in range(CONNECTIONS)])
