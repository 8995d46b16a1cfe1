"""The hosted page in Chromium: a payer pays with JavaScript off, axe finds nothing, the policy refuses nothing."""

from collections.abc import AsyncIterator
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from tests.chromium import ARGS, CHROMIUM, needs_chromium
from tests.sandbox.running import Receiver, Running, open_port, serving

Scheme = Literal["light", "dark"]
pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        yield browser
        await browser.close()


@pytest.fixture
async def merchant() -> AsyncIterator[str]:
    """Another origin: where the payer comes back to."""
    listening, port = open_port()
    async with serving(Receiver().asgi, listening):
        yield f"http://127.0.0.1:{port}"


async def tab(
    browser: Browser, *, script: bool, scheme: Scheme = "light", width: int = 390
) -> tuple[Page, list[str]]:
    context = await browser.new_context(
        java_script_enabled=script, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    return page, said


async def fill(page: Page, number: str) -> None:
    await page.get_by_label("Card number").fill(number)
    await page.get_by_label("Expiry").fill("12/34")
    await page.get_by_label("Security code").fill("123")
    await page.get_by_label("Name on card").fill("Ada")
    await page.get_by_role("button", name="Pay USD 40.00").click()


async def open_payment(sandbox: Running, merchant: str, reference: str = "pay_1") -> dict[str, str]:
    return await sandbox.create(reference, return_url=f"{merchant}/back", cancel_url=f"{merchant}/link")


async def test_a_payer_pays_without_javascript_and_is_sent_back(
    sandbox: Running, browser: Browser, merchant: str
):
    payment = await open_payment(sandbox, merchant)
    page, said = await tab(browser, script=False)
    await page.goto(payment["hosted_url"])
    await page.get_by_text("Test numbers and what each does").click()
    await page.get_by_role("link", name="4000 0027 6000 3184").click()
    assert await page.get_by_label("Card number").input_value() == "4000 0027 6000 3184"
    await fill(page, "4000002760003184")
    await page.get_by_role("button", name="Pass the check").click()
    assert page.url == f"{merchant}/back"
    assert (await sandbox.payment(payment["id"]))["status"] == "captured"
    assert said == []


async def test_a_payer_mends_what_is_wrong_or_goes_back(sandbox: Running, browser: Browser, merchant: str):
    payment = await open_payment(sandbox, merchant)
    page, _ = await tab(browser, script=False)
    await page.goto(payment["hosted_url"])
    await fill(page, "4111111111111111")
    assert await page.get_by_role("alert").is_visible()
    assert await page.get_by_label("Card number").input_value() == ""
    assert await page.get_by_label("Expiry").input_value() == "12/34"
    await page.get_by_role("button", name="Cancel and go back").click()
    assert page.url == f"{merchant}/link"
    assert (await sandbox.payment(payment["id"]))["status"] == "canceled"


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 320), ("dark", 390), ("light", 1280), ("dark", 1280)]
)
async def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    sandbox: Running, browser: Browser, merchant: str, scheme: Scheme, width: int
):
    opened = await open_payment(sandbox, merchant)
    urls = [opened["hosted_url"], f"{sandbox.url}/pay/unknown"]
    for number in ("4242424242424242", "4000000000000002", "4000002760003184", "4000000000020018"):
        payment = await open_payment(sandbox, merchant, number)
        await sandbox.pay(payment["id"], number)
        urls.append(payment["hosted_url"])
    page, said = await tab(browser, script=True, scheme=scheme, width=width)
    troubles = []
    for url in urls:
        await page.goto(url)
        troubles += await troubles_of(page)
    await page.goto(opened["hosted_url"])
    await fill(page, "4111111111111111")
    troubles += await troubles_of(page)
    assert troubles == []
    assert [line for line in said if "status of 4" not in line] == []


async def troubles_of(page: Page) -> list[str]:
    results = await Axe().run(page, options={"resultTypes": ["violations"]})
    too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [results.generate_report()] * bool(results.violations_count) + [f"{page.url} is too wide"] * (
        too_wide > 0
    )
