"""Flows are tested on both databases, with the real sandbox company over HTTP."""

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
