"""Invoices and credit notes: numbers without gaps, issued once, never changed, sent along."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, update

from linktill.core.errors import NotFound, TooMany, TransitionRefused
from linktill.core.ids import AttemptId
from linktill.core.invoice import InvoiceKind, credited_share
from linktill.core.pricing import Parts, Pricing
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.flows.draw_documents import invoice_document, receipt_document
from linktill.flows.invoice_settings import read_invoice_settings, set_invoice_terms
from linktill.flows.issue_invoices import issue_invoice, paper_of
from linktill.flows.refund_payment import apply_refund_fact
from linktill.flows.services import moment_of
from linktill.flows.verify_books import verify_books
from linktill.storage.events import list_events
from linktill.storage.statements import compiled
from linktill.storage.tables import invoice, invoice_series
from tests.flows.invoicing import TAXED, TERMS, invoices, issued, pay_part, voided, with_terms
from tests.flows.refunding import refunded
from tests.flows.telling import Telling
from tests.make import Shop
from tests.notify.receivers import postbox


async def test_a_captured_payment_gets_an_invoice_that_goes_with_its_receipt(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    async with postbox() as server:
        telling.with_mail(server)
        payment = await shop.pay(await shop.link(pricing=TAXED))
        await telling.deliver()
        [mail] = server.to("ada@example.com")
    [made] = await invoices(shop)
    assert (made.kind, made.label, made.number, made.total) == (
        InvoiceKind.INVOICE,
        "INV-0001",
        1,
        payment.amount,
    )
    assert (made.scope_id, made.subject_id) == (payment.id, payment.id)
    paper = paper_of(made)
    assert [(item.name, item.quantity, item.amount_minor) for item in paper.items] == [
        ("Bike", 2, 4_000),
        ("Bell", 1, 500),
    ]
    [_, tax] = paper.sums
    assert (tax.kind, tax.name, tax.rate_ppm, tax.amount_minor, tax.base_minor) == (
        "within",
        "VAT",
        200_000,
        750,
        3_750,
    )
    assert (paper.merchant.name, paper.merchant.lines) == ("Bea's Bikes Ltd", ("1 Hill St", "London"))
    [attached] = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == (
        "application/pdf",
        "invoice-INV-0001.pdf",
    )
    document = await invoice_document(shop.services, shop.id, made.id)
    assert attached.get_content() == document.pdf, "the same paper, byte for byte"


async def test_without_terms_a_receipt_goes_along_and_nothing_is_issued(telling: Telling) -> None:
    shop = telling.shop
    async with postbox() as server:
        telling.with_mail(server)
        payment = await shop.pay(await shop.link())
        await telling.deliver()
        [mail] = server.to("ada@example.com")
        [alert] = [each for each in server.mails if each["To"] != "ada@example.com"]
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == f"receipt-{payment.id.replace('_', '-')}.pdf"
    assert attached.get_content() == (await receipt_document(shop.services, shop.id, payment.id)).pdf
    assert not list(alert.iter_attachments())
    assert await invoices(shop) == []
    with pytest.raises(TransitionRefused, match="legal name"):
        await issued(shop, payment)


async def test_switched_off_an_invoice_is_issued_when_somebody_asks_and_once(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, with_terms(is_on=False))
    payment = await shop.pay(await shop.link())
    await telling.deliver()
    assert await invoices(shop) == []
    made = await issued(shop, payment)
    assert await issued(shop, payment) == made
    assert await invoices(shop) == [made]
    pending = (await shop.press_pay(await shop.link())).session.attempt_id
    for wrong, error in ((pending, TransitionRefused), (AttemptId("pay_nobody"), NotFound)):
        with pytest.raises(error):
            await shop.services.database.run(issue_invoice, moment_of(shop.services), shop.id, wrong)
    assert len(await invoices(shop)) == 1


async def test_many_at_once_give_each_number_once_and_none_is_missing(shop: Shop) -> None:
    """[P] Two workers at once: the series is locked where the document is written."""
    await set_invoice_terms(shop.services, shop.id, TERMS, {InvoiceKind.INVOICE: 41})
    link = await shop.link(payments_max=None)
    payments = [await shop.pay(link, form=str(each)) for each in range(6)]
    # Each payment is asked for twice at the same time.
    await asyncio.gather(*(issued(shop, each) for each in (*payments, *payments)))
    made = await invoices(shop)
    assert sorted(each.number for each in made) == [41, 42, 43, 44, 45, 46]
    assert sorted(each.scope_id for each in made) == sorted(each.id for each in payments)
    settings = await read_invoice_settings(shop.services, shop.id)
    assert settings.next_numbers[InvoiceKind.INVOICE] == 47


async def test_a_unit_that_fails_gives_its_number_back(shop: Shop) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payments = [await shop.pay(await shop.link()) for _ in range(2)]

    async def broken(tx: Any) -> None:
        await issue_invoice(tx, moment_of(shop.services), shop.id, payments[0].id)
        raise TooMany("the machine stops here")

    with pytest.raises(TooMany):
        await shop.services.database.run(broken)
    assert (await issued(shop, payments[1])).number == 1


async def test_refunds_get_credit_notes_that_take_back_all_of_the_tax_in_the_end(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    async with postbox() as server:
        telling.with_mail(server)
        payment = await shop.pay(await shop.link(pricing=TAXED))
        await telling.deliver()
        for part in (1_000, 1_000, 2_500):
            await refunded(shop, payment.id, part)
            await shop.poll()
            await telling.deliver()
        mails = server.to("ada@example.com")[1:]
    [made] = await invoices(shop, InvoiceKind.INVOICE)
    notes = await invoices(shop, InvoiceKind.CREDIT_NOTE)
    assert [each.label for each in notes] == ["CN-0001", "CN-0002", "CN-0003"]
    assert [each.total.minor for each in notes] == [1_000, 1_000, 2_500]
    assert {each.invoice_id for each in notes} == {made.id}
    papers = [paper_of(each) for each in notes]
    assert all(paper.credited is not None and paper.credited.number == "INV-0001" for paper in papers)
    assert [sum(row.amount_minor for row in paper.sums) for paper in papers] == [167, 166, 417]
    assert sum(row.base_minor for paper in papers for row in paper.sums) == 3_750
    names = [attached.get_filename() for mail in mails for attached in mail.iter_attachments()]
    assert names == ["credit-note-CN-0001.pdf", "credit-note-CN-0002.pdf", "credit-note-CN-0003.pdf"]


async def test_a_refund_that_bounces_voids_its_credit_note(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payment = await shop.pay(await shop.link())
    refund = await refunded(shop, payment.id)
    await shop.poll()
    await telling.deliver()
    moment = moment_of(shop.services)
    fact = RefundFact(RefundFactKind.FAILED, failure_code="account_closed")
    await shop.services.database.run(apply_refund_fact, moment, shop.id, refund.id, fact)
    await telling.deliver()
    [credit] = await invoices(shop, InvoiceKind.CREDIT_NOTE)
    assert (credit.voided_at is not None, credit.void_reason) == (True, "The refund did not reach the payer.")
    assert b"%PDF" in (await invoice_document(shop.services, shop.id, credit.id)).pdf


async def test_what_was_refunded_before_there_was_an_invoice_is_credited_with_it(telling: Telling) -> None:
    shop = telling.shop
    payment = await shop.pay(await shop.link())
    await refunded(shop, payment.id, 1_000)
    await shop.poll()
    await telling.deliver()
    await set_invoice_terms(shop.services, shop.id, TERMS)
    made = await issued(shop, payment)
    [credit] = await invoices(shop, InvoiceKind.CREDIT_NOTE)
    assert (credit.invoice_id, credit.total.minor, made.total.minor) == (made.id, 1_000, 4_000)


async def test_a_bill_in_parts_has_one_invoice_once_it_is_paid(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    link = await shop.link(5_000, pricing=Pricing(parts=Parts()))
    first = await pay_part(shop, link, 2_000, "1")
    await telling.deliver()
    assert await invoices(shop) == []
    last = await pay_part(shop, link, 3_000, "2")
    await telling.deliver()
    [made] = await invoices(shop)
    assert (made.scope_id, made.total.minor) == (link.id, 5_000)
    paper = paper_of(made)
    assert [(each.payment_id, each.amount_minor) for each in paper.paid] == [
        (first.id, 2_000),
        (last.id, 3_000),
    ]
    assert (paper.total_minor, paper.left_minor) == (5_000, 0)
    assert await issued(shop, first) == made


async def test_asked_for_early_the_invoice_of_a_bill_says_what_is_due(shop: Shop) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS)
    link = await shop.link(5_000, pricing=Pricing(parts=Parts()))
    first = await pay_part(shop, link, 2_000, "1")
    paper = paper_of(await issued(shop, first))
    assert (paper.total_minor, paper.left_minor) == (5_000, 3_000)


async def test_money_without_a_place_gets_no_invoice_by_itself(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    surplus = await shop.surplus()
    await telling.deliver()
    assert surplus.id not in {each.scope_id for each in await invoices(shop)}


async def test_a_voided_invoice_keeps_its_number_and_another_one_can_be_issued(shop: Shop) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payment = await shop.pay(await shop.link())
    wrong = await issued(shop, payment)
    before = await invoice_document(shop.services, shop.id, wrong.id)
    void = await voided(shop, wrong.id)
    assert (void.number, void.void_reason, void.drawn) == (1, "wrong name", wrong.drawn)
    with pytest.raises(TransitionRefused, match="void already"):
        await voided(shop, wrong.id)
    right = await issued(shop, payment)
    assert (right.number, right.id != wrong.id) == (2, True)
    after = await invoice_document(shop.services, shop.id, wrong.id)
    assert after.pdf != before.pdf, "it says that it is void"


async def test_an_invoice_with_credit_notes_is_not_voided(telling: Telling) -> None:
    shop = telling.shop
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payment = await shop.pay(await shop.link())
    await refunded(shop, payment.id, 500)
    await shop.poll()
    await telling.deliver()
    [made] = await invoices(shop, InvoiceKind.INVOICE)
    [credit] = await invoices(shop, InvoiceKind.CREDIT_NOTE)
    with pytest.raises(TransitionRefused, match="Credit notes"):
        await voided(shop, made.id)
    await voided(shop, credit.id)
    await voided(shop, made.id)


@pytest.mark.parametrize(
    ("breaking", "found"),
    [
        (delete(invoice).where(invoice.c.merchant_id == bindparam("merchant_id"), invoice.c.number == 2), 2),
        (
            update(invoice_series)
            .where(
                invoice_series.c.merchant_id == bindparam("merchant_id"), invoice_series.c.kind == "invoice"
            )
            .values(next_number=3),
            2,
        ),
    ],
    ids=["a document is gone", "the counter went back"],
)
async def test_verify_finds_a_number_that_is_missing_or_was_not_given(
    shop: Shop, breaking: Any, found: int
) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS)
    for _ in range(3):
        await issued(shop, await shop.pay(await shop.link()))
    assert [each for each in (await verify_books(shop.services)).problems if each.invariant == "I12"] == []

    async def run(tx: Any) -> None:
        await tx.run(compiled(breaking), merchant_id=shop.id)

    await shop.services.database.run(run)
    problems = [each for each in (await verify_books(shop.services)).problems if each.invariant == "I12"]
    assert len(problems) == found

    async def mend(tx: Any) -> None:
        await tx.run(
            compiled(delete(invoice).where(invoice.c.merchant_id == bindparam("merchant_id"))),
            merchant_id=shop.id,
        )
        await tx.run(
            compiled(delete(invoice_series).where(invoice_series.c.merchant_id == bindparam("merchant_id"))),
            merchant_id=shop.id,
        )

    await shop.services.database.run(mend)


def test_credits_of_the_whole_take_back_the_whole_tax() -> None:
    shares, before = [], 0
    for amount in (1, 2, 3_333, 661, 3):
        shares.append(credited_share(667, 4_000, before_minor=before, amount_minor=amount))
        before += amount
    assert (sum(shares), shares) == (667, [0, 1, 555, 110, 1])


async def test_what_is_told_of_an_invoice(shop: Shop) -> None:
    await set_invoice_terms(shop.services, shop.id, TERMS)
    payment = await shop.pay(await shop.link())
    made = await issued(shop, payment)
    await voided(shop, made.id)
    found = await shop.services.database.read(list_events, shop.id, limit=50, attempt_id=payment.id)
    told = [(each.type, json.loads(each.data)) for each in found if each.type.startswith("invoice.")]
    [(last, of_void), (first, of_issue)] = told
    assert (first, of_issue["number"], of_issue["voided_at"]) == ("invoice.issued", "INV-0001", None)
    assert (last, of_void["number"], of_void["void_reason"]) == ("invoice.voided", "INV-0001", "wrong name")
