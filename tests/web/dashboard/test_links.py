"""A merchant makes, edits, pauses, cancels and copies links; what people type is read exactly or refused beside its field."""

import asyncio
from datetime import UTC, datetime

import pytest

from linktill.core.ids import LinkId
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.manage_links import find_links, read_link
from linktill.storage.events import list_events
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

NEW = "/dashboard/links/new"
LINKS = "/dashboard/links"
GOOD = {"description": "Logo design", "amount": "40.50", "currency": "USD"}


async def links_of(site: Site) -> list[PaymentLink]:
    return (await find_links(site.shop.services, site.shop.id, limit=100)).links


async def create(browser: Browser, **typed: str) -> Page:
    return await browser.submit(await browser.get(NEW), LINKS, **{**GOOD, **typed})


async def test_a_link_is_made_and_shown(site: Site) -> None:
    browser = await site.member()
    made = await create(
        browser,
        note="Thank you\r\nvery much",
        use="limited",
        payments_max="3",
        due_on="2027-01-15",
        starts_on="2026-12-01",
        expires_on="2027-02-28",
        redirect_url="https://nord.example/thanks",
        closed_message="Over.",
        reference="INV-7",
    )
    assert made.status == 303
    [link] = await links_of(site)
    assert made.location == f"/dashboard/links/{link.id}"
    terms = link.terms
    assert (terms.amount.minor, terms.amount.currency, terms.description) == (4_050, "USD", "Logo design")
    assert (terms.note, terms.payments_max, terms.reference) == ("Thank you\nvery much", 3, "INV-7")
    assert (terms.redirect_url, terms.closed_message) == ("https://nord.example/thanks", "Over.")
    assert terms.starts_at == moment(2026, 12, 1)
    assert terms.due_at == moment(2027, 1, 16) - 1, "the whole day is in time"
    assert terms.expires_at == moment(2027, 3, 1) - 1, "open until the last day ends"
    page = await browser.follow(made)
    check_page(page)
    assert "The link is ready" in page.text
    assert f"http://linktill.test/p/{link.slug}" in page.text
    assert "The link is ready" not in (await browser.get(made.location)).text, "told once"


