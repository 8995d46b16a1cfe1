"""`/dashboard/customers/{id}/merge`: the other one is found, both are shown, and only then a press makes them one."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import CustomerId
from linktill.flows.manage_customers import CustomerDetail, find_customers, read_detail
from linktill.flows.merge_customers import merge_customers
from linktill.storage.customers import CustomerFilter
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.customer.view import MergePage, Side
from linktill.web.dashboard.customers.routes import PATH, customer_rows, net_of
from linktill.web.dashboard.customers.view import CustomerRow
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.paging import SEARCH_MAX
from linktill.web.form import Form

SHOWN: Final = 20
_ID_CHARS: Final = 60


def merge_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes below a customer's."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        gone = await read_detail(services, visitor.merchant_id, CustomerId(visitor.id(prefixes.CUSTOMER)))
        if gone.customer.merged_into is not None:
            return see_other(f"{PATH}/{gone.customer.id}")
        return await page(visitor, gone, visitor.query("into"))

    async def page(
        visitor: Visitor, gone: CustomerDetail, into_id: str, *, problem: str | None = None, status: int = 200
    ) -> Answer:
        into = await other(visitor, gone, into_id)
        search = visitor.query("q").strip()[:SEARCH_MAX]
        rows = () if into is not None else await choices(visitor, gone, search)
        if into is None and into_id and problem is None:
            problem = "That customer is not there, or is this one. Choose another."
        view = MergePage(
            desk.shell(visitor), _side(gone), None if into is None else _side(into), search, rows, problem
        )
        return desk.show(visitor, view, status=status)

    async def other(visitor: Visitor, gone: CustomerDetail, into_id: str) -> CustomerDetail | None:
        if not into_id.startswith(prefixes.CUSTOMER) or not into_id.isascii() or into_id == gone.customer.id:
            return None
        try:
            found = await read_detail(services, visitor.merchant_id, CustomerId(into_id[:_ID_CHARS]))
        except NotFound:
            return None
        return None if found.customer.merged_into is not None else found

    async def choices(visitor: Visitor, gone: CustomerDetail, search: str) -> tuple[CustomerRow, ...]:
        found = await find_customers(
            services, visitor.merchant_id, limit=SHOWN + 1, wanted=CustomerFilter(search)
        )
        others = [each for each in found.customers if each.id != gone.customer.id][:SHOWN]
        return await customer_rows(services, visitor.merchant_id, others)

    async def merge(visitor: Visitor, form: Form) -> Answer:
        customer_id = CustomerId(visitor.id(prefixes.CUSTOMER))
        into_id = form.text("into")[:_ID_CHARS]
        into_id = into_id if into_id.isascii() and into_id.isprintable() else ""
        try:
            await merge_customers(services, visitor.merchant_id, customer_id, CustomerId(into_id))
        except FieldInvalid as invalid:
            gone = await read_detail(services, visitor.merchant_id, customer_id)
            return await page(visitor, gone, "", problem=str(invalid), status=422)
        return desk.done(f"{PATH}/{into_id}", "customers_merged")

    one = f"{PATH}/{{id:str}}/merge"
    return (desk.page(one, show), desk.form(one, merge))


def _side(detail: CustomerDetail) -> Side:
    customer = detail.customer
    return Side(
        customer.id,
        customer.label,
        customer.email,
        customer.company,
        customer.phone,
        tuple(map(net_of, detail.totals)),
        sum(total.payments for total in detail.totals),
        customer.created_at,
    )
