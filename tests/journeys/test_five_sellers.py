"""Five people with something to sell, each with the form alone: made in the dashboard, paid on a phone."""

import re
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.journeys.chromium import Person, faults, person
from tests.journeys.people import Merchant, Payer
from tests.journeys.shop import Shop
from tests.journeys.test_dashboard import signed_in

MADE_WITHIN_S = 120
CARD = "4242 4242 4242 4242"
PRICES = "Items, open amount, discount, tax, tip"
PARTS = "Paying in parts, a goal, a limit"


@pytest.fixture(scope="module", params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """One will do: what is stored is tried on both elsewhere, and a browser is dear."""
    return str(request.param)


@pytest_asyncio.fixture(loop_scope="module")
async def seller(browser: Browser, shop: Shop) -> AsyncIterator[Merchant]:
    async with person(browser) as somebody:
        merchant = Merchant(somebody.page, shop.linktill.base_url)
        await signed_in(merchant, shop)
        yield merchant


@pytest_asyncio.fixture(loop_scope="module")
async def phone(browser: Browser) -> AsyncIterator[Person]:
    async with person(browser, width=390, scheme="dark") as somebody:
        yield somebody


async def opened(page: Page, *summaries: str) -> None:
    for words in summaries:
        await page.locator("summary", has_text=words).first.click()


async def made(seller: Merchant, since_s: float) -> str:
    """Presses the button, and answers with the address that is to be shared."""
    await seller.press("Create the link")
    await expect(seller.notice).to_have_text("The link is ready. Share its address.")
    assert time.monotonic() - since_s < MADE_WITHIN_S
    assert await seller.faults() == []
    return await seller.page.get_by_label("Share this address").input_value()


async def pays(phone: Person, amount: str) -> None:
    """Presses Pay under this amount and gives the card."""
    assert await faults(phone.page) == []
    await expect(phone.page.get_by_role("button", name=f"Pay {amount}")).to_be_visible()
    payer = Payer(phone.page)
    await payer.press_pay()
    await payer.card(CARD)
    await payer.reads("Paid. Thank you!")
    await expect(phone.page.get_by_text(amount).first).to_be_visible()


async def test_a_bakery_takes_orders_for_cakes(seller: Merchant, phone: Person) -> None:
    page, since_s = seller.page, time.monotonic()
    await seller.open("/dashboard/links/new")
    await page.get_by_label("What is it for?").fill("Birthday cakes to order")
    await opened(page, PRICES)
    await page.get_by_label("Items", exact=False).first.check()
    await page.locator("[name=item_1_name]").fill("Birthday cake")
    await opened(page, "Quantity, variants, add-on")
    await page.locator("[name=item_1_variants]").fill("Small 30\nLarge, for twelve 45")
    await opened(page, "What your payer is asked")
    await page.locator("[name=ask_1_label]").fill("When do you pick it up?")
    await page.locator("[name=ask_1_kind]").select_option("date")
    await page.locator("[name=ask_1_required]").check()
    await page.get_by_label("As often as people like").check()
    url = await made(seller, since_s)
    await phone.page.goto(url)
    await phone.page.get_by_label("Large, for twelve").check()
    await phone.page.get_by_label("When do you pick it up?").fill("2027-05-08")
    await pays(phone, "$45.00")
    await seller.go("Payments")
    await page.get_by_role("link", name="Birthday cakes to order").first.click()
    told = page.get_by_role("region", name="What the payer answered")
    await expect(told).to_contain_text("When do you pick it up?")
    await expect(told).to_contain_text(re.compile("May 8, 2027|2027-05-08"))


async def test_a_freelancer_is_paid_in_two_parts(seller: Merchant, phone: Person) -> None:
    page, since_s = seller.page, time.monotonic()
    await seller.open("/dashboard/links/new")
    await page.get_by_label("What is it for?").fill("Website, final invoice")
    await page.get_by_label("How much?").fill("1200")
    await opened(page, PRICES, PARTS)
    await page.get_by_label("It may be paid in parts").check()
    await page.get_by_label("First part at least").fill("400")
    url = await made(seller, since_s)
    await phone.page.goto(url)
    await phone.page.get_by_label("A part", exact=True).check()
    await phone.page.get_by_label("Your part").fill("400")
    await pays(phone, "$400.00")
    await phone.page.goto(url)
    await pays(phone, "$800.00")
    await page.reload()
    await expect(seller.badge).to_have_text("Paid")


async def test_a_clubs_fee_with_a_coupon(seller: Merchant, phone: Person) -> None:
    page, since_s = seller.page, time.monotonic()
    await seller.open("/dashboard/coupons/new")
    await page.locator("[name=code]").fill("MEMBER-10")
    await page.get_by_role("textbox", name="Percent").fill("10")
    await seller.press("Make the coupon")
    await expect(page.get_by_role("heading", level=1)).to_have_text("MEMBER-10")
    await seller.open("/dashboard/links/new")
    await page.get_by_label("What is it for?").fill("Rowing club, yearly fee")
    await page.get_by_label("How much?").fill("50")
    await opened(page, PRICES)
    await page.get_by_label("Ask for the code of a coupon").check()
    await page.get_by_label("As often as people like").check()
    url = await made(seller, since_s)
    await phone.page.goto(url)
    await phone.page.get_by_label("Do you have a code?").fill("member 10")
    await phone.page.get_by_label("Do you have a code?").blur()
    await pays(phone, "$45.00")


async def test_a_charity_with_a_goal(seller: Merchant, phone: Person) -> None:
    page, since_s = seller.page, time.monotonic()
    await seller.open("/dashboard/links/new")
    await page.get_by_label("What is it for?").fill("A roof for the animal shelter")
    await opened(page, PRICES, PARTS)
    await page.get_by_label("The payer says how much").check()
    await page.get_by_label("Amounts to choose from").fill("10 25 50")
    await page.get_by_label("Goal").fill("500")
    await page.get_by_label("As often as people like").check()
    url = await made(seller, since_s)
    await phone.page.goto(url)
    await phone.page.get_by_label("$25").check()
    await pays(phone, "$25.00")
    await phone.page.goto(url)
    await expect(phone.page.get_by_text("$25.00 of $500.00 raised")).to_be_visible()


async def test_a_shop_sends_three_things_abroad(seller: Merchant, phone: Person) -> None:
    page, since_s = seller.page, time.monotonic()
    await seller.open("/dashboard/links/new")
    await page.get_by_label("What is it for?").fill("From the pottery")
    await opened(page, PRICES)
    await page.get_by_label("Items", exact=False).first.check()
    await page.locator("[name=item_1_name]").fill("Mug")
    await page.locator("[name=item_1_price]").fill("24")
    await seller.press("More items")
    for number, (name, price) in enumerate((("Bowl", "32"), ("Plate", "28")), 2):
        await page.locator(f"[name=item_{number}_name]").fill(name)
        await page.locator(f"[name=item_{number}_price]").fill(price)
    await page.locator("[name=tax_1_name]").fill("VAT")
    await (
        page.locator(".more", has_text="Percent by country")
        .first.locator("summary", has_text="By country")
        .first.click()
    )
    await page.locator("[name=tax_1_countries]").fill("DE 19, AT 20")
    await opened(page, "Shipping, and where you sell from")
    await page.get_by_label("The country you sell from").select_option("DE")
    await page.locator("[name=ship_1_name]").fill("Parcel")
    await page.locator("[name=ship_1_price]").fill("9.90")
    await page.locator("[name=ship_1_countries]").fill("DE AT")
    await page.get_by_label("As often as people like").check()
    url = await made(seller, since_s)
    await phone.page.goto(url)
    await phone.page.get_by_label("Where do we send it?").select_option("AT")
    # 84.00 and the parcel, with 20 percent on both.
    await pays(phone, "$112.68")
    await expect(phone.page.get_by_text("Parcel, Austria")).to_be_visible()


async def test_a_deposit_is_reserved_and_captured_later(seller: Merchant, phone: Person) -> None:
    page, since_s = seller.page, time.monotonic()
    await seller.open("/dashboard/links/new")
    await page.get_by_label("What is it for?").fill("Deposit for the boat")
    await page.get_by_label("How much?").fill("300")
    await opened(page, "When the money is taken")
    await page.get_by_label("Later: reserve it now").check()
    url = await made(seller, since_s)
    payer = Payer(phone.page)
    await phone.page.goto(url)
    await payer.press_pay()
    await payer.card(CARD)
    await payer.reads("The amount is reserved")
    assert await faults(phone.page) == []
    await seller.go("Payments")
    await page.get_by_role("link", name="Deposit for the boat").first.click()
    await expect(seller.badge).to_have_text("Authorized")
    await page.locator("summary", has_text="Capture…").click()
    assert await seller.faults() == []
    await seller.press("Yes, capture it")
    await expect(seller.notice).to_have_text("Captured. The money is yours.")
    await expect(seller.badge).to_have_text("Paid")
    await phone.page.reload()
    await payer.reads("Paid. Thank you!")
