"""What the page of one customer shows, read in one unit."""

from dataclasses import dataclass
from typing import Final

from linktill.core.customer import Customer
from linktill.core.events import Event
from linktill.core.ids import CustomerId, MerchantId
from linktill.core.payment_link import PaymentLink
from linktill.core.receipt import Receipt
from linktill.flows.manage_customers import known_customer
from linktill.storage.attempt_lists import BEFORE_ALL, list_attempts
from linktill.storage.customer_payments import PaidTotal, receipts_of_payments, totals_of
from linktill.storage.customers import get_customer, has_anything
from linktill.storage.database import Tx
from linktill.storage.events import list_events_of
from linktill.storage.link_lists import LinkFilter, list_links
from linktill.web.dashboard.rows import payment_rows
from linktill.web.dashboard.shell import CustomerLink, PaymentRow

PAYMENTS: Final = 20
"""Payments on a page of a customer; so many links, too."""


@dataclass(frozen=True, slots=True)
class Detail:
    """A customer and what hangs on it; of payments and links one more than is shown."""

    customer: Customer
    merged_into: CustomerLink | None
    totals: list[PaidTotal]
    links: list[PaymentLink]
    payments: tuple[PaymentRow, ...]
    receipts: list[Receipt]
    """Of the payments on the page."""
    has_anything: bool
    events: list[Event]
    """What happened to it, newest first."""


async def load_detail(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId, cursor: str | None) -> Detail:
    """Unit. Raises NotFound."""
    customer = await known_customer(tx, merchant_id, customer_id)
    attempts = await list_attempts(
        tx, merchant_id, limit=PAYMENTS + 1, before=cursor or BEFORE_ALL, customer_id=customer_id
    )
    wanted = LinkFilter(customer_id=customer_id, is_all=True)
    return Detail(
        customer,
        await customer_link(tx, merchant_id, customer.merged_into),
        await totals_of(tx, merchant_id, customer_id),
        await list_links(tx, merchant_id, limit=PAYMENTS + 1, wanted=wanted),
        await payment_rows(tx, attempts),
        await receipts_of_payments(tx, merchant_id, [attempt.id for attempt in attempts[:PAYMENTS]]),
        await has_anything(tx, merchant_id, customer_id),
        await list_events_of(tx, merchant_id, customer_id),
    )


async def customer_link(
    tx: Tx, merchant_id: MerchantId, customer_id: CustomerId | None
) -> CustomerLink | None:
    """The customer as other pages name it."""
    found = None if customer_id is None else await get_customer(tx, merchant_id, customer_id)
    return None if found is None else CustomerLink(found.id, found.label)
