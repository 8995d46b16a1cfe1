"""The merchant's side of a running shop: finding and changing links, keys and endpoints, with the keyboard alone as well."""

import re
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.journeys.chromium import Person, faults, person
from tests.journeys.people import Merchant, Payer, eventually, reload_until
from tests.journeys.shop import Shop
from tests.notify.receivers import answer, endpoint


@pytest.fixture(scope="module", params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """SQLite alone: the story runs on both databases, and the payers' journeys on PostgreSQL. A browser is dear."""
    return str(request.param)


@pytest_asyncio.fixture(loop_scope="module")
async def owner(browser: Browser, shop: Shop) -> AsyncIterator[Merchant]:
    """The demo's owner, signed in."""
    async with person(browser) as somebody:
        merchant = Merchant(somebody.page, shop.linktill.base_url)
        await signed_in(merchant, shop)
        yield merchant


async def signed_in(merchant: Merchant, shop: Shop) -> None:
    await merchant.open("/dashboard")
    await merchant.sign_in(shop.linktill.story["email"], shop.linktill.story["password"])
    await expect(merchant.page.get_by_role("heading", level=1)).to_have_text("Hello, Corner Bicycle Workshop")


async def test_sign_in_and_out(shop: Shop, browser: Browser) -> None:
    async with person(browser) as somebody:
        page, merchant = somebody.page, Merchant(somebody.page, shop.linktill.base_url)
        await merchant.open("/dashboard/books")
        await merchant.sign_in(shop.linktill.story["email"], "not the password")
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_label("E-mail address")).to_have_value(shop.linktill.story["email"])
        await expect(page.get_by_label("Password")).to_have_value("")
        assert await faults(page) == []
        await merchant.sign_in(shop.linktill.story["email"], shop.linktill.story["password"])
        # On to where they wanted to go.
        await expect(page.get_by_role("heading", level=1)).to_have_text("Books")
        await merchant.press("Sign out")
        await expect(merchant.notice).to_have_text("You are signed out.")
        assert await faults(page) == []
        await page.go_back()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


async def test_search_and_filter(shop: Shop, owner: Merchant) -> None:
    page = owner.page
    chain = await shop.link(description="Chain, 11-speed", amount_minor=3100)
    await shop.call("POST", f"/payment_links/{chain['id']}/cancel")
    await shop.link(description="Brake pads")
    await owner.go("Links")
    rows = page.get_by_role("region", name="Links").get_by_role("row")
    await page.get_by_role("searchbox").fill("chain")
    await page.get_by_role("searchbox").press("Enter")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(1)).to_contain_text("Chain, 11-speed")
    await expect(rows.nth(1)).to_contain_text("$31.00")
    await expect(rows.nth(1)).to_contain_text("Canceled")
    await page.get_by_role("navigation", name="Status").get_by_role("link", name="Open").click()
    await expect(page.get_by_role("heading", name="No link fits")).to_be_visible()
    await page.get_by_role("link", name="Show all links").click()
    await page.get_by_role("navigation", name="Status").get_by_role("link", name="Open").click()
    await expect(rows.filter(has_text="Brake pads")).to_have_count(1)
    await expect(rows.filter(has_text="Chain, 11-speed")).to_have_count(0)
    assert await faults(page) == []


async def test_a_link_is_edited_copied_paused_and_canceled(owner: Merchant) -> None:
    page = owner.page
    url = await owner.new_link("Wheel truing", "25")
    await page.get_by_role("link", name="Edit", exact=True).click()
    await expect(page.get_by_label("How much?")).to_have_value("25.00")
    await page.get_by_label("How much?").fill("0")
    await owner.press("Save changes")
    await expect(page.get_by_role("alert")).to_contain_text("One thing needs another look:")
    assert await faults(page) == []
    await page.get_by_label("How much?").fill("27.50")
    await owner.press("Save changes")
    await expect(owner.notice).to_have_text("Saved. The address of the link is the same as before.")
    await expect(page.get_by_role("region", name="Details")).to_contain_text("$27.50")
    assert await page.get_by_label("Share this address").input_value() == url
    await owner.press("Pause")
    await expect(owner.badge).to_have_text("Paused")
    await owner.press("Open again")
    await expect(owner.badge).to_have_text("Open")
    await page.locator("summary", has_text="Cancel…").click()
    assert await faults(page) == []
    await owner.press("Yes, cancel the link")
    await expect(owner.badge).to_have_text("Canceled")
    assert [line.split("\n")[0] for line in await owner.history.all_inner_texts()] == [
        "Link canceled",
        "Link open again",
        "Link paused",
        "Link edited",
        "Link created",
    ]
    await owner.press("Duplicate")
    await expect(owner.notice).to_have_text("This is the copy, with an address of its own.")
    await expect(owner.badge).to_have_text("Open")
    assert await page.get_by_label("Share this address").input_value() != url


