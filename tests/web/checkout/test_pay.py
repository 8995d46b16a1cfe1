"""Pay is pressed: once, twice, by two, with nonsense, at a changed price, with the gateway down."""

import asyncio

from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.flows.manage_links import edit_link
from linktill.sandbox.faults import FaultKind
from linktill.web.checkout.cookie import checkout_cookie
from linktill.web.form import FIELDS_MAX
from tests.flows.edits import raised_to
from tests.web.browsing import Browser, Page
from tests.web.site import Site, priced
from tests.web.test_every_page import check_page


async def opened(site: Site, **fields: object) -> tuple[Browser, Page, str]:
    link = await site.shop.link(**fields)  # type: ignore[arg-type]
    browser = site.browser()
    url = f"/p/{link.slug}"
    return browser, await browser.get(url), url


async def test_pay_leads_to_the_gateway_and_back_to_a_receipt(site: Site) -> None:
    shop = site.shop
    link = await shop.link(redirect_url="https://bikes.example/thanks")
    url = f"/p/{link.slug}"
    browser = site.browser()
    page = await browser.get(url)
    pressed = await browser.submit(page, f"{url}/pay", email=" ada@example.com ", name="Ada")
    assert pressed.status == 303
    assert pressed.location.startswith(f"{shop.running.url}/pay/")
    assert pressed.header("cache-control") == "no-store"
    cookie = pressed.header("set-cookie")
    assert cookie.startswith("lt_checkout=cs_")
    for part in (f"Path={url}", "HttpOnly", "SameSite=Lax"):
        assert part in cookie.split("; ")
    assert "Secure" not in cookie, "plain HTTP here; over HTTPS see below"
    await site.at_gateway(pressed)
    back = await browser.get(url)
    assert back.status == 303
    receipt = await browser.follow(back)
    check_page(receipt)
    [attempt] = await shop.attempts(link)
    # No mail server is set here, so no page promises a mail.
    for words in ("Paid. Thank you!", "$40.00", "4242", attempt.id, "Print or bookmark this page"):
        assert words in receipt.text
    assert 'href="https://bikes.example/thanks"' in receipt.text
    assert (attempt.status, attempt.payer_email, attempt.payer_name) == (
        AttemptStatus.CAPTURED,
        "ada@example.com",
        "Ada",
    )
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED


async def test_cc01_a_double_press_is_one_attempt(site: Site) -> None:
    browser, page, url = await opened(site)
    first, second = await asyncio.gather(
        browser.submit(page, f"{url}/pay"), browser.submit(page, f"{url}/pay")
    )
    third = await browser.submit(page, f"{url}/pay")
    assert [first.status, second.status, third.status] == [303, 303, 303]
    leads = {answer.location for answer in (first, second, third)}
    gateway = {lead for lead in leads if lead.startswith(site.shop.running.url)}
    assert len(gateway) == 1
    assert all("/checkout/cs_" in lead for lead in leads - gateway)
    assert len({answer.header("set-cookie") for answer in (first, second, third)}) == 1
    assert len(await site.shop.attempts(await site.link_at(url))) == 1


async def test_cc02_of_two_tabs_one_pays_and_the_other_is_told_before_any_charge(site: Site) -> None:
    browser, page, url = await opened(site)
    other = await site.browser().get(url)
    pressed = await browser.submit(page, f"{url}/pay")
    assert pressed.status == 303
    stranger = site.browser()
    late = await stranger.submit(other, f"{url}/pay", email="bob@example.com")
    check_page(late, 409)
    assert late.header("linktill-problem") == "payment_in_progress"
    assert "Someone is paying this right now" in late.text
    assert late.form(f"{url}/pay")["email"] == "bob@example.com"
    looking = await stranger.get(url)
    check_page(looking, 409)
    await site.at_gateway(pressed)
    await site.shop.deliver()
    paid = await stranger.submit(late, f"{url}/pay")
    check_page(paid, 409)
    assert paid.header("linktill-problem") == "link_completed"
    assert "This has been paid" in paid.text
    assert len(await site.shop.attempts(await site.link_at(url))) == 1


