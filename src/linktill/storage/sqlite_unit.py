"""Drives a unit of work on SQLite: from start to end in one go, with no event loop."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import apsw
from typing_extensions import override

from linktill.platform.clock import Clock
from linktill.storage.database import Tx
from linktill.storage.statements import Row, Statement, Value

T = TypeVar("T")


class Suspended(AssertionError):
    """A unit awaited something other than its database transaction: a fault of the unit."""


class SqliteTx(Tx):
    """A unit's database transaction on an apsw connection."""

    __slots__ = ("_clock", "_execute", "_executemany", "_time", "failure")

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._clock = clock
        self._time: int | None = None
        self.failure: BaseException | None = None
        """The first statement that failed. PostgreSQL would refuse all that follow; so that both databases agree, so do we."""

    @override
    async def all(self, statement: Statement, **parameters: Value) -> list[Row]:
        return self._rows(statement, parameters)

    @override
    async def one(self, statement: Statement, **parameters: Value) -> Row | None:
        rows = self._rows(statement, parameters)
        assert len(rows) < 2, f"{len(rows)} rows where one was expected: {statement}"
        return rows[0] if rows else None

    @override
    async def run(self, statement: Statement, **parameters: Value) -> None:
        self._rows(statement, parameters)

    @override
    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Value]]) -> None:
        self._check()
        text = statement.sqlite
        try:
            for _row in self._executemany(text.sql, [text.bind(row) for row in rows]):
                pass
        except Exception as error:
            self.failure = error
            raise

    @override
    async def database_time(self) -> int:
        if self._time is None:
            self._time = self._clock.now_us()
        return self._time

    def _rows(self, statement: Statement, parameters: Mapping[str, Value]) -> list[Row]:
        self._check()
        text = statement.sqlite
        try:
            return self._execute(text.sql, text.bind(parameters)).fetchall()
        except Exception as error:
            self.failure = error
            raise

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


def drive(unit: Coroutine[Any, Any, T], tx: SqliteTx) -> T:
    """Run `unit` to its end and return its result; raise what it raised, or what one of its statements raised."""
    try:
        unit.send(None)
    except StopIteration as end:
        if tx.failure is not None:
            raise tx.failure from None
        result: T = end.value
        return result
    unit.close()
    message = (
        f"unit {getattr(unit, '__qualname__', unit)} awaited something other than its database transaction"
    )
    raise Suspended(message)
