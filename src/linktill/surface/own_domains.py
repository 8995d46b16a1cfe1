"""What is served on merchants' own domains: the pages of that merchant's payers, and nothing else.

And the one address that is answered under every name: how this installation proves that a name leads here.
"""

from typing import Final, final

from linktill.core.ids import MerchantId
from linktill.flows.domains import DomainPlace
from linktill.flows.manage_domain import WELL_KNOWN
from linktill.flows.services import Services
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.domains import token_at
from linktill.surface.asgi import Scope, Send
from linktill.surface.page_headers import NOSNIFF

PAYERS: Final = "/p/"
STATIC: Final = "/static/"
HOST_MAX: Final = 260


@final
class OwnDomains:
    """Beside the door: knows merchants' hosts."""

    def __init__(self, services: Services) -> None:
        self._services: Final = services

    def place_at(self, host: bytes) -> DomainPlace | None:
        """Whose a Host header is, in small letters and without its port; or None."""
        return self._services.domains.place_at(host.decode("latin-1"))

    async def narrow(self, scope: Scope, place: DomainPlace) -> None:
        """Leads a request on a merchant's host that is for anything else to where there is nothing."""
        path: str = scope["path"]
        if path.startswith(STATIC):
            return
        slug = path.removeprefix(PAYERS).partition("/")[0] if path.startswith(PAYERS) else ""
        if not slug or not await self._services.database.read(_is_of, place.merchant_id, slug):
            scope["path"] = PAYERS
            scope["raw_path"] = PAYERS.encode()

    async def answer(self, scope: Scope, host: bytes, send: Send) -> None:
        """`GET /.well-known/linktill`: the token of whom this host is set for; 404: nobody."""
        name = host.decode("latin-1")
        token = await self._services.database.read(token_at, name) if 0 < len(name) <= HOST_MAX else None
        status, text = (404, "This name is not set here.") if token is None else (200, token)
        body = f"{text}\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            NOSNIFF,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _is_of(tx: Tx, merchant_id: MerchantId, slug: str) -> bool:
    """Is there a link of this merchant at this address, also typed with capitals?"""
    for written in dict.fromkeys((slug, slug.lower())):
        place = await directory.find(tx, directory.SLUG, written)
        if place is not None:
            return place.merchant_id == merchant_id
    return False


def is_well_known(scope: Scope) -> bool:
    """Is it asked whether a name leads here?"""
    return bool(scope["path"] == WELL_KNOWN and scope["method"] in {"GET", "HEAD"})