async def test_a_key_is_shown_once_works_and_can_be_taken_back(shop: Shop, owner: Merchant) -> None:
    page = owner.page
    await owner.go("Developers")
    await page.get_by_label("Name of a new key").fill("Web shop")
    await owner.press("Create key")
    key = await page.get_by_role("textbox", name="API key").input_value()
    assert re.fullmatch(r"lt_test_\S{40,}", key)
    assert await faults(page) == []
    assert await status_with(shop, key) == 200
    await owner.go("Developers")
    assert key not in await page.content()
    row = page.get_by_role("row").filter(has_text="Web shop")
    await row.locator("summary").click()
    assert await faults(page) == []
    await row.get_by_role("button", name="Revoke it").click()
    await expect(row).to_contain_text("Revoked")
    assert await status_with(shop, key) == 401


async def status_with(shop: Shop, key: str) -> int:
    """What the API answers to this key."""
    headers = {"authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession(shop.linktill.base_url) as http,
        http.get("/v1/payment_links", headers=headers) as response,
    ):
        return response.status


async def test_deliveries_are_logged_and_sent_again(shop: Shop, owner: Merchant) -> None:
    page = owner.page
    async with endpoint(answer(500, b"out of order"), answer(200, b"ok")) as program:
        await owner.go("Developers")
        await page.get_by_label("Address of a new endpoint").fill(program.url())
        await owner.press("Add endpoint")
        secret = await page.get_by_role("textbox", name="Secret").input_value()
        link = await shop.link(description="Handlebar tape")
        await eventually(lambda: anything(program.posts), "the webhook")
        # The address of the page with the secret leads on: the secret was shown once.
        await page.goto(page.url)
        assert secret not in await page.content()
        await page.get_by_role("link", name=program.url()).click()
        log = page.get_by_role("region", name="Deliveries")
        # Refused with 500, it comes again by itself a little later; a person need not wait.
        await expect(log.get_by_role("row").nth(1)).to_contain_text("payment_link.created")
        assert await faults(page) == []
        await owner.press("Send payment_link.created again")
        await expect(owner.notice).to_have_text("It is being sent again.")
        await reload_until(page, log.get_by_text("Delivered", exact=True))
        told = [post.verified(secret) for post in program.posts]
        assert {(event["type"], event["data"]["object"]["id"]) for event in told} == {
            ("payment_link.created", link["id"])
        }
        assert len({post.id for post in program.posts}) == 1
        await page.locator("summary", has_text="Remove endpoint…").click()
        assert await faults(page) == []
        await owner.press("Yes, remove it")
        await expect(owner.notice).to_have_text("The endpoint is removed. Nothing is sent to it any more.")


async def test_a_link_is_made_with_the_keyboard_alone(owner: Merchant) -> None:
    page = owner.page
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await tab_to(page, "New payment link")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("New payment link")
    await tab_to(page, "What is it for?")
    await page.keyboard.type("Bell, brass")
    await tab_to(page, "How much?")
    await page.keyboard.type("18.00")
    await tab_to(page, "once")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "Create the link")
    await page.keyboard.press("Space")
    await expect(owner.notice).to_have_text("The link is ready. Share its address.")
    await expect(page.get_by_role("region", name="Details")).to_contain_text("any number of times")
    await tab_to(page, "Copy")


