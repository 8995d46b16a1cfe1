"""A link that is sent, for tests about it."""

from linktill.core.ids import LinkId
from linktill.core.link_message import LinkMessage, MessageFields
from linktill.core.payment_link import PaymentLink
from linktill.flows.send_link import find_messages, send_unit, sending
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.link_messages import SentMessage
from tests.make import Shop


async def send(shop: Shop, link_id: LinkId, *to: str, note: str = "") -> list[LinkMessage]:
    asked = sending(shop.id, link_id, MessageFields(to, note), "test")
    moment = moment_of(shop.services)

    async def unit(tx: Tx) -> list[LinkMessage]:
        return await send_unit(tx, moment, asked)

    return await shop.services.database.run(unit)


async def sent(shop: Shop, link: PaymentLink) -> list[SentMessage]:
    """Newest first."""
    return (await find_messages(shop.services, shop.id, link.id, limit=100)).messages
