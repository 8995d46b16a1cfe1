"""What people do: payers pay, hesitate, choose, press twice and come back; somebody forges. Merchants: `keeper.py`."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlencode

from linktill.core.errors import FieldInvalid, PriceChanged, Refusal
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import Payability
from linktill.core.pricing import AS_FILLED
from linktill.flows.open_checkout import Checkout, open_checkout
from linktill.flows.return_to_checkout import Visit, return_to_checkout
from linktill.flows.services import Services
from linktill.flows.start_payment import PayForm, PayResult, start_payment
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer, NotSent
from linktill.sandbox import CARDS
from linktill.simulation.asgi import ask
from linktill.simulation.node import Gone
from linktill.simulation.trouble import Fault
from linktill.simulation.wishes import wished
from linktill.simulation.world import Shop, World
from linktill.storage.errors import StorageError

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


LOOKS_RATE: Final = 0.6
"""So many payers look what their choices come to before they press Pay; the others are shown it then."""
Pressed: TypeAlias = PayResult | PriceChanged | FieldInvalid | None
"""What pressing Pay leads to: on, to the form once more, or (None) nowhere."""


class Payer:
    """One visit to one link."""

    def __init__(self, world: World, shop: Shop, slug: str) -> None:
        self._world = world
        self._shop = shop
        self._slug = slug
        self._card = world.chance.pick(WALLET)
        self._clicks: list[asyncio.Task[Pressed]] = []
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
        form = await self._form(page, world.chance.token(18))
        for _ in range(3):
            result = await self._press(form)
            if result is None:
                return
            if not isinstance(result, PayResult):
                fresh = await self._open()
                if fresh is None or world.chance.happens(0.3 if isinstance(result, PriceChanged) else 0.5):
                    return
                form = await self._form(fresh, form.submit_token)
                continue
            await self._at_the_bank(result)
            visit = await self._come_back(result)
            if visit is None or visit.attempt.status not in PRESSED_AGAIN or world.chance.happens(0.5):
                return
            self._card = world.chance.pick(WALLET)

    async def _form(self, page: Checkout, token: str) -> PayForm:
        world = self._world
        if page.currencies:
            page = await self._in_a_currency(page)
        terms = page.link.terms
        if terms.pricing is None:
            email = "ada@example.com" if world.chance.happens(0.15) else None
            self._shows(token, terms.amount)
            amount = self._misread(page, terms.amount)
            return PayForm(token, page.link.version, amount, email, "Ada")
        wish = wished(world.chance, page, self._shop.coupons)
        looked: Checkout | None = None
        if world.chance.happens(LOOKS_RATE):
            looked = await ask_us(
                world,
                lambda services: open_checkout(
                    services, self._slug, wish.choices, wish.email, terms.amount.currency
                ),
            )
            await world.loop.sleep(world.chance.unit() * (60.0 if world.chance.happens(0.15) else 5.0))
        if looked is not None and looked.refused and world.chance.happens(0.7):
            wish = replace(wish, choices=replace(wish.choices, code=""))
        link = page.link if looked is None else looked.link
        is_shown = looked is not None
        try:
            amount = link.quote(wish.choices if is_shown else AS_FILLED).charged
        except FieldInvalid:  # beside its field stands what is wrong, at the price without it
            amount, is_shown = link.due, False
        self._shows(token, amount)
        if not is_shown:
            for minor in wish.typed:
                self._shows(token, Money(minor, amount.currency))
        world.wishes.setdefault(token, []).append(wish)
        # What a payer types is typed in the currency that the form names.
        amount = amount if wish.typed else self._misread(page, amount)
        return PayForm(token, link.version, amount, wish.email, "Ada", choices=wish.choices)

    async def _in_a_currency(self, page: Checkout) -> Checkout:
        """The page in the currency that this payer wants."""
        currency = self._world.chance.pick(page.currencies)
        found = await ask_us(
            self._world, lambda services: open_checkout(services, self._slug, currency=currency)
        )
        return page if found is None else found

    def _misread(self, page: Checkout, amount: Money) -> Money:
        """Now and then the form names another currency than the page has shown, with the same number."""
        if not page.currencies or not self._world.chance.happens(0.1):
            return amount
        return Money(amount.minor, self._world.chance.pick(page.currencies))

    def _shows(self, token: str, amount: Money) -> None:
        self._world.shown.setdefault(token, set()).add((amount.minor, amount.currency))

    async def _press(self, form: PayForm) -> Pressed:
        """Pay, once or by a double click, of which the first page that comes counts; None: refused, or nobody answered.

        What the other click comes to may arrive when the payment is long over.
        """
        world = self._world
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

    async def _click(self, form: PayForm) -> Pressed:
        world = self._world
        await world.loop.sleep(world.chance.unit() * (0.3 if world.chance.happens(0.5) else 0.003))
        try:
            return await ask_us(world, lambda services: start_payment(services, self._slug, form))
        except (PriceChanged, FieldInvalid) as asked_again:
            return asked_again
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