async def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the focus is on what has this text, label or value. It must be seen where the focus is."""
    focused = """() => {
        const at = document.activeElement;
        const seen = getComputedStyle(at);
        const label = at.labels?.length ? at.labels[0].innerText : "";
        return {
            names: [at.innerText, at.ariaLabel, at.value, label].map(text => (text ?? "").trim()),
            ring: seen.outlineStyle !== "none" && parseFloat(seen.outlineWidth) >= 2 || seen.boxShadow !== "none",
        };
    }"""
    for _ in range(60):
        await page.keyboard.press("Tab")
        found = await page.evaluate(focused)
        if name in found["names"]:
            assert found["ring"], f"the focus on {name} cannot be seen"
            return
    pytest.fail(f"Tab never reaches {name}")


async def test_every_page_on_a_phone_in_the_dark(shop: Shop, browser: Browser) -> None:
    """After a payment, each page has something on it: axe finds nothing, and nothing scrolls sideways."""
    link = await shop.link(description="Repair, frame and fork, with a description that runs over two lines")
    async with person(browser, width=390, script=False) as ada:
        await Payer(ada.page).pay(link["url"])
        await Payer(ada.page).reads("Paid. Thank you!")
    [payment] = (await shop.call("GET", f"/payments?payment_link_id={link['id']}"))["data"]
    async with person(browser, width=390, scheme="dark") as somebody:
        merchant = Merchant(somebody.page, shop.linktill.base_url)
        await signed_in(merchant, shop)
        found = [
            *[await at(somebody, merchant, f"/dashboard{path}") for path in PAGES],
            await at(somebody, merchant, f"/dashboard/links/{link['id']}"),
            await at(somebody, merchant, f"/dashboard/links/{link['id']}/edit"),
            await at(somebody, merchant, f"/dashboard/payments/{payment['id']}"),
            await at(somebody, merchant, "/docs/api", colors_of="header, nav, article:nth-of-type(-n+2)"),
        ]
        assert [fault for each in found for fault in each] == []
        await merchant.open("/dashboard/nowhere")
        await expect(somebody.page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
        assert await faults(somebody.page) == []


PAGES = ("", "/links", "/links/new", "/payments", "/books", "/mails", "/developers", "/settings")


async def at(somebody: Person, merchant: Merchant, path: str, *, colors_of: str | None = None) -> list[str]:
    await merchant.open(path)
    return await faults(somebody.page, colors_of=colors_of)


async def test_settings_reach_the_payers_page(shop: Shop, owner: Merchant, browser: Browser) -> None:
    page = owner.page
    await owner.go("Settings")
    await page.get_by_label("E-mail for questions").fill("not an address")
    # The browser's own check is for those who have it; ours is for everybody.
    await page.evaluate("document.querySelector('main form').noValidate = true")
    await owner.press("Save")
    await expect(page.get_by_role("alert")).to_contain_text("e-mail address")
    assert await faults(page) == []
    await page.get_by_label("E-mail for questions").fill("help@bicycles.example")
    await owner.press("Save")
    await expect(owner.notice).to_have_text("Saved.")
    link = await shop.link()
    async with person(browser, width=390, script=False) as ada:
        await ada.page.goto(link["url"])
        href = await ada.page.get_by_role("link", name=re.compile("^Ask ")).get_attribute("href")
        assert href is not None
        assert href.startswith("mailto:help@bicycles.example?")


@pytest.mark.parametrize(
    ("plant", "heard"),
    [
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("setTimeout(() => { throw new Error('planted') })", "planted"),
        ("fetch('https://example.com/').catch(() => 0)", "Content Security Policy"),
    ],
)
async def test_what_a_browser_complains_of_is_heard(
    shop: Shop, browser: Browser, plant: str, heard: str
) -> None:
    with pytest.raises(AssertionError, match=heard):
        await planted(browser, f"{shop.linktill.base_url}/sign-in", plant)


async def planted(browser: Browser, url: str, plant: str) -> None:
    async with person(browser) as somebody:
        await somebody.page.goto(url)
        await somebody.page.evaluate(plant)
        await eventually(lambda: anything(somebody.troubles), "a complaint")


async def anything(found: Sequence[object]) -> bool:
    return bool(found)
