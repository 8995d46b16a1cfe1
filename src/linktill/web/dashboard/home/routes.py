"""`GET /dashboard`: money at a glance, the latest payments, and on the first visit what to do first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import MerchantId
from linktill.core.ledger import REFUNDS, SALES
from linktill.core.money import Money
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.last_backup import is_overdue, last_backup
from linktill.flows.stuck_work import count_stuck
from linktill.platform.ids import encode
from linktill.storage import ledger
from linktill.storage.attempt_lists import list_attempts
from linktill.storage.database import Tx
from linktill.storage.dispute_answers import count_waiting
from linktill.storage.foreign_payments import count_foreign
from linktill.storage.gateway_accounts import accounts_of
from linktill.storage.held_payments import count_ending
from linktill.storage.link_lists import LinkFilter, count_by_status, list_links
from linktill.storage.link_requests import count_open
from linktill.storage.mismatches import count_mismatches
from linktill.storage.overview import count_needs_review, received_since
from linktill.storage.recovery import count_parked
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.home.view import HomePage
from linktill.web.dashboard.rows import payment_rows
from linktill.web.dashboard.shell import PaymentRow

LATEST: Final = 8
_DAY_US: Final = 24 * 3600 * 1_000_000
_OPEN: Final = LinkFilter(LinkStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class _Glance:
    today: list[Money]
    total: list[Money]
    links: dict[LinkStatus, int]
    open_link: PaymentLink | None
    needs_review: int
    recent: tuple[PaymentRow, ...]
    has_gateway: bool
    backup_at: int | None
    parked: int
    stuck: int
    disputes: int
    to_reconcile: int
    requests: int
    ending: int


def home_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def home(visitor: Visitor) -> Answer:
        services, options = desk.services, desk.options
        seen = await services.database.report(_load, visitor.merchant_id, services.clock.now_us())
        link = seen.open_link
        page = HomePage(
            shell=desk.shell(visitor),
            today=_some(seen.today),
            total=_some(seen.total),
            links_open=seen.links.get(LinkStatus.ACTIVE, 0),
            has_links=bool(seen.links),
            first_link_url=None if link is None else f"{services.origin_of(link.merchant_id)}/p/{link.slug}",
            is_room_short=services.room is not None and services.room.is_short(),
            needs_review=seen.needs_review,
            recent=seen.recent,
            test_number=options.test_numbers[0][0] if options.test_numbers else "",
            is_backup_overdue=is_overdue(seen.backup_at, services.clock.now_us()),
            is_gateway_missing=not seen.has_gateway,
            parked=seen.parked,
            stuck=seen.stuck,
            disputes=seen.disputes,
            to_reconcile=seen.to_reconcile,
            requests=seen.requests,
            ending=seen.ending,
        )
        return desk.show(visitor, page)

    return (desk.page("/dashboard", home),)


async def _load(tx: Tx, merchant_id: MerchantId, now: int) -> _Glance:
    midnight = now // _DAY_US * _DAY_US
    attempts = await list_attempts(tx, merchant_id, limit=LATEST)
    return _Glance(
        today=await received_since(tx, merchant_id, _first_id(midnight)),
        total=_received(await ledger.balances(tx, merchant_id)),
        links=await count_by_status(tx, merchant_id),
        open_link=next(iter(await list_links(tx, merchant_id, limit=1, wanted=_OPEN)), None),
        needs_review=await count_needs_review(tx, merchant_id),
        recent=await payment_rows(tx, attempts),
        has_gateway=bool(await accounts_of(tx, merchant_id)),
        backup_at=await last_backup(tx),
        parked=await count_parked(tx, merchant_id),
        stuck=await count_stuck(tx, merchant_id),
        disputes=await count_waiting(tx, merchant_id, now=now),
        to_reconcile=await count_foreign(tx, merchant_id) + await count_mismatches(tx, merchant_id),
        requests=await count_open(tx, merchant_id),
        ending=await count_ending(tx, merchant_id, until=now + 2 * _DAY_US),
    )


def _first_id(at_us: int) -> str:
    """The lowest ledger transaction id of that moment: a UUIDv7 begins with its milliseconds (RFC 9562, 5.7)."""
    return prefixes.LEDGER_TRANSACTION + encode(at_us // 1_000 << 80)


def _received(balances: Sequence[ledger.Balance]) -> list[Money]:
    """Sales less refunds, per currency."""
    sums: dict[str, int] = {}
    for balance in balances:
        if balance.account in {SALES, REFUNDS}:
            sums[balance.currency] = sums.get(balance.currency, 0) - balance.amount_minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def _some(amounts: Sequence[Money]) -> tuple[Money, ...]:
    return tuple(amount for amount in amounts if amount.minor)
