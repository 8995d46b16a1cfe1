"""A shop, for the tests of those folders that ask for one."""

from collections.abc import AsyncIterator

import pytest_asyncio

from linktill.storage.database import Database
from tests.make import Shop, shop_on


@pytest_asyncio.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    """A merchant with a sandbox account, on SQLite and on PostgreSQL."""
    async with shop_on(database) as made:
        yield made
        await made.check()
