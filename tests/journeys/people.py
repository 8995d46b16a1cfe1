"""What people do on the pages, by what they read there: labels, buttons, headings."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from playwright.async_api import Locator, Page, expect

from tests.journeys.chromium import faults

T = TypeVar("T")

EVENTUALLY_S = 30.0


async def eventually(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Looks again and again until there is something."""
    ends_at = time.monotonic() + EVENTUALLY_S
    while not (found := await look()):
        assert time.monotonic() < ends_at, f"never came: {what}"
        await asyncio.sleep(0.1)
    return found


async def reload_until(page: Page, sign: Locator) -> None:
    """Presses reload until it is there, as people do."""

    async def look() -> bool:
        if not await sign.count():
            await page.reload()
        return bool(await sign.count())

    await eventually(look, f"{sign} at {page.url}")


@dataclass
class Merchant:
    """Somebody at the dashboard. `has_axe` False: the same pages are looked at elsewhere, and axe is slow."""

    page: Page
    base_url: str
    has_axe: bool = True

    async def faults(self) -> list[str]:
        """What is wrong with the page as it is now."""
        return await faults(self.page) if self.has_axe else []

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.base_url}{path}")

    async def sign_in(self, email: str, password: str) -> None:
        await self.page.get_by_label("E-mail address").fill(email)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    async def go(self, name: str) -> None:
        """Takes the menu."""
        menu = self.page.get_by_role("navigation", name="Main")
        await menu.get_by_role("link", name=name, exact=True).click()
        await expect(menu.get_by_role("link", name=name, exact=True)).to_have_attribute(
            "aria-current", "page"
        )

    async def press(self, name: str, *, exact: bool = True) -> None:
        await self.page.get_by_role("button", name=name, exact=exact).click()

    async def new_link(self, description: str, amount: str) -> str:
        """Makes a link and returns its address."""
        await self.open("/dashboard/links/new")
        await self.page.get_by_label("What is it for?").fill(description)
        await self.page.get_by_label("How much?").fill(amount)
        await self.press("Create the link")
        await expect(self.notice).to_have_text("The link is ready. Share its address.")
        return await self.page.get_by_label("Share this address").input_value()

    @property
    def notice(self) -> Locator:
        """What the page says has just been done."""
        return self.page.get_by_role("status").first

    @property
    def badge(self) -> Locator:
        """The status beside the page's title."""
        return self.page.locator(".head .badge")

    @property
    def history(self) -> Locator:
        """The lines of the timeline."""
        return self.page.get_by_role("region", name="History").get_by_role("listitem")

    async def money(self) -> dict[str, str]:
        """The payment's lines of money: label → amount."""
        rows = self.page.get_by_role("region", name="Money").locator(".rows > div")
        return {
            await row.locator("dt").inner_text(): await row.locator("dd").inner_text()
            for row in await rows.all()
        }


@dataclass
class Payer:
    """Somebody with a link."""

    page: Page

    async def press_pay(self, email: str = "ada@example.com", name: str = "Ada Lovelace") -> None:
        """Fills in who they are and presses Pay; the gateway's page is next."""
        if email:
            await self.page.get_by_label("E-mail for your receipt").fill(email)
        if name:
            await self.page.get_by_label("Your name").fill(name)
        await self.page.get_by_role("button", name=re.compile("^Pay ")).click()

    async def card(self, number: str) -> None:
        """Fills in the gateway's form and presses its Pay."""
        await expect(self.page.get_by_text("Sandbox: no real money.")).to_be_visible()
        await self.page.get_by_label("Card number").fill(number)
        await self.page.get_by_label("Expiry").fill("12/34")
        await self.page.get_by_label("Security code").fill("123")
        await self.page.get_by_role("button", name=re.compile("^Pay ")).click()

    async def pay(self, url: str, number: str = "4242 4242 4242 4242") -> None:
        """The whole way, up to what the gateway answers."""
        await self.page.goto(url)
        await self.press_pay()
        await self.card(number)

    async def reads(self, heading: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
