"""Pages are tested on both databases, with the real sandbox company over HTTP, and the books are checked afterwards."""

from collections.abc import AsyncIterator

import pytest_asyncio

from linktill.storage.database import Database
from tests.web.site import Site, site_on


@pytest_asyncio.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    """An installation with a merchant, a member and a gateway account."""
    async with site_on(database) as made:
        yield made
        await made.shop.check()


@pytest_asyncio.fixture
async def new_site(database: Database) -> AsyncIterator[Site]:
    """An installation that nobody has set up yet."""
    async with site_on(database, is_set_up=False) as made:
        yield made
