"""`GET /dashboard/customers`: payers on file, found by words, newest first; and the same list as CSV."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.customer import Customer
from linktill.core.ids import CustomerId, MerchantId
from linktill.core.money import Money
from linktill.flows.customer_exports import customers_csv
from linktill.flows.manage_customers import find_customers
from linktill.flows.services import Services
from linktill.storage.customer_payments import PaidTotal, totals_of_many
from linktill.storage.customers import BEFORE_ALL, CustomerFilter
from linktill.web.answer import Answer
from linktill.web.dashboard.customers.view import CustomerRow, CustomersPage
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import download
from linktill.web.dashboard.paging import ROWS, SEARCH_MAX, list_url, pager

PATH: Final = "/dashboard/customers"


def customers_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes. `export` stands before `{id}`, which it cannot be."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        search, before = _search(visitor), visitor.cursor(prefixes.CUSTOMER)
        found = await find_customers(
            services,
            visitor.merchant_id,
            limit=ROWS,
            before=before or BEFORE_ALL,
            wanted=CustomerFilter(search),
        )
        has_any = bool(found.customers) or (
            bool(search or before)
            and bool((await find_customers(services, visitor.merchant_id, limit=1)).customers)
        )
        page = CustomersPage(
            desk.shell(visitor),
            search,
            await customer_rows(services, visitor.merchant_id, found.customers),
            pager(PATH, newer=None, older=found.next_cursor, is_first=before is None, q=search),
            list_url(f"{PATH}/export", q=search),
            has_any,
        )
        return desk.show(visitor, page)

    async def export(visitor: Visitor) -> Answer:
        wanted = CustomerFilter(_search(visitor))
        return download("customers.csv", await customers_csv(services, visitor.merchant_id, wanted))

    return (desk.page(PATH, show), desk.page(f"{PATH}/export", export))


async def customer_rows(
    services: Services, merchant_id: MerchantId, found: Sequence[Customer]
) -> tuple[CustomerRow, ...]:
    """Customers in a list, with what they have paid."""
    ids = [customer.id for customer in found]
    totals: Mapping[CustomerId, list[PaidTotal]] = await services.database.report(
        totals_of_many, merchant_id, ids
    )
    return tuple(_row(customer, totals.get(customer.id, [])) for customer in found)


def net_of(total: PaidTotal) -> Money:
    """What was paid less what went back."""
    return Money(total.captured_minor - total.refunded_minor, total.currency)


def _row(customer: Customer, totals: Sequence[PaidTotal]) -> CustomerRow:
    return CustomerRow(
        customer.id,
        customer.label,
        customer.email,
        customer.company,
        tuple(map(net_of, totals)),
        customer.created_at,
    )


def _search(visitor: Visitor) -> str:
    return visitor.query("q").strip()[:SEARCH_MAX]
