"""SQLite in memory: the simulator's driver for units of work. Each unit is one atomic step, and no disk can fail.

After each commit it tells which rows were touched, so that they can be checked at once, and when a queue has work.
"""

from typing import Any, Final, TypeVar, final

import apsw

from linktill.platform.clock import Clock
from linktill.storage.database import P, Unit
from linktill.storage.errors import StatementWrong
from linktill.storage.migrate import VERSIONS, render_script
from linktill.storage.sqlite_connection import STATEMENTS_CACHED, keep_plans, storage_error
from linktill.storage.sqlite_unit import SqliteTx, drive

T = TypeVar("T")

DUE: Final = {
    "inbox": "SELECT min(due_at) FROM inbox WHERE status = 'pending'",
    "outbox": "SELECT min(due_at) FROM outbox WHERE status = 'pending'",
    "refunds": "SELECT min(poll_at) FROM refund WHERE poll_at IS NOT NULL",
    "attempts": "SELECT min(poll_at) FROM payment_attempt WHERE poll_at IS NOT NULL",
    "links": "SELECT min(wake_at) FROM payment_link WHERE wake_at IS NOT NULL",
    "accounts": "SELECT min(list_at) FROM gateway_account",
    "ledger": "SELECT 0 FROM ledger_transaction WHERE seq IS NULL LIMIT 1",
}
"""Queue → when it has work next (microseconds UTC): a simulation skips the looks before that."""


@final
class Memory:
    """A database of its own, at the newest schema."""

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self.connection: Final = _emptied(_FREE.pop()) if _FREE else _opened()
        self.connection.set_update_hook(self._note)
        self.touched: dict[str, dict[int, None]] = {}
        """Table → row ids that the last unit wrote, in the order in which it did."""

    def write(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a unit and commits it; leaves nothing of one that raises."""
        self.touched = {}
        return self._drive("COMMIT", unit, *args, **kwargs)

    def attempt(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a unit and takes it back, as a conflict would: it has to bear being run again."""
        return self._drive("ROLLBACK", unit, *args, **kwargs)

    def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a unit that only reads. Nothing else runs meanwhile, so it needs no snapshot."""
        tx = SqliteTx(self.connection, self._clock)
        written = self.connection.total_changes()
        try:
            result = drive(unit(tx, *args, **kwargs), tx)
        except apsw.Error as error:
            raise storage_error(error) from error
        if self.connection.total_changes() != written:
            raise StatementWrong("A unit that only reads has written.")
        return result

    def next_due(self, queue: str) -> int | None:
        """When there is work in this queue of `DUE`, or None."""
        row = self.connection.execute(DUE[queue]).fetchone()
        due_at: int | None = None if row is None else row[0]
        return due_at

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a check asks."""
        return self.connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Gives the connection to the next one, which empties it: preparing every statement anew would cost more."""
        self.connection.set_update_hook(None)
        _FREE.append(self.connection)

    def _drive(self, end: str, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        execute = self.connection.execute
        tx = SqliteTx(self.connection, self._clock)
        execute("BEGIN")
        try:
            result = drive(unit(tx, *args, **kwargs), tx)
        except apsw.Error as error:
            execute("ROLLBACK")
            raise storage_error(error) from error
        except BaseException:
            execute("ROLLBACK")
            raise
        execute(end)
        return result

    def _note(self, _kind: int, _database: str, table: str, row_id: int) -> None:
        self.touched.setdefault(table, {})[row_id] = None


_FREE: Final[list[apsw.Connection]] = []


def _opened() -> apsw.Connection:
    connection = apsw.Connection(":memory:", statementcachesize=STATEMENTS_CACHED)
    keep_plans(connection)
    connection.execute(render_script("sqlite", None, VERSIONS)).fetchall()
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _emptied(connection: apsw.Connection) -> apsw.Connection:
    connection.execute("PRAGMA foreign_keys = OFF")
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        if not str(table).startswith(("sqlite_", "alembic_")):
            connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 names of our own schema
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
