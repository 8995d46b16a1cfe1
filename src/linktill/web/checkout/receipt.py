"""The receipt as PDF, behind the payer's own page."""

from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import TooMany
from linktill.documents.printer import PDF
from linktill.flows.draw_documents import payers_document
from linktill.flows.services import Services
from linktill.web.answer import NO_STORE, Answer, see_other
from linktill.web.checkout.paths import return_path
from linktill.web.checkout.trouble import own_place, payers_trouble, unknown
from linktill.web.form import AnyRequest
from linktill.web.noted import RETRY_AFTER
from linktill.web.routing import page_route

_POLICY: Final = b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


def receipt_url(slug: str, session_id: str, token: str) -> str:
    """Where the receipt of a payer's own checkout is, on this server."""
    return f"/p/{slug}/checkout/{session_id}/receipt.pdf?k={token}"


def receipt_route(services: Services) -> HTTPRouteHandler:
    """`GET /p/{slug}/checkout/{session_id}/receipt.pdf?k=…`. Whoever has no page there finds nothing here."""

    async def answer(request: AnyRequest) -> Answer:
        place = own_place(request, request.query_params.get("k", ""))
        if place is None:
            return unknown(request)
        slug, session_id, token = place
        try:
            found = await payers_document(services, slug, session_id, token)
        except TooMany:
            # Their own page is the receipt, too.
            return see_other(return_path(slug, session_id, token), RETRY_AFTER)
        if found is None:
            return unknown(request)
        name = f'attachment; filename="{found.name}"'.encode("ascii")
        headers = (
            (b"content-type", PDF.encode()),
            (b"content-disposition", name),
            (b"content-security-policy", _POLICY),
            NO_STORE,
        )
        return Answer(200, headers, found.pdf)

    return page_route("/p/{slug:str}/checkout/{session_id:str}/receipt.pdf", answer, payers_trouble)
