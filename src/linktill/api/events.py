"""Events over the API: the same objects that webhooks carry."""

from typing import Final

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, choice_parameter, cursor_parameter, id_parameter
from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.events import EventType
from linktill.core.ids import ATTEMPT, EVENT, LINK, EventId
from linktill.flows.representations import EventObject, event_object
from linktill.storage.events import BEFORE_ALL, get_event, list_events

_FILTERS: Final = ("type", "payment_link_id", "payment_id")


async def find(call: Call) -> Reply:
    given = [name for name in _FILTERS if name in call.query]
    if len(given) > 1:
        raise FieldInvalid(given[1], f"Filter by one thing at a time: {given[0]} is there already.")
    # Without an index for the type, a rare one is looked for among all events: no payer may wait for it.
    read = call.services.database.report if "type" in call.query else call.services.database.read
    found = await read(
        list_events,
        call.merchant_id,
        limit=call.limit + 1,
        before=call.query.get("cursor", BEFORE_ALL),
        link_id=call.query.get("payment_link_id"),
        attempt_id=call.query.get("payment_id"),
        event_type=call.query.get("type"),
    )
    mode = call.caller.mode
    return call.page(found, lambda event: event_object(event, mode), lambda event: event.id)


async def read(call: Call) -> Reply:
    event_id = EventId(call.id(EVENT))
    event = await call.services.database.read(get_event, call.merchant_id, event_id)
    if event is None:
        raise NotFound(f"There is no event {event_id}.", param="id")
    return Reply(200, encoded(event_object(event, call.caller.mode)))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/events",
        "list_events",
        "Events",
        "List events",
        "Everything that happened, newest first. Filter by one of `type`, `payment_link_id` and `payment_id`.",
        find,
        EventObject,
        is_list=True,
        query=(
            LIMIT,
            cursor_parameter(EVENT),
            choice_parameter("type", EventType, "Only events of this type."),
            id_parameter("payment_link_id", LINK, "Only events of this link."),
            id_parameter("payment_id", ATTEMPT, "Only events of this payment."),
        ),
    ),
    Operation(
        "GET",
        "/v1/events/{id}",
        "get_event",
        "Events",
        "Get an event",
        "The event with the object as it was then.",
        read,
        EventObject,
        prefix=EVENT,
    ),
)
