"""A PostgreSQL that refuses: at one statement, or at each of a kind, the server itself raises an error of our choice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from linktill.storage.pool import Connection, Pool
from linktill.storage.postgresql import STATEMENT_TIMEOUT_S

_RAISE = "DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '{state}'; END $$"


@dataclass
class Trouble:
    """What goes wrong, and where. `left` None: nothing does."""

    left: int | None = None
    state: str = "40001"
    words: str = ""
    """Only statements with these words count."""
    is_for_good: bool = False
    """From then on each of them goes wrong, not only this one."""
    failed: list[str] = field(default_factory=list)

    def arm(self, number: int, state: str) -> None:
        """The statement of this number from now on, counted from 0, goes wrong once."""
        self.left, self.state, self.failed = number, state, []

    def comes(self, sql: str) -> bool:
        if self.left is None or self.words not in sql:
            return False
        self.left -= 1
        if self.left >= 0:
            return False
        self.left = 0 if self.is_for_good else None
        self.failed.append(sql)
        return True


class FailingConnection:
    """An asyncpg connection. What fails, fails at the server, which then refuses all else until ROLLBACK."""

    def __init__(self, inner: Connection, trouble: Trouble) -> None:
        self._inner = inner
        self._trouble = trouble

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, sql: str) -> str:
        await self._maybe_fail(sql)
        tag: str = await self._inner.execute(sql)
        return tag

    async def fetch(self, sql: str, *values: object, timeout: float | None = None) -> list[Any]:  # noqa: ASYNC109 as asyncpg's
        await self._maybe_fail(sql)
        rows: list[Any] = await self._inner.fetch(sql, *values, timeout=timeout)
        return rows

    async def fetchval(self, sql: str, *values: object) -> Any:
        await self._maybe_fail(sql)
        return await self._inner.fetchval(sql, *values)

    async def executemany(self, sql: str, rows: Sequence[Any], *, timeout: float | None = None) -> None:  # noqa: ASYNC109 as asyncpg's
        await self._maybe_fail(sql)
        await self._inner.executemany(sql, rows, timeout=timeout)

    async def _maybe_fail(self, sql: str) -> None:
        # A ROLLBACK does not conflict with anybody.
        if sql != "ROLLBACK" and self._trouble.comes(sql):
            await self._inner.execute(_RAISE.format(state=self._trouble.state))


class FailingPool(Pool):
    """Connections to a server in trouble."""

    def __init__(self, url: str, trouble: Trouble, *, connections_max: int = 10) -> None:
        super().__init__(url, connections_max=connections_max, statement_timeout_s=STATEMENT_TIMEOUT_S)
        self._trouble = trouble

    async def _connect(self) -> Connection:
        failing: Any = FailingConnection(await super()._connect(), self._trouble)
        return failing
