"""Brings a database to the schema of this release, once, however many instances start together.

Migrations are Alembic scripts, rendered to SQL text (Alembic's offline mode) and run by the same drivers that serve: the
whole step is one database transaction under one lock, which ends with the process that holds it, and no second SQLite
library ever opens the file. A start that finds nothing to do reads one row and never loads Alembic.
"""

import asyncio
import re
from importlib import import_module
from pathlib import Path
from typing import Final, cast

import apsw

from linktill.storage.database import SETTING, kind_of
from linktill.storage.errors import SchemaNewer, SettingInvalid
from linktill.storage.sqlite_connection import connect, create_file, keep_log, path_of
from linktill.storage.sqlite_connection import storage_error as sqlite_error
from linktill.storage.sqlite_damage import add_checksums, check_start, has_checksums, want_checksums

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"

WAIT_S: Final = 120
"""How long an instance waits for another that migrates."""

_FILE: Final = re.compile(r"(\d{4})_\w+\.py")
READ: Final = "SELECT version_num FROM alembic_version"
_SQLITE_HAS: Final = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'alembic_version'"


async def migrate(url: str, *, versions: Path = VERSIONS) -> bool:
    """Bring the database at `url` to the newest version in `versions`; return whether there was anything to do.

    Waits while another instance does it. Raises `SettingInvalid` when the database cannot be reached and `SchemaNewer` when
    a newer release was here. Call it before `open_database`.
    """
    if kind_of(url) == "sqlite":
        return await asyncio.to_thread(_migrate_sqlite, path_of(url), versions)
    # Only the driver that is used is loaded: each costs start-up time and memory.
    driver = import_module("linktill.storage.migrate_postgresql")
    return cast("bool", await driver.migrate_postgresql(url, versions))


def known_versions(versions: Path = VERSIONS) -> tuple[str, ...]:
    """Return the versions that this release knows, oldest first. History is one line: `0001_name.py`, `0002_…`."""
    names = sorted(path.name for path in versions.iterdir())
    return tuple(match[1] for name in names if (match := _FILE.fullmatch(name)))


def is_current(version: str | None, versions: Path) -> bool:
    """Whether nothing is to be done. Raises `SchemaNewer` for a version that this release does not know."""
    known = known_versions(versions)
    if version is not None and version not in known:
        newest = known[-1] if known else "none"
        message = (
            f"{SETTING} names a database of version {version}; this Linktill knows versions up to {newest}. "
            "A newer Linktill was here: start that one, or restore the backup made before the upgrade."
        )
        raise SchemaNewer(message)
    return not known or version == known[-1]


def render_script(dialect: str, version: str | None, versions: Path) -> str:
    """Return the SQL from `version` to the newest."""
    # Alembic takes most of a second to load, and most starts have nothing to migrate.
    return cast("str", import_module("linktill.storage.migration_script").render(dialect, version, versions))


def _migrate_sqlite(path: Path, versions: Path) -> bool:
    create_file(path)
    try:
        connection = connect(path, busy_ms=WAIT_S * 1_000)
    except apsw.NotADBError as error:
        message = f"{SETTING} names {path}, which is not a SQLite database."
        raise SettingInvalid(message) from error
    except apsw.Error as error:
        raise sqlite_error(error) from error
    try:
        want_checksums(connection)
        keep_log(connection)
        if not has_checksums(connection):
            add_checksums(connection)
        check_start(connection, path)
        if is_current(_sqlite_version(connection), versions):
            return False
        # SQLite's way to change a table is to build another and rename it, which must not cascade.
        connection.pragma("foreign_keys", 0)
        connection.execute("BEGIN IMMEDIATE")
        version = _sqlite_version(connection)  # again: another instance may have held the lock until now
        if is_current(version, versions):
            return False
        # To the last row: a statement that returns rows holds back those behind it.
        connection.execute(render_script("sqlite", version, versions)).fetchall()
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        assert not broken, f"the migration left rows without their parents: {broken[:10]}"
        connection.execute("COMMIT")
    except apsw.Error as error:
        raise sqlite_error(error) from error
    finally:
        connection.close()  # rolls back what was not committed
    return True


def _sqlite_version(connection: apsw.Connection) -> str | None:
    if connection.execute(_SQLITE_HAS).fetchone() is None:
        return None
    row = connection.execute(READ).fetchone()
    return None if row is None else str(row[0])
