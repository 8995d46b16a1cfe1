"""`GET /dashboard`: what needs doing, money at a glance, the latest payments, and on the first visit what to do first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import MerchantId
from linktill.core.merchant import Merchant
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.services import Recent
from linktill.storage.attempt_lists import list_attempts
from linktill.storage.database import Tx
from linktill.storage.link_lists import LinkFilter, count_some, has_links, list_links
from linktill.storage.overview import received_by_day
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.home.chart import DAYS, ByDay, chart_of, main_currency, totals
from linktill.web.dashboard.home.tasks import DAY_US, first_of, tasks_of
from linktill.web.dashboard.home.view import HomePage, Task
from linktill.web.dashboard.rows import payment_rows
from linktill.web.dashboard.shell import PaymentRow

LATEST: Final = 8
LINKS_MAX: Final = 1_000
PAST_KEPT_S: Final = 600.0
MERCHANTS_KEPT: Final = 200
_OPEN: Final = LinkFilter(LinkStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class Glance:
    """What the page is made of."""

    tasks: tuple[Task, ...]
    past: ByDay
    today: ByDay
    links_open: int
    has_links: bool
    open_link: PaymentLink | None
    recent: tuple[PaymentRow, ...]


def home_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""
    # Days that are over hardly change, and summing them up costs more than all the rest.
    past = Recent[ByDay](kept_s=PAST_KEPT_S, keys_max=MERCHANTS_KEPT)

    async def home(visitor: Visitor) -> Answer:
        services, options, merchant = desk.services, desk.options, visitor.who.merchant
        now, now_s = services.clock.now_us(), services.clock.monotonic_s()
        is_room_short = services.room is not None and services.room.is_short()
        today = now // DAY_US
        key = f"{merchant.id} {today}"
        known = past.get(key, now_s=now_s)
        seen = await services.database.report(load, merchant, now, known, is_room_short=is_room_short)
        if known is None:
            past.keep(key, seen.past, now_s=now_s)
        sums = {**seen.past, **seen.today}
        link = seen.open_link
        page = HomePage(
            shell=desk.shell(visitor),
            tasks=seen.tasks,
            today=totals(sums, [today]),
            month=totals(sums, range(today - DAYS + 1, today + 1)),
            chart=chart_of(sums, today, main_currency(sums, merchant.currency)),
            links_open=seen.links_open,
            links_max=LINKS_MAX,
            has_links=seen.has_links,
            first_link_url=None if link is None else f"{services.origin_of(link.merchant_id)}/p/{link.slug}",
            recent=seen.recent,
            test_number=options.test_numbers[0][0] if options.test_numbers else "",
        )
        return desk.show(visitor, page)

    return (desk.page("/dashboard", home),)


async def load(tx: Tx, merchant: Merchant, now: int, known: ByDay | None, *, is_room_short: bool) -> Glance:
    """Unit: all of it; `known`: what the days before today brought, if that was looked up lately."""
    merchant_id, today = merchant.id, now // DAY_US
    attempts = await list_attempts(tx, merchant_id, limit=LATEST)
    recent = await payment_rows(tx, attempts)
    first = None if recent else next(iter(await list_links(tx, merchant_id, limit=1, wanted=_OPEN)), None)
    return Glance(
        tasks=tuple(await tasks_of(tx, merchant_id, merchant.mode, now=now, is_room_short=is_room_short)),
        past=await _received(tx, merchant_id, today - DAYS + 1, today) if known is None else known,
        today=await _received(tx, merchant_id, today, today + 1),
        links_open=await count_some(tx, merchant_id, LinkStatus.ACTIVE, at_most=LINKS_MAX),
        has_links=await has_links(tx, merchant_id),
        open_link=first,
        recent=recent,
    )


async def _received(tx: Tx, merchant_id: MerchantId, first: int, end: int) -> ByDay:
    """What the days from `first` on brought, `end` not included."""
    since, before = (prefixes.LEDGER_TRANSACTION + first_of(day * DAY_US) for day in (first, end))
    return await received_by_day(tx, merchant_id, since=since, before=before)
