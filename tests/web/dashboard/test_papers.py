"""Receipts, invoices and credit notes on the dashboard and behind the payer's own page."""

import pytest

from linktill.core.invoice import InvoiceKind
from linktill.flows.invoice_settings import read_invoice_settings, set_invoice_terms
from linktill.storage.invoices import list_invoices
from linktill.storage.mails import list_mails
from tests.flows.invoicing import TERMS
from tests.make import Shop
from tests.web.site import Site
from tests.web.test_every_page import check_page

SETTINGS = "/dashboard/settings/invoices"


async def labels(shop: Shop) -> list[str]:
    found = await shop.services.database.read(list_invoices, shop.id, limit=10)
    return [f"{each.label}{' void' if each.voided_at else ''}" for each in reversed(found)]


async def test_a_payer_takes_the_receipt_along(site: Site) -> None:
    payment = await site.shop.pay(await site.shop.link())
    url = await site.shop.page_of(payment)
    browser = site.browser()
    page = await browser.get(url)
    check_page(page)
    pdf_url = url.replace("?k=", "/receipt.pdf?k=")
    assert pdf_url in page.text
    pdf = await browser.get(pdf_url)
    assert (pdf.status, pdf.header("content-type")) == (200, "application/pdf")
    assert pdf.header("content-disposition").startswith('attachment; filename="receipt-pay-')
    assert pdf.header("cache-control") == "no-store"
    assert pdf.body.startswith(b"%PDF-1.7")
    for wrong in (pdf_url[:-1], f"{pdf_url}x", pdf_url.replace("/cs_", "/cs_0"), pdf_url.partition("?")[0]):
        assert (await browser.get(wrong)).status == 404, wrong


async def test_what_is_not_paid_has_no_receipt(site: Site) -> None:
    pressed = await site.shop.press_pay(await site.shop.link())
    attempt = await site.shop.attempt(pressed.session.attempt_id)
    url = (await site.shop.page_of(attempt)).replace("?k=", "/receipt.pdf?k=")
    assert (await site.browser().get(url)).status == 404
    browser = await site.member()
    assert (await browser.get(f"/dashboard/payments/{attempt.id}/receipt")).status == 409
    assert "Documents" not in (await browser.get(f"/dashboard/payments/{attempt.id}")).text


async def test_a_member_sets_what_invoices_need_and_issues_one(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    payment = await shop.pay(await shop.link())
    url = f"/dashboard/payments/{payment.id}"
    page = await browser.get(url)
    assert SETTINGS in page.text
    settings = await browser.get(SETTINGS)
    check_page(settings)
    typed = {
        "is_on": "",
        "legal_name": "Bea's <Bikes> Ltd",
        "address": "1 Hill St\r\nLondon",
        "country": "GB",
        "paper": "letter",
        "invoice_prefix": "R-",
        "next_invoice_number": "41",
        "credit_prefix": "C-",
        "next_credit_number": "1",
        "digits": "6",
    }
    refused = await browser.submit(settings, SETTINGS, **(typed | {"country": "", "digits": "many"}))
    check_page(refused, status=422)
    assert "A whole number, from 1 to 9." in refused.text
    assert "Bea&#39;s &lt;Bikes&gt; Ltd" in refused.body.decode()
    refused = await browser.submit(settings, SETTINGS, **(typed | {"country": ""}))
    assert "Choose the country" in refused.text
    assert (await read_invoice_settings(shop.services, shop.id)).terms is None
    assert (await browser.submit(settings, SETTINGS, **typed)).status == 303
    assert "<strong>R-000041</strong>" in (await browser.get(SETTINGS)).text
    page = await browser.get(url)
    assert (await browser.submit(page, f"{url}/invoice")).status == 303
    assert (await browser.submit(page, f"{url}/invoice")).status == 303
    assert await labels(shop) == ["R-000041"]
    page = await browser.get(url)
    check_page(page)
    assert "Invoice R-000041" in page.text
    assert "Issue an invoice" not in page.text
    [made] = await shop.services.database.read(list_invoices, shop.id, limit=10)
    pdf = await browser.get(f"/dashboard/invoices/{made.id}")
    assert pdf.header("content-disposition") == 'attachment; filename="invoice-R-000041.pdf"'
    void = await browser.submit(page, f"{url}/void_invoice", invoice_id=made.id, reason="typing error")
    assert void.status == 303
    assert await labels(shop) == ["R-000041 void"]
    assert "Issue an invoice" in (await browser.get(url)).text


async def test_da12_documents_are_sent_to_an_address_a_few_times_a_day(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payment = await shop.pay(await shop.link())
    other = await shop.pay(await shop.link())
    url = f"/dashboard/payments/{payment.id}"
    page = await browser.get(url)
    await browser.submit(page, f"{url}/invoice")
    [made] = await shop.services.database.read(list_invoices, shop.id, limit=10, kind=InvoiceKind.INVOICE)

    async def send(document_id: str, email: str, at: str = url) -> int:
        form = f"{at}/send_document"
        sent = await browser.submit(await browser.get(at), form, document_id=document_id, email=email)
        return sent.status

    assert await send(payment.id, "no address") == 422
    assert await send("inv_nobody", "bo@example.com") == 404
    assert await send(made.id, "bo@example.com", f"/dashboard/payments/{other.id}") == 404, (
        "of another payment"
    )
    assert [await send(made.id, "bo@example.com") for _ in range(6)] == [303] * 5 + [429]
    assert await send(payment.id, "cy@example.com") == 303
    mails = await shop.services.database.read(list_mails, shop.id, limit=50)
    sent = [(mail.recipient, mail.attached) for mail in mails if mail.template == "document"]
    assert sorted(sent) == [*[("bo@example.com", made.id)] * 5, ("cy@example.com", payment.id)]


@pytest.mark.parametrize("path", ["/receipt", "/invoice", "/void_invoice", "/send_document"])
async def test_another_merchants_payment_has_nothing_here(site: Site, path: str) -> None:
    browser = await site.member()
    answer = await browser.get(f"/dashboard/payments/pay_00000000000000000000000000{path}")
    assert answer.status in {303, 404}
    assert (await browser.get("/dashboard/invoices/inv_00000000000000000000000000")).status == 404
