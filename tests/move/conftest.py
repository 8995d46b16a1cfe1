"""A shop on SQLite with a history, an empty PostgreSQL database, and the command as operators type it."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from tests.make import Shop, shop_on
from tests.move.places import Places
from tests.postgres import Server

_numbers = itertools.count(1)


@pytest.fixture
def target_url(postgres: Server) -> Iterator[str]:
    """The address of a PostgreSQL database with nothing in it."""
    name = f"move_{next(_numbers)}"
    asyncio.run(_administer(postgres, f"CREATE DATABASE {name}"))
    yield postgres.url(name)
    asyncio.run(_administer(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


async def _administer(server: Server, statement: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    await connection.execute(statement)
    await connection.close()


@pytest.fixture
def places(tmp_path: Path, sqlite_template: Path, target_url: str) -> Places:
    """An installation without rows on SQLite, and where it may go."""
    shutil.copyfile(sqlite_template, tmp_path / "linktill.db")
    return Places(tmp_path, tmp_path / "linktill.db", target_url)


@pytest_asyncio.fixture
async def shop(places: Places) -> AsyncIterator[Shop]:
    """A shop on the source with what a shop has: payments, refunds, a payer who is still at the gateway's page."""
    database = await open_database(places.source_url, SystemClock())
    async with shop_on(database) as opened:
        paid = await opened.pay(await opened.link(payments_max=None))
        yen = await opened.link(5_000, "JPY", description="自転車 – ñandú \N{BICYCLE}")
        await opened.pay(yen)
        await opened.pay(await opened.link(700), card="declined")
        assert paid.captured_minor == 4_000
        await opened.check()
        yield opened
        await database.close()
