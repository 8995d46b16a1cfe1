"""One event on its way to one endpoint, from the first try to the last: the delivery log, and the dead-letter list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select, update

from linktill.core.events import Event, EventType
from linktill.core.ids import DeliveryId, EndpointId, EventId, MerchantId
from linktill.storage.database import Row, Tx
from linktill.storage.statements import any_of, compiled, insert_ignore
from linktill.storage.tables import event, outbox, webhook_delivery

PENDING: Final = "pending"
DELIVERED: Final = "delivered"
DEAD: Final = "dead"
"""Given up, and kept until a person replays it."""

D: Final = webhook_delivery.c
_THIS: Final = and_(D.merchant_id == bindparam("merchant_id"), D.id == bindparam("delivery_id"))
_INSERT: Final = compiled(
    insert_ignore(webhook_delivery, [D.merchant_id, D.endpoint_id, D.event_id]).values(
        {
            "status": PENDING,
            "updated_at": bindparam("created_at"),
            **{
                name: bindparam(name)
                for name in ("merchant_id", "id", "endpoint_id", "event_id", "created_at")
            },
        }
    )
)
_COLUMNS: Final = (
    D.merchant_id,
    D.id,
    D.endpoint_id,
    D.event_id,
    event.c.type,
    D.status,
    D.tries,
    D.response_status,
    D.response_body,
    D.last_error,
    D.created_at,
    D.updated_at,
    outbox.c.due_at,
)
_FROM: Final = webhook_delivery.join(
    event, and_(event.c.merchant_id == D.merchant_id, event.c.id == D.event_id)
).outerjoin(
    outbox,
    and_(outbox.c.merchant_id == D.merchant_id, outbox.c.id == D.endpoint_id.concat(".").concat(D.id)),
)
_SELECT: Final = compiled(select(*_COLUMNS).select_from(_FROM).where(_THIS))
_LIST: Final = compiled(
    select(*_COLUMNS)
    .select_from(_FROM)
    .where(
        D.merchant_id == bindparam("merchant_id"),
        D.endpoint_id == bindparam("endpoint_id"),
        D.event_id < bindparam("before"),
    )
    .order_by(D.event_id.desc())
    .limit(bindparam("limit"))
)
_EVENTS: Final = compiled(
    select(D.id, event)
    .join(event, and_(event.c.merchant_id == D.merchant_id, event.c.id == D.event_id))
    .where(D.merchant_id == bindparam("merchant_id"), any_of(D.id, "delivery_ids"))
)
_TRIED: Final = compiled(
    update(webhook_delivery)
    .where(_THIS)
    .values(
        status=bindparam("status"),
        tries=D.tries + bindparam("tried"),
        response_status=bindparam("response_status"),
        response_body=bindparam("response_body"),
        last_error=bindparam("last_error"),
        updated_at=bindparam("now"),
    )
)
_REPLAY: Final = compiled(
    update(webhook_delivery)
    .where(_THIS, D.status != PENDING)
    .values(status=PENDING, updated_at=bindparam("now"))
    .returning(D.endpoint_id)
)
_latest: Final = (
    select(D.endpoint_id, D.status, D.tries)
    .where(D.merchant_id == bindparam("merchant_id"))
    .order_by(D.id.desc())
    .limit(bindparam("latest"))
    .subquery()
)
_FAILING: Final = compiled(
    select(_latest.c.endpoint_id, func.count())
    .where(or_(_latest.c.status == DEAD, and_(_latest.c.status == PENDING, _latest.c.tries > 0)))
    .group_by(_latest.c.endpoint_id)
)
BEFORE_ALL: Final = "evt_~"
"""Sorts after every event id: the cursor of a first page."""
LATEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """An event on its way to an endpoint. `next_at`: when it is tried again, while it is pending."""

    merchant_id: MerchantId
    id: DeliveryId
    endpoint_id: EndpointId
    event_id: EventId
    event_type: str
    status: str
    tries: int
    response_status: int | None
    response_body: str | None
    last_error: str | None
    created_at: int
    updated_at: int
    next_at: int | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try. `tried` is 0 where nothing was sent."""

    delivery_id: str
    status: str
    tried: int
    response_status: int | None
    response_body: str | None
    last_error: str | None


def _delivery(row: Row) -> WebhookDelivery:
    delivery = WebhookDelivery(*row)
    if delivery.next_at is None:
        return delivery
    # What is due at once is due at 0: by any clock.
    return replace(delivery, next_at=max(delivery.next_at, delivery.created_at))


def _event(row: Row) -> Event:
    merchant_id, event_id, event_type, at, object_id, link_id, attempt_id, data = row
    return Event(merchant_id, event_id, EventType(event_type), at, object_id, link_id, attempt_id, data)


async def insert_delivery(
    tx: Tx,
    merchant_id: MerchantId,
    delivery_id: DeliveryId,
    *,
    endpoint_id: EndpointId,
    event_id: EventId,
    now: int,
) -> bool:
    """An event to deliver. False: this endpoint has a delivery of this event already."""
    row = await tx.one(
        _INSERT,
        merchant_id=merchant_id,
        id=delivery_id,
        endpoint_id=endpoint_id,
        event_id=event_id,
        created_at=now,
    )
    return row is not None


async def events_to_deliver(tx: Tx, merchant_id: MerchantId, delivery_ids: Sequence[str]) -> dict[str, Event]:
    """The event of each delivery, by the delivery's id."""
    rows = await tx.all(_EVENTS, merchant_id=merchant_id, delivery_ids=delivery_ids)
    return {row[0]: _event(row[1:]) for row in rows}


async def record_try(tx: Tx, merchant_id: MerchantId, tried: Tried, *, now: int) -> None:
    """Writes down what came of a try. The caller holds the endpoint's turn."""
    await tx.run(
        _TRIED,
        merchant_id=merchant_id,
        delivery_id=tried.delivery_id,
        status=tried.status,
        tried=tried.tried,
        response_status=tried.response_status,
        response_body=tried.response_body,
        last_error=tried.last_error,
        now=now,
    )


async def replay_delivery(
    tx: Tx, merchant_id: MerchantId, delivery_id: DeliveryId, *, now: int
) -> EndpointId | None:
    """Makes it pending again and answers whose it is. None: there is no such delivery, or it is being tried already."""
    row = await tx.one(_REPLAY, merchant_id=merchant_id, delivery_id=delivery_id, now=now)
    return None if row is None else row[0]


async def get_delivery(tx: Tx, merchant_id: MerchantId, delivery_id: DeliveryId) -> WebhookDelivery | None:
    """The delivery, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, delivery_id=delivery_id)
    return None if row is None else _delivery(row)


async def list_deliveries(
    tx: Tx, merchant_id: MerchantId, endpoint_id: EndpointId, *, limit: int, before: str = BEFORE_ALL
) -> list[WebhookDelivery]:
    """An endpoint's deliveries, those of the newest events first; `before` is the event id that the last page ended with."""
    rows = await tx.all(_LIST, merchant_id=merchant_id, endpoint_id=endpoint_id, before=before, limit=limit)
    return [_delivery(row) for row in rows]


async def count_failing(tx: Tx, merchant_id: MerchantId) -> dict[EndpointId, int]:
    """How many of the merchant's latest thousand deliveries were given up or are being tried again, per endpoint."""
    return {row[0]: row[1] for row in await tx.all(_FAILING, merchant_id=merchant_id, latest=LATEST)}
