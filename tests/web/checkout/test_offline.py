"""A payer is told how to transfer money, and may think better of it."""

import re

from linktill.core.creditor_reference import grouped
from linktill.core.epc_code import epc_text
from linktill.core.payment_attempt import AttemptStatus
from linktill.flows.record_money import Said, money_came, record_money
from linktill.flows.services import moment_of
from linktill.web.checkout.qr import qr_code
from tests.offline import IBAN
from tests.web.offline import chosen, offline_site
from tests.web.site import Site
from tests.web.test_every_page import check_page

__all__ = ["offline_site"]


async def test_the_page_has_all_that_a_transfer_needs(offline_site: Site) -> None:
    link = await offline_site.shop.link(currency="EUR")
    browser, own, attempt = await chosen(offline_site, link)
    page = await browser.get(own)
    check_page(page)
    reference = attempt.gateway_ref or ""
    for words in (
        "€40.00",
        grouped(reference),
        reference,
        grouped(IBAN),
        "COBADEFFXXX",
        "Beas Räder GmbH",
        "In cash",
    ):
        assert words in page.text, words
    text = epc_text(
        holder="Beas Räder GmbH", iban=IBAN, bic="COBADEFFXXX", amount=attempt.amount, reference=reference
    )
    assert text is not None
    assert f'd="{qr_code(text).path}"' in page.text
    assert "By check" not in page.text
    assert re.search(r"style=|<script", page.text) is None
    assert (await browser.get(f"/p/{link.slug}")).location == own, "who opens the link again is led back here"


async def test_outside_of_the_euro_there_is_no_code(offline_site: Site) -> None:
    browser, own, _ = await chosen(offline_site, await offline_site.shop.link(currency="USD"))
    page = await browser.get(own)
    assert grouped(IBAN) in page.text
    assert "<path" not in page.text


async def test_what_is_missing_is_shown_and_then_that_it_is_paid(offline_site: Site) -> None:
    shop = offline_site.shop
    link = await shop.link(currency="EUR")
    browser, own, attempt = await chosen(offline_site, link)

    async def mark(amount_minor: int | None) -> None:
        came = money_came(shop.services, Said("transfer", amount_minor), by="mem_1")
        await shop.services.database.run(record_money, moment_of(shop.services), shop.id, attempt.id, came)

    await mark(1_500)
    page = await browser.get(own)
    check_page(page)
    for words in ("€25.00 is still missing", "€15.00"):
        assert words in page.text, words
    assert "Pay another way" not in page.text
    refused = await browser.post(f"{own.partition('?')[0]}/leave", {"k": own.partition("k=")[2]})
    assert refused.location == own
    await mark(None)
    paid = await browser.get(own)
    check_page(paid)
    assert "Bank transfer" in paid.text


async def test_a_payer_may_pay_another_way_and_only_this_payer(offline_site: Site) -> None:
    shop = offline_site.shop
    link = await shop.link(currency="EUR")
    browser, own, attempt = await chosen(offline_site, link)
    leave = f"{own.partition('?')[0]}/leave"
    for wrong in ("x" * 24, "", "y"):
        assert (await browser.post(leave, {"k": wrong})).status == 404
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.REQUIRES_ACTION
    left = await browser.submit(await browser.get(own), leave)
    assert (left.status, left.location) == (303, f"/p/{link.slug}")
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CANCELED
    assert (await shop.fresh(link)).slots_taken == 0
    assert (await browser.get(f"/p/{link.slug}")).status == 200
