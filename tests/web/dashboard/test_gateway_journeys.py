"""The whole life of payments over each gateway, by the pages that people use: connected, paid, refunded in part, a dispute won,
one given up, paid out; and then nothing is left at the gateway, to the cent.
"""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.reconcile import poll_refunds
from linktill.flows.send_answers import poll_answers
from linktill.gateways.contract import Started
from linktill.gateways.testing import How
from linktill.storage import ledger
from linktill.storage.attempts import get_attempt
from linktill.storage.database import Database
from tests.flows.test_answer_through_vendors import set_clock
from tests.gateways.paypal_rig import withdraw
from tests.gateways.stripe_rig import OWN_PAGE_KEYS
from tests.vendors import PAYPAL_KEYS, SQUARE_KEYS, STRIPE_KEYS, vendors
from tests.web.browsing import Browser, Page
from tests.web.site import Site, site_on
from tests.web.test_every_page import check_page

RECONCILE = "/dashboard/reconcile"
ACCOUNTS = {
    "stripe": ("stripe", STRIPE_KEYS),
    "stripe_on_our_page": ("stripe", OWN_PAGE_KEYS),
    "paypal": ("paypal", PAYPAL_KEYS),
    "square": ("square", SQUARE_KEYS),
}


@dataclass
class Journey:
    """A merchant at the dashboard, their payers, and the vendor's own hands."""

    site: Site
    gateway: str
    keys: dict[str, str]
    rig: Any
    merchant: Browser

    async def press(self, url: str, action: str, **fields: str) -> Page:
        """Sends a form of a page of the dashboard, and sees what follows."""
        sent = await self.merchant.submit(await self.merchant.get(url), f"{url}/{action}", **fields)
        assert sent.status == 303, sent.text
        shown = await self.merchant.follow(sent)
        check_page(shown)
        return shown

    async def connect(self) -> None:
        url = f"/dashboard/gateways/connect/{self.gateway}"
        made = await self.merchant.submit(await self.merchant.get(url), url, **self.keys)
        assert made.status == 303, made.text

    async def link(self) -> str:
        """Its address, for payers of this gateway only."""
        new = await self.merchant.get("/dashboard/links/new")
        typed = {"description": "A bicycle repair", "amount": "40", "currency": "USD", "use": "unlimited"}
        ticked = {"ways": "only", f"gateway_{self.gateway}": "yes"}
        made = await self.merchant.submit(new, "/dashboard/links", **typed, **ticked)
        page = await self.merchant.follow(made)
        found = re.search(r"/p/[\w-]+", page.text)
        assert found is not None
        return found[0]

    async def pay(self, url: str) -> tuple[PaymentAttempt, Started]:
        """A payer opens the link, pays on the vendor's page and comes back."""
        payer = self.site.browser()
        pressed = await payer.submit(await payer.get(url), f"{url}/pay", email="ada@example.com", name="Ada")
        assert pressed.status == 303, pressed.text
        ref = list(self._payments())[-1]
        started = Started(ref, pressed.location)
        await self.rig.pay(started, How.SUCCESS)
        back = await payer.get(f"{await self._page_of(payer, url)}")
        check_page(back)
        assert "Paid. Thank you!" in back.text
        found = re.search(r"pay_[0-9a-z]+", back.text)
        assert found is not None
        return await self.attempt(AttemptId(found[0])), started

    async def _page_of(self, payer: Browser, url: str) -> str:
        return (await payer.get(url)).location

    def _payments(self) -> dict[str, Any]:
        shelves: dict[str, Callable[[], dict[str, Any]]] = {
            "stripe": lambda: self.rig.fake.things["checkout.session"],
            "square": lambda: self.rig.square.orders,
            "paypal": lambda: self.rig.company.orders,
        }
        return shelves[self.gateway]()

    async def attempt(self, payment_id: AttemptId) -> PaymentAttempt:
        found = await self.site.services.database.read(get_attempt, self.site.shop.id, payment_id)
        assert found is not None
        return found

    async def disputed(self, started: Started) -> tuple[str, str]:
        """Here and there: the page of the dispute that the payer's bank opened, found by Compare now, and the vendor's id."""
        ref = await self.rig.dispute(started)
        if self.gateway == "square":
            self.rig.square.disputes[ref]["due_at"] = "2099-10-04T00:00:00.000Z"
        await self.press(RECONCILE, "compare")
        page = await self.merchant.get("/dashboard/disputes")
        check_page(page)
        found = re.findall(r"/dashboard/disputes/dp_[0-9a-z]+", page.body.decode())
        return found[0], ref

    def decide_for_merchant(self, ref: str) -> None:
        match self.gateway:
            case "stripe":
                self.rig.fake.move_dispute(self.rig.fake.things["dispute"][ref], "won", 4_000, 0)
            case "square":
                self.rig.square.disputes[ref]["state"] = "WON"
            case _:
                self.rig.company.disputes[ref]["shown"] |= {
                    "status": "RESOLVED",
                    "dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"},
                }

    async def pay_out(self, held: int) -> None:
        """What is held goes to the merchant's bank, and the gateway tells."""
        match self.gateway:
            case "stripe":
                payout = self.rig.fake.pay_out(held)
                payout |= {"status": "paid", "reconciliation_status": "completed"}
            case "square":
                self.rig.square.payouts.make(held, self.rig.square.stamp())["status"] = "PAID"
            case _:
                withdraw(self.rig.company, held)
        await self.press(RECONCILE, "compare")

    async def balances(self) -> dict[str, int]:
        found = await self.site.services.database.read(ledger.balances, self.site.shop.id)
        return {balance.account.split(":")[0]: balance.amount_minor for balance in found}


