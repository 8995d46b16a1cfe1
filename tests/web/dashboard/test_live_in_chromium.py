"""Open pages follow what happens, and leave the reader's focus, ticks and words alone."""

import pytest
from playwright.async_api import expect

from tests.chromium import needs_chromium
from tests.make import BASE_URL
from tests.web.dashboard.chromium import desk_of
from tests.web.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), needs_chromium]


@pytest.fixture
def dialect() -> str:
    return "sqlite"


async def test_pages_follow_and_nothing_is_taken_from_under_the_reader(site: Site) -> None:
    shop = site.shop
    tea = await shop.link(description="Tea", payments_max=None)
    await shop.pay(tea)
    async with desk_of(site) as (page, said):
        await expect(page.get_by_role("heading", name="Hello")).to_be_visible()
        days = page.get_by_text("Day by day")
        await days.click()
        await page.get_by_role("link", name="Settings").focus()
        await shop.pay(tea, "2")
        await expect(page.locator(".stat.main .value")).to_have_text("$80.00")
        await expect(page.get_by_role("status").filter(has_text="A payment came in.")).to_have_count(1)
        await expect(page.locator("details#days")).to_have_attribute("open", "")
        await expect(page.get_by_role("link", name="Settings")).to_be_focused()
        await expect(page.locator("time[data-local][title]").first).to_be_visible()
        # The list: a tick stays, a new row comes on top and can be ticked as well.
        await page.goto(f"{BASE_URL}/dashboard/links")
        await page.get_by_label("Choose Tea").check()
        cake = await shop.link(description="Cake")
        await expect(page.get_by_label("Choose Cake")).to_be_visible()
        await expect(page.get_by_label("Choose Tea")).to_be_checked()
        await expect(page.locator("tbody tr .cover").first).to_have_text("Cake")
        await expect(page.locator("input[name=shown]")).to_have_value(f"{cake.id} {tea.id}")
        # One thing's page: others do not touch it, and what is being typed stays until the field is left.
        await page.goto(f"{BASE_URL}/dashboard/links")
        search = page.get_by_label("Search links")
        await search.fill("ca")
        await shop.pay(cake, "3")
        await page.wait_for_timeout(2_500)
        await expect(search).to_have_value("ca")
        await expect(page.get_by_role("row", name="Cake")).to_contain_text("Open")
        await page.get_by_role("link", name="Home").focus()
        await expect(page.get_by_role("row", name="Cake")).to_contain_text("Paid")
        await expect(search).to_have_value("ca")
        assert said == []


async def test_an_open_payment_follows_its_state(site: Site) -> None:
    shop = site.shop
    result = await shop.press_pay(await shop.link(description="Tea"))
    async with desk_of(site) as (page, said):
        await page.goto(f"{BASE_URL}/dashboard/payments/{result.session.attempt_id}")
        await expect(page.locator("h1")).to_be_visible()
        await expect(page.get_by_text("Give money back")).to_have_count(0)
        await shop.fill_card(result)
        await shop.deliver()
        await expect(page.get_by_role("heading", name="Give money back")).to_be_visible()
        assert said == []
