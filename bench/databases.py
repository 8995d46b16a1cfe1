"""The two databases: made, filled quickly, copied, and asked from outside the servers that are measured."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import apsw
import asyncpg
import psutil

from bench.shop import Rows
from tests.postgres import Server


class Databases(Protocol):
    """One database system, with databases by name."""

    name: str

    def url(self, database: str) -> str: ...

    def create(self, database: str) -> None: ...

    def fill(self, database: str, parts: Sequence[Rows]) -> None: ...

    def copy(self, source: str, target: str) -> None: ...

    def ask(self, database: str, sql: str) -> int: ...

    def cpu_s(self) -> float:
        """CPU seconds that its own processes have used so far."""
        ...

    def close(self) -> None: ...


class Sqlite:
    """Files in a folder on a real disk."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asking: dict[str, apsw.Connection] = {}

    def path(self, database: str) -> Path:
        return self._folder / f"{database}.sqlite3"

    def url(self, database: str) -> str:
        return f"sqlite:///{self.path(database)}"

    def create(self, database: str) -> None:
        self.path(database).touch()

    def fill(self, database: str, parts: Sequence[Rows]) -> None:
        connection = apsw.Connection(str(self.path(database)))
        connection.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN")
        for part in parts:
            marks = ", ".join("?" * len(part.columns))
            into = f"INSERT INTO {part.table} ({', '.join(part.columns)}) VALUES ({marks})"
            connection.executemany(into, part.rows)
        connection.execute("COMMIT")
        connection.close()

    def copy(self, source: str, target: str) -> None:
        shutil.copyfile(self.path(source), self.path(target))

    def ask(self, database: str, sql: str) -> int:
        if database not in self._asking:
            self._asking[database] = apsw.Connection(
                str(self.path(database)), flags=apsw.SQLITE_OPEN_READWRITE
            )
            self._asking[database].set_busy_timeout(1_000)
            # The floor writes plain pages into a file whose pages are said to carry checksums.
            self._asking[database].execute("PRAGMA checksum_verification = OFF")
        (row,) = self._asking[database].execute(sql).fetchall()
        return int(cast("int", row[0]))

    def cpu_s(self) -> float:
        return 0.0

    def close(self) -> None:
        for connection in self._asking.values():
            connection.close()


class Postgres:
    """Databases of one private server."""

    name = "postgresql"

    def __init__(self, server: Server) -> None:
        self._server = server
        self._runner = asyncio.Runner()
        self._asking: dict[str, asyncpg.Connection] = {}
        # The tests' server is kept small; PostgreSQL's documentation starts with a quarter of the machine's memory.
        buffers_mb = min(1_024, psutil.virtual_memory().total // 4 // 2**20)
        self._do("postgres", f"ALTER SYSTEM SET shared_buffers = '{buffers_mb}MB'")
        self._do(
            "postgres", "ALTER SYSTEM SET max_wal_size = '2GB'", "ALTER SYSTEM SET autovacuum_naptime = '60s'"
        )
        server.stop()
        server.start()

    def url(self, database: str) -> str:
        return self._server.url(database)

    def create(self, database: str) -> None:
        self._do("postgres", f"CREATE DATABASE {database}")

    def fill(self, database: str, parts: Sequence[Rows]) -> None:
        self._runner.run(self._fill(database, parts))
        # What autovacuum would do by itself in a minute.
        self._do(database, "VACUUM ANALYZE", "CHECKPOINT")

    def copy(self, source: str, target: str) -> None:
        self._do("postgres", f"CREATE DATABASE {target} TEMPLATE {source}")

    def ask(self, database: str, sql: str) -> int:
        return int(self._runner.run(self._ask(database, sql)))

    def cpu_s(self) -> float:
        pid = int((self._server.data / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        times = postmaster.cpu_times()
        total = times.user + times.system + times.children_user + times.children_system
        for backend in postmaster.children():
            try:
                mine = backend.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += mine.user + mine.system
        return float(total)

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()

    def _do(self, database: str, *statements: str) -> None:
        self._runner.run(self._execute(database, statements))

    async def _execute(self, database: str, statements: Sequence[str]) -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _ask(self, database: str, sql: str) -> Any:
        if database not in self._asking:
            self._asking[database] = await asyncpg.connect(self.url(database))
        return await self._asking[database].fetchval(sql)

    async def _close(self) -> None:
        for connection in self._asking.values():
            await connection.close()

    async def _fill(self, database: str, parts: Sequence[Rows]) -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            for part in parts:
                await connection.copy_records_to_table(part.table, records=part.rows, columns=part.columns)
        finally:
            await connection.close()