@pytest.fixture(params=ACCOUNTS)
async def journey(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Journey]:
    async with vendors() as at, site_on(database, change=at.offered) as site:
        gateway, keys = ACCOUNTS[request.param]
        rig = getattr(at, gateway)
        set_clock(rig)
        yield Journey(site, gateway, keys, rig, await site.member())


async def test_from_the_link_to_the_bank(journey: Journey) -> None:
    services = journey.site.services
    await journey.connect()
    url = await journey.link()
    first, _ = await journey.pay(url)
    _, second = await journey.pay(url)
    _, third = await journey.pay(url)

    payment = f"/dashboard/payments/{first.id}"
    await journey.press(payment, "refund", kind="partial", amount="15", reason="duplicate")
    await poll_refunds(services)
    await journey.rig.settle()
    await journey.press(RECONCILE, "compare")
    assert "Partly refunded" in (await journey.merchant.get(payment)).text

    page, ref = await journey.disputed(second)
    drafted = await journey.press(page, "evidence", explanation="It was repaired and fetched.")
    assert "Submit the evidence" in drafted.text
    await journey.press(page, "submit", sure="yes")
    await poll_answers(services)
    assert "decided for you" not in (await journey.merchant.get(page)).text
    journey.decide_for_merchant(ref)
    await journey.press(RECONCILE, "compare")
    won = await journey.merchant.get(page)
    check_page(won)
    assert "Won" in won.text

    page, ref = await journey.disputed(third)
    await journey.press(page, "accept", sure="yes")
    await poll_answers(services)
    await journey.press(RECONCILE, "compare")
    given_up = await journey.merchant.get(page)
    check_page(given_up)

    before = await journey.balances()
    assert before["sales"] == -12_000
    assert before["refunds"] == 1_500
    assert before["disputes"] == 4_000, "the one that was won came back"
    assert before["clearing"] == 12_000 - 1_500 - 4_000 - before["gateway_fees"] - before.get(
        "dispute_fees", 0
    )
    await journey.pay_out(before["clearing"])
    after = await journey.balances()
    assert (after.get("clearing", 0), after["bank"]) == (0, before["clearing"])
    shown = await journey.merchant.get(RECONCILE)
    check_page(shown)
    assert "Held at your gateways" in shown.text
    await journey.site.shop.check()
