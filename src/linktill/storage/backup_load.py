"""Puts a backup into an empty place, whole or not at all; what was there before can be kept aside.

SQLite: a new file is made beside and takes the name at the end. PostgreSQL: everything is one database transaction. Either
way the rows are read back and their sums compared before anything counts.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, cast

import apsw
from sqlalchemy import bindparam, column, exists, insert, literal_column, select, table

from linktill.platform.clock import Clock
from linktill.storage.backup_file import BackupUnreadable, Head, Record, sync_folder
from linktill.storage.backup_rows import Shape, Sum, rows_of, sum_rows
from linktill.storage.database import Tx, kind_of
from linktill.storage.errors import StorageError
from linktill.storage.installation import put_fact
from linktill.storage.migrate import VERSIONS, known_versions, migrate
from linktill.storage.sqlite_connection import connect, path_of, storage_error
from linktill.storage.sqlite_unit import SqliteTx, drive
from linktill.storage.statements import compiled
from linktill.storage.tables import installation, lease

WAIT_MS: Final = 2_000
DRAFT: Final = ".restoring"
UNCOUNTED: Final = frozenset({installation.name, lease.name})
"""A database that a server was started on, and nobody set up, has rows in these alone: it is still empty."""


class PlaceTaken(StorageError):
    """The database is not empty, or somebody has it open. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Load:
    """A backup to put somewhere. `records` reads it from its start.

    `facts` are written on top of what it holds. `aside` None: the place must be empty; else what was there is kept under a
    name with this in it.
    """

    head: Head
    shapes: Sequence[Shape]
    sums: Mapping[str, Sum]
    records: Callable[[], Iterator[Record]]
    facts: Mapping[str, str]
    aside: str | None


async def load_backup(url: str, load: Load, clock: Clock, *, versions: Path = VERSIONS) -> str | None:
    """Restores into the database at `url` and brings it to this release's schema.

    Answers where what was there before is now, or None. Raises PlaceTaken, BackupUnreadable, StorageError and SettingInvalid.
    """
    if load.head.schema_version not in known_versions(versions):
        raise BackupUnreadable(
            f"The backup has schema {load.head.schema_version}, which this release does not know: it was made by a newer "
            f"Linktill ({load.head.release}). Restore it with that one."
        )
    if kind_of(url) == "sqlite":
        return await _load_sqlite(path_of(url).resolve(), load, clock, versions)
    # Only the driver that is used is loaded: each costs start-up time.
    driver = import_module("linktill.storage.backup_load_postgresql")
    return cast("str | None", await driver.load_postgresql(url, load, versions))


@contextmanager
def versions_up_to(version: str, versions: Path) -> Generator[Path, None, None]:
    """A folder with the migrations that made the backup's schema: rows go in as they were, later ones then change them."""
    with tempfile.TemporaryDirectory(prefix="linktill-restore-") as name:
        folder = Path(name)
        for path in versions.glob("*.py"):
            if path.name[:4] <= version:
                shutil.copy(path, folder)
        yield folder


def check_sums(wanted: Mapping[str, Sum], found: Mapping[str, Sum]) -> None:
    """Raises unless what was written is what the backup says."""
    wrong = [name for name, total in wanted.items() if found.get(name) != total]
    if wrong:
        raise BackupUnreadable(f"What was restored is not what was backed up: {', '.join(sorted(wrong))}.")


def any_row(name: str, dialect: str) -> str:
    """The text that asks for a row of a table, whatever it is."""
    query = compiled(select(exists(select(literal_column("1")).select_from(table(name)))))
    return query.sqlite.sql if dialect == "sqlite" else query.postgresql.sql


async def put_facts(tx: Tx, facts: Mapping[str, str]) -> None:
    """Unit: writes the facts."""
    for key, value in facts.items():
        await put_fact(tx, key, value)


async def _load_sqlite(path: Path, load: Load, clock: Clock, versions: Path) -> str | None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_there = await asyncio.to_thread(_check_place, path, may_be_full=load.aside is not None)
    draft = path.with_name(f"{path.name}{DRAFT}")
    _remove(draft)
    try:
        with versions_up_to(load.head.schema_version, versions) as folder:
            await migrate(f"sqlite:///{draft}", versions=folder)
        await asyncio.to_thread(_fill, draft, load, clock)
        await migrate(f"sqlite:///{draft}", versions=versions)
        await asyncio.to_thread(_settle, draft)
    except BaseException:
        _remove(draft)
        raise
    return await asyncio.to_thread(_swap, draft, path, load.aside if is_there else None)


def _swap(draft: Path, path: Path, aside: str | None) -> str | None:
    """Gives the draft its name. Between the two renames there is no database, which a second try mends."""
    kept = None
    if aside is not None:
        kept = path.with_name(f"{path.name}.before-{aside}")
        path.rename(kept)
    draft.rename(path)
    sync_folder(path.parent)
    return None if kept is None else str(kept)


def _check_place(path: Path, *, may_be_full: bool) -> bool:
    """Whether there is a database worth keeping. Raises PlaceTaken."""
    if not path.exists():
        return False
    if path.stat().st_size == 0:
        return False
    connection = None
    try:
        connection = connect(path, busy_ms=WAIT_MS)
        tables = [
            str(row[0])
            for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        ]
        counted = [name for name in tables if name not in UNCOUNTED | {"alembic_version"}]
        is_full = any(connection.execute(any_row(name, "sqlite")).fetchone() == (1,) for name in counted)
        if is_full and not may_be_full:
            raise PlaceTaken(
                f"{path} is not empty. With --replace it is kept aside and the backup takes its place."
            )
        # Nobody else may have it open: they would go on writing to the file that was moved. This also takes the WAL in.
        connection.pragma("journal_mode", "delete")
    except apsw.BusyError:
        raise PlaceTaken(
            f"{path} is in use. Stop the server, its workers and commands, then try again."
        ) from None
    except apsw.Error as error:
        raise storage_error(error) from error
    finally:
        if connection is not None:
            connection.close()
    return is_full


def _fill(draft: Path, load: Load, clock: Clock) -> None:
    connection = connect(draft, busy_ms=WAIT_MS)
    try:
        connection.pragma("foreign_keys", 0)
        connection.execute("BEGIN IMMEDIATE")
        inserts = {shape.name: _insert_of(shape) for shape in load.shapes}
        for name, rows in rows_of(load.records()):
            connection.executemany(inserts[name], rows)
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise BackupUnreadable(f"The backup has rows without their parents: {broken[:3]}")
        tx = SqliteTx(connection, clock)
        check_sums(load.sums, drive(sum_rows(tx, load.shapes), tx))
        drive(put_facts(tx, load.facts), tx)
        connection.execute("COMMIT")
    except apsw.Error as error:
        raise storage_error(error) from error
    finally:
        connection.close()


def _insert_of(shape: Shape) -> str:
    source = table(shape.name, *(column(name) for name in shape.columns))
    text = compiled(insert(source).values({name: bindparam(name) for name in shape.columns})).sqlite
    assert list(text.names) == shape.columns, "rows go in by position"
    return text.sql


def _settle(draft: Path) -> None:
    """One file, whole on the disk."""
    connection = connect(draft, busy_ms=WAIT_MS)
    try:
        found = connection.execute("PRAGMA integrity_check").fetchall()
        assert found == [("ok",)], f"a database just written is in order: {found[:3]}"
        connection.pragma("journal_mode", "delete")
    finally:
        connection.close()
    with draft.open("rb+") as file:
        file.flush()
        os.fsync(file.fileno())


def _remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{draft}{suffix}").unlink(missing_ok=True)