async def test_ll08_a_changed_price_needs_the_payers_word(site: Site) -> None:
    shop = site.shop
    link = await shop.link(4_000)
    url = f"/p/{link.slug}"
    browser = site.browser()
    page = await browser.get(url)
    await edit_link(shop.services, shop.id, link.id, priced(5_000), by="test")
    changed = await browser.submit(page, f"{url}/pay", email="ada@example.com")
    check_page(changed, 409)
    assert changed.header("linktill-problem") == "price_changed"
    assert "The price has changed" in changed.text
    assert "$40.00" in changed.text
    assert "I agree to pay" in changed.text
    form = changed.form(f"{url}/pay")
    assert (form["version"], form["amount_minor"], form["email"]) == ("2", "5000", "ada@example.com")
    assert form["submit_token"] == page.submit_token
    silent = await browser.submit(changed, f"{url}/pay")
    check_page(silent, 422)
    assert "Tick the box" in silent.text
    assert "$40.00" in silent.text, "what it was before is still told"
    assert await shop.attempts(link) == []
    assert shop.wire.sent == []
    agreed = await browser.submit(silent, f"{url}/pay", price_agreed="yes")
    assert agreed.status == 303
    [attempt] = await shop.attempts(link)
    assert attempt.amount.minor == 5_000


async def test_other_words_at_the_same_price_are_shown_before_paying(site: Site) -> None:
    shop = site.shop
    link = await shop.link()
    url = f"/p/{link.slug}"
    browser = site.browser()
    page = await browser.get(url)
    await edit_link(shop.services, shop.id, link.id, raised_to(3), by="test")
    changed = await browser.submit(page, f"{url}/pay")
    check_page(changed, 409)
    assert "The details have changed" in changed.text
    assert "I agree to pay" not in changed.text
    assert (await browser.submit(changed, f"{url}/pay")).status == 303


NOT_OURS = {
    "amount_minor": ("-1", "", "1e3", "４０００", "40.00", "1,00", "NaN", "+4000", " 4000", "9" * 20, "0x10"),
    "version": ("", "-1", "１", "1.0", "x"),
    "currency": ("", "usd", "XXX", "USD ", "US$"),
    "submit_token": ("", "short", "x" * 101, "\x00" * 20, "ü" * 20),
}


async def test_ll16_what_our_page_did_not_write_starts_nothing(site: Site) -> None:
    browser, page, url = await opened(site)
    for field, values in NOT_OURS.items():
        for value in values:
            answer = await browser.submit(page, f"{url}/pay", **{field: value, "email": "ada@example.com"})
            assert answer.status == 422, (field, value)
            check_page(answer, 422)
            assert "This form was not complete" in answer.text
            form = answer.form(f"{url}/pay")
            assert (form["amount_minor"], form["currency"], form["version"]) == ("4000", "USD", "1")
            assert form["email"] == "ada@example.com"
    assert await site.shop.attempts(await site.link_at(url)) == []
    assert site.shop.wire.sent == []


async def test_ll16_another_price_than_ours_is_a_changed_price(site: Site) -> None:
    browser, page, url = await opened(site)
    for amount_minor, currency in (("3999", "USD"), ("1", "USD"), ("0", "USD"), ("4000", "JPY")):
        answer = await browser.submit(page, f"{url}/pay", amount_minor=amount_minor, currency=currency)
        check_page(answer, 409)
        assert answer.form(f"{url}/pay")["amount_minor"] == "4000"
    assert await site.shop.attempts(await site.link_at(url)) == []
    assert site.shop.wire.sent == []


BAD_FIELDS = (
    ("email", "ada", "Give an e-mail address"),
    ("email", "ada@example.com\r\nBcc: all@example.com", "Give an e-mail address"),
    ("email", "a" * 300 + "@example.com", "at most 254"),
    ("name", "x" * 201, "At most 200"),
    ("name", "4242 4242 4242 4242", "card number"),
)


