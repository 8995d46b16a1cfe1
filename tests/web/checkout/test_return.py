"""The payer comes back: every state their payment can be in has a page, and only they see it."""

import pytest

from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.payment_link import PaymentLink
from linktill.flows.apply_fact import apply_fact
from linktill.flows.manage_links import edit_link
from linktill.flows.refund_payment import refund_payment
from linktill.flows.services import moment_of
from linktill.sandbox.faults import FaultKind
from tests.web.browsing import Browser, Page
from tests.web.site import Site, priced
from tests.web.test_every_page import check_page


async def pressed(site: Site, link: PaymentLink, **typed: str) -> tuple[Browser, Page, str]:
    """A payer who has pressed Pay, the answer to it, and the address of their own page."""
    browser = site.browser()
    url = f"/p/{link.slug}"
    answer = await browser.submit(await browser.get(url), f"{url}/pay", **typed)
    assert answer.status == 303
    own = await browser.get(url)
    assert own.status == 303, "a payer who comes back is led to their own payment"
    return browser, answer, own.location


async def test_an_unfinished_payment_can_be_gone_on_with(site: Site) -> None:
    link = await site.shop.link()
    browser, at_gateway, own = await pressed(site, link, email="ada@example.com")
    page = await browser.get(own)
    check_page(page)
    assert "Not finished yet" in page.text
    assert "Nothing was charged" not in page.text, "a look-up may lag behind"
    assert page.header("refresh") == f"3;url={own}"
    again = await browser.submit(page, f"/p/{link.slug}/pay")
    assert again.location == at_gateway.location, "the same payment, not a second one"
    assert len(await site.shop.attempts(link)) == 1


@pytest.mark.parametrize(
    ("card", "words"),
    [("declined", "The payment did not go through"), ("insufficient_funds", "did not go through")],
)
async def test_gf09_da06_a_declined_payment_can_be_tried_again(site: Site, card: str, words: str) -> None:
    shop = site.shop
    link = await shop.link()
    browser, at_gateway, own = await pressed(site, link, email="ada@example.com", name="Ada")
    await site.at_gateway(at_gateway, card)
    page = await browser.get(own)
    check_page(page)
    assert words in page.text
    assert "Nothing was charged" in page.text
    assert "insufficient" not in page.text.lower(), "a thief would learn from the reason"
    form = page.form(f"/p/{link.slug}/pay")
    assert (form["email"], form["name"]) == ("ada@example.com", "Ada")
    assert page.header("refresh") == ""
    opened = await browser.get(f"/p/{link.slug}")
    assert opened.status == 200, "nothing is under way: the link itself"
    assert opened.form(f"/p/{link.slug}/pay")["submit_token"] == form["submit_token"]
    again = await browser.submit(page, f"/p/{link.slug}/pay")
    assert again.location != at_gateway.location
    await site.at_gateway(again)
    check_page(paid := await browser.get(own))
    assert "Paid. Thank you!" in paid.text
    assert [attempt.status for attempt in await shop.attempts(link)] == [
        AttemptStatus.CAPTURED,
        AttemptStatus.FAILED,
    ]
    assert (await shop.balances())["sales"] == -4_000


async def test_a_payer_who_turns_back_may_start_again(site: Site) -> None:
    link = await site.shop.link()
    browser, at_gateway, own = await pressed(site, link)
    payment_id = at_gateway.location.rsplit("/", 1)[-1]
    response = await site.shop.running.post_form(payment_id, action="cancel")
    assert response.status == 303
    page = await browser.get(own)
    check_page(page)
    assert "You turned back" in page.text
    assert (await site.shop.fresh(link)).slots_taken == 0
    assert (await browser.submit(page, f"/p/{link.slug}/pay")).status == 303


async def test_a_retry_after_a_changed_price_asks_first(site: Site) -> None:
    link = await site.shop.link()
    browser, at_gateway, own = await pressed(site, link)
    await site.at_gateway(at_gateway, "declined")
    page = await browser.get(own)
    await edit_link(site.shop.services, site.shop.id, link.id, priced(9_900), by="test")
    changed = await browser.submit(page, f"/p/{link.slug}/pay")
    check_page(changed, 409)
    assert "The price has changed" in changed.text
    assert len(await site.shop.attempts(link)) == 1


