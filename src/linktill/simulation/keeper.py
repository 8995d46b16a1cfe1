"""What merchants do: make links and coupons, edit them while somebody pays, pause, cancel, and refund twice at once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from linktill.core.errors import Refusal
from linktill.core.ids import AttemptId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_attempt import OPEN, AttemptStatus
from linktill.core.payment_link import LinkTerms, PaymentLink
from linktill.core.pricing import Pricing
from linktill.flows.cancel_link import Received, cancel_link
from linktill.flows.manage_coupons import create_coupon, edit_coupon
from linktill.flows.manage_links import create_link, edit_link, pause_link, resume_link
from linktill.flows.refund_payment import refund_payment
from linktill.flows.services import Services
from linktill.platform.randomness import SeededRandomness
from linktill.simulation.goods import (
    RICH_RATE,
    changed,
    drawn_coupon,
    drawn_currencies,
    drawn_pricing,
    room_of,
)
from linktill.simulation.holder import MANUAL_RATE
from linktill.simulation.people import ask_us
from linktill.simulation.world import Shop, World
from linktill.storage.errors import Busy

COUPONS: Final = 3
COUPONS_MAX: Final = 12


class Keeper:
    """A merchant at work."""

    def __init__(self, world: World, shop: Shop) -> None:
        self._world = world
        self._shop = shop
        self._coupons = 0

    async def open(self, links: int) -> None:
        """The first coupons and links."""
        for _ in range(COUPONS):
            await self._make_coupon()
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
        gone = self._gone() if deed == "goods" else None
        link = gone or self._busy() or world.chance.pick(shop.links)
        try:
            match deed:
                case "price" | "limit" | "expiry" | "goods":
                    await ask_us(
                        world,
                        lambda services: edit_link(services, shop.id, link.id, self._edit(deed), by="keeper"),
                    )
                case "pause":
                    await ask_us(world, lambda services: pause_link(services, shop.id, link.id))
                    await world.loop.sleep(world.chance.unit() * min(120.0, world.calm_from_s / 10))
                    await ask_us(world, lambda services: resume_link(services, shop.id, link.id))
                case "cancel":
                    received = Received.REFUND if world.chance.happens(0.3) else Received.KEEP
                    if received is Received.REFUND:
                        world.watch.sent_back.add(link.id)
                    await ask_us(world, lambda services: cancel_link(services, shop.id, link.id, received))
                case "coupon":
                    await self._change_coupon()
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

    def _gone(self) -> PaymentLink | None:
        """Half of the time a link that is sold out: there is more of it now."""
        world, shop = self._world, self._shop
        gone = [link for link in shop.links if link.id in world.watch.shelf.gone]
        return world.chance.pick(gone) if gone and world.chance.happens(0.5) else None

    async def _make(self) -> None:
        world, chance, shop = self._world, self._world.chance, self._shop
        now = world.clock.now_us()
        price = 100 + chance.below(50_000)
        fields = LinkFields(
            price,
            shop.merchant.currency,
            "Something simulated",
            payments_max=chance.pick((1, 1, 2, 3, 8, 30, None, None)),
            starts_at=now + chance.below(600_000_000) if chance.happens(0.1) else None,
            expires_at=now + 60_000_000 + chance.below(3_600_000_000) if chance.happens(0.25) else None,
        )
        if chance.happens(MANUAL_RATE):
            fields = replace(fields, capture_method="manual")
        if chance.happens(RICH_RATE):
            own = shop.merchant.currency
            pricing = drawn_currencies(f"{price}", own, price, drawn_pricing(chance, price))
            fields = replace(fields, pricing=pricing)
        try:
            made = await ask_us(world, lambda services: create_link(services, shop.id, fields, by="keeper"))
        except Refusal:
            return
        if made is not None:
            shop.links.append(made)
            shop.room[made.id] = room_of(made.terms.pricing or Pricing(), made.terms.payments_max)

    async def _make_coupon(self) -> None:
        world, shop = self._world, self._shop
        fields = drawn_coupon(world.chance, self._coupons, shop.merchant.currency)
        self._coupons += 1
        try:
            made = await ask_us(world, lambda services: create_coupon(services, shop.id, fields))
        except Refusal:  # whoever died over it had made it
            return
        if made is not None:
            shop.coupons.append(made)

    async def _change_coupon(self) -> None:
        """Another limit, on or off, only for one link, or one more."""
        world, shop, chance = self._world, self._shop, self._world.chance
        if len(shop.coupons) < COUPONS_MAX and (not shop.coupons or chance.happens(0.4)):
            return await self._make_coupon()
        coupon, link = chance.pick(shop.coupons), chance.pick(shop.links)
        changes: dict[str, Any] = chance.pick(
            (
                {"uses_max": chance.pick((1, 2, 6, None))},
                {"uses_per_customer_max": chance.pick((1, 3, None))},
                {"is_active": chance.happens(0.5)},
                {"link_ids": (link.id,) if chance.happens(0.3) else ()},
            )
        )
        await ask_us(
            world,
            lambda services: edit_coupon(
                services, shop.id, coupon.id, lambda fields: replace(fields, **changes)
            ),
        )
        return None

    def _edit(self, deed: str) -> Callable[[LinkTerms], LinkFields]:
        chance, now = self._world.chance, self._world.clock.now_us()
        amount, limit = 100 + chance.below(50_000), chance.pick((1, 2, 3, None))
        expires_at = now + 30_000_000 + chance.below(1_800_000_000) if chance.happens(0.7) else None
        again = chance.token(8)

        def edit(terms: LinkTerms) -> LinkFields:
            if deed == "goods":
                # Drawn anew each time from the same chance: a unit that is run again makes the same of it.
                pricing = changed(SeededRandomness(again), terms.pricing, amount, terms.amount.currency)
                return replace(fields_of(terms), pricing=pricing)
            if deed == "price" and len(terms.currencies) > 1 and amount % 2:
                # The other currency becomes the link's own: its sums begin again.
                price = terms.in_currency(terms.currencies[1]).amount
                return replace(fields_of(terms), amount_minor=amount, currency=price.currency, pricing=None)
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
    "goods",
    "goods",
    "coupon",
    "coupon",
    "pause",
    "cancel",
    "refund",
    "refund",
    "refund",
    "refund",
)
