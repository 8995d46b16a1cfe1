"""Migrations on PostgreSQL: one database transaction under one table lock. See `migrate`."""

from pathlib import Path
from typing import Final

import asyncpg

from linktill.storage.migrate import READ, WAIT_S, is_current, render_script
from linktill.storage.postgresql_alone import connected

_HAS: Final = "SELECT to_regclass('alembic_version') IS NOT NULL"


async def migrate_postgresql(url: str, versions: Path) -> bool:
    """Bring the database to the newest version; return whether there was anything to do. Raises as `migrate` does."""
    async with connected(url) as connection:
        return await _migrate(connection, versions)


async def _migrate(connection: asyncpg.Connection, versions: Path) -> bool:
    if is_current(await _version(connection), versions):
        return False
    await _create_lock(connection)
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{WAIT_S}s'; SET LOCAL statement_timeout = 0")
        await connection.execute("LOCK TABLE migration_lock IN ACCESS EXCLUSIVE MODE")
        version = await _version(connection)
        if is_current(version, versions):
            return False
        await connection.execute(render_script("postgresql", version, versions))
    return True


async def _create_lock(connection: asyncpg.Connection) -> None:
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS migration_lock (held smallint)")
    except (asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError):
        # IF NOT EXISTS does not cover two that create it in the same moment. It is there now, which is all we need.
        return


async def _version(connection: asyncpg.Connection) -> str | None:
    if not await connection.fetchval(_HAS):
        return None
    version: str | None = await connection.fetchval(READ)
    return version
