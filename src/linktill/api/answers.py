"""Answers as bytes, sent as they are: nothing is encoded twice, and a replay is the same byte for byte."""

from collections.abc import Sequence
from typing import Final

import msgspec
from litestar.types import Receive, Scope, Send

_NO_STORE: Final = (b"cache-control", b"no-store")
"""What one key may see must not wait in a cache for another."""
JSON: Final = b"application/json"
Headers = list[tuple[bytes, bytes]]

_encoder: Final = msgspec.json.Encoder()


class Reply:
    """An answer, and the ASGI application that sends it."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes,
        headers: Sequence[tuple[bytes, bytes]] = (),
        *,
        media_type: bytes = JSON,
    ) -> None:
        self.status: Final = status
        self.body: Final = body
        self.headers: Final[Headers] = (
            [*headers] if any(name == b"cache-control" for name, _ in headers) else [*headers, _NO_STORE]
        )
        if status != 204:
            self.headers.append((b"content-type", media_type))
            self.headers.append((b"content-length", b"%d" % len(body)))

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def encoded(thing: msgspec.Struct) -> bytes:
    """The object as JSON."""
    return _encoder.encode(thing)


def listed(things: Sequence[msgspec.Struct], next_cursor: str | None) -> Reply:
    """A page of a list. `next_cursor` None: there are no more."""
    return Reply(200, _encoder.encode({"object": "list", "data": things, "next_cursor": next_cursor}))
