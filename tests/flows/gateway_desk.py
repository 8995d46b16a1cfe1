"""A merchant who may connect Stripe, PayPal and Square, through the flows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, update

from linktill.core.ids import GatewayAccountId
from linktill.flows.connect_gateway import connect, read_account
from linktill.flows.services import Services
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import StoredAccount, accounts_of
from linktill.storage.statements import compiled
from linktill.storage.tables import merchant
from tests.make import Shop
from tests.vendors import Vendors, vendors

BASE = "https://pay.example.com"


@dataclass
class Desk:
    shop: Shop
    services: Services
    at: Vendors

    async def connect(self, gateway: str, **entered: str) -> GatewayAccountId:
        made = await connect(self.services, self.shop.id, gateway, entered)
        assert made.webhook_trouble is None
        return made.account_id

    async def stored(self, account_id: GatewayAccountId) -> StoredAccount:
        return await read_account(self.services, self.shop.id, account_id)

    async def names(self) -> list[str]:
        return [each.gateway for each in await self.services.database.read(accounts_of, self.shop.id)]

    async def is_live(self) -> None:
        statement = compiled(
            update(merchant).where(merchant.c.merchant_id == bindparam("m")).values(mode="live")
        )

        async def change(tx: Tx) -> None:
            await tx.run(statement, m=self.shop.id)

        await self.services.database.run(change)


@asynccontextmanager
async def desk_of(shop: Shop) -> AsyncIterator[Desk]:
    """At an address that the vendors reach."""
    async with vendors() as at:
        yield Desk(shop, replace(at.offered(shop.services), base_url=BASE), at)
