"""Going live in the dashboard: the page, the switch, and what an address of the other books answers. LL18."""

import pytest

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.flows.go_live import go_live
from linktill.storage.gateway_accounts import StoredAccount, insert_account
from linktill.storage.invariants import merchants
from linktill.storage.merchants import get_merchant, other_books
from tests.make import make_merchant
from tests.web.browsing import Browser
from tests.web.site import Site
from tests.web.test_every_page import EMPTY, check_page

GO = "/dashboard/go-live"
SWITCH = "/dashboard/switch"
TEST = "Test mode: everything works, but no real money moves."
LIVE = "Live: money here is real."


async def opened(site: Site) -> Browser:
    """The owner's browser, in live books that were just opened."""
    browser = await site.member()
    answer = await browser.submit(await browser.get(GO), GO)
    assert (answer.status, answer.location) == (303, GO)
    return browser


async def live_id(site: Site) -> MerchantId:
    found = await site.shop.services.database.read(other_books, site.shop.id)
    assert found is not None
    return found


async def link_in_live(site: Site, browser: Browser) -> str:
    """Makes a link in the live books; answers its page."""
    new = await browser.get("/dashboard/links/new")
    made = await browser.submit(new, "/dashboard/links", description="Real tea", amount="5", currency="USD")
    assert made.status == 303, made.text
    return made.location


async def test_the_live_books_are_opened_and_shown(site: Site) -> None:
    browser = await site.member()
    home = await browser.get("/dashboard")
    assert TEST in home.text
    assert 'href="/dashboard/go-live">Go live' in home.text
    assert SWITCH not in home.text
    page = await browser.get(GO)
    check_page(page)
    for words in (
        "None is connected in your live books",
        "LINKTILL_SMTP_URL",
        "LINKTILL_BASE_URL",
        "linktill backup",
    ):
        assert words in page.text
    answer = await browser.submit(page, GO)
    assert (answer.status, answer.location) == (303, GO)
    page = await browser.follow(answer)
    check_page(page)
    assert "Your live books are open" in page.text
    assert (LIVE in page.text, TEST in page.text) == (True, False)
    assert "Open live books" not in page.text
    live = await site.shop.services.database.read(get_merchant, await live_id(site))
    assert live is not None
    assert (live.mode, live.name, live.currency) == (Mode.LIVE, site.shop.merchant.name, "USD")
    home = await browser.get("/dashboard")
    assert "Nobody can pay yet." in home.text
    for url in EMPTY:
        page = await browser.get(url)
        check_page(page)
        assert (LIVE in page.text, TEST in page.text) == (url != "/dashboard/links/preview", False), url
    await site.shop.services.database.run(
        insert_account,
        StoredAccount(
            live.id,
            GatewayAccountId("gwa_live"),
            "stripe",
            b"",
            b"",
            1,
            0,
            mode=Mode.LIVE,
            vendor_id="acct_1",
        ),
    )
    assert "Nobody can pay yet." not in (await browser.get("/dashboard")).text


