"""The whole story on an empty database: set up, make a link, get paid, be told, give back a part, find it in the books."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.journeys.chromium import person
from tests.journeys.installation import Installation, serving
from tests.journeys.people import Merchant, Payer, eventually, reload_until
from tests.notify.receivers import Endpoint, Post, Postbox, closed_port, endpoint, plain, postbox

OWNER = "mara@studio-nord.example"
PASSWORD = "brick lamp river nine"
PAYER = "ada@example.com"
STUDIO = "Studio Nord & Söhne"
LOGO = "Logo design, final invoice"


@dataclass
class World:
    """The server and those whom it tells."""

    linktill: Installation
    mails: Postbox
    shop: Endpoint

    async def mail(self, recipient: str, subject: str) -> str:
        """The plain text of the one mail with this subject, once it is there."""

        async def look() -> str | None:
            found = [mail for mail in self.mails.to(recipient) if subject in str(mail["subject"])]
            assert len(found) <= 1, f"{recipient} got {len(found)} mails about {subject}"
            return plain(found[0]) if found else None

        return await eventually(look, f"mail to {recipient} about {subject}")

    async def told(self, kind: str, secret: str) -> Any:
        """The event of this kind, as the library of Standard Webhooks reads it, once it is there."""

        async def look() -> Post | None:
            return next((post for post in self.shop.posts if json.loads(post.body)["type"] == kind), None)

        post = await eventually(look, f"webhook {kind}")
        return post.verified(secret)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(empty_url: str, place: Path) -> AsyncIterator[World]:
    async with postbox() as mails, endpoint() as shop:
        settings = {
            "SMTP_URL": f"smtp://127.0.0.1:{mails.port}",
            "MAIL_FROM": "till@studio-nord.example",
            "ALLOW_PRIVATE_WEBHOOKS": "on",
        }
        async with serving(place / "data", empty_url, closed_port(), **settings) as linktill:
            yield World(linktill, mails, shop)


async def test_the_whole_story(world: World, browser: Browser, dialect: str) -> None:
    origin = world.linktill.base_url
    async with person(browser, permissions=["clipboard-read", "clipboard-write"]) as owner:
        merchant = Merchant(owner.page, origin, has_axe=dialect == "sqlite")
        await set_up(merchant, await world.linktill.token())
        url = await first_link(merchant)
        secret = await add_endpoint(merchant, world.shop.url())
        receipt_url = await payer_pays(browser, url)
        payment_id = await see_it_paid(merchant)
        await be_told(world, payment_id, secret, receipt_url)
        await give_a_part_back(merchant, world, payment_id, secret)
        await read_the_books(merchant)
        assert await merchant.faults() == []
    verified = await world.linktill.verified()
    assert verified["merchants"] == 1


async def set_up(merchant: Merchant, token: str) -> None:
    """Whoever opens the address of a new installation is led to its set-up, and on to what to do first."""
    page = merchant.page
    await merchant.open("/")
    assert page.url.endswith("/setup")
    await page.get_by_label("Name of your business").fill(STUDIO)
    await page.get_by_label("Your usual currency").select_option("EUR")
    await page.get_by_label("Your e-mail address").fill(OWNER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("#token").fill("0000-0000")
    await merchant.press("Set up Linktill")
    await expect(page.get_by_role("alert")).to_contain_text("This is not the token")
    assert await merchant.faults() == []
    # What was typed is still there, but for the password.
    await expect(page.get_by_label("Name of your business")).to_have_value(STUDIO)
    await page.locator("#token").fill(f" {token.upper()} ")
    await page.get_by_label("Password").fill(PASSWORD)
    await merchant.press("Set up Linktill")
    await expect(merchant.notice).to_have_text("Linktill is yours. Make your first payment link now.")
    await expect(page.get_by_role("heading", name="Your first payment in three steps")).to_be_visible()
    assert await merchant.faults() == []


async def first_link(merchant: Merchant) -> str:
    """The page is shown while it is typed; afterwards its address can be taken along."""
    page = merchant.page
    await page.get_by_role("link", name="Make a payment link").click()
    await expect(page.get_by_label("Currency", exact=True)).to_have_value("EUR")
    preview = page.frame_locator("iframe[name=preview]")
    await page.get_by_label("What is it for?").fill(LOGO)
    await page.get_by_label("How much?").fill("40.50")
    await expect(preview.get_by_role("heading", level=1)).to_have_text(LOGO)
    await expect(preview.get_by_role("button", name="Pay €40.50")).to_be_visible()
    assert await merchant.faults() == []
    await merchant.press("Create the link")
    await expect(merchant.notice).to_have_text("The link is ready. Share its address.")
    await expect(merchant.badge).to_have_text("Open")
    await merchant.press("Copy")
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    url = str(await page.evaluate("navigator.clipboard.readText()"))
    assert re.fullmatch(re.escape(merchant.base_url) + r"/p/[0-9A-Za-z_-]{8,}", url)
    assert await merchant.faults() == []
    return url


async def add_endpoint(merchant: Merchant, url: str) -> str:
    page = merchant.page
    await merchant.go("Developers")
    await page.get_by_label("Address of a new endpoint").fill(url)
    await merchant.press("Add endpoint")
    secret = await page.get_by_role("textbox", name="Secret").input_value()
    assert secret.startswith("whsec_")
    return secret


async def payer_pays(browser: Browser, url: str) -> str:
    """On a phone, without scripts. Returns the address of the payer's own page."""
    async with person(browser, width=390, script=False) as ada:
        payer = Payer(ada.page)
        await ada.page.goto(url)
        await payer.reads(LOGO)
        await expect(ada.page.get_by_text(STUDIO).first).to_be_visible()
        await payer.press_pay(PAYER)
        await payer.card("4242 4242 4242 4242")
        await payer.reads("Paid. Thank you!")
        await expect(ada.page.locator(".total")).to_have_text("€40.50")
        await expect(ada.page.get_by_text("Visa •••• 4242")).to_be_visible()
        await expect(
            ada.page.get_by_text(f"Your receipt is on its way to {PAYER}.", exact=False)
        ).to_be_visible()
        own_url = ada.page.url
        # Once more, as people do: the same page, not a second payment.
        await ada.page.goto(url)
        await payer.reads("Paid. Thank you!")
        assert ada.page.url == own_url
    async with person(browser, width=390, script=False) as other:
        await other.page.goto(url)
        await Payer(other.page).reads("This has been paid")
    return own_url


