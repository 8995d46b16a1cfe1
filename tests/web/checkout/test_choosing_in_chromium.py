"""A payer's choices in a real browser, under the real policy, with the script and without it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import Pricing
from tests.chromium import ARGS, CHROMIUM, needs_chromium
from tests.make import BASE_URL
from tests.sandbox.running import open_port, serving
from tests.web.checkout.test_choosing import CAKES, GIFT, SHOP
from tests.web.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), needs_chromium]


@pytest.fixture
def dialect() -> str:
    """One will do: what the server says is tried on both in test_choosing.py."""
    return "sqlite"


@pytest_asyncio.fixture
async def browser(site: Site) -> AsyncIterator[Browser]:
    """Linktill is served on loopback; the browser finds it under its own name."""
    listening, port = open_port()
    rules = f"--host-resolver-rules=MAP linktill.test:80 127.0.0.1:{port}"
    async with serving(site.app, listening), async_playwright() as playwright:
        safe = f"--unsafely-treat-insecure-origin-as-secure={BASE_URL}"
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, rules, safe])
        yield made
        await made.close()


async def opened(
    browser: Browser, site: Site, pricing: Pricing, *, script: bool, amount_minor: int = 4_000
) -> tuple[Page, PaymentLink, list[str]]:
    link = await site.shop.link(amount_minor, pricing=pricing, payments_max=None)
    context = await browser.new_context(java_script_enabled=script)
    context.set_default_timeout(20_000)
    said: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    page = await context.new_page()
    await page.goto(f"{BASE_URL}/p/{link.slug}")
    return page, link, said


async def charged(site: Site, link: PaymentLink) -> list[int]:
    return [attempt.amount.minor for attempt in await site.shop.attempts(link)]


async def test_the_sum_follows_the_choices(browser: Browser, site: Site) -> None:
    page, link, said = await opened(browser, site, CAKES, script=True)
    await expect(page.get_by_role("button", name="Show what it comes to")).to_be_hidden()
    await expect(page.get_by_role("button", name="Pay $27.00")).to_be_visible()
    await page.get_by_label("Large").check()
    await page.get_by_label("How many?").first.fill("2")
    await page.get_by_label("Box").check()
    await page.get_by_label("10%").check()
    await expect(page.get_by_role("button", name="Pay $93.06")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("$93.06")
    # What is wrong is said at once, and mended at once.
    await page.get_by_label("How many?").first.fill("7")
    await expect(page.get_by_text("From 1 to 5.")).to_be_visible()
    await page.get_by_label("How many?").first.fill("2")
    await expect(page.get_by_text("From 1 to 5.")).to_have_count(0)
    await page.get_by_role("button", name="Pay $93.06").click()
    await page.wait_for_url("**/pay/sbpay_*")
    assert await charged(site, link) == [9_306]
    assert said == []


async def test_without_a_script_the_button_shows_it_and_pay_asks(browser: Browser, site: Site) -> None:
    page, link, _ = await opened(browser, site, CAKES, script=False)
    await page.get_by_label("Large").check()
    await page.get_by_role("button", name="Show what it comes to").click()
    await expect(page.get_by_role("button", name="Pay $40.50")).to_be_visible()
    await page.get_by_label("How many?").first.fill("3")
    # Enter is Pay, and not the button above it.
    await page.get_by_label("How many?").first.press("Enter")
    await expect(page.get_by_text("With your choices it comes to $121.50.")).to_be_visible()
    await page.get_by_role("button", name="Pay $121.50").click()
    await page.wait_for_url("**/pay/sbpay_*")
    assert await charged(site, link) == [12_150]


@pytest.mark.parametrize("script", [True, False])
async def test_an_amount_of_one_s_own(browser: Browser, site: Site, script: bool) -> None:
    page, link, said = await opened(browser, site, GIFT, script=script, amount_minor=0)
    await page.get_by_label("$25.00").check()
    await expect(page.get_by_label("Your amount")).to_be_hidden()
    await page.get_by_label("Other").check()
    await page.get_by_label("Your amount").fill("12.34")
    if script:
        await expect(page.get_by_role("button", name="Pay $12.34")).to_be_visible()
    await page.get_by_role("button", name="Pay", exact=not script).click()
    await page.wait_for_url("**/pay/sbpay_*")
    assert await charged(site, link) == [1_234]
    assert said == []


async def test_the_ways_to_send_it_follow_the_country(browser: Browser, site: Site) -> None:
    page, link, said = await opened(browser, site, SHOP, script=True)
    await expect(page.get_by_role("button", name="Pay $49.86")).to_be_visible()
    await page.get_by_label("Parcel").focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("button", name="Pay $54.62")).to_be_visible()
    await expect(page.get_by_label("Parcel")).to_be_focused()
    await page.get_by_label("Where do we send it?").select_option("AT")
    await expect(page.get_by_role("button", name="Pay $55.08")).to_be_visible()
    await expect(page.get_by_label("Letter")).to_have_count(0)
    await page.get_by_label("VAT number of your business").fill("ATU13585628")
    await page.get_by_label("VAT number of your business").blur()
    await expect(page.get_by_text("There is no such tax id")).to_be_visible()
    await page.get_by_label("VAT number of your business").fill("ATU13585627")
    await page.get_by_label("VAT number of your business").blur()
    await page.get_by_role("button", name="Pay $45.90").click()
    await page.wait_for_url("**/pay/sbpay_*")
    assert await charged(site, link) == [4_590]
    assert said == []
