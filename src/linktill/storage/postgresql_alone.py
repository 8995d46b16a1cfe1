"""One connection of its own, for what is done to a whole PostgreSQL database: migrating it, bringing a backup back."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from linktill.storage.database import SETTING
from linktill.storage.errors import SettingInvalid
from linktill.storage.postgresql_errors import storage_error


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[asyncpg.Connection, None]:
    """Raises SettingInvalid where nobody answers, and StorageError for what PostgreSQL refuses inside."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        message = f"{SETTING}: PostgreSQL cannot be reached: {error}. Check host, port, user, password and database name."
        raise SettingInvalid(message) from error
    try:
        yield connection
    except asyncpg.PostgresError as error:
        raise storage_error(error) from error
    finally:
        await connection.close(timeout=5)
