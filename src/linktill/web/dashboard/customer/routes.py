"""A customer by hand: put on file, looked at, edited, taken along, deleted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import msgspec
from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.customer import Customer, CustomerFields
from linktill.core.errors import FieldInvalid, FieldsInvalid, IdempotencyMismatch, VersionConflict
from linktill.core.ids import CustomerId
from linktill.core.money import Money
from linktill.core.payment_link import PaymentLink, standing
from linktill.core.receipt import METHODS, Receipt
from linktill.flows.customer_exports import export_customer
from linktill.flows.idempotent import Answer as Kept
from linktill.flows.idempotent import idempotently
from linktill.flows.manage_customers import delete_customer, edit_customer, new_customer, store_customer
from linktill.flows.services import moment_of
from linktill.storage.customer_payments import PaidTotal
from linktill.web.answer import Answer
from linktill.web.dashboard.customer.load import PAYMENTS, Detail, load_detail
from linktill.web.dashboard.customer.merge import merge_routes
from linktill.web.dashboard.customer.view import (
    CustomerPage,
    CustomerValues,
    NewCustomerPage,
    ReceiptRow,
    TheirLink,
    TotalRow,
)
from linktill.web.dashboard.customers.routes import PATH, net_of
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import JSON, download
from linktill.web.dashboard.once import once
from linktill.web.dashboard.paging import pager
from linktill.web.dashboard.rows import timeline
from linktill.web.form import Form

NAMES: Final = tuple(CustomerValues.__dataclass_fields__)
_KEPT_CHARS: Final = 4_000
_MOMENT: Final = re.compile("[0-9]{1,18}")


def customer_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes. `new` stands before `{id}`, which it cannot be."""
    pages = _Customer(desk)
    one = f"{PATH}/{{id:str}}"
    return (
        desk.page(f"{PATH}/new", pages.show_new),
        desk.form(PATH, pages.create),
        desk.page(one, pages.show),
        desk.form(one, pages.save),
        desk.page(f"{one}/export", pages.export),
        desk.form(f"{one}/delete", pages.delete),
        *merge_routes(desk),
    )


