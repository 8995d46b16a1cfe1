"""Makes work that is stuck: as the worker leaves it after its last try."""

import msgspec

from linktill.core import ids as prefixes
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.services import Services
from linktill.gateways.contract import Hint
from linktill.storage import inbox, outbox
from linktill.storage.database import Tx

ERROR = "The gateway does not find it yet. <b>"


async def stuck_webhook(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, hint: Hint
) -> str:
    """The id of a webhook that was given up."""
    now, inbox_id = services.clock.now_us(), services.ids.new(prefixes.INBOX)
    told = msgspec.json.encode(hint).decode()
    new = inbox.NewReceived(
        merchant_id, inbox_id, account_id, hint.event_id, hint.event_type, told, "{}", now
    )

    async def give_up(tx: Tx) -> None:
        assert await inbox.store(tx, new)
        leased = await inbox.lease(
            tx, merchant_id, now=now, lease_until=now + 1, lease_token="last", limit=100
        )
        assert [held.id for held in leased] == [inbox_id]
        assert await inbox.dead(tx, leased[0], error=ERROR)

    await services.database.run(give_up)
    return inbox_id


async def stuck_news(services: Services, merchant_id: MerchantId, event_id: str) -> str:
    """The id of a promise to tell of this event that was given up."""
    now, outbox_id = services.clock.now_us(), services.ids.new(prefixes.OUTBOX)

    async def give_up(tx: Tx) -> None:
        await outbox.promise(tx, merchant_id, outbox_id, "event", event_id, due_at=0, now=now)
        leased = await outbox.lease(
            tx, merchant_id, now=now, lease_until=now + 1, lease_token="last", limit=100
        )
        [held] = [held for held in leased if held.id == outbox_id]
        assert await outbox.dead(tx, held, error=ERROR)

    await services.database.run(give_up)
    return outbox_id
