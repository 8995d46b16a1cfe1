"""Flows are tested on both databases, with the real sandbox company over HTTP."""

from collections.abc import AsyncIterator

import pytest_asyncio

from linktill.storage.database import Database
from tests.flows.telling import Telling, telling_on
from tests.shops import shop

__all__ = ["shop", "telling"]


@pytest_asyncio.fixture
async def telling(database: Database) -> AsyncIterator[Telling]:
    """A shop whose news are delivered."""
    async with telling_on(database) as made:
        yield made
