"""What a merchant sets about invoices, and what the payer has told: who reads what on them."""

from collections.abc import Mapping
from typing import Any

import pytest

from linktill.core.answers import Typed
from linktill.core.asking import Asking, Collected, Standard
from linktill.core.errors import FieldsInvalid, TransitionRefused
from linktill.core.invoice import InvoiceKind, PaperSize
from linktill.core.payers_language import Wish
from linktill.flows.answers_given import Told
from linktill.flows.draw_documents import invoice_document, receipt_document
from linktill.flows.invoice_settings import read_invoice_settings, set_invoice_terms
from linktill.flows.issue_invoices import paper_of
from tests.documents.reading import text
from tests.flows.invoicing import TERMS, invoices, issued, with_terms
from tests.flows.telling import Telling
from tests.make import Shop


async def test_new_terms_do_not_change_what_was_issued(shop: Shop) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS)
    first = await issued(shop, await shop.pay(await shop.link()))
    drawn = await invoice_document(shop.services, shop.id, first.id)
    await set_invoice_terms(
        shop.services, shop.id, with_terms(legal_name="Bea Ltd", invoice_prefix="R-", digits=6)
    )
    again = await invoice_document(shop.services, shop.id, first.id)
    assert again.pdf == drawn.pdf
    assert (await issued(shop, await shop.pay(await shop.link()))).label == "R-000002"


async def test_a_series_that_has_begun_does_not_begin_again(shop: Shop) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS, {InvoiceKind.INVOICE: 100})
    await set_invoice_terms(shop.services, shop.id, TERMS, {InvoiceKind.INVOICE: 200})
    assert (await issued(shop, await shop.pay(await shop.link()))).number == 200
    with pytest.raises(TransitionRefused, match="the next one is 201"):
        await set_invoice_terms(
            shop.services, shop.id, with_terms(legal_name="X"), {InvoiceKind.INVOICE: 300}
        )
    settings = await read_invoice_settings(shop.services, shop.id)
    assert settings.terms == TERMS, "nothing of a refused change is kept"
    assert settings.next_numbers[InvoiceKind.INVOICE] == 201
    assert settings.may_start == frozenset({InvoiceKind.CREDIT_NOTE})


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"legal_name": " "}, "legal_name"),
        ({"address": "\u202e"}, "address"),
        ({"address": "1\n2\n3\n4\n5\n6\n7"}, "address"),
        ({"country": "XX"}, "country"),
        ({"footer": "x" * 401}, "footer"),
        ({"invoice_prefix": "#1"}, "invoice_prefix"),
        ({"credit_prefix": "INV-"}, "credit_prefix"),
        ({"digits": 10}, "digits"),
        ({"legal_name": "4242 4242 4242 4242"}, "legal_name"),
    ],
)
async def test_terms_that_no_invoice_can_have_are_refused(
    shop: Shop, changes: Mapping[str, Any], param: str
) -> None:
    with pytest.raises(FieldsInvalid) as refused:
        await set_invoice_terms(shop.services, shop.id, with_terms(**changes))
    assert [error.param for error in refused.value.errors] == [param]
    assert (await read_invoice_settings(shop.services, shop.id)).terms is None


async def test_papers_speak_the_payers_language(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    link = await shop.link()
    pressed = await shop.press_pay(link, wish=Wish("de"))
    await shop.fill_card(pressed)
    await shop.deliver()
    await telling.deliver()
    [made] = await invoices(shop)
    assert (made.language, paper_of(made).language) == ("de", "de")
    document = await receipt_document(shop.services, shop.id, pressed.session.attempt_id)
    assert "Quittung" in text(document.pdf)


@pytest.mark.parametrize(
    ("country", "paper", "size"),
    [("GB", PaperSize.AUTOMATIC, "a4"), ("US", PaperSize.AUTOMATIC, "letter"), ("US", PaperSize.A4, "a4")],
)
async def test_paper_is_what_is_usual_or_what_was_set(
    shop: Shop, country: str, paper: PaperSize, size: str
) -> None:
    await set_invoice_terms(shop.services, shop.id, with_terms(country=country, paper=paper))
    payment = await shop.pay(await shop.link())
    assert paper_of(await issued(shop, payment)).size == size


async def test_what_the_payer_told_is_on_the_paper(shop: Shop) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS)
    asks = Asking(
        standard=(
            Collected(Standard.COMPANY),
            Collected(Standard.TAX_ID),
            Collected(Standard.BILLING_ADDRESS),
        )
    )
    link = await shop.link(asking=asks)
    told = {
        "company": "Byron & Co",
        "tax_id": "GB 123",
        "billing_address.line1": "1 Main St",
        "billing_address.city": "London",
        "billing_address.postal_code": "N1 1AA",
        "billing_address.country": "GB",
    }
    pressed = await shop.press_pay(link, told=Told(typed=Typed(told)))
    await shop.fill_card(pressed)
    await shop.deliver()
    payer = paper_of(await issued(shop, await shop.attempt(pressed.session.attempt_id))).payer
    assert payer is not None
    assert (payer.name, payer.country, payer.tax_id, payer.email) == (
        "Byron & Co",
        "GB",
        "GB 123",
        "ada@example.com",
    )
    assert payer.lines[0] == "Ada"
    assert {"1 Main St", "London", "N1 1AA"} <= set(payer.lines)
