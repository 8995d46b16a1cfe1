"""Customers to take along: all that is kept of one as one object, and the list of all as CSV."""

from dataclasses import dataclass
from typing import Final

from linktill.core.customer import Customer
from linktill.core.ids import CustomerId, LinkId, MerchantId
from linktill.core.link_filing import NOT_FILED, Filing
from linktill.core.link_request import LinkRequest
from linktill.core.money import Money, decimal_text
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.core.receipt import Receipt
from linktill.core.refund import Refund
from linktill.flows.csv_text import MARK, csv_text
from linktill.flows.customer_objects import CustomerExportObject, customer_object, total_object
from linktill.flows.manage_customers import known_customer
from linktill.flows.message_objects import sent_object
from linktill.flows.representations import (
    link_object,
    payment_object,
    receipt_object,
    refund_object,
    time_of,
)
from linktill.flows.request_objects import request_object
from linktill.flows.services import Services
from linktill.storage import customers
from linktill.storage.attempt_lists import list_attempts
from linktill.storage.customer_payments import (
    PaidTotal,
    receipts_of_payments,
    refunds_of_payments,
    totals_of,
    totals_of_many,
)
from linktill.storage.customers import BEFORE_ALL, EVERY_CUSTOMER, CustomerFilter
from linktill.storage.database import Tx
from linktill.storage.link_filing import filings_of
from linktill.storage.link_lists import LinkFilter, list_links
from linktill.storage.link_messages import SentMessage, messages_to
from linktill.storage.link_requests import requests_of_email

ROWS_MAX: Final = 10_000
"""Of each kind in one export. `is_complete` says whether that was all."""
_ROWS_AT_ONCE: Final = 500
_HEADING: Final = ("id", "name", "email", "company", "phone", "note", "paid", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class _Kept:
    customer: Customer
    totals: list[PaidTotal]
    links: list[PaymentLink]
    filings: dict[LinkId, Filing]
    payments: list[PaymentAttempt]
    refunds: list[Refund]
    receipts: list[Receipt]
    requests: list[LinkRequest]
    messages: list[SentMessage]


async def export_customer(
    services: Services, merchant_id: MerchantId, customer_id: CustomerId
) -> CustomerExportObject:
    """All that is kept of the customer, as it stands now, newest first. Raises NotFound."""
    kept = await services.database.report(_kept, merchant_id, customer_id)
    now = services.clock.now_us()
    lists = (kept.links, kept.payments, kept.refunds, kept.receipts, kept.requests, kept.messages)
    return CustomerExportObject(
        customer=customer_object(kept.customer),
        totals=[total_object(total) for total in kept.totals],
        payment_links=[
            link_object(
                link, kept.filings.get(link.id, NOT_FILED), base_url=services.origin_of(merchant_id), now=now
            )
            for link in kept.links[:ROWS_MAX]
        ],
        payments=[payment_object(attempt) for attempt in kept.payments[:ROWS_MAX]],
        refunds=[refund_object(refund) for refund in kept.refunds[:ROWS_MAX]],
        receipts=[receipt_object(receipt) for receipt in kept.receipts[:ROWS_MAX]],
        link_requests=[request_object(request) for request in kept.requests[:ROWS_MAX]],
        link_messages=[sent_object(message) for message in kept.messages[:ROWS_MAX]],
        is_complete=all(len(found) <= ROWS_MAX for found in lists),
        exported_at=time_of(now),
    )


async def customers_csv(
    services: Services, merchant_id: MerchantId, wanted: CustomerFilter = EVERY_CUSTOMER
) -> bytes:
    """A CSV file with a line for each customer, newest first. `paid`: what it paid less what went back, by currency."""
    parts = [MARK, csv_text([_HEADING])]
    before: str = BEFORE_ALL
    while True:
        found, totals = await services.database.report(_rows, merchant_id, before, wanted)
        parts.append(csv_text(_line(customer, totals.get(customer.id, [])) for customer in found))
        if len(found) < _ROWS_AT_ONCE:
            return "".join(parts).encode()
        before = found[-1].id


async def _kept(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> _Kept:
    customer = await known_customer(tx, merchant_id, customer_id)
    most, key = ROWS_MAX + 1, customer.email_key
    links = await list_links(
        tx, merchant_id, limit=most, wanted=LinkFilter(customer_id=customer_id, is_all=True)
    )
    filings: dict[LinkId, Filing] = {}
    for first in range(0, len(links), _ROWS_AT_ONCE):
        batch = [link.id for link in links[first : first + _ROWS_AT_ONCE]]
        filings.update(await filings_of(tx, merchant_id, batch))
    payments = await list_attempts(tx, merchant_id, limit=most, customer_id=customer_id)
    paid_ids = [attempt.id for attempt in payments]
    return _Kept(
        customer,
        await totals_of(tx, merchant_id, customer_id),
        links,
        filings,
        payments,
        await refunds_of_payments(tx, merchant_id, paid_ids),
        await receipts_of_payments(tx, merchant_id, paid_ids),
        await requests_of_email(tx, merchant_id, key, limit=most) if key is not None else [],
        await messages_to(tx, merchant_id, key, limit=most) if key is not None else [],
    )


async def _rows(
    tx: Tx, merchant_id: MerchantId, before: str, wanted: CustomerFilter
) -> tuple[list[Customer], dict[CustomerId, list[PaidTotal]]]:
    found = await customers.list_customers(tx, merchant_id, limit=_ROWS_AT_ONCE, before=before, wanted=wanted)
    return found, await totals_of_many(tx, merchant_id, [customer.id for customer in found])


def _line(customer: Customer, totals: list[PaidTotal]) -> list[str]:
    paid = (
        f"{decimal_text(Money(total.captured_minor - total.refunded_minor, total.currency))} {total.currency}"
        for total in totals
    )
    return [
        customer.id,
        customer.name,
        customer.email,
        customer.company,
        customer.phone,
        customer.note,
        ", ".join(paid),
        time_of(customer.created_at).isoformat(),
        time_of(customer.updated_at).isoformat(),
    ]
