"""What people do: payers pay, hesitate, press twice and come back; merchants make, edit, close and refund; somebody forges."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from linktill.core.errors import PriceChanged, Refusal
from linktill.core.ids import AttemptId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_attempt import OPEN, AttemptStatus
from linktill.core.payment_link import LinkTerms, Payability, PaymentLink
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import create_link, edit_link, pause_link, resume_link
from linktill.flows.open_checkout import Checkout, open_checkout
from linktill.flows.refund_payment import refund_payment
from linktill.flows.return_to_checkout import Visit, return_to_checkout
from linktill.flows.services import Services
from linktill.flows.start_payment import PayForm, PayResult, start_payment
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from linktill.sandbox import CARDS
from linktill.simulation.asgi import ask
from linktill.simulation.node import Gone
from linktill.simulation.trouble import Fault
from linktill.simulation.world import Shop, World
from linktill.storage.errors import Busy, StorageError

T = TypeVar("T")

TRIES_MAX: Final = 4
NUMBERS: Final = {card.name: card.number for card in CARDS}
WALLET: Final = (
    *("success",) * 14, *("declined",) * 2, "insufficient_funds", "expired_card", *("challenge",) * 3, "challenge_fails",
    *("debit_settles",) * 2, "debit_returns", "webhook_late", "webhook_doubled", "webhook_out_of_order", "webhook_lost",
    "dispute_lost", "dispute_won", "refund_fails",
)  # fmt: skip
"""Test cards, the usual ones more often."""
PRESSED_AGAIN: Final = frozenset(
    {AttemptStatus.FAILED, AttemptStatus.CANCELED, AttemptStatus.REQUIRES_ACTION}
)
"""How a payment can stand when its payer's page offers to pay: once more, or where they left."""


async def ask_us(
    world: World, work: Callable[[Services], Coroutine[Any, Any, T]], *, tries: int = TRIES_MAX
) -> T | None:
    """Has any process do it; tried again while none answers. None: nobody did. Refusals come through."""
    for _ in range(tries):
        node = world.any_node()
        if node is not None:
            try:
                return await node.call(work(node.services))
            except (Gone, StorageError):
                pass
        await world.loop.sleep(0.5 + world.chance.unit() * 5.0)
    return None


