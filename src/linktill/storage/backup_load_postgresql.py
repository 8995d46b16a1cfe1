"""A backup into PostgreSQL: schema, rows, checks and what is kept aside, all in one database transaction."""

from pathlib import Path
from typing import Final

import asyncpg

from linktill.storage.backup_file import BackupUnreadable
from linktill.storage.backup_load import (
    UNCOUNTED,
    Load,
    PlaceTaken,
    any_row,
    check_sums,
    put_facts,
    versions_up_to,
)
from linktill.storage.backup_rows import rows_of, sum_rows
from linktill.storage.migrate import is_current, render_script
from linktill.storage.postgresql import PostgresTx
from linktill.storage.postgresql_alone import connected
from linktill.storage.tables import metadata

_OTHERS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""
_THERE: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY($1)"
_OURS: Final = frozenset({*metadata.tables, "alembic_version", "migration_lock"})


async def load_postgresql(url: str, load: Load, versions: Path) -> str | None:
    """As `load_backup`. What was there is kept in a schema of its own, whose name is answered."""
    async with connected(url) as connection, connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '10s'")
        return await _load(connection, load, versions)


async def _load(connection: asyncpg.Connection, load: Load, versions: Path) -> str | None:
    kept = await _make_room(connection, load)
    version = load.head.schema_version
    with versions_up_to(version, versions) as folder:
        await connection.execute(render_script("postgresql", None, folder))
    columns = {shape.name: shape.columns for shape in load.shapes}
    try:
        for name, rows in rows_of(load.records()):
            await connection.copy_records_to_table(name, records=rows, columns=columns[name])
    except asyncpg.IntegrityConstraintViolationError as error:
        raise BackupUnreadable(f"The backup breaks a rule of its own schema: {error}") from error
    tx = PostgresTx(connection, None)
    check_sums(load.sums, await sum_rows(tx, load.shapes))
    await put_facts(tx, load.facts)
    if not is_current(version, versions):
        await connection.execute(render_script("postgresql", version, versions))
    return kept


async def _make_room(connection: asyncpg.Connection, load: Load) -> str | None:
    if await connection.fetchval(_OTHERS):
        raise PlaceTaken(
            "Others are connected to the database. Stop servers, workers and commands, then try again."
        )
    names = sorted(
        row[0] for row in await connection.fetch(_THERE, sorted(_OURS | {s.name for s in load.shapes}))
    )
    if not names:
        return None
    counted = [name for name in names if name not in UNCOUNTED | {"alembic_version", "migration_lock"}]
    is_full = False
    for name in counted:
        is_full = is_full or await connection.fetchval(any_row(name, "postgresql"))
    if not is_full:
        listed = ", ".join(f'"{name}"' for name in names)
        await connection.execute(f"DROP TABLE {listed}")
        return None
    if load.aside is None:
        raise PlaceTaken(
            "The database is not empty. With --replace its tables are kept aside and the backup takes their place."
        )
    schema = f"linktill_before_{load.aside.replace('-', '_')}"
    await connection.execute(f'CREATE SCHEMA "{schema}"')
    for name in names:
        await connection.execute(f'ALTER TABLE "{name}" SET SCHEMA "{schema}"')
    return f"schema {schema}"
