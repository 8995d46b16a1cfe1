"""An answer to a browser, ready to be sent: a page, or the way to the next one."""

from collections.abc import Iterable
from typing import Final, TypeAlias, final
from urllib.parse import quote

from litestar.types import HTTPScope, Receive, Send

from linktill.web.look.look import View, page

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


def shown(view: View, policy: bytes, *more: Header, status: int = 200) -> Answer:
    """The page of a view, under a content security policy. Never stored: each shows money or a person's name."""
    headers = (_HTML, NO_STORE, (b"content-security-policy", policy), *more)
    return Answer(status, headers, page(view).encode())


def see_other(url: str, *more: Header) -> Answer:
    """On to another page with GET, so that reloading it sends no form again."""
    return Answer(303, ((b"location", quote(url, safe=_URL_CHARS).encode()), NO_STORE, *more))