async def see_it_paid(merchant: Merchant) -> str:
    """On the first page, on the link and on the payment itself. Returns the payment's id."""
    page = merchant.page
    await merchant.go("Home")
    await expect(page.get_by_role("region", name="Your money")).to_contain_text("€40.50")
    assert await merchant.faults() == []
    await merchant.go("Links")
    await page.get_by_role("link", name=LOGO).click()
    await expect(merchant.badge).to_have_text("Paid")
    words = await merchant.history.all_inner_texts()
    assert [line.split("\n")[0] for line in words] == [
        "Link paid in full",
        "Payment received €40.50",
        "Payer pressed Pay",
        "Link created",
    ]
    assert await merchant.faults() == []
    await page.get_by_role("region", name="Payments").get_by_role("link", name=LOGO).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("€40.50")
    await expect(merchant.badge).to_have_text("Paid")
    # 2.9 % of 40.50 and 0.30.
    assert await merchant.money() == {"Amount": "€40.50", "Fee of Sandbox": "-€1.47", "You keep": "€39.03"}
    assert await merchant.faults() == []
    return page.url.rsplit("/", 1)[-1]


async def be_told(world: World, payment_id: str, secret: str, receipt_url: str) -> None:
    """The payer has the receipt, the merchant the news, and the merchant's program the event."""
    receipt = await world.mail(PAYER, f"Receipt from {STUDIO}: €40.50")
    for words in (f"Receipt from {STUDIO}", "You paid €40.50", LOGO, payment_id, receipt_url, OWNER):
        assert words in receipt
    alert = await world.mail(OWNER, f"Paid: €40.50 for {LOGO}")
    for words in ("Ada Lovelace paid you", "€40.50", f"/dashboard/payments/{payment_id}"):
        assert words in alert
    event = await world.told("payment.captured", secret)
    data = event["data"]["object"]
    assert (data["id"], data["amount_minor"], data["currency"]) == (payment_id, 4050, "EUR")
    assert data["status"] == "captured"


async def give_a_part_back(merchant: Merchant, world: World, payment_id: str, secret: str) -> None:
    page = merchant.page
    region = page.get_by_role("region", name="Give money back")
    await region.get_by_label("A part of it").check()
    await region.get_by_label("Amount in EUR").fill("99")
    await merchant.press("Give the money back")
    await expect(page.get_by_role("alert")).to_contain_text("more than")
    assert await merchant.faults() == []
    await region.get_by_label("Amount in EUR").fill("15.25")
    await region.get_by_label("A note for yourself").fill("One of two drafts")
    await merchant.press("Give the money back")
    await expect(merchant.notice).to_have_text("The refund is on its way. This page shows how it goes.")
    refunds = page.get_by_role("region", name="Refunds")
    await reload_until(page, refunds.get_by_text("Refunded", exact=True))
    await expect(refunds).to_contain_text("One of two drafts")
    await expect(merchant.badge).to_have_text("Partly refunded")
    money = await merchant.money()
    assert (money["Refunded"], money["You keep"]) == ("-€15.25", "€23.78")
    assert await merchant.faults() == []
    notice = await world.mail(PAYER, f"Refund from {STUDIO}: €15.25")
    assert "€15.25 was sent back to you" in notice
    event = await world.told("refund.succeeded", secret)
    data = event["data"]["object"]
    assert (data["amount_minor"], data["status"], data["payment_id"]) == (1525, "succeeded", payment_id)


async def read_the_books(merchant: Merchant) -> None:
    """Every cent is somewhere: what the gateway holds is what was sold, less fees and refunds."""
    page = merchant.page
    await merchant.go("Books")
    balances = {
        await stat.locator(".label").inner_text(): await stat.locator(".value").inner_text()
        for stat in await page.get_by_role("region", name="Balances").locator(".stat").all()
    }
    assert balances == {
        "Sales": "€40.50",
        "Refunds": "€15.25",
        "Gateway fees": "€1.47",
        "Held at the gateway": "€23.78",
    }
    journal = page.get_by_role("region", name="Journal").get_by_role("article")
    assert [(await row.locator("h3").inner_text()) for row in await journal.all()] == [
        "Refund",
        "Payment received",
    ]
