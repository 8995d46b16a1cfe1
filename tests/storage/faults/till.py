"""One whole payment through the real doors, as steps that somebody repeats until they are answered: API, pay page, webhooks,
worker. What each step was answered is kept, so that nothing that was promised can be missing afterwards.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from linktill.flows.expire import wake_links
from linktill.flows.manage_api_keys import KeyRing, create_api_key
from linktill.flows.newsroom import Newsroom
from linktill.flows.open_checkout import ViewCounter
from linktill.flows.receive_webhook import process_inbox
from linktill.flows.reconcile import poll_attempts, poll_refunds
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import Services
from linktill.main import Linktill, Parts
from linktill.platform.passwords import Passwords
from linktill.sandbox.cards import BY_NAME
from linktill.settings import read_settings
from linktill.storage.database import Database
from linktill.storage.errors import StorageError
from tests.make import BASE_URL, Shop
from tests.storage.faults.world import CountingClock, shop_inside
from tests.web.browsing import Browser, Page

Step = Callable[[], Awaitable[Page | None]]


@dataclass
class Till:
    """`refused`: what each refused step was answered."""

    shop: Shop
    app: Any
    settings: Any
    passwords: Passwords
    api_key: str
    refused: list[Page] = field(default_factory=list)
    number: int = 0

    @property
    def services(self) -> Services:
        return self.shop.services

    def restart(self, database: Database) -> None:
        """A new process on this database: nothing that was only in memory is left."""
        services = replace(self.services, database=database)
        self.shop = replace(self.shop, services=services)
        self.app = _app(self.settings, services, self.passwords)

    async def payment(self, insist: Callable[[Step], Awaitable[Page]]) -> None:
        """From making the link to giving the money back. `insist` has a step done, however often that has to be tried."""
        self.number += 1
        browser = Browser(None, headers={"origin": BASE_URL})

        async def get(url: str) -> Page:
            browser.app = self.app
            return await browser.get(url)

        body = {"amount_minor": 4_000, "currency": "USD", "description": "A bicycle repair"}
        link = json.loads((await insist(lambda: self._api("POST", "/v1/payment_links", body))).body)
        path = link["url"].removeprefix(BASE_URL)
        page = await insist(lambda: get(path))
        form = page.form(f"{path}/pay") | {"email": "ada@example.com", "name": "Ada"}

        async def press() -> Page:
            browser.app = self.app
            return await browser.post(f"{path}/pay", form)

        pressed = await insist(press)
        if pressed.location.startswith(BASE_URL):
            # The answer that named the gateway's page was lost; the payer's own page leads there.
            pressed = await insist(lambda: get(path))
        assert pressed.status == 303, pressed.text
        paid = await self.shop.running.pay(pressed.location.rsplit("/", 1)[-1], BY_NAME["success"].number)
        assert paid.status == 303, paid.body
        await self._news(insist)
        shown = await insist(lambda: get(path))
        while shown.status == 303:
            where = shown.location.removeprefix(BASE_URL)
            shown = await insist(lambda where=where: get(where))  # type: ignore[misc]
        assert "Paid" in shown.text
        listed = await insist(lambda: self._api("GET", f"/v1/payments?payment_link_id={link['id']}"))
        (payment,) = json.loads(listed.body)["data"]
        assert (payment["status"], payment["amount_minor"]) == ("captured", 4_000)
        asked = {"payment_id": payment["id"], "amount_minor": 1_500}
        await insist(lambda: self._api("POST", "/v1/refunds", asked))
        await self._news(insist)
        # Where the company's answer could not be kept, its news or the next look tell it.
        await self._news(insist, later_s=3_600)
        listed = await insist(lambda: self._api("GET", f"/v1/payments/{payment['id']}"))
        assert json.loads(listed.body)["refunded_minor"] == 1_500

    async def _news(self, insist: Callable[[Step], Awaitable[Page]], *, later_s: float = 5) -> None:
        """The company's webhooks come in and are worked on."""
        await self.shop.running.step(later_s)
        received = self.shop.running.receiver.received
        fresh, self.shop.delivered = received[self.shop.delivered :], len(received)
        for headers, body in fresh:
            await insist(lambda headers=headers, body=body: self._webhook(headers, body))  # type: ignore[misc]
        for step in (process_inbox, poll_attempts, poll_refunds, wake_links, seal_ledger):
            await insist(lambda step=step: self._work(step))  # type: ignore[misc]

    async def company_payments(self) -> list[Any]:
        """Every payment that the company has."""
        found, cursor = [], ""
        while True:
            listed = await self.shop.running.json("GET", f"/v1/payments?limit=100{cursor}")
            found += listed["data"]
            if listed["next_cursor"] is None:
                return found
            cursor = f"&cursor={listed['next_cursor']}"

    async def _webhook(self, headers: dict[str, str], body: bytes) -> Page:
        told = {
            name.replace("-", "_"): value
            for name, value in headers.items()
            if name not in {"content-length", "host"}
        }
        return await Browser(self.app).request("POST", f"/in/sandbox/{self.shop.account.id}", body, **told)

    async def _api(self, method: str, path: str, body: object = None) -> Page:
        headers = {"authorization": f"Bearer {self.api_key}", "content_type": "application/json"}
        if body is not None:
            headers["idempotency_key"] = f"payment-{self.number}-{path}"
        raw = b"" if body is None else json.dumps(body).encode()
        return await Browser(self.app).request(method, path, raw, **headers)

    async def _work(self, step: Callable[[Services], Awaitable[int]]) -> Page:
        """As the worker does: what raises is tried again later."""
        try:
            while await step(self.services):
                pass
        except StorageError as error:
            return Page(503, [], repr(error).encode())
        return Page(200, [], b"")


def _app(settings: Any, services: Services, passwords: Passwords) -> Any:
    parts = Parts(passwords, KeyRing(services), ViewCounter(), None, Newsroom(services), ())
    return Linktill(settings, services, parts, BASE_URL).app


@asynccontextmanager
async def till_on(database: Database, clock: CountingClock, folder: Path) -> AsyncIterator[Till]:
    """A till on this database, with everything of Linktill but the network."""
    async with shop_inside(database, clock, 1) as shop:
        settings = read_settings({"LINKTILL_DATA_DIR": str(folder), "LINKTILL_BASE_URL": BASE_URL})
        passwords = Passwords()
        key = await create_api_key(shop.services, shop.id, name="till")
        try:
            yield Till(shop, _app(settings, shop.services, passwords), settings, passwords, key.text)
        finally:
            passwords.close()
