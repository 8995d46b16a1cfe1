"""The palette in a real browser: with the keyboard alone, and the search without a script."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from linktill.flows.enter_search import fill_search
from tests.chromium import needs_chromium
from tests.make import BASE_URL
from tests.web.dashboard.chromium import desk_of
from tests.web.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), needs_chromium]


@pytest.fixture
def dialect() -> str:
    return "sqlite"


async def test_the_keyboard_alone_finds_and_opens(site: Site) -> None:
    shop = site.shop
    paid = await shop.pay(await shop.link(description="Guitar lesson"))
    await shop.link(description="Guitar strings")
    await fill_search(shop.services)
    async with desk_of(site) as (page, said):
        await page.keyboard.press("/")
        box = page.get_by_role("combobox", name="Search everything")
        await expect(box).to_be_focused()
        await page.keyboard.type("guit")
        options = page.get_by_role("dialog").get_by_role("option")
        await expect(options).to_have_count(3)
        await expect(page.get_by_role("status").filter(has_text="3 found")).to_have_count(1)
        await expect(page.get_by_role("option", selected=True)).to_contain_text("Guitar lesson")
        await expect(box).to_have_attribute("aria-activedescendant", "palette-0")
        results = await Axe().run(page, options={"resultTypes": ["violations"]})
        assert results.violations_count == 0, results.generate_report()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("option", selected=True)).to_contain_text("Guitar strings")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/dashboard/payments/{paid.id}")
        # Pages are found, too; Escape gives the focus back to where it was.
        button = page.get_by_role("link", name="Settings")
        await button.focus()
        await page.keyboard.press("Control+k")
        await page.keyboard.type("new pay")
        await expect(options).to_have_text(["New payment link"])
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(button).to_be_focused()
        await page.keyboard.press("Control+k")
        await page.keyboard.type("new pay")
        await expect(options).to_have_text(["New payment link"])
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/dashboard/links/new")
        # In a field a slash is a slash.
        field = page.get_by_label("What is it for?")
        await field.focus()
        await page.keyboard.type("1/2")
        await expect(field).to_have_value("1/2")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert said == []


async def test_without_a_script_the_link_leads_to_the_page(site: Site) -> None:
    await site.shop.link(description="Guitar lesson")
    async with desk_of(site, java_script_enabled=False) as (page, _):
        await page.get_by_role("link", name="Search").click()
        await page.get_by_role("searchbox", name="Search everything").fill("guitar les")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Links")).to_be_visible()
        await page.get_by_role("link", name="Guitar lesson").click()
        await page.wait_for_url(f"{BASE_URL}/dashboard/links/plink_*")
