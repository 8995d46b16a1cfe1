"""Says that something happened: the event, and the promise to tell of it, in the unit that makes it true."""

from dataclasses import dataclass
from typing import Final

import msgspec

from linktill.core import ids as prefixes
from linktill.core.events import Event, EventType
from linktill.core.ids import EventId, MerchantId
from linktill.flows.representations import json_text
from linktill.flows.services import Moment
from linktill.storage.database import Tx
from linktill.storage.events import insert_event
from linktill.storage.outbox import promise

AT_ONCE: Final = 0
"""Due by any clock: the app's may run ahead of the database's, which judges."""

TELL_EVENT: Final = "event"
"""The outbox kind whose subject is an event that has to be told to whoever wants to know."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, and on whose timelines it appears."""

    merchant_id: MerchantId
    object_id: str
    link_id: str | None = None
    attempt_id: str | None = None


async def announce(
    tx: Tx, moment: Moment, event_type: EventType, subject: Subject, thing: msgspec.Struct
) -> EventId:
    """Writes the event with the object as it is now, and promises to tell of it."""
    event_id = EventId(moment.ids.new(prefixes.EVENT))
    await insert_event(
        tx,
        Event(
            subject.merchant_id,
            event_id,
            event_type,
            moment.now,
            subject.object_id,
            subject.link_id,
            subject.attempt_id,
            json_text(thing),
        ),
    )
    await promise(
        tx,
        subject.merchant_id,
        moment.ids.new(prefixes.OUTBOX),
        TELL_EVENT,
        event_id,
        due_at=AT_ONCE,
        now=moment.now,
    )
    return event_id
