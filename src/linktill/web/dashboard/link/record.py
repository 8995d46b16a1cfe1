"""`/dashboard/links/{id}/record`: money that came for a link, with no payer at a screen."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import LinkNotPayable, NotFound, PaymentInProgress, VersionConflict
from linktill.core.ids import LinkId
from linktill.core.money import Money
from linktill.core.payment_link import LinkStatus, PaymentLink, standing
from linktill.core.receipt import Way
from linktill.flows.idempotent import Answer as KeptAnswer
from linktill.flows.idempotent import idempotently
from linktill.flows.offline_account import account_to_record, has_offline
from linktill.flows.record_money import record_payment
from linktill.flows.services import moment_of
from linktill.storage.links import get_link
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.money.read import fresh_form, read_money, typed_form
from linktill.web.dashboard.money.view import MoneyForm
from linktill.web.dashboard.once import once
from linktill.web.form import Form

_TAKES_NONE = frozenset({LinkStatus.DRAFT, LinkStatus.CANCELED, LinkStatus.ARCHIVED})


async def money_form(desk: Desk, visitor: Visitor, link: PaymentLink, path: str) -> MoneyForm | None:
    """The form as the link's page shows it; None where nothing can be recorded."""
    if standing(link, desk.services.clock.now_us()) in _TAKES_NONE:
        return None
    if not await has_offline(desk.services, visitor.merchant_id):
        return None
    amount = Money(0, link.terms.amount.currency) if link.is_full else link.due
    return fresh_form(
        desk.services,
        f"{path}/{link.id}/record",
        amount,
        seen_minor=link.captured_minor,
        submit_token=desk.submit_token(),
        way=Way.CASH,
    )


def record_routes(
    desk: Desk, path: str, show: Callable[[Visitor, MoneyForm | None], Awaitable[Answer]]
) -> Sequence[HTTPRouteHandler]:
    """The routes below a link's. `show`: its page, with the form as it was sent."""
    services = desk.services

    async def record(visitor: Visitor, form: Form) -> Answer:
        link_id = LinkId(visitor.id(prefixes.LINK))
        link = await services.database.read(get_link, visitor.merchant_id, link_id)
        if link is None:
            raise NotFound("There is no such payment link.")
        before = await money_form(desk, visitor, link, path)
        account_id = await account_to_record(services, visitor.merchant_id)
        came, errors = read_money(services, form, link.terms.amount.currency, by=visitor.by)
        if came is None:
            return await show(visitor, None if before is None else typed_form(form, before, errors))
        work = partial(
            record_payment,
            moment=moment_of(services),
            merchant_id=visitor.merchant_id,
            link_id=link_id,
            account_id=account_id,
            came=came,
        )
        try:
            kept = await idempotently(
                services,
                visitor.merchant_id,
                once(form, f"{path}/{link_id}/record"),
                work,
                lambda made: KeptAnswer(303, made.id.encode()),
            )
        except (VersionConflict, PaymentInProgress, LinkNotPayable) as refused:
            fresh = await services.database.read(get_link, visitor.merchant_id, link_id)
            again = None if fresh is None else await money_form(desk, visitor, fresh, path)
            if again is None:
                raise
            return await show(visitor, replace(again, errors={"amount": str(refused)}))
        services.wake.now()
        return desk.done(f"/dashboard/payments/{kept.body.decode()}", "money_recorded")

    async def lead_back(visitor: Visitor) -> Answer:
        return see_other(f"{path}/{visitor.id(prefixes.LINK)}")

    one = f"{path}/{{id:str}}/record"
    return (desk.page(one, lead_back), desk.form(one, record))
