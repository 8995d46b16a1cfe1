"""Two disputes from the payer's bank to the books: one won with evidence on the dashboard, one lost over the API."""

from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.journeys.chromium import faults, person
from tests.journeys.people import Merchant, Payer, eventually, reload_until
from tests.journeys.shop import Shop
from tests.journeys.test_dashboard import signed_in

DISPUTED = "4000 0000 0004 0016"


async def balances(shop: Shop) -> dict[str, int]:
    """Account → minor units, in dollars; the gateway's money is called clearing."""
    found = (await shop.call("GET", "/ledger/balances"))["data"]
    return {
        each["account"].split(":")[0]: each["amount_minor"] for each in found if each["currency"] == "USD"
    }


async def disputed(shop: Shop, browser: Browser, description: str) -> dict[str, Any]:
    """Somebody pays, and asks their bank for the money back some seconds later. Answers the dispute."""
    link = await shop.link(description=description)
    async with person(browser) as payer:
        await Payer(payer.page).pay(link["url"], DISPUTED)

    async def look() -> dict[str, Any] | None:
        found = (await shop.call("GET", "/disputes"))["data"]
        return next((each for each in found if each["payment_link_id"] == link["id"]), None)

    return await eventually(look, f"the dispute of {description}")


async def decided(shop: Shop, dispute: dict[str, Any]) -> str:
    async def look() -> str | None:
        status = (await shop.call("GET", f"/disputes/{dispute['id']}"))["status"]
        return str(status) if status in {"won", "lost", "accepted"} else None

    return await eventually(look, "the bank's ruling")


async def test_a_dispute_is_answered_on_the_dashboard_and_won(shop: Shop, browser: Browser) -> None:
    before = await balances(shop)
    await disputed(shop, browser, "Won with evidence")
    taken = await balances(shop)
    # 42.00 less 1.52 for the payment, then 42.00 and 15.00 taken.
    assert moved(before, taken) == {
        "clearing": -1_652,
        "sales": -4_200,
        "gateway_fees": 152,
        "disputes": 4_200,
        "dispute_fees": 1_500,
    }
    async with person(browser) as somebody:
        owner, page = Merchant(somebody.page, shop.linktill.base_url), somebody.page
        await signed_in(owner, shop)
        await expect(page.get_by_text("One dispute needs your answer.")).to_be_visible()
        await page.get_by_role("link", name="Answer").click()
        await page.get_by_role("link", name="Won with evidence").click()
        await answer(owner, page)
        await reload_until(page, page.get_by_text("Won", exact=True))
        await expect(page.get_by_text("decided for you", exact=True)).to_be_visible()
        assert await faults(page) == []
    assert moved(taken, await balances(shop)) == {"clearing": 4_200, "disputes": -4_200}


async def answer(owner: Merchant, page: Page) -> None:
    """Reads what is known, adds what only they know, and submits it."""
    await expect(page.get_by_label("The payer's e-mail address")).to_have_value("ada@example.com")
    assert await faults(page) == []
    await page.get_by_label("Why is the money yours?").fill("winning_evidence: fetched on Friday.")
    await owner.press("Save the draft")
    await expect(owner.notice).to_have_text("Saved. Read it once more below, then submit it.")
    await owner.press("Submit the evidence")
    await expect(page.get_by_role("alert")).to_contain_text("Tick this")
    assert await faults(page) == []
    await page.get_by_label("It is complete.").check()
    await owner.press("Submit the evidence")
    await expect(owner.notice).to_have_text("It is on its way. This page says when it has arrived.")
    await reload_until(page, page.get_by_text("Arrived"))
    assert await faults(page) == []


async def test_a_dispute_is_answered_over_the_api_and_lost(shop: Shop, browser: Browser) -> None:
    before = await balances(shop)
    dispute = await disputed(shop, browser, "Lost with evidence")
    path = f"/disputes/{dispute['id']}"
    await shop.call("POST", f"{path}/evidence", {"explanation": "losing_evidence"})
    asked = await shop.call("POST", f"{path}/submit", {})
    assert asked["status"] == "submitting"
    assert await decided(shop, dispute) == "lost"
    assert (await shop.call("GET", f"{path}/answer"))["status"] == "submitted"
    assert moved(before, await balances(shop)) == {
        "clearing": -1_652,
        "sales": -4_200,
        "gateway_fees": 152,
        "disputes": 4_200,
        "dispute_fees": 1_500,
    }


def moved(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {
        name: after.get(name, 0) - before.get(name, 0)
        for name in {*before, *after}
        if after.get(name, 0) != before.get(name, 0)
    }
