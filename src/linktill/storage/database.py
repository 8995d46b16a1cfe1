"""The two doors to the database: units of work go in, results come out.

A unit of work is `async def unit(tx, …)`. It awaits nothing but `tx`, decides from what it reads there, and is
idempotent: the database may run it again (PostgreSQL: conflict or lost connection, where even a COMMIT whose answer was
lost may have landed; SQLite: a full disk that took the whole group of units with it). A unit that raises leaves nothing
behind; a statement that fails dooms its unit even if the unit catches the error.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from importlib import import_module
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeAlias, TypeVar, cast

from linktill.platform.clock import Clock
from linktill.platform.randomness import Randomness, SystemRandomness
from linktill.storage.errors import SettingInvalid
from linktill.storage.statements import Row, Statement, Value

__all__ = ["SETTING", "Database", "P", "Row", "Tx", "Unit", "Value", "kind_of", "open_database"]

P = ParamSpec("P")
T = TypeVar("T")

SETTING: Final = "LINKTILL_DATABASE_URL"


class Tx(Protocol):
    """What a unit of work gets: one database transaction. Of no use after the unit has ended."""

    async def all(self, statement: Statement, **parameters: Value) -> list[Row]:
        """Return every row. The statement must limit how many that can be."""
        ...

    async def one(self, statement: Statement, **parameters: Value) -> Row | None:
        """Return the only row, or None. More than one is a fault of the caller."""
        ...

    async def run(self, statement: Statement, **parameters: Value) -> None:
        """Run a statement whose rows, if any, do not matter."""
        ...

    async def many(self, statement: Statement, rows: Sequence[Mapping[str, Value]]) -> None:
        """Run a statement once for each of `rows`."""
        ...

    async def database_time(self) -> int:
        """Microseconds UTC by the database's clock, read once per unit: what leases are judged by."""
        ...


Unit: TypeAlias = Callable[Concatenate[Tx, P], Coroutine[Any, Any, T]]


class Database(Protocol):
    """An open database. All methods raise `StorageError` and whatever the unit raised."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    async def run(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that may write. When this returns, what it wrote survives a crash."""
        ...

    async def read(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a short unit that only reads, and sees every write acknowledged before.

        On PostgreSQL each statement sees its own snapshot (one round trip a statement, no BEGIN); on SQLite all see one.
        """
        ...

    async def report(self, unit: Unit[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that reads for long, on one snapshot, out of the way of the others."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, refuse what comes, close. Idempotent."""
        ...


async def open_database(
    url: str,
    clock: Clock,
    *,
    randomness: Randomness | None = None,
    connections_max: int = 10,
    queue_max: int = 4_096,
) -> Database:
    """Open the database at `sqlite:///path` or `postgresql://…`. Raise `SettingInvalid` when the address cannot be used.

    `connections_max` is for PostgreSQL, `queue_max` (units that wait to be written) for SQLite.
    """
    # Only the driver that is used is loaded: each costs start-up time.
    match kind_of(url):
        case "sqlite":
            driver = import_module("linktill.storage.sqlite")
            opened = await driver.open_sqlite(url, clock, queue_max=queue_max)
        case _:
            driver = import_module("linktill.storage.postgresql")
            opened = await driver.open_postgresql(
                url, clock, randomness=randomness or SystemRandomness(), connections_max=connections_max
            )
    return cast("Database", opened)


def kind_of(url: str) -> str:
    """Return `sqlite` or `postgresql`, from the scheme of `url`."""
    scheme, separator, _rest = url.partition("://")
    if separator and scheme == "sqlite":
        return "sqlite"
    if separator and scheme in {"postgresql", "postgres"}:
        return "postgresql"
    message = (
        f"{SETTING} must start with sqlite:/// (a file, such as sqlite:///data/linktill.sqlite3) "
        "or postgresql:// (such as postgresql://linktill:password@localhost/linktill)."
    )
    raise SettingInvalid(message)
