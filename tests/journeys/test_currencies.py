"""A shop takes dollars, euros and yen: a payer from Germany sees euros, changes to yen, pays that; the merchant sees it."""

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.chromium import faults, person
from tests.journeys.people import Merchant, Payer
from tests.journeys.shop import Shop
from tests.journeys.test_dashboard import signed_in


@pytest.fixture(scope="module", params=["postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """One will do: the steps are tried on both elsewhere. A browser is dear."""
    return str(request.param)


async def test_a_payer_from_germany_pays_a_shop_in_yen(shop: Shop, browser: Browser) -> None:
    async with person(browser) as somebody:
        merchant = Merchant(somebody.page, shop.linktill.base_url)
        await signed_in(merchant, shop)
        page = merchant.page
        await merchant.open("/dashboard/links/new")
        await page.get_by_label("What is it for?").fill("Mugs from the kiln")
        await page.get_by_label("How much?").fill("29.00")
        await page.get_by_text("As often as people like").click()
        await page.get_by_text("Also in other currencies").click()
        await merchant.press("More currencies")
        await expect(page.locator("#cur_1_code")).to_be_visible()
        for row, (code, price) in enumerate((("eur", "27.00"), ("JPY", "4300")), 1):
            await page.locator(f"#cur_{row}_code").fill(code)
            await page.locator(f"#cur_{row}_prices").fill(price)
        # What is refused is said beside its field, and mended there.
        await page.locator("#cur_2_prices").fill("4300.50")
        await merchant.press("Create the link")
        await expect(page.get_by_text("JPY has no decimals.").first).to_be_visible()
        await page.locator("#cur_2_prices").fill("4300")
        assert await merchant.faults() == []
        await merchant.press("Create the link")
        await expect(merchant.notice).to_have_text("The link is ready. Share its address.")
        url, detail = await page.get_by_label("Share this address").input_value(), page.url
        await pays_in_yen(browser, url)
        await page.goto(detail)
        await expect(page.get_by_role("region", name="Money").first).to_contain_text("¥4,300")
        await expect(page.get_by_role("region", name="Payments")).to_contain_text("¥4,300")
        assert await merchant.faults() == []
    link_id = detail.rpartition("/")[2].partition("?")[0]
    found = await shop.call("GET", f"/payments?payment_link_id={link_id}")
    [payment] = found["data"]
    assert (payment["status"], payment["amount_minor"], payment["currency"]) == ("captured", 4_300, "JPY")
    totals = await shop.call("GET", f"/payment_links/{link_id}/totals")
    assert totals["totals"] == [
        {"currency": "JPY", "payments": 1, "captured_minor": 4_300, "refunded_minor": 0}
    ]


async def pays_in_yen(browser: Browser, url: str) -> None:
    async with person(browser, width=390, script=False, locale="en-DE") as somebody:
        page, payer = somebody.page, Payer(somebody.page)
        await page.goto(url)
        await expect(page.get_by_role("button", name="Pay €27.00")).to_be_visible()
        await page.get_by_label("Your name").fill("Ada Lovelace")
        await page.get_by_role("button", name="JPY, Japanese Yen").click()
        await expect(page.get_by_role("button", name="Pay ¥4,300")).to_be_visible()
        await expect(page.get_by_role("button", name="JPY, Japanese Yen")).to_have_attribute(
            "aria-pressed", "true"
        )
        await expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")
        # Enter presses Pay, not the first of the currencies.
        await page.get_by_label("E-mail for your receipt").fill("ada@example.com")
        await page.get_by_label("E-mail for your receipt").press("Enter")
        await payer.card("4242 4242 4242 4242")
        await payer.reads("Paid. Thank you!")
        await expect(page.get_by_text("¥4,300").first).to_be_visible()


async def test_the_page_with_its_currencies_is_fit_for_all(shop: Shop, browser: Browser) -> None:
    link = await shop.link(
        payments_max=None,
        currency_options=[
            {"currency": code, "amount_minor": 4_200} for code in ("EUR", "GBP", "CHF", "SEK", "NOK", "DKK")
        ],
    )
    async with person(browser, width=390, scheme="dark", locale="en-DE") as somebody:
        page = somebody.page
        await page.goto(link["url"])
        await expect(page.get_by_role("button", name="Pay €42.00")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("button", name="GBP, British Pound").click()
        await expect(page.get_by_role("button", name="Pay £42.00")).to_be_visible()
        assert await faults(page) == []
