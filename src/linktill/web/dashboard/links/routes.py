"""`GET /dashboard/links`: the merchant's links, filtered by status and by words, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_link import LinkStatus, PaymentLink, standing
from linktill.storage.database import Tx
from linktill.storage.link_lists import list_links
from linktill.storage.links import count_by_status
from linktill.storage.overview import link_page_before
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.links.view import LinkRow, LinksPage
from linktill.web.dashboard.paging import ROWS, SEARCH_MAX, pager, tab
from linktill.web.dashboard.shell import Tab

PATH: Final = "/dashboard/links"
_TABS: Final[Mapping[LinkStatus, str]] = {
    LinkStatus.ACTIVE: "Open",
    LinkStatus.COMPLETED: "Paid",
    LinkStatus.SCHEDULED: "Opens later",
    LinkStatus.PAUSED: "Paused",
    LinkStatus.SOLD_OUT: "Sold out",
    LinkStatus.EXPIRED: "Expired",
    LinkStatus.CANCELED: "Canceled",
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    status: LinkStatus | None
    search: str
    before: LinkId | None


@dataclass(frozen=True, slots=True)
class _Found:
    links: list[PaymentLink]
    newer: str | None
    counts: dict[LinkStatus, int]


def links_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_links(visitor: Visitor) -> Answer:
        cursor = visitor.cursor(prefixes.LINK)
        wanted = _Wanted(
            _status(visitor.query("status")),
            visitor.query("q").strip()[:SEARCH_MAX],
            None if cursor is None else LinkId(cursor),
        )
        found = await desk.services.database.report(_load, visitor.merchant_id, wanted)
        status = wanted.status or ""
        now = desk.services.clock.now_us()
        shown = found.links[:ROWS]
        page = LinksPage(
            shell=desk.shell(visitor),
            tabs=_tabs(found.counts, status, wanted.search),
            status=status,
            search=wanted.search,
            rows=tuple(_row(link, now) for link in shown),
            pager=pager(
                PATH,
                newer=found.newer,
                older=shown[-1].id if len(found.links) > ROWS else None,
                is_first=cursor is None,
                status=status,
                q=wanted.search,
            ),
            has_links=bool(found.counts),
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show_links),)


async def _load(tx: Tx, merchant_id: MerchantId, wanted: _Wanted) -> _Found:
    links = await list_links(
        tx, merchant_id, limit=ROWS + 1, status=wanted.status, search=wanted.search, before=wanted.before
    )
    newer = None
    if wanted.before is not None and links and not wanted.search:
        newer = await link_page_before(tx, merchant_id, links[0].id, limit=ROWS, status=wanted.status)
    return _Found(links, newer, await count_by_status(tx, merchant_id))


def _status(text: str) -> LinkStatus | None:
    return LinkStatus(text) if text in set(LinkStatus) else None


def _tabs(counts: Mapping[LinkStatus, int], status: str, search: str) -> tuple[Tab, ...]:
    """All and Open always; the others where there is something in them."""
    every = tab(PATH, "All", "", status, search=search, count=sum(counts.values()))
    return (
        every,
        *(
            tab(PATH, label, one, status, search=search, count=counts.get(one, 0))
            for one, label in _TABS.items()
            if counts.get(one) or one in {LinkStatus.ACTIVE, status}
        ),
    )


def _row(link: PaymentLink, now: int) -> LinkRow:
    return LinkRow(
        id=link.id,
        description=link.terms.description,
        status=standing(link, now).value,
        amount=link.terms.due,
        collected=Money(link.captured_minor - link.refunded_minor, link.terms.amount.currency),
        payments=link.captured_count,
        created_at=link.created_at,
    )
