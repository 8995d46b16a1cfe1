"""Connections to PostgreSQL, kept open and handed out one unit at a time.

asyncpg's own pool asks the server to reset each connection it takes back: a round trip that a unit of work, which leaves
nothing behind on its connection, need not pay.
"""

import asyncio
import contextlib
from collections import deque
from typing import Final, TypeAlias

import asyncpg

from linktill.storage.errors import Busy
from linktill.storage.postgresql_errors import DRIVER_ERRORS

Connection: TypeAlias = asyncpg.Connection

ACQUIRE_S: Final = 0.7
"""Who cannot have a connection in this time is told to come back: waiting longer would only pile up more. Less than the second
in which a payer is to be told so."""
CONNECT_S: Final = 10
"""When a process starts, nobody waits for an answer yet."""

STATEMENTS_CACHED: Final = 1_024

_SET_UP: Final = """
SET default_transaction_read_only = on;
SET statement_timeout = {statement_timeout_ms};
SET idle_in_transaction_session_timeout = {idle_timeout_ms};
SET lock_timeout = {statement_timeout_ms};
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
"""
# Read-only unless a unit says BEGIN READ WRITE: a write outside `Database.run` is refused by the server itself. A process that
# stands still in the middle of a unit (a debugger, SIGSTOP, a machine that sleeps) must not hold its locks for ever.


class Pool:
    """Up to `connections_max` connections, the last one used handed out first."""

    def __init__(self, url: str, *, connections_max: int, statement_timeout_s: float) -> None:
        self._url: Final = url
        self._connections_max: Final = connections_max
        self._timeout_s: Final = statement_timeout_s
        self._idle: Final[list[Connection]] = []
        self._waiting: Final[deque[asyncio.Future[Connection | None]]] = deque()
        self._opened = 0
        self._is_closed = False
        self._all_back: Final = asyncio.Event()

    async def take(self, *, within_s: float = ACQUIRE_S) -> Connection:
        """Return a connection of one's own until `give_back`. Raise `Busy` when none comes free, or what connecting raised."""
        # One deadline for waiting and opening: who waits twice has waited too long.
        return await self._take(asyncio.get_running_loop().time() + within_s)

    async def _take(self, until: float) -> Connection:
        if self._is_closed:
            raise Busy("The database is closed.")
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._opened -= 1
        if self._opened < self._connections_max:
            return await self._open(until)
        return await self._wait(until)

    def give_back(self, connection: Connection) -> None:
        """Hand the connection to the next who waits. One that is broken or not idle is closed instead."""
        if connection.is_closed() or connection.is_in_transaction() or self._is_closed:
            connection.terminate()
            self._lost()
            return
        if not self._hand_over(connection):
            self._idle.append(connection)

    async def close(self, *, wait_s: float) -> None:
        """Wait up to `wait_s` for units that still run, then close every connection."""
        self._is_closed = True
        while self._hand_over(None):
            pass
        while self._idle:
            connection = self._idle.pop()
            self._opened -= 1
            with contextlib.suppress(*DRIVER_ERRORS):
                await connection.close(timeout=1)
        if self._opened:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_back.wait(), wait_s)

    async def _wait(self, until: float) -> Connection:
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout_at(until):
                connection = await waiter
        except TimeoutError as error:
            self._forget(waiter)
            raise Busy("All connections to the database are in use.") from error
        except asyncio.CancelledError:
            self._forget(waiter)
            raise
        # None is leave to open one: another's connection was lost.
        return await self._take(until) if connection is None else connection

    def _forget(self, waiter: asyncio.Future[Connection | None]) -> None:
        """Give back what `waiter` was handed in the moment it gave up."""
        if waiter.done() and not waiter.cancelled():
            connection = waiter.result()
            if connection is None:
                self._hand_over(None)
            else:
                self.give_back(connection)
        else:
            waiter.cancel()

    def _hand_over(self, connection: Connection | None) -> bool:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    def _lost(self) -> None:
        self._opened -= 1
        if self._is_closed and self._opened == 0:
            self._all_back.set()
        self._hand_over(None)

    async def _open(self, until: float) -> Connection:
        self._opened += 1
        try:
            async with asyncio.timeout_at(until):
                return await self._connect()
        except BaseException as error:
            self._lost()
            if isinstance(error, TimeoutError):
                raise Busy("The database does not answer.") from error
            raise

    async def _connect(self) -> Connection:
        connection: Connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_S,
            # A second over the server's own limit: for a server that cannot answer any more.
            command_timeout=self._timeout_s + 1,
            statement_cache_size=STATEMENTS_CACHED,
            max_cached_statement_lifetime=0,
        )
        try:
            # The sum of BIGINTs is a NUMERIC; to us, as in SQLite, it is an integer. Fractions have no place here.
            await connection.set_type_codec(
                "numeric", schema="pg_catalog", encoder=str, decoder=int, format="text"
            )
            timeout_ms = int(self._timeout_s * 1_000)
            await connection.execute(
                _SET_UP.format(statement_timeout_ms=timeout_ms, idle_timeout_ms=2 * timeout_ms)
            )
        except BaseException:
            connection.terminate()
            raise
        return connection
