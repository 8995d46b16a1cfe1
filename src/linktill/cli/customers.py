"""`linktill customer …`: payers on file, from the command line."""

import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from linktill.cli.fields import pairs, whole_number
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, USAGE, AsJson, CommandFailed, Table, answer, json_document
from linktill.core.customer import Customer, CustomerFields, email_key
from linktill.core.ids import CustomerId, MerchantId
from linktill.core.money import Money
from linktill.flows.customer_exports import customers_csv, export_customer
from linktill.flows.customer_objects import CustomerExportObject, CustomerObject, customer_object
from linktill.flows.manage_customers import (
    CustomerDetail,
    create_customer,
    delete_customer,
    edit_customer,
    find_customers,
    read_detail,
)
from linktill.flows.merge_customers import merge_customers
from linktill.flows.services import Services
from linktill.platform.language import format_money
from linktill.storage.customer_payments import PaidTotal
from linktill.storage.customers import BEFORE_ALL, CustomerFilter

Id: TypeAlias = Annotated[str, Parameter(help="cus_…")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is said of a customer, as it was typed. What is not given stays; of a new customer there is none."""

    name: Annotated[str | None, Parameter(help="Whom to write to.")] = None
    email: Annotated[str | None, Parameter(help="Payments with this address become this customer's.")] = None
    phone: Annotated[str | None, Parameter(help="As you dial it.")] = None
    company: Annotated[str | None, Parameter(help="For whom the person buys.")] = None
    note: Annotated[str | None, Parameter(help="Words for you; payers never see them.")] = None
    metadata: Annotated[
        tuple[str, ...] | None,
        Parameter(
            help="key=value of your own; repeat it for more. Those given are all there are.", negative=""
        ),
    ] = None

    def on(self, fields: CustomerFields) -> CustomerFields:
        """The fields with what was typed, not checked yet. Raises FieldInvalid."""
        changes: dict[str, Any] = {
            name: value
            for name in ("name", "email", "phone", "company", "note")
            if (value := getattr(self, name)) is not None
        }
        if self.metadata is not None:
            changes["metadata"] = pairs("metadata", self.metadata)
        return replace(fields, **changes)


NOTHING = Known()


def create(*, known: Known = NOTHING, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """A customer has at least a name, an e-mail address or a company."""

    async def work(services: Services, merchant_id: MerchantId) -> Customer:
        return await create_customer(services, merchant_id, known.on(CustomerFields()))

    return _one(work, whose, as_json=json)


def list_(
    *,
    search: Annotated[
        str, Parameter(help="Words that begin words of name, e-mail address, company or telephone number.")
    ] = "",
    email: Annotated[str, Parameter(help="Only the one with this address.")] = "",
    limit_: Annotated[
        str, Parameter(name="--limit", help="At most so many, up to 100; 20 if not given.")
    ] = "20",
    cursor: Annotated[str, Parameter(help="next_cursor of the page before.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Newest first, without those that were merged into others."""

    async def work(services: Services, merchant_id: MerchantId) -> tuple[list[CustomerObject], str | None]:
        page = await find_customers(
            services,
            merchant_id,
            limit=whole_number("limit", limit_),
            before=cursor or BEFORE_ALL,
            wanted=CustomerFilter(search, email_key(email.strip())),
        )
        return [customer_object(customer) for customer in page.customers], page.next_cursor

    found, next_cursor = in_books(work, whose)
    answer({"data": found, "next_cursor": next_cursor}, as_json=json, person=lambda: _table(found))
    return OK


def show(customer_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """All fields of one customer, and what it has paid."""

    async def work(services: Services, merchant_id: MerchantId) -> CustomerDetail:
        return await read_detail(services, merchant_id, CustomerId(customer_id))

    detail = in_books(work, whose)
    customer = customer_object(detail.customer)
    rows = [*_rows(customer), *map(_paid, detail.totals)]
    answer(customer, as_json=json, person=lambda: Table(("Field", "Value"), rows))
    return OK


def edit(
    customer_id: Id, /, *, known: Known = NOTHING, whose: Whose = ANY_BOOKS, json: AsJson = False
) -> int:
    """Sets what is given and leaves the rest; "" empties a field."""

    async def work(services: Services, merchant_id: MerchantId) -> Customer:
        return await edit_customer(services, merchant_id, CustomerId(customer_id), known.on)

    return _one(work, whose, as_json=json)


def merge(
    customer_id: Id,
    /,
    *,
    into: Annotated[str, Parameter(help="cus_…, the customer that stays.")],
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """For good: its payments and links become those of the other, which takes what it has not got itself."""

    async def work(services: Services, merchant_id: MerchantId) -> Customer:
        return await merge_customers(services, merchant_id, CustomerId(customer_id), CustomerId(into))

    return _one(work, whose, as_json=json)


def delete(customer_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Only while no payment, no link and no merged customer hangs on it."""

    async def work(services: Services, merchant_id: MerchantId) -> None:
        await delete_customer(services, merchant_id, CustomerId(customer_id))

    in_books(work, whose)
    answer({"id": customer_id, "deleted": True}, as_json=json, person=lambda: "Deleted.")
    return OK


def export(
    customer_id: Annotated[str, Parameter(help="cus_…: all that is kept of this one, as JSON.")] = "",
    /,
    *,
    csv: Annotated[bool, Parameter(negative="", help="The list of all, as CSV.")] = False,
    search: Annotated[str, Parameter(help="With --csv: only those that it finds.")] = "",
    whose: Whose = ANY_BOOKS,
) -> int:
    """Writes to standard output: one customer with links, payments, refunds and receipts, or the list of all."""
    if csv == bool(customer_id):
        raise CommandFailed("usage", "Give the id of a customer, or --csv.", name="customer_id", status=USAGE)

    async def work(services: Services, merchant_id: MerchantId) -> CustomerExportObject | bytes:
        if csv:
            return await customers_csv(services, merchant_id, CustomerFilter(search))
        return await export_customer(services, merchant_id, CustomerId(customer_id))

    made = in_books(work, whose)
    if isinstance(made, bytes):
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
    else:
        json_document(made)
    return OK


def _one(
    work: Callable[[Services, MerchantId], Coroutine[Any, Any, Customer]], whose: Whose, *, as_json: bool
) -> int:
    async def command(services: Services, merchant_id: MerchantId) -> CustomerObject:
        return customer_object(await work(services, merchant_id))

    customer = in_books(command, whose)
    answer(customer, as_json=as_json, person=lambda: Table(("Field", "Value"), _rows(customer)))
    return OK


def _rows(customer: CustomerObject) -> list[tuple[str, str]]:
    """What matters first; what is empty is left out."""
    rows = {
        "Name": customer.name,
        "E-mail": customer.email,
        "Company": customer.company,
        "Telephone": customer.phone,
        "Note": customer.note,
        "Merged into": customer.merged_into or "",
        **{f"Metadata {key}": value for key, value in customer.metadata.items()},
        "On file since": f"{customer.created_at:%Y-%m-%d %H:%M} UTC",
        "Id": customer.id,
    }
    return [(name, value) for name, value in rows.items() if value]


def _paid(total: PaidTotal) -> tuple[str, str]:
    net = format_money(Money(total.captured_minor - total.refunded_minor, total.currency))
    times = "1 payment" if total.payments == 1 else f"{total.payments:,} payments"
    return f"Paid in {total.currency}", f"{net}, {times}"


def _table(found: list[CustomerObject]) -> Table:
    rows = [(each.name, each.email, each.company, f"{each.created_at:%Y-%m-%d}", each.id) for each in found]
    heads = ("Name", "E-mail", "Company", "Since", "Id")
    return Table(heads, rows, empty="There are no such customers.", whole=("Id",))
