"""The door that every request comes through: is it for us, may a foreign page have sent it, what is it called.

Plain ASGI and the outermost layer, since it is paid for by every request: one look at the headers on the way in, one on
the way out.
"""

import json
from typing import Final, final

from linktill.core import ids as prefixes
from linktill.core.link_import import FILE_MAX_BYTES
from linktill.flows.manage_domain import WELL_KNOWN
from linktill.platform.ids import Ids
from linktill.surface.asgi import Asgi, Header, Message, Receive, Scope, Send
from linktill.surface.hearing_out import heard_out
from linktill.surface.own_address import OwnAddress, name_of
from linktill.surface.own_domains import OwnDomains, is_well_known
from linktill.surface.page_headers import NOSNIFF, PageHeaders

BODY_MAX: Final = 1024 * 1024
"""Nothing that we take is longer, but for files; most doors behind this one take much less."""
FILES: Final = frozenset({"/v1/payment_link_imports", "/dashboard/links/import"})
"""Where files are sent to. Both know who asks before they read."""
FILE_MAX: Final = FILE_MAX_BYTES + 64 * 1024
"""A file and what a browser's form puts around it."""

RETRY_AFTER_S: Final = b"5"

REQUEST_ID: Final = "linktill.request_id"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_READ: Final = frozenset({b"host", b"origin", b"sec-fetch-site", b"content-length"})
_PAYERS: Final = "/p/"
_PROGRAMS: Final = ("/v1/", "/in/")
"""Programs prove who they are by what no browser adds by itself: a key or a signature."""
_NO_HOST_NEEDED: Final = frozenset({"/healthz", WELL_KNOWN})
"""Load balancers ask by address, and the other proves that a name leads here."""
PLACE: Final = "linktill.domain"
"""Of a request on a merchant's own host: whose."""


def request_id(scope: Scope) -> str:
    """What this request is called in logs, answers and problems."""
    return str(scope.get(REQUEST_ID, ""))


@final
class Door:
    """Wraps the application. `domains`: what is served on merchants' own hosts. `foreign`: path prefixes of another company's
    app, whose pages and forms are not ours; `own_url`: where this process listens, if that is not the base URL.
    """

    def __init__(
        self,
        app: Asgi,
        ids: Ids,
        domains: OwnDomains | None = None,
        *,
        base_url: str,
        own_url: str | None = None,
        foreign: tuple[str, ...] = (),
    ) -> None:
        self._app: Final = app
        self._ids: Final = ids
        self._own: Final = OwnAddress(base_url, own_url)
        self._domains: Final = domains
        self._page: Final = PageHeaders(is_https=base_url.startswith("https://"))
        self._page_of_domain: Final = PageHeaders(is_https=base_url.startswith("https://"), is_own=False)
        self._foreign: Final = foreign
        self._not_forms: Final = (*_PROGRAMS, *foreign)
        self._is_closing = False

    def close(self) -> None:
        """Lets nothing new in, for a process that is about to end; what is inside goes on.

        But for the foreign company: what our own work has begun with it is still finished.
        """
        self._is_closing = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the request through, or answers it."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        name = self._ids.new(prefixes.REQUEST)
        scope[REQUEST_ID] = name
        path: str = scope["path"]
        if scope["method"] not in _SAFE:
            receive, send = heard_out(scope, receive, send)
        refusal = self._refusal(scope, path)
        if refusal is not None:
            await _refuse(send, path, name, *refusal)
        elif self._domains is not None and (PLACE in scope or path == WELL_KNOWN):
            await self._on_domain(self._domains, scope, receive, send)
        elif self._foreign and path.startswith(self._foreign):
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, self._completing(send, path, name.encode()))

    async def _on_domain(self, domains: OwnDomains, scope: Scope, receive: Receive, send: Send) -> None:
        """On a merchant's own host, or to prove that a name leads here."""
        if is_well_known(scope):
            host = next((value for name, value in scope["headers"] if name == b"host"), b"")
            await domains.answer(scope, name_of(host), send)
            return
        if PLACE in scope:
            await domains.narrow(scope, scope[PLACE])
        name = request_id(scope).encode()
        await self._app(scope, receive, self._completing(send, scope["path"], name, self._page_of_domain))

    def _refusal(self, scope: Scope, path: str) -> tuple[int, str, str] | None:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                if name in headers:
                    return 400, "request_invalid", f"The header {name.decode().title()} comes twice."
                headers[name] = value
        if self._is_closing and not path.startswith(self._foreign):
            return 503, "busy", "This server is about to restart. Try again in a moment."
        host = headers.get(b"host")
        if not self._own.is_host(host) and path not in _NO_HOST_NEEDED:
            place = None if self._domains is None else self._domains.place_at(name_of(host or b""))
            if place is None:
                return 421, "host_unknown", _HOST_UNKNOWN
            scope[PLACE] = place
        length = headers.get(b"content-length", b"0")
        if length != b"0" and (
            not length.isdigit()
            or len(length) > 12
            or int(length) > (FILE_MAX if path in FILES else BODY_MAX)
        ):
            return 413, "too_large", "This is longer than anything that is taken here."
        if scope["method"] in _SAFE or path.startswith(self._not_forms):
            return None
        # No page takes anything else but POST, and says so itself.
        is_strict = scope["method"] == "POST" and not path.startswith(_PAYERS)
        here = scope[PLACE].origin.encode() if PLACE in scope else None
        if self._own.is_own_form(headers, is_strict=is_strict, here=here):
            return None
        return (
            403,
            "cross_site",
            "This form was sent by a page of another site. Open our own page and send it there.",
        )

    def _completing(self, send: Send, path: str, name: bytes, page: PageHeaders | None = None) -> Send:
        is_payers, page = path.startswith(_PAYERS), page or self._page

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = page.completed(message.get("headers", ()), is_payers=is_payers, request_id=name)
                # A copy: who answers may keep a ready answer for the next one.
                message = {**message, "headers": headers}
            await send(message)

        return complete

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)


_HOST_UNKNOWN: Final = (
    "This server does not answer under this name. "
    "If it should, set LINKTILL_BASE_URL to the address in your browser."
)


async def _refuse(send: Send, path: str, name: str, status: int, code: str, words: str) -> None:
    if path.startswith(_PROGRAMS):
        kind, body = b"application/problem+json", _problem(name, status, code, words)
    else:
        kind, body = b"text/plain; charset=utf-8", f"{words}\n".encode()
    headers: list[Header] = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"request-id", name.encode()),
        NOSNIFF,
    ]
    if status in {413, 503}:
        headers.append((b"connection", b"close"))
    if status == 503:
        headers.append((b"retry-after", RETRY_AFTER_S))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _problem(name: str, status: int, code: str, words: str) -> bytes:
    """RFC 9457, with the members of the API's own problems."""
    members = {
        "type": "about:blank",
        "title": words,
        "status": status,
        "detail": words,
        "code": code,
        "param": None,
        "errors": [],
        "source": "linktill" if status == 503 else "merchant",
        "retryable": status == 503,
        "request_id": name,
    }
    return json.dumps(members).encode()
