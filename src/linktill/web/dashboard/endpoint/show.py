"""The page of one webhook endpoint: what it was told, and what it answered."""

from typing import Final

from linktill.core import ids as prefixes
from linktill.core.ids import EndpointId
from linktill.flows.manage_endpoints import get_endpoint, list_deliveries
from linktill.storage.webhook_deliveries import BEFORE_ALL, WebhookDelivery
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.endpoint.view import DeliveryRow, EndpointPage
from linktill.web.dashboard.paging import pager

PATH: Final = "/dashboard/developers/endpoints"
DELIVERIES: Final = 30


async def show_endpoint(
    desk: Desk, visitor: Visitor, endpoint_id: EndpointId, *, secret: str | None = None
) -> Answer:
    """The page; with its secret only right after it was made. Raises NotFound."""
    endpoint = await get_endpoint(desk.services, visitor.merchant_id, endpoint_id)
    cursor = visitor.cursor(prefixes.EVENT)
    found = await list_deliveries(
        desk.services, visitor.merchant_id, endpoint_id, limit=DELIVERIES + 1, before=cursor or BEFORE_ALL
    )
    shown = found[:DELIVERIES]
    page = EndpointPage(
        shell=desk.shell(visitor),
        id=endpoint.id,
        url=endpoint.url,
        is_enabled=endpoint.is_enabled,
        created_at=endpoint.created_at,
        secret=secret,
        deliveries=tuple(_row(delivery) for delivery in shown),
        pager=pager(
            f"{PATH}/{endpoint.id}",
            newer=None,
            older=shown[-1].event_id if len(found) > DELIVERIES else None,
            is_first=cursor is None,
        ),
    )
    return desk.show(visitor, page)


def _row(delivery: WebhookDelivery) -> DeliveryRow:
    answer = None if delivery.response_status is None else str(delivery.response_status)
    return DeliveryRow(
        id=delivery.id,
        event=delivery.event_type,
        status=delivery.status,
        tries=delivery.tries,
        last_at=delivery.updated_at if delivery.tries else None,
        next_at=delivery.next_at if delivery.status == "pending" and delivery.tries else None,
        response=answer or delivery.last_error,
    )
