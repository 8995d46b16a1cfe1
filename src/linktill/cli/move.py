"""`linktill move`: takes an installation from SQLite to PostgreSQL, compares both to the last row, and hands over."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from cyclopts import Parameter

from linktill.cli.output import OK, AsJson, CommandFailed, Table, answer, message
from linktill.cli.running import run, settings_now
from linktill.flows.move_installation import TO, Ends, Moved, move_installation
from linktill.flows.move_marks import shown_address
from linktill.flows.move_rows import ComparedTable, MoveRefused
from linktill.main import services_on
from linktill.platform.clock import SystemClock
from linktill.settings import Settings
from linktill.storage.copy_source import SoleDatabase, open_alone
from linktill.storage.database import SETTING, Database, kind_of, open_database
from linktill.storage.errors import Busy, SettingInvalid, StatementWrong, StorageError
from linktill.storage.migrate import migrate
from linktill.storage.schema_version import newest_version, schema_version

_CONNECTIONS: Final = 2


@dataclass(frozen=True, slots=True)
class _Told:
    """What the command answers."""

    source: str
    target: str
    moved: Moved | None
    seconds: float


def move(
    *,
    to: Annotated[
        str, Parameter(name=TO, help="postgresql://user@host/name: an empty database that takes over.")
    ],
    json: AsJson = False,
) -> int:
    """Stop the server first. Interrupted at any moment, it goes on where it was when it is run again."""
    settings = settings_now()
    told = run(partial(_move, settings, to))
    answer(_document(told), as_json=json, person=lambda: _words(told))
    if not json:
        message(f"Now set {SETTING} to that address, and start Linktill again.")
    return OK


async def _move(settings: Settings, to: str) -> _Told:
    clock = SystemClock()
    started_s = clock.monotonic_s()
    _check_kinds(settings, to)
    async with AsyncExitStack() as stack:
        source = await _open_source(stack, settings, clock)
        target = await _open_target(stack, to, clock)
        ends = Ends(
            source=await stack.enter_async_context(services_on(settings, source)),
            source_name=f"sqlite:///{source.path}",
            target=await stack.enter_async_context(services_on(settings, target)),
            target_name=shown_address(to),
            faults=source.faults,
        )
        try:
            moved = await move_installation(ends, message)
        except MoveRefused as refused:
            raise CommandFailed(refused.code, str(refused), name=refused.param) from refused
        except StorageError as error:
            raise _trouble(error) from error
    return _Told(ends.source_name, ends.target_name, moved, round(clock.monotonic_s() - started_s, 1))


def _check_kinds(settings: Settings, to: str) -> None:
    if kind_of(settings.database_url) != "sqlite":
        text = f"{SETTING} names a PostgreSQL database; a move starts from SQLite."
        raise CommandFailed("not_sqlite", text, name=SETTING)
    try:
        is_postgresql = kind_of(to) == "postgresql"
    except SettingInvalid:
        is_postgresql = False
    if not is_postgresql:
        text = "A move leads to PostgreSQL: postgresql://user@host/name."
        raise CommandFailed("not_postgresql", text, name=TO)


async def _open_source(stack: AsyncExitStack, settings: Settings, clock: SystemClock) -> SoleDatabase:
    try:
        source = open_alone(settings.database_url, clock)
    except Busy as busy:
        text = "The database is in use. Stop `linktill serve` and whatever else has it open, then move."
        raise CommandFailed("in_use", text, name=SETTING) from busy
    stack.push_async_callback(source.close)
    version, newest = await _version(source), newest_version()
    if version != newest:
        is_newer = version is not None and version > newest
        mend = "Move with the newer Linktill that was here." if is_newer else "Run `linktill migrate` first."
        text = f"The database has schema {version or 'none'}, this release needs {newest}. {mend}"
        raise CommandFailed("schema_differs", text, name=SETTING)
    return source


async def _open_target(stack: AsyncExitStack, to: str, clock: SystemClock) -> Database:
    try:
        target = await open_database(to, clock, connections_max=_CONNECTIONS)
        stack.push_async_callback(target.close)
        version, newest = await _version(target), newest_version()
        if version not in {None, newest}:
            # Never migrated from here: it may be another installation's, with servers of another release on it.
            text = f"The database has schema {version}, this release needs {newest}. Give an empty database."
            raise CommandFailed("schema_differs", text, name=TO)
        await migrate(to)
    except SettingInvalid as invalid:
        raise CommandFailed("target_unusable", str(invalid).replace(SETTING, TO), name=TO) from invalid
    except StorageError as error:
        text = f"The database cannot be brought to this release's schema: {error}. Give an empty one."
        raise CommandFailed("target_unusable", text, name=TO) from error
    return target


async def _version(database: Database) -> str | None:
    """None: nobody has migrated it yet."""
    try:
        return await database.read(schema_version)
    except StatementWrong:
        return None


def _trouble(error: StorageError) -> CommandFailed:
    text = f"{type(error).__name__}: {error}\nRun the same command again: it goes on where it was."
    return CommandFailed("storage_failed", text)


def _document(told: _Told) -> dict[str, object]:
    document: dict[str, object] = {
        "status": "moved" if told.moved is not None else "moved_before",
        "from": told.source,
        "to": told.target,
        "seconds": told.seconds,
    }
    if told.moved is not None:
        moved = told.moved
        document |= {
            "rows": sum(table.rows for table in moved.tables),
            "rows_in_place": moved.rows_in_place,
            "tables": [_table(table) for table in moved.tables],
            "balances": moved.balances,
            "ledger_rows": moved.verified.ledger_rows,
            "problems": [
                {"invariant": each.invariant, "merchant_id": each.merchant_id, "message": each.message}
                for each in moved.verified.problems
            ],
        }
    return document


def _table(table: ComparedTable) -> dict[str, object]:
    sums = {
        column: {currency or "": amount for currency, amount in by_currency.items()}
        for column, by_currency in table.sums.items()
    }
    return {"table": table.name, "rows": table.rows, "sums": sums, "sha256": table.sha256}


def _words(told: _Told) -> str | Table:
    if told.moved is None:
        return f"{told.source} was moved to {told.target} before. Nothing was done."
    rows = [(table.name, f"{table.rows:,}", table.sha256) for table in told.moved.tables]
    for problem in told.moved.verified.problems:
        message(f"As before the move, the books have a problem: {problem.invariant}, {problem.message}.")
    total = sum(table.rows for table in told.moved.tables)
    message(
        f"{total:,} rows are the same in both, and so are the books. {told.target} is the installation now."
    )
    return Table(("Table", "Rows", "SHA-256 in both"), rows)
