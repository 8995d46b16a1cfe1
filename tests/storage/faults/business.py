"""What a shop does on a busy day, drawn from a seed: links, payments of all kinds, refunds, edits, and bursts of each."""

import asyncio
import contextlib
import random
from collections.abc import Callable

from linktill.core.errors import Refusal
from linktill.core.link_terms import LinkFields
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import PaymentLink
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import create_link, edit_link, pause_link, resume_link
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.refund_payment import refund_payment
from linktill.flows.seal_ledger import seal_ledger
from linktill.gateways.contract import SignatureRefused
from tests.flows.edits import raised_to
from tests.make import Shop

CARDS = (
    "success",
    "success",
    "success",
    "declined",
    "debit_settles",
    "webhook_lost",
    "webhook_doubled",
    "webhook_out_of_order",
)


class Business:
    """`hold` and `release`: between the two whatever is written waits, and is then written in one group."""

    def __init__(
        self, shop: Shop, chance: random.Random, hold: Callable[[], None], release: Callable[[], None]
    ) -> None:
        self.shop = shop
        self.chance = chance
        self.hold = hold
        self.release = release
        self.links: list[PaymentLink] = []
        self.forms = 0
        self.payments = 0

    async def act(self) -> None:
        """One thing that somebody does."""
        action = self.chance.choice(
            (self.pay, self.pay, self.pay, self.refund, self.change, self.burst, self.wait)
        )
        # Somebody was faster, the link is closed, old news came again: that is business, too.
        with contextlib.suppress(Refusal, SignatureRefused):
            await action()

    async def link(self) -> PaymentLink:
        """A new one, or one that is there."""
        if self.links and self.chance.random() < 0.3:
            return await self.shop.fresh(self.chance.choice(self.links))
        made = await self.shop.link(
            self.chance.randint(100, 99_999), payments_max=self.chance.choice((1, 3, None))
        )
        self.links.append(made)
        return made

    async def pay(self) -> None:
        self.forms += 1
        result = await self.shop.press_pay(await self.link(), str(self.forms))
        self.payments += 1
        if result.redirect_url is not None and self.chance.random() < 0.9:
            await self.shop.fill_card(result, self.chance.choice(CARDS))
            await self.shop.deliver(again=self.chance.random() < 0.2, backwards=self.chance.random() < 0.2)

    async def refund(self) -> None:
        if not self.links:
            return
        link = self.chance.choice(self.links)
        for attempt in await self.shop.attempts(link):
            if attempt.status is AttemptStatus.CAPTURED:
                part = self.chance.choice((None, self.chance.randint(1, attempt.amount.minor)))
                await refund_payment(self.shop.services, self.shop.id, attempt.id, amount_minor=part)

    async def change(self) -> None:
        link = await self.link()
        services, merchant_id = self.shop.services, self.shop.id
        match self.chance.randrange(4):
            case 0:
                await cancel_link(services, merchant_id, link.id)
            case 1:
                await pause_link(services, merchant_id, link.id)
            case 2:
                await resume_link(services, merchant_id, link.id)
            case _:
                await edit_link(
                    services, merchant_id, link.id, raised_to(self.chance.randint(1, 9)), by="test"
                )

    async def burst(self) -> None:
        """Several at once: their units share a commit."""
        fields = [LinkFields(self.chance.randint(100, 99_999), "USD", "A burst") for _ in range(5)]
        makers = [create_link(self.shop.services, self.shop.id, each, by="test") for each in fields]
        await self.shop.running.step(0)
        received = self.shop.running.receiver.received
        fresh, self.shop.delivered = received[self.shop.delivered :], len(received)
        hooks = [
            receive_webhook(self.shop.services, "sandbox", self.shop.account.id, headers, body)
            for headers, body in fresh
        ]
        self.hold()
        tasks = [asyncio.ensure_future(each) for each in (*makers, *hooks)]
        for _ in range(3):
            await asyncio.sleep(0)
        self.release()
        done = await asyncio.gather(*tasks)
        self.links += [each for each in done if isinstance(each, PaymentLink)]
        while await process_inbox(self.shop.services):
            pass

    async def wait(self) -> None:
        await self.shop.later(self.chance.choice((1.0, 20.0, 2_000.0)))
        await seal_ledger(self.shop.services)