class Payer:
    """One visit to one link."""

    def __init__(self, world: World, shop: Shop, slug: str) -> None:
        self._world = world
        self._shop = shop
        self._slug = slug
        self._card = world.chance.pick(WALLET)
        self._clicks: list[asyncio.Task[PayResult | PriceChanged | None]] = []
        """All that were made, answered or not."""

    async def visit(self) -> bool:
        """From the link to the receipt, or to wherever this payer gives up. False: it was closed, and they left."""
        world = self._world
        page = await self._open()
        if page is None or (page.payability is not Payability.PAYABLE and not world.chance.happens(0.3)):
            return page is None
        tabs = 2 if world.chance.happens(0.1) else 1
        if tabs == 1:
            await self._pay(page)
        else:
            await asyncio.gather(*(self._pay(page) for _ in range(tabs)))
        await asyncio.gather(*self._clicks)
        return True

    async def _open(self) -> Checkout | None:
        page = await ask_us(self._world, lambda services: open_checkout(services, self._slug))
        hesitates_s = 2_000.0 if self._world.chance.happens(0.03) else 15.0
        await self._world.loop.sleep(self._world.chance.unit() * hesitates_s)
        return page

    async def _pay(self, page: Checkout) -> None:
        world = self._world
        form = self._form(page, world.chance.token(18))
        for _ in range(3):
            result = await self._press(form)
            if result is None:
                return
            if isinstance(result, PriceChanged):
                fresh = await self._open()
                if fresh is None or world.chance.happens(0.3):
                    return
                form = self._form(fresh, form.submit_token)
                continue
            await self._at_the_bank(result)
            visit = await self._come_back(result)
            if visit is None or visit.attempt.status not in PRESSED_AGAIN or world.chance.happens(0.5):
                return
            self._card = world.chance.pick(WALLET)

    def _form(self, page: Checkout, token: str) -> PayForm:
        terms = page.link.terms
        email = "ada@example.com" if self._world.chance.happens(0.15) else None
        return PayForm(token, page.link.version, terms.due, email, "Ada")

    async def _press(self, form: PayForm) -> PayResult | PriceChanged | None:
        """Pay, once or by a double click, of which the first page that comes counts; None: refused, or nobody answered.

        What the other click comes to may arrive when the payment is long over.
        """
        world = self._world
        world.shown.setdefault(form.submit_token, set()).add((form.amount.minor, form.amount.currency))
        clicks = [
            asyncio.ensure_future(self._click(form)) for _ in range(2 if world.chance.happens(0.12) else 1)
        ]
        self._clicks += clicks
        while True:
            await asyncio.wait(
                [click for click in clicks if not click.done()], return_when=asyncio.FIRST_COMPLETED
            )
            results = [click.result() for click in clicks if click.done()]
            found = next((result for result in results if isinstance(result, PayResult)), None)
            if found is not None or len(results) == len(clicks):
                return found or results[0]

    async def _click(self, form: PayForm) -> PayResult | PriceChanged | None:
        world = self._world
        await world.loop.sleep(world.chance.unit() * (0.3 if world.chance.happens(0.5) else 0.003))
        try:
            return await ask_us(world, lambda services: start_payment(services, self._slug, form))
        except PriceChanged as changed:
            return changed
        except Refusal:
            return None

    async def _at_the_bank(self, result: PayResult) -> None:
        world, url = self._world, result.redirect_url
        if url is None:
            return
        fate = world.chance.unit()
        await world.loop.sleep(
            world.chance.unit() * (12.0 if fate < 0.75 else 90.0 if fate < 0.91 else 2_400.0)
        )
        if world.chance.happens(0.3 if fate > 0.94 else 0.04):
            await self._post(url, action="cancel")
        elif fate <= 0.94:
            await self._give_card(url)

    async def _give_card(self, url: str) -> None:
        world = self._world
        fields = {"number": NUMBERS[self._card], "expiry": "12/34", "cvc": "123", "name": "Ada"}
        await self._post(url, **fields)
        if world.chance.happens(0.05):
            await self._post(url, **fields)
        if self._card.startswith("challenge"):
            await world.loop.sleep(world.chance.unit() * (60.0 if world.chance.happens(0.9) else 2_400.0))
            await self._post(url, action="fail" if self._card == "challenge_fails" else "pass")

    async def _post(self, url: str, **fields: str) -> HttpResponse:
        """The payer's own browser talks to the company: none of our wires."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = HttpRequest("POST", url, headers, urlencode(fields).encode())
        return await self._world.loop.spawn(self._world.bank.process, ask(self._world.company.asgi, request))

    async def _come_back(self, result: PayResult) -> Visit | None:
        """To our page, now and then more than once, or never."""
        world, session = self._world, result.session
        visit: Visit | None = None
        if world.chance.happens(0.15):
            return None
        for _ in range(world.chance.pick((1, 1, 1, 1, 2, 3))):
            try:
                visit = await ask_us(
                    world,
                    lambda services: return_to_checkout(services, self._slug, session.id, session.token),
                )
            except Refusal:
                return None
            await world.loop.sleep(1.0 + world.chance.unit() * 20.0)
        return visit


class Keeper:
    """A merchant at work."""

    def __init__(self, world: World, shop: Shop) -> None:
        self._world = world
        self._shop = shop

    async def open(self, links: int) -> None:
        """The first links."""
        for _ in range(links):
            await self._make()

    async def work(self) -> None:
        """Something every now and then, until the day is over."""
        world = self._world
        pause_s = world.calm_from_s / 200
        while world.loop.now_s < world.calm_from_s * 0.95:
            await world.loop.sleep(world.chance.unit() * 2 * pause_s)
            await self._do(world.chance.pick(DEEDS))

    async def _do(self, deed: str) -> None:
        world, shop = self._world, self._shop
        if deed == "make" or not shop.links:
            return await self._make()
        link = self._busy() or world.chance.pick(shop.links)
        try:
            match deed:
                case "price" | "limit" | "expiry":
                    await ask_us(
                        world,
                        lambda services: edit_link(services, shop.id, link.id, self._edit(deed), by="keeper"),
                    )
                case "pause":
                    await ask_us(world, lambda services: pause_link(services, shop.id, link.id))
                    await world.loop.sleep(world.chance.unit() * min(120.0, world.calm_from_s / 10))
                    await ask_us(world, lambda services: resume_link(services, shop.id, link.id))
                case "cancel":
                    await ask_us(world, lambda services: cancel_link(services, shop.id, link.id))
                case _:
                    await self._refund()
        except Refusal:
            return None

    def _busy(self) -> PaymentLink | None:
        """Mostly a link that somebody pays right now: that is when an edit hurts."""
        world, shop = self._world, self._shop
        if world.chance.happens(0.2):
            return None
        paying = {seen.link_id for seen in world.watch.attempts.values() if seen.status in OPEN}
        busy = [link for link in shop.links if link.id in paying]
        return world.chance.pick(busy) if busy else None

    async def _make(self) -> None:
        world, chance, shop = self._world, self._world.chance, self._shop
        now = world.clock.now_us()
        fields = LinkFields(
            100 + chance.below(50_000),
            shop.merchant.currency,
            "Something simulated",
            payments_max=chance.pick((1, 1, 2, 3, 8, 30, None, None)),
            starts_at=now + chance.below(600_000_000) if chance.happens(0.1) else None,
            expires_at=now + 60_000_000 + chance.below(3_600_000_000) if chance.happens(0.25) else None,
        )
        try:
            made = await ask_us(world, lambda services: create_link(services, shop.id, fields, by="keeper"))
        except Refusal:
            return
        if made is not None:
            shop.links.append(made)

    def _edit(self, deed: str) -> Callable[[LinkTerms], LinkFields]:
        chance, now = self._world.chance, self._world.clock.now_us()
        amount, limit = 100 + chance.below(50_000), chance.pick((1, 2, 3, None))
        expires_at = now + 30_000_000 + chance.below(1_800_000_000) if chance.happens(0.7) else None

        def edit(terms: LinkTerms) -> LinkFields:
            every: dict[str, dict[str, Any]] = {
                "price": {"amount_minor": amount},
                "limit": {"payments_max": limit},
                "expiry": {"expires_at": expires_at},
            }
            return replace(fields_of(terms), **every[deed])

        return edit

    async def _refund(self) -> None:
        world, shop = self._world, self._shop
        paid = [
            key
            for key, seen in world.watch.attempts.items()
            if seen.merchant_id == shop.id and seen.status is AttemptStatus.CAPTURED
        ]
        if not paid:
            return
        payment_id = AttemptId(world.chance.pick(paid))
        if payment_id in world.watch.disputed and not world.chance.happens(0.1):
            return
        amount = (
            None
            if world.chance.happens(0.4)
            else 1 + world.chance.below(world.watch.attempts[payment_id].amount_minor)
        )
        clicks = 2 if world.chance.happens(0.2) else 1
        await asyncio.gather(*(self._refund_once(payment_id, amount) for _ in range(clicks)))

    async def _refund_once(self, payment_id: AttemptId, amount: int | None) -> None:
        asked = self._world.watch.refunds_asked

        async def ask(services: Services) -> None:
            asked[payment_id] += 1
            try:
                await refund_payment(services, self._shop.id, payment_id, amount_minor=amount)
            except (Refusal, Busy):
                asked[payment_id] -= 1  # whoever is told that nothing was done must be able to believe it
                raise

        try:
            await ask_us(self._world, ask, tries=1)
        except Refusal:
            return


DEEDS: Final = (
    *("make",) * 8,
    "price",
    "price",
    "limit",
    "expiry",
    "pause",
    "cancel",
    "refund",
    "refund",
    "refund",
    "refund",
)


async def forge(world: World) -> None:
    """Somebody sends webhooks under a secret of their own, and true ones with another amount."""
    while world.loop.now_s < world.calm_from_s:
        await world.loop.sleep(30.0 + world.chance.unit() * world.calm_from_s / 4)
        node, true = world.any_node(), world.bank_wire.last
        if node is None or true is None:
            continue
        body = true.body.replace(b'"amount_minor":', b'"amount_minor":9')
        headers = dict(true.headers)
        if body == true.body or world.chance.happens(0.3):
            headers["sandbox-signature"] = headers["sandbox-signature"].replace("v1=", "v1=0")
        world.watch.struck(Fault.HOOK_FORGED, "any")
        request = HttpRequest("POST", true.url, headers, body)
        try:
            answer = await node.receive(request)
        except (NoAnswer, NotSent):
            continue
        if answer.status not in {400, 503}:
            world.watch.violated("forged", f"a forged webhook was answered with {answer.status}")
