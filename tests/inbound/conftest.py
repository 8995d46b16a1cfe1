"""Webhooks are tested on both databases, with those that the real sandbox company signs and sends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from linktill.inbound.webhooks import Inbound
from linktill.storage.database import Database
from tests.inbound.calling import Answered, call
from tests.make import Shop, shop_on


@dataclass
class Door:
    """The door for webhooks of one shop, and a genuine webhook that has not come in yet."""

    shop: Shop
    inbound: Inbound
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return f"/in/sandbox/{self.shop.account.id}"

    async def post(self, body: bytes | None = None, **headers: str | None) -> Answered:
        """The genuine webhook, but for what is given. A header of None is left out; `_` stands for `-`."""
        sent = dict(self.headers)
        for name, value in headers.items():
            sent.pop(name.replace("_", "-"), None)
            if value is not None:
                sent[name.replace("_", "-")] = value
        return await call(self.inbound, "POST", self.path, sent, self.body if body is None else body)


@pytest_asyncio.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    async with shop_on(database) as shop:
        link = await shop.link()
        await shop.fill_card(await shop.press_pay(link))
        await shop.running.step(0)
        headers, body = next(
            (headers, body) for headers, body in shop.running.receiver.received if b"captured" in body
        )
        del headers["content-length"]
        yield Door(shop, Inbound(shop.services), headers, body)
        await shop.check()
