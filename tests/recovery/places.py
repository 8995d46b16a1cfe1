"""New, empty databases for what comes back."""

import contextlib
import itertools
import os
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from linktill.storage.database import kind_of
from linktill.storage.sqlite_connection import connect, path_of
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


async def value_at(url: str, sql: str) -> Any:
    """Runs a statement on the database itself; answers its one value, if it has one."""
    if kind_of(url) == "sqlite":
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            row = connection.execute(sql).fetchone()
            return None if row is None else row[0]
    opened = await asyncpg.connect(url)
    try:
        return await opened.fetchval(sql)
    finally:
        await opened.close()


async def hurry(url: str) -> None:
    """Time passes for whoever waits for another try."""
    late = "UPDATE outbox SET due_at = 0, tries = 0 WHERE lease_token IS NULL AND status <> 'dead'"
    if kind_of(url) == "sqlite":
        # As the product does: another SQLite library must not write to an open file.
        connection = connect(path_of(url), busy_ms=5_000)
        connection.execute(late)
        connection.close()
    else:
        await value_at(url, late)


async def is_migrated(url: str) -> bool:
    """Whether anybody has made a table there."""
    if kind_of(url) == "sqlite":
        return os.path.exists(url.removeprefix("sqlite:///"))  # noqa: ASYNC240, PTH110
    return bool(await value_at(url, "SELECT to_regclass('merchant') IS NOT NULL"))
