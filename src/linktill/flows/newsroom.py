"""Tells open pages that something happened: one look at the events for all who listen in this process, every second.

It needs nothing but the events, so it works with several processes on one database. An event that was written late is found,
too: ids are made before they are written, so each look goes back a little.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, final

from linktill.core import ids as prefixes
from linktill.core.events import Event
from linktill.core.ids import MerchantId
from linktill.flows.services import Services
from linktill.platform.ids import encode
from linktill.platform.log import get_logger
from linktill.storage.errors import StorageError
from linktill.storage.events import list_events_after

POLL_S: Final = 1.0
LOOK_BACK_US: Final = 15 * 1_000_000
EVENTS_MAX: Final = 100
"""Read for a merchant at once. Whoever missed more is told that much has changed all the same."""
LISTENERS_MAX: Final = 256
LISTENERS_EACH_MAX: Final = 8
"""Of one member: as many windows as one can look at."""

log = get_logger(__name__)


@dataclass(eq=False)
class Listener:
    """Somebody who looks at a merchant's pages. `news` is set when something happened, and at the end."""

    merchant_id: MerchantId
    member_id: str
    waiting: list[Event] = field(default_factory=list[Event])
    known: frozenset[str] = frozenset()
    """Ids of late events that it was told of, or that its page showed already."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> list[Event]:
        """What happened since the last time, oldest first."""
        self.news.clear()
        taken, self.waiting = self.waiting, []
        return taken

    def hear(self, late: Sequence[Event]) -> None:
        """All that happened of late, newest first; what it knows already is no news. Who does not keep up loses the oldest."""
        fresh = [event for event in reversed(late) if event.id not in self.known]
        self.known = frozenset(event.id for event in late)
        if fresh:
            self.waiting = [*self.waiting, *fresh][-EVENTS_MAX:]
            self.news.set()


@final
class Newsroom:
    """All who listen in this process. Nothing is looked up while nobody does."""

    def __init__(self, services: Services) -> None:
        self._services: Final = services
        self._listeners: list[Listener] = []
        self._looking: asyncio.Task[None] | None = None
        self._is_closed = False

    def has_room(self, member_id: str) -> bool:
        """May this member listen once more?"""
        own = sum(1 for each in self._listeners if each.member_id == member_id)
        return self.is_open() and len(self._listeners) < LISTENERS_MAX and own < LISTENERS_EACH_MAX

    @asynccontextmanager
    async def listening(
        self, merchant_id: MerchantId, member_id: str, since: str
    ) -> AsyncGenerator[Listener, None]:
        """Hears of the merchant's events, those with an id above `since` at once."""
        listener = Listener(merchant_id, member_id)
        self._listeners.append(listener)
        try:
            late = await self._late(merchant_id, since)
            listener.known = frozenset(event.id for event in late if event.id <= since)
            listener.hear(late)
            if self._looking is None:
                self._looking = asyncio.create_task(self._look())
            yield listener
        finally:
            self._listeners.remove(listener)
            if not self._listeners:
                self._stop_looking()

    def is_open(self) -> bool:
        """Until the process is about to end."""
        return not self._is_closed

    def close(self) -> None:
        """Lets all go: the process is about to end."""
        self._is_closed = True
        for each in self._listeners:
            each.news.set()
        self._stop_looking()

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look(self) -> None:
        while True:
            await self._services.clock.sleep(POLL_S)
            for merchant_id in {each.merchant_id for each in self._listeners}:
                try:
                    late = await self._late(merchant_id)
                except StorageError as error:
                    log.warning("newsroom.not_read", merchant_id=merchant_id, reason=str(error))
                    continue
                for each in self._listeners:
                    if each.merchant_id == merchant_id:
                        each.hear(late)

    async def _late(self, merchant_id: MerchantId, since: str = "~") -> Sequence[Event]:
        """What happened of late, and since; newest first."""
        ago = first_event_of(self._services.clock.now_us() - LOOK_BACK_US)
        return await self._services.database.read(
            list_events_after, merchant_id, min(ago, since), limit=EVENTS_MAX
        )


def first_event_of(at_us: int) -> str:
    """The lowest id of an event of that moment: a UUIDv7 begins with its milliseconds (RFC 9562, 5.7)."""
    return prefixes.EVENT + encode(at_us // 1_000 << 80)
