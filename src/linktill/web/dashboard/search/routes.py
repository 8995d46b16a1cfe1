"""`GET /dashboard/search`: links, payments, customers, disputes, payouts and coupons by words, amount or id.

The palette of every page (`look/static/palette.js`) asks for this page, too.
"""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.search import TEXT_MAX
from linktill.flows.search import Hit, Hits, search
from linktill.storage.search import Kind
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.paging import list_url
from linktill.web.dashboard.rows import shown_status
from linktill.web.dashboard.search.view import Group, HitRow, SearchPage

EACH_MAX: Final = 8
"""Of a kind."""
_PATHS: Final = {
    Kind.PAYMENT: "/dashboard/payments",
    Kind.LINK: "/dashboard/links",
    Kind.CUSTOMER: "/dashboard/customers",
    Kind.DISPUTE: "/dashboard/disputes",
    Kind.PAYOUT: "/dashboard/payouts",
    Kind.COUPON: "/dashboard/coupons",
}


def search_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_search(visitor: Visitor) -> Answer:
        text = visitor.query("q").strip()[:TEXT_MAX]
        found: tuple[Hits, ...] = ()
        if text:
            found = await search(desk.services, visitor.merchant_id, text, limit=EACH_MAX)
        page = SearchPage(desk.shell(visitor), text, tuple(_group(hits, text) for hits in found))
        return desk.show(visitor, page)

    return (desk.page("/dashboard/search", show_search),)


def _group(hits: Hits, text: str) -> Group:
    path = _PATHS[hits.kind]
    rows = tuple(_row(hit, path) for hit in hits.hits)
    return Group(hits.kind.value, rows, list_url(path, q=text) if hits.has_more else None)


def _row(hit: Hit, path: str) -> HitRow:
    status = shown_status(hit.thing) if isinstance(hit.thing, PaymentAttempt) else hit.status
    return HitRow(f"{path}/{hit.id}", hit.title or hit.id, hit.note, status, hit.amount, hit.at)
