"""A link is opened: what it shows, what it writes (nothing), and what it answers when it takes no payment."""

import pytest

from linktill.core.payment_link import PaymentLink
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import pause_link
from linktill.storage.link_views import views_of
from tests.web.site import Site
from tests.web.test_every_page import check_page

DAY_US = 24 * 3600 * 1_000_000


async def test_a_link_shows_what_is_due_and_to_whom(site: Site) -> None:
    now = site.shop.services.clock.now_us()
    link = await site.shop.link(
        123_456, description="Logo <design>", note="Thank you\nvery much", due_at=now + DAY_US
    )
    page = await site.browser().get(f"/p/{link.slug}")
    check_page(page)
    assert page.text.count("$1,234.56") >= 2
    assert "Logo &lt;design&gt;" in page.body.decode()
    for words in ("Bea's Bikes", "Thank you\nvery much", "Due ", "Test mode", "Report this link", "Sandbox"):
        assert words in page.text
    assert page.form(f"/p/{link.slug}/pay") == {
        "submit_token": page.submit_token,
        "version": "1",
        "amount_minor": "123456",
        "currency": "USD",
        "email": "",
        "name": "",
    }
    assert len(page.submit_token) >= 20
    assert page.submit_token != (await site.browser().get(f"/p/{link.slug}")).submit_token


async def test_wh06_wh16_opening_writes_nothing_and_sets_no_cookie(site: Site) -> None:
    """Link previews and mail scanners open every link, some with HEAD."""
    link = await site.shop.link()
    before = await site.shop.fresh(link)
    for agent in ("Slackbot-LinkExpanding 1.0", "facebookexternalhit/1.1", "Mozilla/5.0"):
        browser = site.browser()
        page = await browser.get(f"/p/{link.slug}", user_agent=agent)
        assert page.status == 200
        assert page.header("set-cookie") == ""
        assert browser.cookies == {}
        assert (await browser.get(f"/p/{link.slug}/pay")).location == f"/p/{link.slug}"
        assert (await browser.get(f"/p/{link.slug}/checkout/cs_1?k=1234567890123456")).status == 404
    assert (await site.browser().head(f"/p/{link.slug}")).status == 200
    assert await site.shop.fresh(link) == before
    assert await site.shop.attempts(link) == []
    assert site.shop.wire.sent == []
    assert await views(site, link) == 0
    await site.views.flush(site.shop.services)
    assert await views(site, link) == 3


async def views(site: Site, link: PaymentLink) -> int:
    return (await site.shop.services.database.read(views_of, site.shop.id, link.id))[0]


async def test_wh02_wh17_the_policy_names_the_gateway_and_there_is_no_script(site: Site) -> None:
    """Chromium applies form-action to the redirect after Pay."""
    link = await site.shop.link()
    page = await site.browser().get(f"/p/{link.slug}")
    assert b"<script" not in page.body
    policy = page.header("content-security-policy")
    gateway = site.shop.services.gateways["sandbox"].form_action_origin
    assert f"form-action 'self' {gateway};" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_ll01_ll02_an_expired_link_says_so_and_takes_nothing(site: Site) -> None:
    shop = site.shop
    now = shop.services.clock.now_us()
    link = await shop.link(expires_at=now + DAY_US)
    browser = site.browser()
    url = f"/p/{link.slug}"
    page = await browser.get(url)
    shop.running.clock.advance(2 * 24 * 3600)
    expired = await browser.get(url)
    check_page(expired, 410)
    assert "This link has expired" in expired.text
    assert "Ask for a new link" in expired.text
    refused = await browser.submit(page, f"{url}/pay", email="ada@example.com", name="Ada")
    check_page(refused, 409)
    assert refused.header("linktill-problem") == "link_expired"
    assert "This link has expired" in refused.text
    assert "Nothing was charged" in refused.text
    kept = refused.form(f"{url}/pay")
    assert (kept["email"], kept["name"], kept["submit_token"]) == (
        "ada@example.com",
        "Ada",
        page.submit_token,
    )
    assert refused.header("set-cookie") == ""
    assert await shop.attempts(link) == []
    assert shop.wire.sent == []


@pytest.mark.parametrize(
    ("status", "words", "problem"),
    [(410, "This link was canceled", "link_canceled"), (200, "Payments are paused", "link_paused")],
)
async def test_a_closed_link_takes_nothing(site: Site, status: int, words: str, problem: str) -> None:
    shop = site.shop
    link = await shop.link()
    url = f"/p/{link.slug}"
    browser = site.browser()
    page = await browser.get(url)
    await (cancel_link if status == 410 else pause_link)(shop.services, shop.id, link.id)
    closed = await browser.get(url)
    check_page(closed, status)
    assert words in closed.text
    refused = await browser.submit(page, f"{url}/pay")
    check_page(refused, 409)
    assert refused.header("linktill-problem") == problem
    assert await shop.attempts(link) == []
    assert shop.wire.sent == []


async def test_a_link_that_opens_later_says_when(site: Site) -> None:
    shop = site.shop
    link = await shop.link(starts_at=shop.services.clock.now_us() + DAY_US)
    page = await site.browser().get(f"/p/{link.slug}")
    check_page(page)
    assert "Not open yet" in page.text
    assert "You can pay from" in page.text
    shop.running.clock.advance(25 * 3600)
    assert "Pay $40.00" in (await site.browser().get(f"/p/{link.slug}")).text


async def test_the_merchants_own_words_close_a_link(site: Site) -> None:
    shop = site.shop
    link = await shop.link(closed_message="The next course starts in May.")
    await cancel_link(shop.services, shop.id, link.id)
    assert "The next course starts in May." in (await site.browser().get(f"/p/{link.slug}")).text


async def test_an_unknown_link_is_not_found(site: Site) -> None:
    browser = site.browser()
    for slug in ("nothing", "%00", "a" * 65, "..%2f..", "%E2%80%AE", "'--", "robots.txt"):
        page = await browser.get(f"/p/{slug}")
        check_page(page, 404)
        assert "There is no payment link here" in page.text
        check_page(await browser.post(f"/p/{slug}/pay", {"submit_token": "x" * 24}), 404)


async def test_a_paid_link_says_so_to_whoever_comes_later(site: Site) -> None:
    link = await site.shop.link()
    await site.shop.pay(link)
    page = await site.browser().get(f"/p/{link.slug}")
    check_page(page, 410)
    assert "This has been paid" in page.text


async def test_a_sold_out_link_says_so(site: Site) -> None:
    link = await site.shop.link(payments_max=2)
    await site.shop.pay(link, "1")
    await site.shop.pay(link, "2")
    page = await site.browser().get(f"/p/{link.slug}")
    check_page(page, 410)
    assert "Sold out" in page.text


async def test_an_address_typed_with_capitals_leads_to_its_page(site: Site) -> None:
    """Telephones begin a word with a capital; addresses that were drawn mean what they say."""
    link = await site.shop.link(slug="cake-order")
    answer = await site.browser().get("/p/Cake-Order")
    assert (answer.status, answer.location) == (303, f"/p/{link.slug}")
    assert (await site.browser().get("/p/Cake-Ordered")).status == 404
    drawn = await site.shop.link()
    assert (await site.browser().get(f"/p/{drawn.slug.swapcase()}")).status == 404
