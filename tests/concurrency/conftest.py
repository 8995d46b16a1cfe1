"""Interleavings have a PostgreSQL to themselves: the facts of an installation are there only once."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
import pytest_asyncio

from linktill.flows import manage_api_keys, manage_endpoints
from linktill.flows.services import Services
from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from linktill.storage.migrate import migrate
from tests.concurrency import asking
from tests.concurrency.interleaver import Controller, Stage
from tests.concurrency.world import services_on
from tests.postgres import running_server
from tests.shops import shop

__all__ = ["shop"]


@pytest.fixture
def limits_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One key and one endpoint is all that a merchant may have: what a scenario is about is the last that fits."""
    monkeypatch.setattr(manage_api_keys, "KEYS_MAX", asking.KEYS_MAX)
    monkeypatch.setattr(manage_endpoints, "ENDPOINTS_MAX", asking.KEYS_MAX)


@pytest.fixture(scope="session")
def interleaved_url() -> Iterator[str]:
    """A migrated database on a server of its own, which need not wait for a disk: no power is cut here."""

    async def make(url: str) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
        await migrate(url)

    with running_server() as server:
        url = server.url("postgres")
        asyncio.run(make(url))
        yield url


@pytest_asyncio.fixture
async def controller(interleaved_url: str) -> AsyncIterator[Controller]:
    async with Stage(interleaved_url) as opened:
        yield opened


@pytest_asyncio.fixture
async def services(interleaved_url: str) -> AsyncIterator[Services]:
    """What prepares and checks, beside the sessions."""
    database = await open_database(interleaved_url, SystemClock())
    yield services_on(database)
    await database.close()