async def test_errors_stand_beside_their_field(site: Site) -> None:
    browser, page, url = await opened(site)
    for field, value, words in BAD_FIELDS:
        typed = {"email": "ada@example.com", "name": "Ada", field: value}
        answer = await browser.submit(page, f"{url}/pay", **typed)
        check_page(answer, 422)
        assert words in answer.text
        assert f'id="{field}-error"' in answer.text
        assert "4242 4242" not in answer.text, "IV10: a card number is not even shown again"
        other = "name" if field == "email" else "email"
        assert answer.form(f"{url}/pay")[other] == typed[other]
        assert answer.submit_token == page.submit_token
    assert await site.shop.attempts(await site.link_at(url)) == []
    assert site.shop.wire.sent == []


async def test_what_is_no_form_is_refused(site: Site) -> None:
    browser, page, url = await opened(site)
    body = b"submit_token=" + page.submit_token.encode()
    for content_type, status in (("application/json", 415), ("text/plain", 415), ("", 415)):
        check_page(await browser.request("POST", f"{url}/pay", body, content_type=content_type), status)
    form = "application/x-www-form-urlencoded"
    check_page(
        await browser.request(
            "POST", f"{url}/pay", b"&".join([b"a=b"] * (FIELDS_MAX + 1)), content_type=form
        ),
        400,
    )
    check_page(await browser.request("POST", f"{url}/pay", b"a=" + b"b" * 70_000, content_type=form), 413)
    check_page(await browser.request("POST", f"{url}/pay", b"\xff\xfe", content_type=form), 400)
    twice = body + b"&version=1&version=2&amount_minor=4000&amount_minor=1&currency=USD"
    assert (await browser.request("POST", f"{url}/pay", twice, content_type=form)).status == 303
    [attempt] = await site.shop.attempts(await site.link_at(url))
    assert attempt.amount.minor == 4_000


async def test_at18_a_foreign_page_cannot_press_pay(site: Site) -> None:
    browser, page, url = await opened(site)
    for headers in ({"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}, {"origin": "null"}):
        answer = await browser.post(f"{url}/pay", page.form(f"{url}/pay"), **headers)
        assert answer.status == 403
    assert await site.shop.attempts(await site.link_at(url)) == []


async def test_gf26_a_gateway_that_cannot_be_reached_charges_nothing_and_frees_the_link(site: Site) -> None:
    browser, page, url = await opened(site)
    site.shop.wire.is_plugged = False
    answer = await browser.submit(page, f"{url}/pay", email="ada@example.com")
    check_page(answer, 503)
    assert "cannot be reached right now" in answer.text
    assert "Nothing was charged" in answer.text
    form = answer.form(f"{url}/pay")
    assert (form["submit_token"], form["email"]) == (page.submit_token, "ada@example.com")
    link = await site.link_at(url)
    assert link.slots_taken == 0
    site.shop.wire.is_plugged = True
    pressed = await browser.submit(answer, f"{url}/pay")
    assert pressed.status == 303
    assert pressed.location.startswith(site.shop.running.url)
    assert len(await site.shop.attempts(link)) == 2


async def test_gf02_a_lost_answer_is_not_shown_as_a_failure(site: Site) -> None:
    browser, page, url = await opened(site)
    site.shop.running.app.faults.plan(FaultKind.CUT_AFTER)
    pressed = await browser.submit(page, f"{url}/pay")
    assert pressed.status == 303
    assert pressed.location.startswith(f"{url}/checkout/cs_")
    waiting = await browser.follow(pressed)
    check_page(waiting)
    assert "Nothing was charged" not in waiting.text
    link = await site.link_at(url)
    assert link.slots_taken == 1
    assert len(await site.shop.attempts(link)) == 1


async def test_cookies_over_https_are_secure(site: Site) -> None:
    link = await site.shop.link()
    session = (await site.shop.press_pay(link)).session
    name, value = checkout_cookie(session, link.slug, is_https=True)
    assert name == b"set-cookie"
    assert value.startswith(b"__Secure-lt_checkout=cs_")
    assert b"Secure" in value.split(b"; ")
