"""`GET /dashboard/events`: what happened, of one type or about one thing, newest first."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.events import Event, EventType
from linktill.storage.events import BEFORE_ALL, list_events, list_events_of
from linktill.web.answer import Answer
from linktill.web.dashboard.addresses import page_of
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.events.view import EventRow, EventsPage
from linktill.web.dashboard.paging import ROWS, pager

PATH: Final = "/dashboard/events"
_ID_MAX: Final = 60


def events_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_events(visitor: Visitor) -> Answer:
        asked, of = visitor.query("type"), visitor.query("of").strip()[:_ID_MAX]
        event_type = EventType(asked) if asked in set(EventType) and not of else None
        before = visitor.cursor(prefixes.EVENT)
        found = await _find(desk, visitor, event_type, of, before or BEFORE_ALL)
        page = EventsPage(
            shell=desk.shell(visitor),
            types=tuple(each.value for each in EventType),
            event_type=event_type or "",
            of=of,
            rows=tuple(map(_row, found[:ROWS])),
            pager=pager(
                PATH,
                newer=None,
                older=found[ROWS - 1].id if len(found) > ROWS else None,
                is_first=before is None,
                type=event_type,
                of=of,
            ),
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show_events),)


async def _find(
    desk: Desk, visitor: Visitor, event_type: EventType | None, of: str, before: str
) -> Sequence[Event]:
    report, merchant_id = desk.services.database.report, visitor.merchant_id
    if of.startswith(prefixes.LINK):
        return await report(list_events, merchant_id, limit=ROWS + 1, before=before, link_id=of)
    if of.startswith(prefixes.ATTEMPT):
        return await report(list_events, merchant_id, limit=ROWS + 1, before=before, attempt_id=of)
    if of:
        return await report(list_events_of, merchant_id, of, limit=ROWS + 1, before=before)
    return await report(list_events, merchant_id, limit=ROWS + 1, before=before, event_type=event_type)


def _row(event: Event) -> EventRow:
    url = page_of(event.object_id) or (page_of(event.attempt_id) if event.attempt_id else None)
    return EventRow(event.id, event.at, event.type.value, event.object_id, url)
