"""PostgreSQL behind the `Database` protocol: asyncpg, READ COMMITTED, units that met a conflict run again."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import asyncpg
from typing_extensions import override

from linktill.platform.clock import Clock
from linktill.platform.randomness import Randomness
from linktill.storage.database import SETTING, Database, P, Tx, Unit
from linktill.storage.errors import Busy, SettingInvalid, StorageError
from linktill.storage.pool import Connection, Pool
from linktill.storage.postgresql_errors import is_worth_retrying, storage_error
from linktill.storage.statements import Row, Statement, Value

T = TypeVar("T")

RETRIES_MAX: Final = 5
STATEMENT_TIMEOUT_S: Final = 5.0
REPORT_TIMEOUT_S: Final = 60
VERSION_MIN: Final = 15
CLOSE_S: Final = 10.0

_TIME: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class PostgresTx(Tx):
    """A unit's database transaction on an asyncpg connection."""

    __slots__ = ("_connection", "_time", "failure")

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection
        self._time: int | None = None
        self.failure: BaseException | None = None
        """The first statement that failed; the server refuses all that follow it, and turns COMMIT into ROLLBACK."""

    @override
    async def all(self, statement: Statement, **parameters: Value) -> list[Row]:
        return await self._rows(statement, parameters)

    @override
    async def one(self, statement: Statement, **parameters: Value) -> Row | None:
        rows = await self._rows(statement, parameters)
        assert len(rows) < 2, f"{len(rows)} rows where one was expected: {statement}"
        return rows[0] if rows else None

    @override
    async def run(self, statement: Statement, **parameters: Value) -> None:
        await self._rows(statement, parameters)

    @override
    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Value]]) -> None:
        self._check()
        text = statement.postgresql
        try:
            await self._connection.executemany(text.sql, [text.bind(row) for row in rows])
        except Exception as error:
            self.failure = error
            raise

    @override
    async def database_time(self) -> int:
        if self._time is None:
            self._time = await self._connection.fetchval(_TIME)
            assert self._time is not None, "a SELECT without FROM has a row"
        return self._time

    async def _rows(self, statement: Statement, parameters: Mapping[str, Value]) -> list[Row]:
        self._check()
        text = statement.postgresql
        try:
            return [tuple(row) for row in await self._connection.fetch(text.sql, *text.bind(parameters))]
        except Exception as error:
            self.failure = error
            raise

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


class PostgresDatabase(Database):
    """A pool of connections to one PostgreSQL database. Belongs to the event loop it was opened in."""

    def __init__(self, pool: Pool, clock: Clock, randomness: Randomness) -> None:
        self._pool: Final = pool
        self._clock: Final = clock
        self._randomness: Final = randomness

    @property
    @override
    def dialect(self) -> str:
        return "postgresql"

    @override
    async def run(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._retry("BEGIN READ WRITE", "COMMIT", unit, *args, **kwargs)

    @override
    async def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._retry(None, None, unit, *args, **kwargs)

    @override
    async def report(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '{REPORT_TIMEOUT_S}s'"
        return await self._retry(begin, "COMMIT", unit, *args, **kwargs)

    @override
    async def close(self) -> None:
        await self._pool.close(wait_s=CLOSE_S)

    async def _retry(
        self, begin: str | None, end: str | None, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        tries = 0
        while True:
            try:
                return await self._once(begin, end, unit, *args, **kwargs)
            except StorageError:
                raise
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                if not is_worth_retrying(error):
                    raise storage_error(error) from error
                if tries == RETRIES_MAX:
                    message = f"Given up after {RETRIES_MAX} retries: {error}"
                    raise Busy(message) from error
            tries += 1
            await self._clock.sleep(self._randomness.uniform(0.01, 0.02 * 2**tries))

    async def _once(
        self, begin: str | None, end: str | None, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        connection = await self._pool.take()
        is_finished = False
        try:
            if begin is not None:
                await connection.execute(begin)
            tx = PostgresTx(connection)
            try:
                result = await unit(tx, *args, **kwargs)
                if tx.failure is not None:
                    raise tx.failure
            except Exception:
                if connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
                is_finished = True
                raise
            if end is not None:
                tag = await connection.execute(end)
                assert tag == end, f"the server answered {tag} to {end}"
            is_finished = True
        finally:
            if not is_finished:
                # Canceled or broken half-way: what the server makes of it is unknown, so nobody may use it again.
                connection.terminate()
            self._pool.give_back(connection)
        return result


async def open_postgresql(
    url: str, clock: Clock, *, randomness: Randomness, connections_max: int
) -> PostgresDatabase:
    """Open the database that `url` names. Raise `SettingInvalid` when it cannot be reached or is too old."""
    pool = Pool(url, connections_max=connections_max, statement_timeout_s=STATEMENT_TIMEOUT_S)
    try:
        connection = await pool.take()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError, Busy) as error:
        message = f"{SETTING}: PostgreSQL cannot be used: {error}. Check host, port, user, password and database name."
        raise SettingInvalid(message) from error
    version = connection.get_server_version().major
    encoding = connection.get_settings().server_encoding
    pool.give_back(connection)
    if version < VERSION_MIN or encoding != "UTF8":
        await asyncio.shield(pool.close(wait_s=0))
        message = (
            f"{SETTING} names a PostgreSQL {version} with encoding {encoding}; "
            f"Linktill needs {VERSION_MIN} or newer with UTF8."
        )
        raise SettingInvalid(message)
    return PostgresDatabase(pool, clock, randomness)
