"""An answer to a browser, ready to be sent: a page, or the way to the next one."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import Final, TypeAlias, final
from urllib.parse import quote

from litestar.types import HTTPScope, Receive, Send

from linktill.web.look.look import View, page
from linktill.web.look.policy import MAIL_BODY

Header: TypeAlias = tuple[bytes, bytes]

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
_HTML: Final[Header] = (b"content-type", b"text/html; charset=utf-8")
_URL_CHARS: Final = "%/:=&?~#+!$,;'@()*[]"


@final
class Answer:
    """Status, headers and body. As an ASGI app it costs next to nothing, and it sends no body to HEAD."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Iterable[Header], body: bytes = b"") -> None:
        self.status: Final = status
        self.body: Final = body
        self.headers: Final = [*headers, (b"content-length", str(len(body)).encode())]

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> None:
        """Sends it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body, "more_body": False})


@final
class Streamed:
    """An answer whose body is made while it is sent. Who hangs up ends the making."""

    __slots__ = ("chunks", "headers", "status")

    def __init__(self, headers: Iterable[Header], chunks: AsyncGenerator[bytes, None]) -> None:
        self.status: Final = 200
        self.headers: Final = [*headers]
        self.chunks: Final = chunks

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Sends it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if scope["method"] == "HEAD":
            await self.chunks.aclose()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        pouring = asyncio.create_task(self._pour(send))
        hung_up = asyncio.create_task(_until_hung_up(receive))
        try:
            await asyncio.wait({pouring, hung_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pouring, hung_up):
                task.cancel()
            ended = await asyncio.gather(pouring, hung_up, return_exceptions=True)
            await self.chunks.aclose()
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _pour(self, send: Send) -> None:
        async for chunk in self.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


Reply: TypeAlias = Answer | Streamed


def shown(view: View, policy: bytes, *more: Header, status: int = 200) -> Answer:
    """The page of a view, under a content security policy. Never stored: each shows money or a person's name."""
    headers = (_HTML, NO_STORE, (b"content-security-policy", policy), *more)
    return Answer(status, headers, page(view).encode())


def mail_body(html: str) -> Answer:
    """The HTML part of a mail, for a frame: it shows itself and can do nothing else."""
    headers = (_HTML, NO_STORE, (b"content-security-policy", MAIL_BODY.encode()))
    return Answer(200, headers, html.encode())


def see_other(url: str, *more: Header) -> Answer:
    """On to another page with GET, so that reloading it sends no form again."""
    return Answer(303, ((b"location", quote(url, safe=_URL_CHARS).encode()), NO_STORE, *more))
