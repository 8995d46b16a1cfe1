"""Sessions of a real PostgreSQL whose statements go on one at a time, in an order that a controller decides.

Each session runs the product's own `Database` with its own connection: its BEGIN, COMMIT, ROLLBACK and second runs are the
product's. Before each statement the session waits to be let go on. Nothing is guessed about locks: a session that does
not come back from its statement is asked about at the server, which knows whether it waits for another's lock.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

import asyncpg

from linktill.platform.clock import SystemClock
from linktill.storage.database import Database
from linktill.storage.errors import StatementWrong
from linktill.storage.pool import Connection, Pool
from linktill.storage.postgresql import PostgresDatabase

SOON_S = 0.001
"""So long a statement may take before the server is asked whether it waits for a lock."""
STUCK_S = 20.0
STEPS_MAX = 2_000
PRIVATE = re.compile(r"INSERT INTO (event|outbox|ledger_entry) (?!.*ON CONFLICT)", re.DOTALL)
"""Rows under keys that were drawn just now, which lock nothing that others have and which no other session reads: they
commute with all that others do, so that whether somebody goes on before or after them is no difference."""
_BLOCKED = "SELECT cardinality(pg_blocking_pids($1)) > 0"


class NoSleep:
    """The machine's clock; a second run of a unit begins at once."""

    def __init__(self) -> None:
        self._system = SystemClock()

    def now_us(self) -> int:
        return self._system.now_us()

    def monotonic_s(self) -> float:
        return self._system.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Least:
    """Chance that always draws the least."""

    def token(self, bytes_count: int) -> str:
        return "0" * bytes_count

    def uniform(self, low: float, high: float) -> float:
        return low


class State(Enum):
    RUNNING = "running"
    READY = "ready"
    ENDED = "ended"


@dataclass(frozen=True)
class Step:
    """A statement that was let go on."""

    session: int
    sql: str


@dataclass
class Session:
    """One of those who are interleaved. Used again for the next interleaving: a connection costs more than that."""

    number: int
    state: State = State.RUNNING
    waiting_for: str = ""
    backend: int = 0
    is_blocked: bool = False
    """The server said so when it was last asked."""
    go: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    result: Any = None
    error: BaseException | None = None

    def begin(self) -> None:
        self.state, self.result, self.error, self.is_blocked = State.RUNNING, None, None, False
        self.go.clear()
        self.changed.clear()

    async def step(self, sql: str) -> None:
        """Waits before a statement until the controller lets this session go on."""
        if PRIVATE.match(sql):
            return
        self.waiting_for, self.state = sql, State.READY
        self.changed.set()
        await self.go.wait()
        self.go.clear()
        self.state = State.RUNNING

    async def run(self, body: Callable[[], Awaitable[Any]]) -> None:
        try:
            self.result = await body()
        except Exception as error:  # noqa: BLE001 the check judges it
            self.error = error
        self.state = State.ENDED
        self.changed.set()


class SteppedConnection:
    """An asyncpg connection whose statements wait for the controller. Time is not stepped: reading it changes nothing."""

    def __init__(self, inner: Connection, session: Session) -> None:
        self._inner = inner
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, sql: str) -> str:
        if not sql.startswith("BEGIN"):  # at READ COMMITTED it sees nothing and holds nothing yet
            await self._session.step(sql)
        tag: str = await self._inner.execute(sql)
        return tag

    async def fetch(self, sql: str, *values: object, timeout: float | None = None) -> list[Any]:  # noqa: ASYNC109 as asyncpg's
        await self._session.step(sql)
        rows: list[Any] = await self._inner.fetch(sql, *values, timeout=timeout)
        return rows

    async def executemany(self, sql: str, rows: Sequence[Any], *, timeout: float | None = None) -> None:  # noqa: ASYNC109 as asyncpg's
        await self._session.step(sql)
        await self._inner.executemany(sql, rows, timeout=timeout)


class SteppedPool(Pool):
    """A session's one connection."""

    def __init__(self, url: str, session: Session) -> None:
        super().__init__(url, connections_max=1, statement_timeout_s=STUCK_S)
        self._session = session

    async def take(self, *, within_s: float = STUCK_S) -> Connection:
        """A busy machine may take its time to open it."""
        return await super().take(within_s=within_s)

    async def _connect(self) -> Connection:
        connection = await super()._connect()
        # Two who wait for each other are found out soon.
        await connection.execute("SET deadlock_timeout = '30ms'")
        self._session.backend = await connection.fetchval("SELECT pg_backend_pid()")
        stepped: Any = SteppedConnection(connection, self._session)
        return stepped


