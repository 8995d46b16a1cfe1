"""`GET /dashboard/events/{id}`: an event, with the object as it was then."""

from collections.abc import Sequence

import msgspec
from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound
from linktill.core.ids import EventId
from linktill.storage.events import get_event
from linktill.web.answer import Answer
from linktill.web.dashboard.addresses import page_of
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.event.view import EventPage, Place


def event_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_event(visitor: Visitor) -> Answer:
        event_id = EventId(visitor.id(prefixes.EVENT))
        event = await desk.services.database.read(get_event, visitor.merchant_id, event_id)
        if event is None:
            raise NotFound("There is nothing with this number.")
        about = dict.fromkeys(each for each in (event.object_id, event.attempt_id, event.link_id) if each)
        page = EventPage(
            shell=desk.shell(visitor),
            id=event.id,
            event=event.type.value,
            at=event.at,
            about=tuple(Place(each, page_of(each)) for each in about),
            data=msgspec.json.format(event.data, indent=2),
        )
        return desk.show(visitor, page)

    return (desk.page("/dashboard/events/{id:str}", show_event),)
