"""Journeys: a real browser, a real server process, SQLite and PostgreSQL. One server per database and file of tests."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.chromium import needs_chromium
from tests.databases import DIALECTS
from tests.journeys.chromium import chromium
from tests.journeys.shop import Shop, open_shop
from tests.postgres import Server

HERE = Path(__file__).parent
_numbers = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets and pages of a file share one event loop. Journeys on one database run in one process (tests/sharing.py)."""
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.timeout(240))
        item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)
        item.add_marker(needs_chromium)


@pytest.fixture(scope="module", params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`, for a whole file of journeys."""
    return str(request.param)


@pytest.fixture(scope="module")
def place(dialect: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for a server's data."""
    return tmp_path_factory.mktemp(f"journey-{dialect}")


@pytest.fixture(scope="module")
def empty_url(dialect: str, place: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database with nothing in it; the SQLite file does not even exist."""
    if dialect == "sqlite":
        return f"sqlite:///{place / 'linktill.db'}"
    server: Server = request.getfixturevalue("postgres")
    name = f"journey_{next(_numbers)}"
    server.command("createdb", f"--host={server.folder}", "--username=linktill", name)
    return server.url(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium. Everybody gets a context of their own in it."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(empty_url: str, place: Path) -> AsyncIterator[Shop]:
    """A demo with nothing but its first link, and no mail server."""
    async with open_shop(place / "data", empty_url, ALLOW_PRIVATE_WEBHOOKS="on") as opened:
        yield opened
