"""Documents over the API: issued once, listed, as PDF, voided; and those of others are not there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from linktill.flows.invoice_settings import set_invoice_terms
from tests.api.rig import Caller, rig_on
from tests.flows.invoicing import TERMS
from tests.flows.refunding import refunded
from tests.make import Shop
from tests.shops import shop

__all__ = ["shop"]
NOBODY = "00000000000000000000000000"


@dataclass
class Office:
    shop: Shop
    bea: Caller
    cy: Caller


@pytest_asyncio.fixture
async def office(shop: Shop) -> AsyncIterator[Office]:
    async with rig_on(shop.services, shop.id) as made:
        yield Office(shop, made.bea, made.cy)


async def test_an_invoice_is_issued_once_read_and_drawn(office: Office) -> None:
    bea, payment = office.bea, await office.shop.pay(await office.shop.link())
    path = f"/v1/payments/{payment.id}/invoice"
    refused = await bea.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "transition_refused")
    await set_invoice_terms(office.shop.services, office.shop.id, TERMS)
    first, again, other = await bea.post(path, key="k"), await bea.post(path, key="k"), await bea.post(path)
    assert (first.status_code, again.content, other.json()) == (200, first.content, first.json())
    made = first.json()
    assert (made["kind"], made["number"], made["payment_id"]) == ("invoice", "INV-0001", payment.id)
    assert (await bea.get(f"/v1/invoices/{made['id']}")).json() == made
    pdf = await bea.get(f"/v1/invoices/{made['id']}/pdf")
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.headers["content-disposition"] == 'attachment; filename="invoice-INV-0001.pdf"'
    assert pdf.content.startswith(b"%PDF-")
    receipt = await bea.get(f"/v1/payments/{payment.id}/receipt")
    assert (receipt.status_code, receipt.headers["content-type"]) == (200, "application/pdf")


async def test_lists_are_filtered_and_paged(office: Office) -> None:
    shop, bea = office.shop, office.bea
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payments = [await shop.pay(await shop.link()) for _ in range(3)]
    await refunded(shop, payments[0].id, 1_000)
    await shop.poll()
    for payment in payments:
        await bea.post(f"/v1/payments/{payment.id}/invoice")

    async def numbers(query: str = "") -> list[str]:
        return [each["number"] for each in (await bea.get(f"/v1/invoices{query}")).json()["data"]]

    assert await numbers() == ["INV-0003", "INV-0002", "CN-0001", "INV-0001"]
    assert await numbers("?kind=credit_note") == ["CN-0001"]
    assert await numbers(f"?payment_id={payments[0].id}") == ["CN-0001", "INV-0001"]
    page = (await bea.get("/v1/invoices?limit=3")).json()
    assert await numbers(f"?limit=3&cursor={page['next_cursor']}") == ["INV-0001"]
    for query in ("?kind=receipt", "?payment_id=plink_1", "?cursor=pay_1"):
        assert (await bea.get(f"/v1/invoices{query}")).status_code == 422, query


async def test_a_void_one_says_why_and_is_void_once(office: Office) -> None:
    shop, bea = office.shop, office.bea
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payment = await shop.pay(await shop.link())
    made = (await bea.post(f"/v1/payments/{payment.id}/invoice")).json()
    path = f"/v1/invoices/{made['id']}/void"
    assert (await bea.post(path, {"reason": "x" * 201})).status_code == 422
    void = (await bea.post(path, {"reason": "A wrong name"})).json()
    assert (void["void_reason"], void["voided_at"] is not None, void["number"]) == (
        "A wrong name",
        True,
        "INV-0001",
    )
    again = await bea.post(path)
    assert (again.status_code, again.json()["code"]) == (409, "transition_refused")


async def test_documents_of_others_are_not_there(office: Office) -> None:
    shop = office.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    link = await shop.link()
    payment = await shop.pay(link)
    made = (await office.bea.post(f"/v1/payments/{payment.id}/invoice")).json()
    for path in (
        f"/v1/invoices/{made['id']}",
        f"/v1/invoices/{made['id']}/pdf",
        f"/v1/payments/{payment.id}/receipt",
        f"/v1/payment_links/{link.id}/sheet",
    ):
        assert (await office.cy.get(path)).status_code == 404, path
    for path in (f"/v1/invoices/{made['id']}/void", f"/v1/payments/{payment.id}/invoice"):
        assert (await office.cy.post(path)).status_code == 404, path
    assert (await office.cy.get("/v1/invoices")).json()["data"] == []
    for path in (f"/v1/invoices/inv_{NOBODY}/pdf", f"/v1/payments/pay_{NOBODY}/receipt"):
        assert (await office.bea.get(path)).status_code == 404, path


async def test_a_sheet_with_codes_is_a_pdf(office: Office) -> None:
    link = await office.shop.link()
    for query, name in (("", "poster"), ("?layout=poster", "poster"), ("?layout=cards", "cards")):
        sheet = await office.bea.get(f"/v1/payment_links/{link.id}/sheet{query}")
        assert (sheet.status_code, sheet.content[:5]) == (200, b"%PDF-")
        assert f'filename="{name}-' in sheet.headers["content-disposition"]
    assert (await office.bea.get(f"/v1/payment_links/{link.id}/sheet?layout=all")).status_code == 422
