"""New, empty databases for what comes back."""

import itertools
from pathlib import Path

import asyncpg
import pytest

from linktill.storage.database import kind_of
from tests.postgres import Server

_numbers = itertools.count(1)


def new_place(request: pytest.FixtureRequest, folder: Path, url: str, *, is_other: bool) -> str:
    """The address of an empty database, of the kind of `url` or of the other one."""
    is_sqlite = (kind_of(url) == "sqlite") is not is_other
    number = next(_numbers)
    if is_sqlite:
        return f"sqlite:///{folder / f'again-{number}' / 'linktill.db'}"
    server: Server = request.getfixturevalue("postgres")
    name = f"again_{number}"
    return create(server, name)


def create(server: Server, name: str) -> str:
    """An empty PostgreSQL database."""
    server.command("createdb", f"--host={server.folder}", "--username=linktill", name)
    return server.url(name)


async def drop_connections(url: str) -> None:
    """Cuts others off, as a crash does."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
