"""`GET /dashboard/payouts`: what gateways sent to the merchant's bank, filtered by status and searched."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import MerchantId, PayoutId
from linktill.core.payout import Payout, PayoutStatus
from linktill.flows.search import asked_of
from linktill.flows.services import Services
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import accounts_of
from linktill.storage.payouts import BEFORE_ALL, get_payout, list_payouts
from linktill.storage.search import Kind, find_ids
from linktill.web.answer import Answer
from linktill.web.dashboard.account_names import account_names
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.paging import ROWS, SEARCH_MAX, pager, tab
from linktill.web.dashboard.payouts.view import PayoutRow, PayoutsPage

PATH: Final = "/dashboard/payouts"
_TABS: Final[Mapping[PayoutStatus, str]] = {
    PayoutStatus.PENDING: "On its way",
    PayoutStatus.PAID: "Paid out",
    PayoutStatus.FAILED: "Came back",
    PayoutStatus.CANCELED: "Canceled",
}


def payouts_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_payouts(visitor: Visitor) -> Answer:
        asked = visitor.query("status")
        status = PayoutStatus(asked) if asked in set(PayoutStatus) else None
        search = visitor.query("q").strip()[:SEARCH_MAX]
        before = visitor.cursor(prefixes.PAYOUT)
        found, names, has_any = await desk.services.database.report(
            _load, desk.services, visitor.merchant_id, status, search, before or BEFORE_ALL
        )
        chosen = status or ""
        page = PayoutsPage(
            shell=desk.shell(visitor),
            tabs=(
                tab(PATH, "All", "", chosen, search=search),
                *(tab(PATH, label, each, chosen, search=search) for each, label in _TABS.items()),
            ),
            status=chosen,
            search=search,
            rows=tuple(_row(each, names) for each in found[:ROWS]),
            pager=pager(
                PATH,
                newer=None,
                older=found[ROWS - 1].id if len(found) > ROWS else None,
                is_first=before is None,
                status=chosen,
                q=search,
            ),
            has_payouts=has_any,
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show_payouts),)


async def _load(
    tx: Tx, services: Services, merchant_id: MerchantId, status: PayoutStatus | None, search: str, before: str
) -> tuple[list[Payout], Mapping[str, str], bool]:
    names = account_names(services, await accounts_of(tx, merchant_id))
    has_any = bool(await list_payouts(tx, merchant_id, limit=1))
    if not search:
        found = await list_payouts(tx, merchant_id, limit=ROWS + 1, before=before, status=status)
        return found, names, has_any
    ids = await find_ids(tx, merchant_id, Kind.PAYOUT, asked_of(search), limit=ROWS + 1, before=before)
    fitting = [await get_payout(tx, merchant_id, PayoutId(each)) for each in ids]
    return [each for each in fitting if each and status in {None, each.status}], names, has_any


def _row(payout: Payout, names: Mapping[str, str]) -> PayoutRow:
    name = names.get(payout.gateway_account_id, payout.gateway_account_id)
    return PayoutRow(
        payout.id, name, payout.status.value, payout.amount, payout.made_at, payout.gateway_ref or ""
    )
