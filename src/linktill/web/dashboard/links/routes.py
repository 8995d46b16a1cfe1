"""`GET /dashboard/links`: the merchant's links, filtered by status, tag and words, newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import NOT_FILED, Filing, tag_to_find
from linktill.core.money import Money
from linktill.core.payment_link import LinkStatus, PaymentLink, standing
from linktill.flows.link_totals import others_of
from linktill.storage.database import Tx
from linktill.storage.link_filing import filings_of
from linktill.storage.link_lists import LinkFilter, count_by_status, list_links
from linktill.storage.link_rows import BEFORE_ALL
from linktill.storage.needs import Need, links_in_need
from linktill.storage.overview import link_page_before
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.links.view import LinkRow, LinksPage, TagLink
from linktill.web.dashboard.paging import ROWS, SEARCH_MAX, list_url, pager
from linktill.web.dashboard.shell import Tab

PATH: Final = "/dashboard/links"
_TABS: Final[Mapping[LinkStatus, str]] = {
    LinkStatus.ACTIVE: "Open",
    LinkStatus.COMPLETED: "Paid",
    LinkStatus.SCHEDULED: "Opens later",
    LinkStatus.DRAFT: "Drafts",
    LinkStatus.PAUSED: "Paused",
    LinkStatus.SOLD_OUT: "Sold out",
    LinkStatus.EXPIRED: "Expired",
    LinkStatus.CANCELED: "Canceled",
    LinkStatus.ARCHIVED: "Archived",
}
_NEEDS: Final[Mapping[Need, str]] = {Need.OVERDUE: "Overdue", Need.EXPIRING: "Closing soon"}


def tag_links(filing: Filing) -> tuple[TagLink, ...]:
    """A link's tags, each with the list of all that have it."""
    return tuple(TagLink(tag, list_url(PATH, tag=tag)) for tag in filing.tags)


@dataclass(frozen=True, slots=True)
class _Wanted:
    status: LinkStatus | None
    search: str
    tag: str
    """As it was asked for; empty for all."""
    before: LinkId | None
    need: Need | None = None
    """Only those that wait for the merchant for this reason; the other filters rest then."""

    @property
    def chosen(self) -> str:
        """What the address says of the status."""
        return self.need or self.status or ""


@dataclass(frozen=True, slots=True)
class _Found:
    links: list[PaymentLink]
    filings: Mapping[LinkId, Filing]
    newer: str | None
    counts: dict[LinkStatus, int]
    others: Mapping[LinkId, tuple[Money, ...]] = field(default_factory=dict[LinkId, tuple[Money, ...]])
    """What came in currencies but the link's own, each for itself."""


def links_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_links(visitor: Visitor) -> Answer:
        cursor = visitor.cursor(prefixes.LINK)
        wanted = _Wanted(
            _status(visitor.query("status")),
            visitor.query("q").strip()[:SEARCH_MAX],
            visitor.query("tag").strip()[:SEARCH_MAX],
            None if cursor is None else LinkId(cursor),
            Need(asked) if (asked := visitor.query("status")) in set(Need) else None,
        )
        now = desk.services.clock.now_us()
        found = await desk.services.database.report(_load, visitor.merchant_id, wanted, now)
        status = wanted.chosen
        shown = found.links[:ROWS]
        page = LinksPage(
            shell=desk.shell(visitor),
            tabs=_tabs(found.counts, wanted),
            status=status,
            search=wanted.search,
            tag=wanted.tag,
            untagged_url=list_url(PATH, status=status, q=wanted.search),
            rows=tuple(
                _row(link, found.filings.get(link.id, NOT_FILED), found.others.get(link.id, ()), now)
                for link in shown
            ),
            pager=pager(
                PATH,
                newer=found.newer,
                older=shown[-1].id if len(found.links) > ROWS else None,
                is_first=cursor is None,
                status=status,
                q=wanted.search,
                tag=wanted.tag,
            ),
            has_links=bool(found.counts),
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show_links),)


async def _load(tx: Tx, merchant_id: MerchantId, wanted: _Wanted, now: int) -> _Found:
    counts = await count_by_status(tx, merchant_id)
    try:
        tag = tag_to_find(wanted.tag) if wanted.tag else ""
    except FieldInvalid:
        return _Found([], {}, None, counts)
    if wanted.need is not None:
        links = await links_in_need(
            tx, merchant_id, wanted.need, now=now, limit=ROWS + 1, before=wanted.before or BEFORE_ALL
        )
    else:
        only = LinkFilter(wanted.status, wanted.search, tag)
        links = await list_links(tx, merchant_id, limit=ROWS + 1, wanted=only, before=wanted.before)
    newer = None
    if wanted.before is not None and links and not (wanted.search or tag or wanted.need):
        newer = await link_page_before(tx, merchant_id, links[0].id, limit=ROWS, status=wanted.status)
    filings = await filings_of(tx, merchant_id, [link.id for link in links[:ROWS]])
    return _Found(links, filings, newer, counts, await others_of(tx, merchant_id, links[:ROWS]))


def _status(text: str) -> LinkStatus | None:
    return LinkStatus(text) if text in set(LinkStatus) else None


def _tabs(counts: Mapping[LinkStatus, int], wanted: _Wanted) -> tuple[Tab, ...]:
    """All and Open always; the others where there is something in them. All are those that are not archived."""

    def tab(label: str, status: LinkStatus | None, count: int) -> Tab:
        url = list_url(PATH, status=status, q=wanted.search, tag=wanted.tag)
        return Tab(label, url, (status or "") == wanted.chosen, count)

    return (
        tab("All", None, sum(counts.values()) - counts.get(LinkStatus.ARCHIVED, 0)),
        *(
            tab(label, one, counts.get(one, 0))
            for one, label in _TABS.items()
            if counts.get(one) or one in {LinkStatus.ACTIVE, wanted.status}
        ),
        *(
            Tab(label, list_url(PATH, status=need), is_current=True)
            for need, label in _NEEDS.items()
            if need is wanted.need
        ),
    )


def _row(link: PaymentLink, filing: Filing, others: tuple[Money, ...], now: int) -> LinkRow:
    return LinkRow(
        id=link.id,
        description=link.terms.description,
        status=standing(link, now).value,
        amount=link.terms.due,
        collected=Money(link.captured_minor - link.refunded_minor, link.terms.amount.currency),
        payments=link.captured_count,
        created_at=link.created_at,
        tags=tag_links(filing),
        collected_in=others,
    )
