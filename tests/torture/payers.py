"""Payers who do not give up: they pay through the real pages while the server is killed under them."""

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from linktill.sandbox.cards import BY_NAME
from tests.torture.server import Killable

CARDS = (
    "success",
    "success",
    "success",
    "success_mastercard",
    "declined",
    "insufficient_funds",
    "debit_settles",
    "webhook_lost",
    "webhook_doubled",
    "webhook_out_of_order",
)
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
PAYERS = 6
PATIENCE = 1_200
"""Tries, a twentieth of a second apart: a busy machine takes its time to start a server again."""
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass
class Seen:
    """What was acknowledged to people: none of it may be gone afterwards."""

    links: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)
    refunds: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    writes: int = 0
    """So many requests of programs that write were answered."""


class Payer:
    """One payer after the other, until told to stop."""

    def __init__(
        self, base_url: str, api_key: str, seen: Seen, chance: random.Random, stop: asyncio.Event
    ) -> None:
        self.base_url = base_url
        self.headers = {"authorization": f"Bearer {api_key}"}
        self.seen = seen
        self.chance = chance
        self.stop = stop

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session:
            self.session = session
            while not self.stop.is_set():
                await self._one()

    async def _one(self) -> None:
        link = await self._insist_json(
            "POST",
            "/v1/payment_links",
            {"amount_minor": self.chance.randint(100, 99_999), "currency": "USD", "description": "A repair"},
        )
        self.seen.links.add(link["id"])
        page = await self._insist("GET", link["url"])
        fields = dict(_HIDDEN.findall(page))
        fields |= {"email": "ada@example.com", "name": "Ada"}
        where = await self._insist("POST", f"{link['url']}/pay", fields)
        if "/sandbox/pay/" not in where:
            return
        card = BY_NAME[self.chance.choice(CARDS)]
        form = {"number": card.number, "expiry": "12/34", "cvc": "123", "name": "Ada"}
        back = await self._insist("POST", where, form)
        if not back.startswith("http"):
            return
        shown = await self._insist("GET", back)
        if "Paid" in shown and card.name.startswith("success"):
            await self._follow(link["id"])

    async def _follow(self, link_id: str) -> None:
        """The page said paid: the API must say so too, now and for good; sometimes money goes back."""
        found = await self._insist_json("GET", f"/v1/payments?payment_link_id={link_id}")
        captured = [payment["id"] for payment in found["data"] if payment["status"] == "captured"]
        if not captured:
            self.seen.failures.append(f"the payer of {link_id} was shown a payment that is not there")
            return
        self.seen.paid.add(captured[0])
        if self.chance.random() < 0.3:
            refund = await self._insist_json("POST", "/v1/refunds", {"payment_id": captured[0]})
            self.seen.refunds.add(refund["id"])

    async def _insist_json(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        key = f"key-{self.chance.getrandbits(96):024x}"
        for _ in range(PATIENCE):
            try:
                async with self.session.request(
                    method,
                    f"{self.base_url}{path}",
                    json=body,
                    headers={**self.headers, **({"idempotency-key": key} if body is not None else {})},
                ) as response:
                    if response.status in {409, 429, 503}:
                        await asyncio.sleep(0.05)
                        continue
                    answer = await response.json(content_type=None)
                    if response.status >= 300:
                        self.seen.failures.append(f"{method} {path}: {response.status} {answer}")
                        raise asyncio.CancelledError
                    self.seen.writes += body is not None
                    return answer
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                await asyncio.sleep(0.05)
        raise AssertionError(f"{method} {path} was never answered")

    async def _insist(self, method: str, url: str, form: dict[str, str] | None = None) -> str:
        """The page's text, or the address that it sends to."""
        last = ""
        for _ in range(PATIENCE):
            try:
                async with self.session.request(method, url, data=form, allow_redirects=False) as response:
                    text = await response.text()
                    if response.status == 303:
                        return response.headers["location"]
                    if response.status == 503:
                        last = text
                        await asyncio.sleep(0.05)
                        continue
                    if response.status >= 500:
                        self.seen.failures.append(f"{method} {url}: {response.status}")
                    return text
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
                last = repr(error)
                await asyncio.sleep(0.05)
        raise AssertionError(f"{method} {url} was never answered: {last}")


def paying(
    linktill: Killable, seen: Seen, chance: random.Random, stop: asyncio.Event
) -> list[asyncio.Task[None]]:
    """So many payers at once, each with a chance of its own, until told to stop."""
    story = linktill.story
    payers = [
        Payer(story["base_url"], story["api_key"], seen, random.Random(chance.random()), stop)
        for _ in range(PAYERS)
    ]
    return [asyncio.create_task(payer.run()) for payer in payers]