async def test_a_bank_debit_takes_days_and_then_is_paid(site: Site) -> None:
    link = await site.shop.link()
    browser, at_gateway, own = await pressed(site, link, email="ada@example.com")
    await site.at_gateway(at_gateway, "debit_settles")
    page = await browser.get(own)
    check_page(page)
    assert "Your payment is under way" in page.text
    assert "its address always shows how things stand" in page.text
    assert "ada@example.com" not in page.text
    await site.shop.running.step(6)
    assert "Paid. Thank you!" in (await browser.get(own)).text


async def test_a_lost_answer_is_checked_and_then_found(site: Site) -> None:
    link = await site.shop.link()
    browser = site.browser()
    url = f"/p/{link.slug}"
    site.shop.running.app.faults.plan(FaultKind.CUT_AFTER)
    answer = await browser.submit(await browser.get(url), f"{url}/pay")
    site.shop.wire.is_plugged = False
    page = await browser.follow(answer)
    check_page(page)
    assert "We are still checking" in page.text
    assert "Please do not pay a second time" in page.text
    site.shop.wire.is_plugged = True
    found = await browser.get(answer.location)
    assert "Not finished yet" in found.text
    onward = await browser.submit(found, f"{url}/pay")
    assert onward.status == 303
    assert "/pay/" in onward.location
    assert onward.location.startswith(site.shop.running.url)
    assert len(await site.shop.attempts(link)) == 1


async def test_a_second_payment_goes_back_and_says_so(site: Site) -> None:
    """LL04: the checkout ended, its place was given away, and then the money came after all."""
    shop = site.shop
    link = await shop.link()
    browser, at_gateway, own = await pressed(site, link)
    [attempt] = await shop.attempts(link)
    ours = AttemptFact(FactKind.CANCELED, reference=attempt.id)
    await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, attempt.id, ours)
    await shop.pay(link, "9")
    await site.at_gateway(at_gateway)
    await shop.deliver()
    page = await browser.get(own)
    check_page(page)
    assert "This had been paid already" in page.text
    assert "is going back to you" in page.text
    await shop.later(2)
    await shop.deliver()
    assert "we sent" in (await browser.get(own)).text


async def test_the_page_is_the_payers_alone(site: Site) -> None:
    link, other = await site.shop.link(), await site.shop.link()
    _browser, _answer, own = await pressed(site, link)
    stranger = site.browser()
    path, _, token = own.partition("?k=")
    for url in (
        path,
        f"{path}?k=",
        f"{path}?k={token[:-1]}",
        f"{path}?k={token[:-1]}%00",
        f"{path}?k={'x' * len(token)}",
        own.replace(link.slug, other.slug),
        own.replace("cs_", "cs_0"),
    ):
        check_page(await stranger.get(url), 404)
    check_page(await stranger.get(own))
    check_page(await stranger.get(f"/p/{link.slug}"), 409)
    forged = site.browser()
    forged.cookies["lt_checkout", f"/p/{link.slug}"] = f"{path.rsplit('/', 1)[-1]}.{'x' * len(token)}"
    check_page(await forged.get(f"/p/{link.slug}"), 409)


async def test_a_refunded_payment_says_so(site: Site) -> None:
    shop = site.shop
    link = await shop.link()
    browser, at_gateway, own = await pressed(site, link)
    await site.at_gateway(at_gateway)
    await browser.get(own)
    [attempt] = await shop.attempts(link)
    await refund_payment(shop.services, shop.id, attempt.id, amount_minor=1_500)
    await shop.later(1)
    page = await browser.get(own)
    assert "Given back" in page.text
    assert "$15.00" in page.text


async def test_a_shop_link_can_be_paid_again_by_the_same_payer(site: Site) -> None:
    link = await site.shop.link(payments_max=None)
    browser, at_gateway, own = await pressed(site, link)
    await site.at_gateway(at_gateway)
    assert "Paid. Thank you!" in (await browser.get(own)).text
    page = await browser.get(f"/p/{link.slug}")
    check_page(page)
    again = await browser.submit(page, f"/p/{link.slug}/pay")
    assert again.status == 303
    assert again.location != at_gateway.location
    assert len(await site.shop.attempts(link)) == 2
