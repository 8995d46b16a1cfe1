"""`GET /dashboard/disputes`: every dispute with its deadline and what is at stake, those that need an answer apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.dispute import CLOSED, Dispute, DisputeStatus
from linktill.core.dispute_answer import WAITS
from linktill.core.ids import MerchantId, SessionId
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Tx
from linktill.storage.dispute_answers import answers_of
from linktill.storage.disputes import BEFORE_ALL, count_disputes, list_disputes
from linktill.storage.overview import descriptions_of
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.disputes.state import shown_state
from linktill.web.dashboard.disputes.view import DisputeRow, DisputesPage
from linktill.web.dashboard.paging import ROWS, pager, tab
from linktill.web.dashboard.shell import Tab

PATH: Final = "/dashboard/disputes"
_GROUPS: Final[Mapping[str, tuple[str, frozenset[DisputeStatus]]]] = {
    "waiting": ("Waiting for you", WAITS),
    "bank": ("With the bank", frozenset(set(DisputeStatus) - WAITS - CLOSED)),
    "decided": ("Decided", CLOSED),
}


@dataclass(frozen=True, slots=True)
class _Found:
    rows: tuple[DisputeRow, ...]
    counts: Mapping[DisputeStatus, int]


def disputes_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_disputes(visitor: Visitor) -> Answer:
        chosen = visitor.query("status")
        chosen = chosen if chosen in _GROUPS else ""
        before = visitor.cursor(prefixes.DISPUTE)
        found = await desk.services.database.report(
            _load, visitor.merchant_id, chosen, before or BEFORE_ALL, desk.services.clock.now_us()
        )
        page = DisputesPage(
            shell=desk.shell(visitor),
            tabs=_tabs(found.counts, chosen),
            rows=found.rows[:ROWS],
            pager=pager(
                PATH,
                newer=None,
                older=found.rows[ROWS - 1].id if len(found.rows) > ROWS else None,
                is_first=before is None,
                status=chosen,
            ),
            has_disputes=bool(found.counts),
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show_disputes),)


async def _load(tx: Tx, merchant_id: MerchantId, chosen: str, before: str, now: int) -> _Found:
    statuses = _GROUPS[chosen][1] if chosen else ()
    found = await list_disputes(tx, merchant_id, limit=ROWS + 1, before=before, statuses=statuses)
    rows = [await _row(tx, dispute, now) for dispute in found]
    return _Found(tuple(rows), await count_disputes(tx, merchant_id))


async def _row(tx: Tx, dispute: Dispute, now: int) -> DisputeRow:
    attempt = await get_attempt(tx, dispute.merchant_id, dispute.attempt_id)
    assert attempt is not None, "a dispute belongs to a payment"
    words: Mapping[SessionId, str] = await descriptions_of(tx, dispute.merchant_id, [attempt.session_id])
    answers = await answers_of(tx, dispute.merchant_id, dispute.id) if dispute.status in WAITS else []
    state = shown_state(dispute, answers[0] if answers else None, now)
    is_due = dispute.status in WAITS and state != "answered"
    return DisputeRow(
        dispute.id,
        words.get(attempt.session_id, ""),
        state,
        dispute.amount,
        dispute.respond_by if is_due else None,
        dispute.created_at,
    )


def _tabs(counts: Mapping[DisputeStatus, int], chosen: str) -> tuple[Tab, ...]:
    every = tab(PATH, "All", "", chosen, count=sum(counts.values()))
    groups = (
        tab(PATH, label, name, chosen, count=sum(counts.get(each, 0) for each in statuses))
        for name, (label, statuses) in _GROUPS.items()
    )
    return (every, *groups)