async def test_opening_them_again_opens_nothing_new(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(GO)
    for _ in range(2):  # the second press comes from a page of the test books
        assert (await browser.submit(page, GO)).status == 303
    assert len(await site.shop.services.database.read(merchants)) == 2


async def test_at18_opening_and_switching_need_the_token(site: Site) -> None:
    browser = await site.member()
    for action, fields in ((GO, {}), (SWITCH, {"mode": "live"})):
        check_page(await browser.post(action, {**fields, "csrf_token": "x"}), 403)
        check_page(await browser.post(action, fields), 403)
        stranger = await site.browser().post(action, fields)
        assert stranger.location.startswith("/sign-in")
    assert await site.shop.services.database.read(other_books, site.shop.id) is None
    await go_live(site.shop.services, site.shop.id)
    check_page(await browser.post(SWITCH, {"mode": "live", "csrf_token": "x"}), 403)
    assert TEST in (await browser.get("/dashboard")).text


async def test_a_switch_leads_to_the_same_list_in_the_other_books(site: Site) -> None:
    link = await site.shop.link(description="Tea for tests")
    browser = await opened(site)
    page = await browser.get("/dashboard/links")
    assert "Tea for tests" not in page.text
    answer = await browser.submit(page, SWITCH)
    assert (answer.status, answer.location) == (303, "/dashboard/links")
    page = await browser.follow(answer)
    assert "These are your test books" in page.text
    assert "Tea for tests" in page.text
    shown = await browser.get(f"/dashboard/links/{link.id}")
    assert shown.form(SWITCH)["next"] == "/dashboard/links"
    page = await browser.follow(await browser.submit(shown, SWITCH))
    assert LIVE in page.text
    assert "Tea for tests" not in page.text


async def test_a_switch_to_what_is_not_there(site: Site) -> None:
    browser = await site.member()
    token = (await browser.get(GO)).form(GO)["csrf_token"]
    answer = await browser.post(SWITCH, {"mode": "live", "csrf_token": token})
    assert (answer.status, answer.location) == (303, GO)
    for mode in ("", "LIVE", "mer_1", "x" * 500):
        check_page(await browser.post(SWITCH, {"mode": mode, "csrf_token": token}), 422)
    assert TEST in (await browser.get("/dashboard")).text


@pytest.mark.parametrize("away", ["https://evil.example", "//evil.example", "/\\evil.example", "", "x" * 600])
async def test_at17_a_switch_leads_to_no_other_site(site: Site, away: str) -> None:
    browser = await opened(site)
    answer = await browser.submit(await browser.get("/dashboard"), SWITCH, next=away)
    assert (answer.status, answer.location) == (303, "/dashboard")


async def test_ll18_an_address_of_the_other_books_says_so(site: Site) -> None:
    shop = site.shop
    link = await shop.link()
    paid = await shop.pay(link)
    browser = await opened(site)
    for url in (
        f"/dashboard/links/{link.id}",
        f"/dashboard/links/{link.id}/edit",
        f"/dashboard/payments/{paid.id}",
    ):
        page = await browser.get(url)
        check_page(page, 404)
        assert "This is in your test books" in page.text
        assert link.terms.description not in page.text
        assert LIVE in page.text
    page = await browser.get(f"/dashboard/links/{link.id}?cursor=x")
    assert page.text.count(SWITCH) == 2  # the ribbon's, and the page's own
    answer = await browser.post(SWITCH, {**page.form(SWITCH), "next": f"/dashboard/links/{link.id}"})
    assert answer.location == f"/dashboard/links/{link.id}"
    assert link.terms.description in (await browser.follow(answer)).text
    nowhere = await browser.get("/dashboard/links/plink_none")
    check_page(nowhere, 404)
    assert "There is nothing here" in nowhere.text


async def test_ll18_and_what_another_business_has_is_not_there(site: Site) -> None:
    services = site.shop.services
    theirs = await make_merchant(services, "Another business")
    their_live = await go_live(services, theirs.id)
    mine = site.shop.merchant
    site.shop.merchant = their_live
    link = await site.shop.link(description="Not yours")
    site.shop.merchant = mine
    browser = await opened(site)
    for _ in range(2):
        page = await browser.get(f"/dashboard/links/{link.id}")
        check_page(page, 404)
        assert "There is nothing here" in page.text
        await browser.submit(await browser.get("/dashboard"), SWITCH)


async def test_at18_a_form_left_open_in_the_test_books_does_nothing_in_the_live_ones(site: Site) -> None:
    """AT18, LL18: two tabs, one session."""
    link = await site.shop.link()
    browser = await site.member()
    form = await browser.get("/dashboard/links/new")
    settings = await browser.get("/dashboard/settings")
    shown = await browser.get(f"/dashboard/links/{link.id}")
    await browser.submit(await browser.get(GO), GO)
    typed = {"description": "A trial for nothing", "amount": "1", "currency": "USD"}
    for page, action, fields in (
        (form, "/dashboard/links", typed),
        (settings, "/dashboard/settings", {"business_name": "Trial"}),
        (shown, f"/dashboard/links/{link.id}/pause", {}),
    ):
        refused = await browser.submit(page, action, **fields)
        check_page(refused, 409)
        assert "You have switched to your live books" in refused.text
    assert "A trial for nothing" not in (await browser.get("/dashboard/links")).text
    live = await site.shop.services.database.read(get_merchant, await live_id(site))
    assert live is not None
    assert live.name == site.shop.merchant.name
    assert (await site.shop.fresh(link)).status == link.status
    # Signing out means the same in both.
    assert (await browser.submit(settings, "/sign-out")).location.startswith("/sign-in")


async def test_each_book_has_its_own_link_and_payers_page(site: Site) -> None:
    browser = await opened(site)
    url = await link_in_live(site, browser)
    link_page = await browser.get(url)
    check_page(link_page)
    slug = link_page.text.split("/p/")[1].split('"')[0]
    payers = await site.browser().get(f"/p/{slug}")
    assert payers.status == 200
    assert "Test mode" not in payers.text
    of_test = await site.shop.link()
    assert "Test mode" in (await site.browser().get(f"/p/{of_test.slug}")).text
    # Pay without a gateway in the live books: the sandbox of the test books does not step in.
    pressed = await site.browser().submit(payers, f"/p/{slug}/pay", email="ada@example.com", name="Ada")
    assert pressed.status == 503
    assert site.shop.wire.sent == []


async def test_keys_and_numbers_for_tests_are_not_among_the_live(site: Site) -> None:
    browser = await opened(site)
    page = await browser.get("/dashboard/developers")
    assert "4242 4242 4242 4242" not in page.text
    made = await browser.submit(page, "/dashboard/developers/keys", name="Shop")
    assert "lt_live_" in made.text
    settings = await browser.get("/dashboard/settings")
    assert "Sandbox" not in settings.text
