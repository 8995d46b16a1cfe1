"""A shop whose news are delivered: its channels, endpoints and mail server, and a clock for the outbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import bindparam, func, select, update

from linktill.flows.deliver_outbox import OutboxDelivery
from linktill.flows.manage_endpoints import EndpointTerms, WithSecret, create_endpoint
from linktill.flows.services import Services
from linktill.flows.take_turn import Channels
from linktill.notify.merchant_webhook import RESPONSE_MAX_BYTES
from linktill.platform.http import GuardedHttp
from linktill.storage import events, mails, webhook_deliveries, webhook_endpoints
from linktill.storage.database import Database, Tx
from linktill.storage.mails import Mail
from linktill.storage.statements import compiled
from linktill.storage.tables import outbox
from linktill.storage.webhook_deliveries import WebhookDelivery
from linktill.storage.webhook_endpoints import WebhookEndpoint
from tests.make import Shop, shop_on
from tests.notify.receivers import Endpoint, Postbox

_PASS = compiled(
    update(outbox)
    .where(outbox.c.merchant_id == bindparam("merchant_id"))
    .values(due_at=outbox.c.due_at - bindparam("us"), created_at=outbox.c.created_at - bindparam("us"))
)
_COUNT = compiled(select(func.count()).where(outbox.c.merchant_id == bindparam("merchant_id")))

PASSES_MAX = 1_000


async def deliver_outbox(services: Services, channels: Channels) -> int:
    """Everything that is due, and what comes of it, until nothing is."""
    delivery = OutboxDelivery(channels)
    worked = 0
    for _ in range(PASSES_MAX):
        found = await delivery.step(services)
        await delivery.drain()
        if found == 0:
            break
        worked += found
    return worked


@dataclass
class Telling:
    """What the tests act on."""

    shop: Shop
    channels: Channels
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.shop.services.database

    def with_mail(self, postbox: Postbox) -> None:
        self.channels = replace(self.channels, mailer=postbox.mailer())

    async def listen(self, endpoint: Endpoint, *event_types: str, path: str = "/hook") -> WithSecret:
        """The merchant adds this endpoint."""
        return await create_endpoint(
            self.shop.services,
            self.shop.id,
            EndpointTerms(endpoint.url(path), "", event_types),
            may_be_private=self.channels.may_be_private,
        )

    async def shop_endpoint(self, url: str) -> WithSecret:
        """The merchant adds this URL for payments that were captured."""
        terms = EndpointTerms(url, "", ["payment.captured"])
        return await create_endpoint(
            self.shop.services, self.shop.id, terms, may_be_private=self.channels.may_be_private
        )

    async def pay(self) -> None:
        """A payer pays a new link."""
        await self.shop.pay(await self.shop.link())

    async def deliver(self) -> int:
        return await deliver_outbox(self.shop.services, self.channels)

    async def pass_time(self, seconds: float) -> None:
        """So much later for all that waits in the outbox: leases and retries are judged by the database's own clock."""

        async def unit(tx: Tx) -> None:
            await tx.run(_PASS, merchant_id=self.shop.id, us=int(seconds * 1_000_000))

        await self.database.run(unit)

    async def outbox_rows(self) -> int:
        async def unit(tx: Tx) -> int:
            row = await tx.one(_COUNT, merchant_id=self.shop.id)
            assert row is not None
            return int(row[0])

        return await self.database.read(unit)

    async def deliveries(self, made: WithSecret) -> list[WebhookDelivery]:
        """Newest first."""
        return await self.database.read(
            webhook_deliveries.list_deliveries, self.shop.id, made.endpoint.id, limit=100
        )

    async def endpoint(self, made: WithSecret) -> WebhookEndpoint:
        found = await self.database.read(webhook_endpoints.get_endpoint, self.shop.id, made.endpoint.id)
        assert found is not None
        return found

    async def mails(self) -> list[Mail]:
        """Newest first."""
        return await self.database.read(mails.list_mails, self.shop.id, limit=100)

    async def events(self) -> list[str]:
        found = await self.database.read(events.list_events, self.shop.id, limit=100)
        return [event.type.value for event in reversed(found)]


@asynccontextmanager
async def telling_on(database: Database, **changes: Any) -> AsyncIterator[Telling]:
    """A shop that may tell receivers on this machine, as the demo does; no mail server yet."""
    http = GuardedHttp(body_max_bytes=RESPONSE_MAX_BYTES)
    try:
        async with shop_on(database) as shop:
            yield Telling(shop, Channels(http, None, changes.get("may_be_private", True)))
            await shop.check()
    finally:
        await http.close()