class _Customer:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def show_new(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/customers/new`."""
        return self._new_page(visitor, CustomerValues(), {})

    async def create(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/customers`."""
        services, values = self._desk.services, _values(form)
        if not form.text("submit_token"):
            problem = "This form was not complete. Press the button again."
            return self._new_page(visitor, values, {}, status=422, problem=problem)
        try:
            customer = new_customer(services, visitor.merchant_id, _on(CustomerFields(), values))
            made = await idempotently(
                services,
                visitor.merchant_id,
                once(form, PATH),
                partial(store_customer, moment=moment_of(services), customer=customer),
                lambda stored: Kept(303, stored.id.encode()),
            )
        except IdempotencyMismatch:
            problem = "This form has made a customer already. Press the button again to make another one."
            return self._new_page(visitor, values, {}, status=409, problem=problem)
        except FieldInvalid as invalid:
            return self._new_page(visitor, values, _told(invalid), status=422)
        services.wake.now()
        return self._desk.done(f"{PATH}/{made.body.decode()}", "customer_created")

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/customers/{id}`."""
        detail = await self._detail(visitor)
        return self._page(visitor, detail, _values_of(detail.customer), {})

    async def save(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/customers/{id}`."""
        customer_id, values = CustomerId(visitor.id(prefixes.CUSTOMER)), _values(form)
        # A form that does not say what it showed could overwrite what its writer never saw.
        seen = form.text("seen_at")
        seen_at = int(seen) if _MOMENT.fullmatch(seen) else 0
        try:
            await edit_customer(
                self._desk.services,
                visitor.merchant_id,
                customer_id,
                lambda fields: _on(fields, values),
                seen_at=seen_at,
            )
        except VersionConflict:
            problem = "Someone else has changed this customer since you opened it. Check your values and save again."
            return self._page(visitor, await self._detail(visitor), values, {}, status=409, problem=problem)
        except FieldInvalid as invalid:
            return self._page(visitor, await self._detail(visitor), values, _told(invalid), status=422)
        return self._desk.done(f"{PATH}/{customer_id}", "customer_saved")

    async def export(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/customers/{id}/export`."""
        customer_id = CustomerId(visitor.id(prefixes.CUSTOMER))
        made = await export_customer(self._desk.services, visitor.merchant_id, customer_id)
        body = msgspec.json.format(msgspec.json.encode(made), indent=2)
        return download(f"{customer_id}.json", body, media_type=JSON)

    async def delete(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /dashboard/customers/{id}/delete`."""
        customer_id = CustomerId(visitor.id(prefixes.CUSTOMER))
        await delete_customer(self._desk.services, visitor.merchant_id, customer_id)
        return self._desk.done(PATH, "customer_deleted")

    async def _detail(self, visitor: Visitor) -> Detail:
        return await self._desk.services.database.report(
            load_detail,
            visitor.merchant_id,
            CustomerId(visitor.id(prefixes.CUSTOMER)),
            visitor.cursor(prefixes.ATTEMPT),
        )

    def _new_page(
        self,
        visitor: Visitor,
        values: CustomerValues,
        errors: Mapping[str, str],
        *,
        status: int = 200,
        problem: str | None = None,
    ) -> Answer:
        desk = self._desk
        page = NewCustomerPage(desk.shell(visitor), desk.submit_token(), values, errors, problem)
        return desk.show(visitor, page, status=status)

    def _page(
        self,
        visitor: Visitor,
        detail: Detail,
        values: CustomerValues,
        errors: Mapping[str, str],
        *,
        status: int = 200,
        problem: str | None = None,
    ) -> Answer:
        customer, rows, now = detail.customer, detail.payments, self._desk.services.clock.now_us()
        older = rows[PAYMENTS - 1].id if len(rows) > PAYMENTS else None
        is_first = visitor.cursor(prefixes.ATTEMPT) is None
        page = CustomerPage(
            self._desk.shell(visitor),
            customer.id,
            customer.label,
            customer.email,
            customer.company,
            customer.phone,
            customer.note,
            customer.metadata,
            detail.merged_into,
            customer.created_at,
            customer.updated_at,
            tuple(map(_total, detail.totals)),
            tuple(_link(link, now) for link in detail.links[:PAYMENTS]),
            len(detail.links) > PAYMENTS,
            rows[:PAYMENTS],
            pager(f"{PATH}/{customer.id}", newer=None, older=older, is_first=is_first),
            tuple(map(_receipt, detail.receipts)),
            not detail.has_anything and customer.merged_into is None,
            values,
            errors,
            problem,
            timeline(detail.events, has_links=False),
        )
        return self._desk.show(visitor, page, status=status)


def _values(form: Form) -> CustomerValues:
    return CustomerValues(**{name: form.text(name)[:_KEPT_CHARS] for name in NAMES})


def _values_of(customer: Customer) -> CustomerValues:
    return CustomerValues(**{name: getattr(customer, name) for name in NAMES})


def _on(fields: CustomerFields, values: CustomerValues) -> CustomerFields:
    """What was typed, on top of what the form does not show."""
    return replace(fields, **{name: getattr(values, name) for name in NAMES})


def _total(total: PaidTotal) -> TotalRow:
    return TotalRow(net_of(total), Money(total.refunded_minor, total.currency), total.payments)


def _link(link: PaymentLink, now: int) -> TheirLink:
    return TheirLink(link.id, link.terms.description, standing(link, now).value, link.terms.due)


def _receipt(receipt: Receipt) -> ReceiptRow:
    return ReceiptRow(
        receipt.attempt_id,
        METHODS[receipt.way],
        receipt.received_on,
        receipt.amount,
        receipt.taken_back_at is not None,
    )


def _told(invalid: FieldInvalid) -> dict[str, str]:
    if isinstance(invalid, FieldsInvalid):
        return {error.param: error.message for error in invalid.errors}
    return {invalid.param or "name": str(invalid)}
