"""The two databases that every storage and flow test runs on, each with the schema in place and no rows."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from linktill.platform.clock import SystemClock
from linktill.storage.database import Database, open_database
from linktill.storage.migrate import migrate
from tests.postgres import Server

DIALECTS = ("sqlite", "postgresql")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    asyncio.run(_administer(postgres, 'CREATE DATABASE "template_linktill"'))
    asyncio.run(migrate(postgres.url("template_linktill")))
    return "template_linktill"


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: a test that asks for this, or for `database`, runs once on each."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with the schema in place."""
    if dialect == "sqlite":
        path = tmp_path / "linktill.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        yield from _copy(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template"))


@pytest.fixture
def empty_database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it; the SQLite file does not even exist."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'linktill.sqlite3'}"
    else:
        yield from _copy(request.getfixturevalue("postgres"), "template1")


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the schema in place, on SQLite and on PostgreSQL."""
    opened = await open_database(database_url, SystemClock())
    yield opened
    await opened.close()


def _copy(server: Server, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    # FILE_COPY would flush all that other tests wrote; WAL_LOG copies the few pages of the template.
    asyncio.run(_administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY WAL_LOG'))
    yield server.url(name)
    asyncio.run(_administer(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _administer(server: Server, statement: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
