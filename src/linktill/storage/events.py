"""Events, and the promise to tell of them: both are written in the unit that makes them true."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, insert, select, text

from linktill.core.events import Event, EventType
from linktill.core.ids import EventId, MerchantId
from linktill.storage.database import Row, Tx
from linktill.storage.statements import any_of, compiled
from linktill.storage.tables import event

V: Final = event.c
_INSERT: Final = compiled(insert(event))
_SELECT: Final = compiled(
    select(event).where(V.merchant_id == bindparam("merchant_id"), V.id == bindparam("event_id"))
)
_SELECT_ALL: Final = compiled(
    select(event).where(V.merchant_id == bindparam("merchant_id"), any_of(V.id, "event_ids"))
)
_LIST: Final = {
    by: compiled(
        select(event)
        .where(
            V.merchant_id == bindparam("merchant_id"),
            V.id < bindparam("before"),
            *([] if by == "" else [event.c[by] == bindparam("of")]),
        )
        .order_by(V.id.desc())
        .limit(bindparam("limit"))
    )
    for by in ("", "link_id", "attempt_id", "type")
}
_AFTER: Final = compiled(
    select(event)
    .where(V.merchant_id == bindparam("merchant_id"), V.id > bindparam("after"))
    .order_by(V.id.desc())
    .limit(bindparam("limit"))
)
_OF: Final = compiled(
    select(event)
    .where(
        V.merchant_id == bindparam("merchant_id"),
        # The words of the index `event_alone`.
        text("(link_id IS NULL AND attempt_id IS NULL)"),
        V.object_id == bindparam("object_id"),
        V.id < bindparam("before"),
    )
    .order_by(V.id.desc())
    .limit(bindparam("limit"))
)
TIMELINE_MAX: Final = 100
BEFORE_ALL: Final = "evt_~"
"""Sorts after every event id."""


def _event(row: Row) -> Event:
    merchant_id, event_id, event_type, at, object_id, link_id, attempt_id, data = row
    return Event(merchant_id, event_id, EventType(event_type), at, object_id, link_id, attempt_id, data)


async def insert_event(tx: Tx, new: Event) -> None:
    """What happened. The caller promises the telling in the same unit: see `flows/announce`."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        type=new.type,
        at=new.at,
        object_id=new.object_id,
        link_id=new.link_id,
        attempt_id=new.attempt_id,
        data=new.data,
    )


async def get_event(tx: Tx, merchant_id: MerchantId, event_id: EventId) -> Event | None:
    """The event, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, event_id=event_id)
    return None if row is None else _event(row)


async def get_events(tx: Tx, merchant_id: MerchantId, event_ids: Sequence[EventId]) -> list[Event]:
    """Those of the events that there are, in no order."""
    rows = await tx.all(_SELECT_ALL, merchant_id=merchant_id, event_ids=list(event_ids))
    return [_event(row) for row in rows]


async def list_events(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    link_id: str | None = None,
    attempt_id: str | None = None,
    event_type: EventType | None = None,
) -> list[Event]:
    """Newest first, older than `before`; of one link, one attempt or one type (at most one of the three)."""
    wanted = {"link_id": link_id, "attempt_id": attempt_id, "type": event_type}
    given = {name: value for name, value in wanted.items() if value is not None}
    assert len(given) <= 1, "events are filtered by one thing at a time"
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    by = ""
    for name, value in given.items():
        by = name
        parameters["of"] = value
    return [_event(row) for row in await tx.all(_LIST[by], **parameters)]


async def list_events_after(tx: Tx, merchant_id: MerchantId, after: str, *, limit: int) -> list[Event]:
    """The newest with an id above `after`, newest first."""
    return [_event(row) for row in await tx.all(_AFTER, merchant_id=merchant_id, after=after, limit=limit)]


async def list_events_of(
    tx: Tx, merchant_id: MerchantId, object_id: str, *, limit: int = TIMELINE_MAX, before: str = BEFORE_ALL
) -> list[Event]:
    """Events of what belongs to no link and no payment, such as a customer or a payout; newest first, older than `before`."""
    rows = await tx.all(_OF, merchant_id=merchant_id, object_id=object_id, limit=limit, before=before)
    return [_event(row) for row in rows]