Choose = Callable[[list[int], Session], int]
"""Given the numbers of the sessions that could go on and the one that did last: which one does."""
Body = Callable[[Database], Awaitable[Any]]


@dataclass
class Ended:
    """An interleaving that came to its end."""

    sessions: list[Session]
    steps: list[Step]
    had_waited: bool
    """Somebody waited for another's lock."""

    def values(self, *refusals: type[BaseException]) -> list[Any]:
        """What each session answered or was refused with. Any other error fails; a fault of the test's own is raised as it is."""
        for session in self.sessions:
            if isinstance(session.error, TypeError | StatementWrong):
                raise session.error
            if session.error is not None and not isinstance(session.error, refusals):
                raise AssertionError(f"session {session.number} failed: {session.error!r}") from session.error
        return [session.error if session.error is not None else session.result for session in self.sessions]

    def when(self, session: int, *words: str) -> int:
        """The place in the order of a session's last statement with these words; -1: it made none."""
        places = [
            place
            for place, step in enumerate(self.steps)
            if step.session == session and all(word in step.sql for word in words)
        ]
        return places[-1] if places else -1

    def order(self) -> str:
        """For people: who did what, one after the other."""
        return "\n".join(f"{step.session}: {' '.join(step.sql.split())[:110]}" for step in self.steps)


class Controller:
    """Runs bodies side by side, one statement at a time."""

    def __init__(self, sessions: list[Session], databases: list[Database], monitor: Connection) -> None:
        self._sessions = sessions
        self._databases = databases
        self._monitor = monitor

    async def run(self, bodies: Sequence[Body], choose: Choose) -> Ended:
        """One interleaving. Each body is started in turn: how it gets to its first statement is no choice."""
        sessions = self._sessions[: len(bodies)]
        ended = Ended(sessions, [], had_waited=False)
        for session in sessions:
            session.begin()
        tasks = [
            asyncio.create_task(session.run(partial(body, database)))
            for session, body, database in zip(sessions, bodies, self._databases, strict=False)
        ]
        last = sessions[0]
        try:
            async with asyncio.timeout(STUCK_S):
                for _ in range(STEPS_MAX):
                    await self._settle(sessions, ended)
                    ready = [session.number for session in sessions if session.state is State.READY]
                    if not ready:
                        break
                    last = sessions[choose(ready, last)]
                    ended.steps.append(Step(last.number, last.waiting_for))
                    last.changed.clear()
                    last.state, last.is_blocked = State.RUNNING, False
                    last.go.set()
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        assert all(session.state is State.ENDED for session in sessions), ended.order()
        return ended

    async def _settle(self, sessions: list[Session], ended: Ended) -> None:
        """Waits until each session stands before a statement, has ended, or waits for another's lock.

        Where all that have not ended wait for locks, the server breaks the circle: that is waited for.
        """
        while True:
            # Those who wait are asked about last: whoever goes on may just be letting a lock go.
            for session in sessions:
                await self._arrived(session)
            running = [session for session in sessions if session.state is State.RUNNING]
            for session in running:
                session.is_blocked = await self._is_blocked(session)
            if not all(session.is_blocked for session in running):
                continue
            ended.had_waited |= bool(running)
            if not running or any(session.state is State.READY for session in sessions):
                return
            await asyncio.sleep(SOON_S)

    async def _arrived(self, session: Session) -> None:
        """Waits for a session until it comes back from its statement or turns out to wait for a lock."""
        while session.state is State.RUNNING and not session.is_blocked:
            if await _soon(session.changed):
                session.changed.clear()
            else:
                session.is_blocked = await self._is_blocked(session)

    async def _is_blocked(self, session: Session) -> bool:
        return session.backend != 0 and bool(await self._monitor.fetchval(_BLOCKED, session.backend))


async def _soon(changed: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(SOON_S):
            await changed.wait()
    except TimeoutError:
        return False
    return True


class Stage:
    """Three sessions and whoever watches them, on one database. A context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.clock = NoSleep()

    async def __aenter__(self) -> Controller:
        self._monitor = await asyncpg.connect(self._url)
        sessions = [Session(number) for number in range(3)]
        self._databases: list[Database] = [
            PostgresDatabase(SteppedPool(self._url, session), self.clock, Least(), reports_max=1)
            for session in sessions
        ]
        return Controller(sessions, self._databases, self._monitor)

    async def __aexit__(self, *_: object) -> None:
        for database in self._databases:
            await database.close()
        await self._monitor.close()
