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
from linktill.storage.tables import metadata
from tests.postgres import Server

DIALECTS = ("sqlite", "postgresql")

_EMPTY = "".join(f"DELETE FROM {table.name};" for table in reversed(metadata.sorted_tables))
_DISCONNECT_OTHERS = (
    "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_migrated(postgres: Server) -> str:
    """The address of a migrated PostgreSQL database. Its rows are deleted after each test: a new one costs 0.2 s."""
    asyncio.run(_administer(postgres.url("postgres"), "CREATE DATABASE linktill"))
    asyncio.run(migrate(postgres.url("linktill")))
    return postgres.url("linktill")


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
        url = request.getfixturevalue("postgres_migrated")
        yield url
        asyncio.run(_administer(url, _DISCONNECT_OTHERS, _EMPTY))


@pytest.fixture
def empty_database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it; the SQLite file does not even exist."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'linktill.sqlite3'}"
    else:
        server = request.getfixturevalue("postgres")
        name = f"empty_{next(_numbers)}"
        asyncio.run(_administer(server.url("postgres"), f"CREATE DATABASE {name}"))
        yield server.url(name)
        asyncio.run(_administer(server.url("postgres"), f"DROP DATABASE {name} WITH (FORCE)"))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the schema in place, on SQLite and on PostgreSQL."""
    opened = await open_database(database_url, SystemClock())
    yield opened
    await opened.close()


async def _administer(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
