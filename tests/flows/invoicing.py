"""Invoices as tests ask for them and look at them."""

from dataclasses import replace
from typing import Any

from linktill.core.ids import InvoiceId
from linktill.core.invoice import Invoice, InvoiceKind, InvoiceTerms
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import Choices, Item, Pricing, Tax
from linktill.flows.issue_invoices import issue_invoice, void_invoice
from linktill.flows.services import moment_of
from linktill.storage.invoices import list_invoices
from tests.make import Shop, usd

TERMS = InvoiceTerms(
    is_on=True, legal_name="Bea's Bikes Ltd", address="1 Hill St\nLondon", country="GB", tax_id="GB 12"
)
TAXED = Pricing(
    items=(Item("Bike", 2_000, 2, quantity_max=5), Item("Bell", 500, 1)),
    taxes=(Tax("VAT", 200_000, is_inclusive=True),),
)


async def invoices(shop: Shop, kind: InvoiceKind | None = None) -> list[Invoice]:
    """Oldest first."""
    found = await shop.services.database.read(list_invoices, shop.id, limit=100, kind=kind)
    return list(reversed(found))


async def issued(shop: Shop, payment: PaymentAttempt) -> Invoice:
    return await shop.services.database.run(issue_invoice, moment_of(shop.services), shop.id, payment.id)


async def voided(shop: Shop, invoice_id: InvoiceId, reason: str = "wrong name") -> Invoice:
    moment = moment_of(shop.services)
    return await shop.services.database.run(void_invoice, moment, shop.id, invoice_id, reason)


def with_terms(**changes: Any) -> InvoiceTerms:
    return replace(TERMS, **changes)


async def pay_part(shop: Shop, link: PaymentLink, part_minor: int, form: str) -> PaymentAttempt:
    pressed = await shop.press_pay(link, form, amount=usd(part_minor), choices=Choices(part_minor=part_minor))
    await shop.fill_card(pressed)
    await shop.deliver()
    return await shop.attempt(pressed.session.attempt_id)
