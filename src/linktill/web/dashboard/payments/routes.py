"""`GET /dashboard/payments`: every try to pay, filtered by status and searched by payer, number or description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.flows.search import asked_of
from linktill.storage.attempt_lists import BEFORE_ALL, attempts_to_decide, list_attempts
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx
from linktill.storage.overview import count_needs_review, count_payments, payment_page_before
from linktill.storage.payment_search import find_payments
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.paging import ROWS, SEARCH_MAX, pager, tab
from linktill.web.dashboard.payments.view import PaymentsPage
from linktill.web.dashboard.rows import payment_rows
from linktill.web.dashboard.shell import PaymentRow, Tab

PATH: Final = "/dashboard/payments"
_TABS: Final[Mapping[AttemptStatus, str]] = {
    AttemptStatus.CAPTURED: "Paid",
    AttemptStatus.REQUIRES_ACTION: "Paying now",
    AttemptStatus.PROCESSING: "At the bank",
    AttemptStatus.UNKNOWN: "Being checked",
    AttemptStatus.FAILED: "Failed",
    AttemptStatus.CANCELED: "Canceled",
    AttemptStatus.NEEDS_REVIEW: "Needs you",
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    status: AttemptStatus | None
    search: str
    before: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    rows: tuple[PaymentRow, ...]
    newer: str | None
    counts: dict[AttemptStatus, int]
    needs_review: int


def payments_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_payments(visitor: Visitor) -> Answer:
        wanted = _Wanted(
            _status(visitor.query("status")),
            visitor.query("q").strip()[:SEARCH_MAX],
            visitor.cursor(prefixes.ATTEMPT),
        )
        found = await desk.services.database.report(_load, visitor.merchant_id, wanted)
        status = wanted.status or ""
        page = PaymentsPage(
            shell=desk.shell(visitor),
            tabs=_tabs(found.counts, found.needs_review, status, wanted.search),
            status=status,
            search=wanted.search,
            rows=found.rows[:ROWS],
            pager=pager(
                PATH,
                newer=found.newer,
                older=found.rows[ROWS - 1].id if len(found.rows) > ROWS else None,
                is_first=wanted.before is None,
                status=status,
                q=wanted.search,
            ),
            has_payments=bool(found.counts),
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show_payments),)


async def _load(tx: Tx, merchant_id: MerchantId, wanted: _Wanted) -> _Found:
    attempts = await _attempts(tx, merchant_id, wanted)
    newer = None
    if wanted.before is not None and attempts and not wanted.search:
        newer = await payment_page_before(tx, merchant_id, attempts[0].id, limit=ROWS, status=wanted.status)
    return _Found(
        await payment_rows(tx, attempts),
        newer,
        await count_payments(tx, merchant_id),
        await count_needs_review(tx, merchant_id),
    )


async def _attempts(tx: Tx, merchant_id: MerchantId, wanted: _Wanted) -> list[PaymentAttempt]:
    before = wanted.before or BEFORE_ALL
    if not wanted.search and wanted.status is AttemptStatus.NEEDS_REVIEW:
        return await attempts_to_decide(tx, merchant_id, limit=ROWS + 1, before=before)
    if not wanted.search:
        return await list_attempts(tx, merchant_id, limit=ROWS + 1, before=before, status=wanted.status)
    if wanted.search.startswith(prefixes.ATTEMPT):
        found = await get_attempt(tx, merchant_id, AttemptId(wanted.search))
        return [found] if found is not None and wanted.status in {None, found.status} else []
    asked = asked_of(wanted.search)
    return await find_payments(tx, merchant_id, asked, limit=ROWS + 1, before=before, status=wanted.status)


def _status(text: str) -> AttemptStatus | None:
    return AttemptStatus(text) if text in set(AttemptStatus) else None


def _tabs(
    counts: Mapping[AttemptStatus, int], needs_review: int, status: str, search: str
) -> tuple[Tab, ...]:
    """All and Paid always; the others where there is something in them."""
    shown = {**counts, AttemptStatus.NEEDS_REVIEW: needs_review}
    every = tab(PATH, "All", "", status, search=search, count=sum(counts.values()))
    return (
        every,
        *(
            tab(PATH, label, one, status, search=search, count=shown.get(one, 0))
            for one, label in _TABS.items()
            if shown.get(one) or one in {AttemptStatus.CAPTURED, status}
        ),
    )
