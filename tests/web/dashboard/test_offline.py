"""A merchant says how they can be paid offline, and that money came."""

import asyncio
import re

from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.core.refund import RefundStatus
from linktill.flows.offline_account import read_offline
from linktill.storage.receipts import receipts_of
from linktill.storage.refunds import refunds_of
from tests.web.offline import chosen, offline_site
from tests.web.site import Site
from tests.web.test_every_page import check_page

__all__ = ["offline_site"]


async def test_what_is_set_up_is_shown_kept_and_refused_by_name(offline_site: Site) -> None:
    browser = await offline_site.member()
    page = await browser.get("/dashboard/offline")
    check_page(page)
    assert "DE89 3704 0044 0532 0130 00" in page.text
    wrong = await browser.submit(page, "/dashboard/offline", iban="DE00 1", wait_days="99")
    check_page(wrong, 422)
    for words in ("An IBAN has two letters", "from 1 to 28", "DE00 1"):
        assert words in wrong.text, words
    saved = await browser.submit(
        page, "/dashboard/offline", iban="", bic="", cash_words="Mondays", wait_days="5"
    )
    assert saved.status == 303, saved.text
    terms = await read_offline(offline_site.shop.services, offline_site.shop.id)
    assert terms is not None
    assert (terms.iban, terms.takes_cash, terms.cash_words, terms.wait_days) == ("", True, "Mondays", 5)


async def test_cc11_marked_as_paid_in_parts_and_pressed_twice(offline_site: Site) -> None:
    shop = offline_site.shop
    link = await shop.link(currency="EUR")
    _, _, attempt = await chosen(offline_site, link)
    browser = await offline_site.member()
    url = f"/dashboard/payments/{attempt.id}"
    page = await browser.get(url)
    check_page(page)
    assert "Waiting for €40.00" in page.text
    typed = {"amount": "15.00", "way": "cash", "note": "In the shop"}
    pressed = await asyncio.gather(*(browser.submit(page, f"{url}/mark_paid", **typed) for _ in range(3)))
    assert [each.status for each in pressed] == [303, 303, 303]
    (receipt,) = await shop.services.database.read(receipts_of, shop.id, attempt.id)
    assert (receipt.amount.minor, receipt.note) == (1_500, "In the shop")
    # A second person, on the page as it was before: refused, and shown as things stand now.
    stale = await browser.submit(page, f"{url}/mark_paid", amount="15.00", way="cash", submit_token="t" * 24)
    check_page(stale, 422)
    assert "Somebody else has recorded" in stale.text
    assert "Waiting for €25.00" in stale.text
    wrong = await browser.submit(stale, f"{url}/mark_paid", amount="1,00", received_on="2031-01-01")
    assert (wrong.status, "digits and a point" in wrong.text) == (422, True)
    future = await browser.submit(stale, f"{url}/mark_paid", received_on="2031-01-01")
    assert (future.status, "still to come" in future.text) == (422, True)
    done = await browser.submit(await browser.get(url), f"{url}/mark_paid")
    shown = await browser.follow(done)
    check_page(shown)
    for words in ("Recorded, with your name", "owner@example.com", "Bank account", "Cash, Bank transfer"):
        assert words in shown.text, words
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED


async def test_a_mark_is_taken_back_and_a_wait_is_ended(offline_site: Site) -> None:
    shop = offline_site.shop
    link = await shop.link(currency="EUR")
    _, _, attempt = await chosen(offline_site, link)
    browser = await offline_site.member()
    url = f"/dashboard/payments/{attempt.id}"
    await browser.submit(await browser.get(url), f"{url}/mark_paid")
    taken = await browser.submit(await browser.get(url), f"{url}/take_back", reason="mistake")
    shown = await browser.follow(taken)
    check_page(shown)
    for words in ("Taken back", "Recorded by mistake", "No longer paid", "Waiting for €40.00"):
        assert words in shown.text, words
    await browser.submit(shown, f"{url}/end")
    over = await browser.get(url)
    check_page(over)
    assert "More money came?" in over.text
    late = await browser.submit(over, f"{url}/mark_paid")
    assert late.status == 303
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CAPTURED


async def test_cash_is_recorded_on_the_links_page_and_a_refund_by_hand(offline_site: Site) -> None:
    shop = offline_site.shop
    link = await shop.link(currency="EUR")
    browser = await offline_site.member()
    url = f"/dashboard/links/{link.id}"
    page = await browser.get(url)
    check_page(page)
    wrong = await browser.submit(page, f"{url}/record", amount="x")
    check_page(wrong, 422)
    first, second = await asyncio.gather(
        *(browser.submit(page, f"{url}/record", amount="50") for _ in range(2))
    )
    assert first.location == second.location
    extra, paid = await shop.attempts(link)
    assert (paid.status, extra.is_surplus, extra.captured_minor) == (AttemptStatus.CAPTURED, True, 1_000)
    shown = await browser.follow(first)
    check_page(shown)
    stale = await browser.submit(page, f"{url}/record", submit_token="t" * 24)
    assert (stale.status, "Somebody has paid since you looked" in stale.text) == (422, True)
    extra_url = f"/dashboard/payments/{extra.id}"
    owed = await browser.get(extra_url)
    check_page(owed)
    assert "It does not go back" not in owed.text
    gone = await browser.submit(owed, f"{extra_url}/settle_refund", way="cash")
    assert gone.status == 303
    (refund,) = await shop.services.database.read(refunds_of, shop.id, extra.id)
    assert refund.status is RefundStatus.SUCCEEDED
    check_page(await browser.get("/dashboard/books"))


async def test_a_statements_reference_leads_to_its_payment(offline_site: Site) -> None:
    link = await offline_site.shop.link(currency="EUR")
    _, _, attempt = await chosen(offline_site, link)
    browser = await offline_site.member()
    page = await browser.get("/dashboard/offline")
    check_page(page)
    assert "A bicycle repair" in page.text
    found = await browser.get(f"/dashboard/offline?q={(attempt.gateway_ref or '').lower()}")
    assert found.location == f"/dashboard/payments/{attempt.id}"
    missed = await browser.get("/dashboard/offline?q=RF18539007547034")
    check_page(missed)
    assert "No payment has the reference" in missed.text


async def test_it_stands_among_the_gateways_and_misses_no_webhook(offline_site: Site) -> None:
    browser = await offline_site.member()
    listed = await browser.get("/dashboard/gateways")
    check_page(listed)
    assert "Bank transfer, cash or check" in listed.text
    assert "Webhook missing" not in listed.text
    [url] = set(re.findall(r"/dashboard/gateways/gwa_offline_[0-9a-z]+", listed.body.decode()))
    page = await browser.get(url)
    check_page(page)
    assert "there are no keys and no webhook" in page.text
    assert (await browser.submit(page, f"{url}/close")).status == 303
    link = await offline_site.shop.link(currency="EUR")
    payer = await offline_site.browser().get(f"/p/{link.slug}")
    assert "Bank transfer, cash or check" not in payer.text
