"""PostgreSQL behind the `Database` protocol: asyncpg, READ COMMITTED, units that met a conflict run again."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import asyncpg
from typing_extensions import override

from linktill.platform.clock import Clock
from linktill.platform.randomness import Randomness
from linktill.storage.database import SETTING, Database, P, Tx, Unit
from linktill.storage.errors import Busy, SettingInvalid, StorageError
from linktill.storage.pool import CONNECT_S, Connection, Pool
from linktill.storage.postgresql_errors import DRIVER_ERRORS, is_worth_retrying, storage_error
from linktill.storage.statements import Row, Statement, Value

T = TypeVar("T")

RETRIES_MAX: Final = 5
STATEMENT_TIMEOUT_S: Final = 5.0
REPORT_TIMEOUT_S: Final = 60
VERSION_MIN: Final = 15
CLOSE_S: Final = 10.0

_TIME: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


class _How(NamedTuple):
    """How a unit is run: None for `begin` is one statement at a time, each on its own."""

    begin: str | None
    timeout_s: float | None = None


_WRITE: Final = _How("BEGIN READ WRITE")
_READ: Final = _How(None)
_REPORT: Final = _How(
    f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '{REPORT_TIMEOUT_S}s'",
    REPORT_TIMEOUT_S + 1,
)


class PostgresTx(Tx):
    """A unit's database transaction on an asyncpg connection."""

    __slots__ = ("_connection", "_time", "_timeout_s", "failure")

    def __init__(self, connection: Connection, timeout_s: float | None) -> None:
        self._connection: Final = connection
        self._timeout_s: Final = timeout_s  # None: the connection's own
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
            await self._connection.executemany(
                text.sql, [text.bind(row) for row in rows], timeout=self._timeout_s
            )
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
            values = text.bind(parameters)
            rows = await self._connection.fetch(text.sql, *values, timeout=self._timeout_s)
            return [tuple(row) for row in rows]
        except Exception as error:
            self.failure = error
            raise

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


class PostgresDatabase(Database):
    """A pool of connections to one PostgreSQL database. Belongs to the event loop it was opened in."""

    def __init__(self, pool: Pool, clock: Clock, randomness: Randomness, *, reports_max: int) -> None:
        self._pool: Final = pool
        self._clock: Final = clock
        self._randomness: Final = randomness
        self._reports: Final = asyncio.Semaphore(reports_max)

    @property
    @override
    def dialect(self) -> str:
        return "postgresql"

    @override
    async def run(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._retry(_WRITE, unit, *args, **kwargs)

    @override
    async def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._retry(_READ, unit, *args, **kwargs)

    @override
    async def report(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        # Reports may not take every connection from those that serve payers.
        try:
            async with asyncio.timeout(REPORT_TIMEOUT_S):
                await self._reports.acquire()
        except TimeoutError as error:
            raise Busy("Too many reports run.") from error
        try:
            return await self._retry(_REPORT, unit, *args, **kwargs)
        finally:
            self._reports.release()

    @override
    async def close(self) -> None:
        await self._pool.close(wait_s=CLOSE_S)

    async def _retry(self, how: _How, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        tries = 0
        while True:
            try:
                return await self._once(how, unit, *args, **kwargs)
            except StorageError:
                raise
            except DRIVER_ERRORS as error:
                if not is_worth_retrying(error):
                    raise storage_error(error) from error
                if tries == RETRIES_MAX:
                    message = f"Given up after {RETRIES_MAX} retries: {error}"
                    raise Busy(message) from error
            tries += 1
            await self._clock.sleep(self._randomness.uniform(0.01, 0.02 * 2**tries))

    async def _once(self, how: _How, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        connection = await self._pool.take()
        is_finished = False
        try:
            if how.begin is not None:
                await connection.execute(how.begin)
            tx = PostgresTx(connection, how.timeout_s)
            try:
                result = await unit(tx, *args, **kwargs)
                if tx.failure is not None:
                    raise tx.failure
            except (TimeoutError, asyncpg.InternalClientError):
                raise  # the server may still be at it, or is gone
            except Exception:
                if connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
                is_finished = True
                raise
            if how.begin is not None:
                tag = await connection.execute("COMMIT")
                assert tag == "COMMIT", f"the server answered {tag} to COMMIT"
            is_finished = True
        finally:
            if not is_finished:
                # Canceled or broken half-way: what the server makes of it is unknown, so nobody may use it again.
                connection.terminate()
            self._pool.give_back(connection)
        return result


async def open_postgresql(
    url: str,
    clock: Clock,
    *,
    randomness: Randomness,
    connections_max: int,
    statement_timeout_s: float = STATEMENT_TIMEOUT_S,
) -> PostgresDatabase:
    """Open the database that `url` names. Raise `SettingInvalid` when it cannot be reached or is too old."""
    pool = Pool(url, connections_max=connections_max, statement_timeout_s=statement_timeout_s)
    try:
        connection = await pool.take(within_s=CONNECT_S)
    except (*DRIVER_ERRORS, ValueError, Busy) as error:
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
    return PostgresDatabase(pool, clock, randomness, reports_max=max(1, connections_max // 3))