def moment(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000


async def test_cc01_a_form_sent_twice_makes_one_link(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(NEW)
    first, second = await asyncio.gather(
        browser.submit(page, LINKS, **GOOD), browser.submit(page, LINKS, **GOOD)
    )
    third = await browser.submit(page, LINKS, **GOOD)
    assert first.location == second.location == third.location
    assert len(await links_of(site)) == 1
    other = await browser.submit(page, LINKS, **{**GOOD, "amount": "41"})
    check_page(other, 409)
    assert "has made a link already" in other.text
    assert len(await links_of(site)) == 1
    assert (await browser.submit(other, LINKS)).status == 303
    assert [link.terms.amount.minor for link in await links_of(site)] == [4_100, 4_050]


BAD_AMOUNTS = (
    "",
    "-1",
    "－１００",
    "１００",
    "0",
    "0.00",
    "1,00",
    "1.234,56",
    "1e3",
    "NaN",
    "Infinity",
    "+5",
    "1 000",
    "$40",
    "40.005",
    "9999999999999",
    "9223372036854775808",
    "0x10",
    "٤٠",
    "½",
    ".5",
    "40.",
    "-0",
)


async def test_ll16_mc13_ll22_an_amount_that_is_none_is_refused(site: Site) -> None:
    browser = await site.member()
    for amount in BAD_AMOUNTS:
        page = await create(browser, amount=amount, note="kept")
        assert page.status == 422, amount
        check_page(page, 422)
        assert 'id="amount-error"' in page.text, amount
        form = page.form(LINKS)
        assert (form["amount"], form["note"], form["description"]) == (amount, "kept", "Logo design")
    assert await links_of(site) == []


async def test_amounts_are_read_in_the_currencys_own_minor_units(site: Site) -> None:
    browser = await site.member()
    for amount, currency, minor in (
        ("40", "USD", 4_000),
        (" 40.5 ", "USD", 4_050),
        ("0.01", "USD", 1),
        ("1234567890.12", "USD", 123_456_789_012),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1_234),
    ):
        made = await create(browser, amount=amount, currency=currency)
        assert made.status == 303, made.text
        newest = (await links_of(site))[0].terms.amount
        assert (newest.minor, newest.currency) == (minor, currency)


BAD_FIELDS: tuple[tuple[dict[str, str], str], ...] = (
    ({"amount": "1.5", "currency": "JPY"}, "amount"),
    ({"currency": "usd"}, "currency"),
    ({"currency": "XXX"}, "currency"),
    ({"currency": "BGN"}, "currency"),
    ({"currency": ""}, "currency"),
    ({"description": ""}, "description"),
    ({"description": " \u202e "}, "description"),
    ({"description": "x" * 501}, "description"),
    ({"description": "4242 4242 4242 4242"}, "description"),
    ({"note": "x" * 2_001}, "note"),
    ({"reference": "x" * 201}, "reference"),
    ({"closed_message": "x" * 501}, "closed_message"),
    ({"use": "limited", "payments_max": ""}, "payments_max"),
    ({"use": "limited", "payments_max": "0"}, "payments_max"),
    ({"use": "limited", "payments_max": "-1"}, "payments_max"),
    ({"use": "limited", "payments_max": "1.5"}, "payments_max"),
    ({"use": "limited", "payments_max": "１"}, "payments_max"),
    ({"use": "limited", "payments_max": "1000001"}, "payments_max"),
    ({"use": "sometimes"}, "use"),
    ({"redirect_url": "javascript:alert(1)"}, "redirect_url"),
    ({"redirect_url": "http://example.com"}, "redirect_url"),
    ({"redirect_url": "//example.com"}, "redirect_url"),
    ({"redirect_url": "https://a@example.com"}, "redirect_url"),
    ({"expires_on": "2020-01-01"}, "expires_on"),
    ({"starts_on": "2027-02-01", "expires_on": "2027-01-01"}, "expires_on"),
    ({"due_on": "2026-02-30"}, "due_on"),
    ({"due_on": "0000-01-01"}, "due_on"),
    ({"due_on": "9999-12-31"}, "due_on"),
    ({"due_on": "+275760-09-13"}, "due_on"),
    ({"due_on": "２０２７-01-01"}, "due_on"),
    ({"starts_on": "1.12.2026"}, "starts_on"),
)


async def test_errors_stand_beside_their_field(site: Site) -> None:
    browser = await site.member()
    for typed, field in BAD_FIELDS:
        page = await create(browser, **typed)
        assert page.status == 422, typed
        check_page(page, 422)
        assert f'id="{field}-error"' in page.text, typed
        assert page.text.count('-error"><svg') == 1, "no other field is blamed"
    assert await links_of(site) == []


async def test_all_errors_are_told_at_once(site: Site) -> None:
    page = await create(await site.member(), description="", amount="x", redirect_url="x", due_on="x")
    check_page(page, 422)
    assert "4 things need another look" in page.text


async def test_a_form_without_our_token_changes_nothing(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(NEW)
    for token in ("", "x", "ü", "x" * 5_000):
        answer = await browser.submit(page, LINKS, **GOOD, csrf_token=token)
        check_page(answer, 403)
        assert "open for too long" in answer.text
    stranger = site.browser()
    assert (await stranger.post(LINKS, {**page.form(LINKS), **GOOD})).location == "/sign-in?next=%2Fdashboard"
    assert (await browser.submit(page, LINKS, submit_token="", **GOOD)).status == 422
    for headers in ({"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}):
        assert (await browser.post(LINKS, {**page.form(LINKS), **GOOD}, **headers)).status == 403
    silent = Browser(site.app, browser.cookies)
    assert (await silent.post(LINKS, {**page.form(LINKS), **GOOD})).status == 403
    assert await links_of(site) == []


async def test_iv06_fields_that_the_form_does_not_have_do_nothing(site: Site) -> None:
    made = await create(
        await site.member(), status="paid", id="plink_mine", merchant_id="mer_other", captured_minor="5"
    )
    assert made.status == 303
    [link] = await links_of(site)
    assert (link.merchant_id, link.status, link.captured_minor) == (site.shop.id, LinkStatus.ACTIVE, 0)
    assert link.id != "plink_mine"


async def test_an_edit_keeps_what_it_does_not_change(site: Site) -> None:
    shop = site.shop
    noon = moment(2027, 5, 5) + 12 * 3600 * 1_000_000
    link = await shop.link(
        expires_at=noon, due_at=noon, metadata={"shop": "7"}, payments_max=None, note="a\nb"
    )
    browser = await site.member()
    url = f"/dashboard/links/{link.id}/edit"
    page = await browser.get(url)
    check_page(page)
    form = page.form(url)
    assert (form["amount"], form["expires_on"], form["use"]) == ("40.00", "2027-05-05", "unlimited")
    saved = await browser.submit(page, url, description="Another")
    assert saved.location == f"/dashboard/links/{link.id}"
    assert "Saved." in (await browser.follow(saved)).text
    after = await shop.fresh(link)
    assert after.version == 2
    assert after.terms.description == "Another"
    assert (after.terms.expires_at, after.terms.due_at) == (noon, noon), "a time that a program has set stays"
    assert (after.terms.metadata, after.terms.note) == ({"shop": "7"}, "a\nb")
    other_day = await browser.submit(await browser.get(url), url, expires_on="2027-05-06")
    assert other_day.status == 303
    assert (await shop.fresh(link)).terms.expires_at == moment(2027, 5, 7) - 1


async def test_two_editors_do_not_overwrite_one_another(site: Site) -> None:
    link = await site.shop.link()
    browser = await site.member()
    url = f"/dashboard/links/{link.id}/edit"
    first, second = await browser.get(url), await browser.get(url)
    assert (await browser.submit(first, url, amount="50")).status == 303
    late = await browser.submit(second, url, description="Mine")
    check_page(late, 409)
    assert "Someone else has changed this link" in late.text
    assert late.form(url)["description"] == "Mine"
    after = await site.shop.fresh(link)
    assert (after.terms.amount.minor, after.terms.description) == (5_000, "A bicycle repair")
    bad = await browser.submit(await browser.get(url), url, amount="1,00")
    check_page(bad, 422)
    assert (await browser.submit(late, url, version="")).status == 409
    assert (await site.shop.fresh(link)).version == 2


async def test_a_link_is_paused_resumed_canceled_and_copied(site: Site) -> None:
    shop = site.shop
    link = await shop.link(reference="R-1")
    browser = await site.member()
    url = f"/dashboard/links/{link.id}"

    async def press(action: str) -> Page:
        answer = await browser.submit(await browser.get(url), f"{url}/{action}")
        return await browser.follow(answer) if answer.status == 303 else answer

    assert "Paused." in (await press("pause")).text
    assert (await shop.fresh(link)).status is LinkStatus.PAUSED
    assert "open again" in (await press("resume")).text
    assert (await shop.fresh(link)).status is LinkStatus.ACTIVE
    page = await browser.get(url)
    assert "Yes, cancel the link" in page.text
    assert "The link is canceled" in (await press("cancel")).text
    assert (await shop.fresh(link)).status is LinkStatus.CANCELED
    closed = await browser.get(url)
    for action in ("/pause", "/resume", "/cancel", "/edit"):
        assert f"{url}{action}" not in closed.text, "no button leads to a refusal"
    token = closed.form(f"{url}/duplicate")["csrf_token"]
    refused = await browser.post(f"{url}/resume", {"csrf_token": token})
    check_page(refused, 409)
    assert "cannot be resumed" in refused.text
    check_page(await browser.get(f"{url}/edit"), 409)
    first, second = await asyncio.gather(
        browser.submit(closed, f"{url}/duplicate"), browser.submit(closed, f"{url}/duplicate")
    )
    assert first.location == second.location != url
    copy = (await read_link(shop.services, shop.id, LinkId(first.location.rsplit("/", 1)[-1]))).link
    assert copy.terms == link.terms
    assert copy.status is LinkStatus.ACTIVE
    assert copy.slug != link.slug
    assert len(await links_of(site)) == 2


async def test_the_history_says_who_did_what(site: Site) -> None:
    shop = site.shop
    link = await shop.link()
    await shop.pay(link, "1", "insufficient_funds")
    await shop.pay(link, "2")
    page = await (await site.member()).get(f"/dashboard/links/{link.id}")
    check_page(page)
    for words in (
        "Link created",
        "Payer pressed Pay",
        "not enough money",
        "Payment received",
        "paid in full",
    ):
        assert words in page.text
    events = await shop.services.database.read(list_events, shop.id, limit=50, link_id=link.id)
    assert page.text.count("<li class=") >= len(events)


async def test_lists_filter_search_and_page(site: Site) -> None:
    shop = site.shop
    made = [await shop.link(description=f"Chair {number:03}") for number in range(105)]
    await shop.link(description="Table", reference="INV-9")
    browser = await site.member()
    first = await browser.get("/dashboard/links")
    check_page(first)
    assert "Table" in first.text
    assert "Chair 104" in first.text
    assert "Chair 055" not in first.text
    second = await browser.get(f"/dashboard/links?cursor={made[56].id}")
    assert "Chair 055" in second.text
    assert "Chair 056" not in second.text
    third_url = links_in(second, 'rel="next"')
    third = await browser.get(third_url)
    assert "Chair 000" in third.text
    assert 'rel="next"' not in third.text
    back = await browser.get(links_in(third, 'rel="prev"'))
    assert "Chair 055" in back.text
    assert "Chair 056" not in back.text
    start = await browser.get(links_in(back, 'rel="prev"'))
    assert "Table" in start.text
    assert "Table" in (await browser.get("/dashboard/links?q=inv")).text
    assert "No link fits" in (await browser.get("/dashboard/links?q=sofa")).text
    assert "No link has this status" in (await browser.get("/dashboard/links?status=canceled")).text


def links_in(page: Page, mark: str) -> str:
    before = page.text.partition(mark)[2]
    return before.partition('href="')[2].partition('"')[0]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_preview_shows_the_payers_page_and_nothing_can_be_pressed(site: Site, method: str) -> None:
    browser = await site.member()
    typed = {
        "description": "Logo <b>",
        "amount": "12.5",
        "currency": "EUR",
        "note": "Hello",
        "due_on": "2027-01-01",
    }
    if method == "GET":
        page = await browser.get(
            "/dashboard/links/preview?description=Logo+%3Cb%3E&amount=12.5&currency=EUR&note=Hello&due_on=2027-01-01"
        )
    else:
        token = (await browser.get(NEW)).form(LINKS)["csrf_token"]
        page = await browser.post("/dashboard/links/preview", {**typed, "csrf_token": token})
    assert page.status == 200
    policy = page.header("content-security-policy")
    assert "form-action 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert page.header("x-frame-options") == "SAMEORIGIN"
    for words in ("Logo &lt;b&gt;", "€12.50", "Hello", "January 1, 2027", "disabled"):
        assert words in page.body.decode()
    half = await browser.get("/dashboard/links/preview?amount=1,0&currency=zzz&expires_on=x&description=")
    assert half.status == 200
    assert "$0.00" in half.text
    assert await links_of(site) == []


async def test_wh07_nothing_but_the_preview_may_be_framed(site: Site) -> None:
    link = await site.shop.link()
    browser = await site.member()
    for url in ("/dashboard", NEW, f"/p/{link.slug}", "/sign-in?x"):
        page = await browser.get(url)
        if page.status == 200:
            assert page.header("x-frame-options") == "DENY"
            assert "frame-ancestors 'none'" in page.header("content-security-policy")


async def test_a_link_gets_the_address_that_was_typed_and_no_other_link_does(site: Site) -> None:
    browser = await site.member()
    assert (await create(browser, slug=" Cake-Order ")).status == 303
    [link] = await links_of(site)
    assert link.slug == "cake-order"
    taken = await create(browser, slug="cake-order")
    assert taken.status == 409
    assert "The address cake-order is taken. Choose another, such as cake-order-2." in taken.text
    wrong = await create(browser, slug="cake order")
    assert wrong.status == 422
    assert "with single hyphens between them" in wrong.text
    assert [each.id for each in await links_of(site)] == [link.id]
    assert (await create(browser, slug="cake-order-2")).status == 303
    edit = await browser.get(f"/dashboard/links/{link.id}/edit")
    assert 'name="slug"' not in edit.body.decode()
