"""Somebody comes too late, asks on the closed link's page, and pays the link that the merchant sends. No script for the payer."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.journeys.chromium import faults, person
from tests.journeys.people import Merchant, Payer, eventually, reload_until
from tests.journeys.shop import Shop, open_shop
from tests.journeys.test_dashboard import signed_in
from tests.notify.receivers import Postbox, plain, postbox

CARD = "4242 4242 4242 4242"


@pytest.fixture(scope="module", params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """One will do: what is stored is tried on both elsewhere, and a browser is dear."""
    return str(request.param)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mails() -> AsyncIterator[Postbox]:
    async with postbox() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mailing_shop(empty_url: str, place: Path, mails: Postbox) -> AsyncIterator[Shop]:
    """A demo with a mail server."""
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{mails.port}", "MAIL_FROM": "till@studio-nord.example"}
    async with open_shop(place / "data", empty_url, **settings) as opened:
        yield opened


async def mail_to(mails: Postbox, recipient: str, subject: str) -> str:
    async def look() -> str | None:
        found = [mail for mail in mails.to(recipient) if subject in str(mail["subject"])]
        return plain(found[0]) if found else None

    return await eventually(look, f"mail to {recipient} about {subject}")


async def test_who_came_too_late_asks_and_pays_the_new_link(
    mailing_shop: Shop, mails: Postbox, browser: Browser
) -> None:
    over = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    link = await mailing_shop.link(description="Course in April", expires_at=over)
    async with person(browser, width=390, script=False) as somebody:
        payer = Payer(somebody.page)
        await somebody.page.goto(link["url"])
        await reload_until(somebody.page, somebody.page.get_by_text("This link has expired"))
        await somebody.page.get_by_label("Your e-mail").fill("ada@example.com")
        await somebody.page.get_by_label("Your name").fill("Ada Lovelace")
        await somebody.page.get_by_label("A message").fill("I was away. May I still come?")
        await somebody.page.get_by_role("button", name="Ask Corner Bicycle Workshop").click()
        await payer.reads("Corner Bicycle Workshop knows that you asked")
        url = await answered(mailing_shop, mails, browser)
        assert url != link["url"]
        await payer.pay(url)
        await payer.reads("Paid. Thank you!")
    [new] = (await mailing_shop.call("GET", "/payment_links?search=May"))["data"]
    assert (new["url"], new["captured_minor"]) == (url, 4800)
    [request] = (await mailing_shop.call("GET", "/link_requests"))["data"]
    assert (request["status"], request["answer_link_id"]) == ("answered", new["id"])


async def answered(shop: Shop, mails: Postbox, browser: Browser) -> str:
    """The merchant reads of it, and makes a new link; what the payer's mail leads to."""
    alert = await mail_to(mails, shop.linktill.story["email"], "One payer asks for a new link")
    async with person(browser, scheme="dark") as owner:
        page, merchant = owner.page, Merchant(owner.page, shop.linktill.base_url)
        await signed_in(merchant, shop)
        await expect(page.get_by_text("One payer asks for a new link.")).to_be_visible()
        assert await merchant.faults() == []
        found = re.search(r"See who asks: (\S+)", alert)
        assert found is not None, alert
        await page.goto(found[1])
        await expect(page.get_by_text("I was away. May I still come?")).to_be_visible()
        assert await merchant.faults() == []
        await page.get_by_role("link", name="Make a new link").click()
        await expect(page.get_by_label("What is it for?")).to_have_value("Course in April")
        assert await merchant.faults() == []
        await page.get_by_label("What is it for?").fill("Course in May")
        await page.get_by_label("How much?").fill("48")
        await merchant.press("Create the link")
        await expect(merchant.notice).to_have_text("The address of the link is on its way to whoever asked.")
    mail = await mail_to(mails, "ada@example.com", "you can pay now for Course in May")
    found = re.search(r"The link: (\S+)", mail)
    assert found is not None, mail
    return found[1]


async def test_the_waiting_list_of_a_sold_out_link_is_told_when_there_is_more(
    mailing_shop: Shop, mails: Postbox, browser: Browser
) -> None:
    link = await mailing_shop.link(description="Two tickets", payments_max=2)
    async with person(browser, width=390, scheme="dark") as somebody:
        payer = Payer(somebody.page)
        for _ in range(2):
            await somebody.context.clear_cookies()
            await payer.pay(link["url"], CARD)
            await payer.reads("Paid. Thank you!")
        await somebody.context.clear_cookies()
        await somebody.page.goto(link["url"])
        assert await faults(somebody.page) == []
        await somebody.page.get_by_label("Your e-mail").fill("bo@example.com")
        await somebody.page.get_by_role("button", name="Tell me").click()
        await payer.reads("You are on the list")
        assert await faults(somebody.page) == []
        async with person(browser) as owner:
            page, merchant = owner.page, Merchant(owner.page, mailing_shop.linktill.base_url)
            await signed_in(merchant, mailing_shop)
            await merchant.open(f"/dashboard/links/{link['id']}")
            assert await merchant.faults() == []
            await page.get_by_role("link", name="Extend this one").click()
            await page.get_by_label("How many times").fill("3")
            await merchant.press("Save changes")
            await merchant.press("Tell them")
            await expect(merchant.notice).to_have_text(
                "The address of the link is on its way to whoever asked."
            )
        mail = await mail_to(mails, "bo@example.com", "you can pay now for Two tickets")
        assert link["url"] in mail
        await payer.pay(link["url"], CARD)
        await payer.reads("Paid. Thank you!")
