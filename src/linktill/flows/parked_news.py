"""News that were waiting when a backup was made: perhaps they were told after it, so a person decides for each."""

from typing import Final

from linktill.core.errors import NotFound
from linktill.core.ids import DeliveryId, MerchantId
from linktill.flows import send_mails, send_webhooks
from linktill.flows.services import Services
from linktill.storage import mails, queues, recovery
from linktill.storage import webhook_deliveries as deliveries
from linktill.storage.database import Tx
from linktill.storage.mails import get_mail, move_mail
from linktill.storage.recovery import ParkedNews
from linktill.storage.webhook_endpoints import get_endpoint

DISCARDED: Final = "Not sent: a person decided so after a backup came back."


async def list_parked(services: Services, merchant_id: MerchantId) -> list[tuple[ParkedNews, str]]:
    """What is parked, oldest first, each with words on what it is."""
    return await services.database.report(_list, merchant_id)


async def _list(tx: Tx, merchant_id: MerchantId) -> list[tuple[ParkedNews, str]]:
    return [(news, await _words(tx, news)) for news in await recovery.list_parked(tx, merchant_id)]


async def _words(tx: Tx, news: ParkedNews) -> str:
    if news.kind == send_mails.KIND:
        mail = await get_mail(tx, news.merchant_id, news.subject_id)
        return "A mail." if mail is None else f"Mail to {mail.recipient}: {mail.subject}"
    if news.kind == send_webhooks.KIND:
        delivery = await deliveries.get_delivery(tx, news.merchant_id, DeliveryId(news.subject_id))
        endpoint = (
            None if delivery is None else await get_endpoint(tx, news.merchant_id, delivery.endpoint_id)
        )
        if delivery is None or endpoint is None:
            return "A webhook, whose endpoint was removed."
        return f"Webhook {delivery.event_type} to {endpoint.url}"
    return f"Event {news.event_type} of {news.object_id}: its mails and webhooks"


async def send_parked(services: Services, merchant_id: MerchantId, row_id: str) -> None:
    """Lets it be told after all. Raises NotFound, and GatewayTrouble where nothing may be sent yet."""
    services.standing.check()
    if not await services.database.run(_send, merchant_id, row_id, services.clock.now_us()):
        raise NotFound(f"Nothing is parked under {row_id[:80]}.")
    services.wake.now()


async def _send(tx: Tx, merchant_id: MerchantId, row_id: str, now: int) -> bool:
    queue_id, dot, subject_id = row_id.partition(".")
    if not await recovery.release(tx, merchant_id, row_id, status="queued" if dot else "pending", now=now):
        return False
    if dot:
        kind = send_mails.KIND if queue_id == mails.QUEUE else send_webhooks.KIND
        # It stands in its queue again; this calls the queue's turn.
        await queues.enqueue(tx, merchant_id, queue_id, kind=kind, subject_id=subject_id, now=now)
    return True


async def discard_parked(services: Services, merchant_id: MerchantId, row_id: str) -> None:
    """It is not told. The mail or webhook stays visible, and can be sent from its own page later. Raises NotFound."""
    if not await services.database.run(_discard, merchant_id, row_id, services.clock.now_us()):
        raise NotFound(f"Nothing is parked under {row_id[:80]}.")


async def _discard(tx: Tx, merchant_id: MerchantId, row_id: str, now: int) -> bool:
    if not await recovery.discard(tx, merchant_id, row_id):
        return False
    queue_id, _, subject_id = row_id.partition(".")
    if queue_id == mails.QUEUE:
        await move_mail(tx, merchant_id, subject_id, status=mails.FAILED, error=DISCARDED, now=now)
    elif subject_id:
        tried = deliveries.Tried(subject_id, deliveries.DEAD, 0, None, None, DISCARDED)
        await deliveries.record_try(tx, merchant_id, tried, now=now)
    return True
