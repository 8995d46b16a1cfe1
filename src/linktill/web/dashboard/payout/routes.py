"""`GET /dashboard/payouts/{id}`: a payout, and what happened to it."""

from collections.abc import Sequence

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound
from linktill.core.events import Event
from linktill.core.ids import MerchantId, PayoutId
from linktill.core.money import Money
from linktill.core.payout import Payout
from linktill.flows.services import Services
from linktill.storage.database import Tx
from linktill.storage.events import list_events_of
from linktill.storage.gateway_accounts import accounts_of
from linktill.storage.members import emails_of
from linktill.storage.payouts import get_payout
from linktill.web.answer import Answer
from linktill.web.dashboard.account_names import account_names
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.payout.view import PayoutPage
from linktill.web.dashboard.rows import timeline, who


def payout_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_payout(visitor: Visitor) -> Answer:
        payout_id = PayoutId(visitor.id(prefixes.PAYOUT))
        payout, name, by, events = await desk.services.database.report(
            _load, desk.services, visitor.merchant_id, payout_id
        )
        page = PayoutPage(
            shell=desk.shell(visitor),
            id=payout.id,
            account_name=name,
            status=payout.status.value,
            amount=payout.amount,
            fee=Money(payout.fee_minor, payout.amount.currency),
            made_at=payout.made_at,
            arrives_at=payout.arrives_at,
            gateway_ref=payout.gateway_ref or "",
            note=payout.note,
            by=by,
            failure=(payout.failure_code or "").replace("_", " ").capitalize(),
            timeline=timeline(events, has_links=False),
        )
        return desk.show(visitor, page)

    return (desk.page("/dashboard/payouts/{id:str}", show_payout),)


async def _load(
    tx: Tx, services: Services, merchant_id: MerchantId, payout_id: PayoutId
) -> tuple[Payout, str, str, list[Event]]:
    payout = await get_payout(tx, merchant_id, payout_id)
    if payout is None:
        raise NotFound("There is nothing with this number.")
    names = account_names(services, await accounts_of(tx, merchant_id))
    events = await list_events_of(tx, merchant_id, payout_id)
    name = names.get(payout.gateway_account_id, payout.gateway_account_id)
    return payout, name, who(payout.by, await emails_of(tx, merchant_id)), events
