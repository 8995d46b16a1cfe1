"""`GET /dashboard/live`: server-sent events (HTML, 9.2) for open pages: what happened in the books that they show.

An event names what it is about, nothing more: the page asks for itself again and takes over what is new
(`look/static/live.js`). The stream ends when the session does, when it shows other books, and when the process is about to end.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final

import msgspec
from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import TooMany
from linktill.core.events import Event
from linktill.flows.newsroom import Listener, first_event_of
from linktill.flows.sign_in import is_still_shown
from linktill.web.answer import NO_STORE, Reply, Streamed
from linktill.web.dashboard.desk import Desk, Visitor

CHECK_S: Final = 1.0
"""So long after a sign-out a stream may go on."""
BEAT_S: Final = 15.0
"""So often something is said, so that no proxy takes the stream for dead."""
_SINCE_MAX: Final = 60
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    NO_STORE,
    (b"x-accel-buffering", b"no"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"),
)


class _Told(msgspec.Struct):
    """What a page is told: ids of what changed, and names of what happened."""

    ids: list[str]
    types: list[str]


def live_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""
    newsroom = desk.options.newsroom

    async def live(visitor: Visitor) -> Reply:
        if not newsroom.has_room(visitor.by):
            raise TooMany("Too many pages are open. Close some of them.")
        return Streamed(_HEADERS, _stream(desk, visitor, _since(desk, visitor)))

    return (desk.page("/dashboard/live", live),)


def _since(desk: Desk, visitor: Visitor) -> str:
    """The last event that the page knows of: a browser that comes back names it by itself."""
    headers = dict(visitor.request.scope["headers"])
    asked = headers.get(b"last-event-id", b"").decode("latin-1") or visitor.query("after")
    is_one = asked.startswith(prefixes.EVENT) and asked.isascii() and len(asked) <= _SINCE_MAX
    return asked if is_one else first_event_of(desk.services.clock.now_us())


async def _stream(desk: Desk, visitor: Visitor, since: str) -> AsyncGenerator[bytes, None]:
    cookie = desk.sessions.cookie_of(visitor.request.scope)
    newsroom, clock = desk.options.newsroom, desk.services.clock
    async with newsroom.listening(visitor.merchant_id, visitor.by, since) as listener:
        yield b"retry: 5000\n: hello\n\n"
        beat_s = clock.monotonic_s()
        while newsroom.is_open():
            await _wait(desk, listener)
            if not newsroom.is_open() or not await is_still_shown(desk.services, cookie, visitor.merchant_id):
                return
            events = listener.take()
            if events:
                yield _written(events)
            elif clock.monotonic_s() - beat_s < BEAT_S:
                continue
            else:
                yield b": beat\n\n"
            beat_s = clock.monotonic_s()


async def _wait(desk: Desk, listener: Listener) -> None:
    """Until there is news, or it is time to look whether the session still stands."""
    waits = [
        asyncio.create_task(listener.news.wait()),
        asyncio.create_task(desk.services.clock.sleep(CHECK_S)),
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()


def _written(events: Sequence[Event]) -> bytes:
    ids = {each for event in events for each in (event.object_id, event.link_id, event.attempt_id) if each}
    told = _Told(sorted(ids), sorted({event.type.value for event in events}))
    newest = max(event.id for event in events)
    return f"id: {newest}\nevent: changed\ndata: {msgspec.json.encode(told).decode()}\n\n".encode()
