"""The receipt as PDF, behind the payer's own page."""

import re
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import TooMany
from linktill.documents.printer import PDF
from linktill.flows.draw_documents import payers_document
from linktill.flows.services import Services
from linktill.web.answer import NO_STORE, Answer, see_other, shown
from linktill.web.checkout.typed import TOKEN
from linktill.web.checkout.view import UnknownLinkPage
from linktill.web.form import AnyRequest
from linktill.web.look import policy
from linktill.web.noted import RETRY_AFTER
from linktill.web.routing import Trouble, page_route

_SLUG: Final = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_SESSION_ID: Final = re.compile(r"cs_[0-9a-z_]{1,40}", re.ASCII)
_POLICY: Final = b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


def receipt_url(slug: str, session_id: str, token: str) -> str:
    """Where the receipt of a payer's own checkout is, on this server."""
    return f"/p/{slug}/checkout/{session_id}/receipt.pdf?k={token}"


def receipt_route(services: Services, trouble: Trouble) -> HTTPRouteHandler:
    """`GET /p/{slug}/checkout/{session_id}/receipt.pdf?k=…`. Whoever has no page there finds nothing here."""

    async def answer(request: AnyRequest) -> Answer:
        slug, session_id = str(request.path_params["slug"]), str(request.path_params["session_id"])
        token = request.query_params.get("k", "")
        may_be = _SLUG.fullmatch(slug) and _SESSION_ID.fullmatch(session_id) and TOKEN.fullmatch(token)
        try:
            found = await payers_document(services, slug, session_id, token) if may_be else None
        except TooMany:
            # Their own page is the receipt, too.
            return see_other(f"/p/{slug}/checkout/{session_id}?k={token}", RETRY_AFTER)
        if found is None:
            return shown(UnknownLinkPage("en"), policy.checkout(()).encode(), status=404)
        name = f'attachment; filename="{found.name}"'.encode("ascii")
        headers = (
            (b"content-type", PDF.encode()),
            (b"content-disposition", name),
            (b"content-security-policy", _POLICY),
            NO_STORE,
        )
        return Answer(200, headers, found.pdf)

    return page_route("/p/{slug:str}/checkout/{session_id:str}/receipt.pdf", answer, trouble)
