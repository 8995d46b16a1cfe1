"""The API is tested on both databases, through its ASGI application."""

from collections.abc import AsyncIterator, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from linktill.storage.database import Database
from tests.api.rig import Caller, Rig, plain_rig, rig_on
from tests.make import Shop, shop_on


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the operator's log was told; not written, since structlog's own form of a traceback takes seconds."""
    with capture_logs() as told:
        yield told


@pytest_asyncio.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with plain_rig(database) as made:
        yield made


@pytest_asyncio.fixture
async def bea(rig: Rig) -> Caller:
    return rig.bea


@dataclass
class Paying:
    """A shop with a sandbox account, and its program."""

    shop: Shop
    bea: Caller
    cy: Caller


@pytest_asyncio.fixture
async def paying(database: Database) -> AsyncIterator[Paying]:
    async with shop_on(database) as shop, rig_on(shop.services, shop.id) as made:
        yield Paying(shop, made.bea, made.cy)
        await shop.check()
