"""A process that hammers the same link, payments and keys as others do, for some seconds, and then says what it got.

Run as `python -m tests.concurrency.hammer` with its orders, a JSON text.
"""

import asyncio
import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from linktill.core.errors import LinkNotPayable, PaymentInProgress, RefundTooLarge
from linktill.core.ids import AttemptId, GatewayAccountId, LinkId, MerchantId
from linktill.core.payment_attempt import FactKind
from linktill.core.payment_link import PaymentLink
from linktill.flows.start_payment import _Claimed
from linktill.platform.clock import SystemClock
from linktill.storage import links
from linktill.storage.database import open_database
from linktill.storage.errors import Busy
from tests.concurrency.asking import creating
from tests.concurrency.bugs import BUGS
from tests.concurrency.refunding import asking
from tests.concurrency.world import World, services_on

AT_ONCE = 8
FORMS = 60
KEYS = 25
REFUND_MINOR = 100


@dataclass
class Orders:
    """On which database whom to hammer."""

    url: str
    merchant_id: str
    account_id: str
    link_id: str
    paid_id: str
    seconds: float
    seed: int
    bug: str = ""
    """The name of one to plant."""


@dataclass
class Got:
    """What a process was answered."""

    claims: int = 0
    refunds: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    answers: dict[str, list[str]] = field(default_factory=dict)


class Hammer:
    """One process's hands."""

    def __init__(self, world: World, link: PaymentLink, orders: Orders) -> None:
        self._world = world
        self._link = link
        self._orders = orders
        self._chance = random.Random(orders.seed)
        self._known: list[AttemptId] = []
        self.got = Got()

    async def run(self) -> None:
        ends_at = time.monotonic() + self._orders.seconds
        deeds: list[Callable[[], Awaitable[None]]] = [self._press, self._tell, self._refund, self._create]

        async def hand() -> None:
            while time.monotonic() < ends_at:
                deed = self._chance.choice(deeds)
                self.got.asked[deed.__name__.strip("_")] += 1
                try:
                    await deed()
                except Busy:
                    self.got.asked["busy"] += 1

        await asyncio.gather(*(hand() for _ in range(AT_ONCE)))

    async def _press(self) -> None:
        try:
            claimed: _Claimed = await self._world.press(self._link, str(self._chance.randrange(FORMS)))(
                self._world.database
            )
        except (PaymentInProgress, LinkNotPayable):
            return
        self.got.claims += claimed.is_new
        self._known.append(claimed.attempt.id)

    async def _tell(self) -> None:
        if self._known:
            attempt = await self._world.attempt(self._chance.choice(self._known))
            kind = self._chance.choice((FactKind.CAPTURED, FactKind.PROCESSING))
            await self._world.tell(attempt, kind)(self._world.database)

    async def _refund(self) -> None:
        attempt = await self._world.attempt(AttemptId(self._orders.paid_id))
        try:
            await asking(self._world, attempt, REFUND_MINOR)(self._world.database)
        except RefundTooLarge:
            return
        self.got.refunds += 1

    async def _create(self) -> None:
        key = f"key-{self._chance.randrange(KEYS)}"
        answer = await creating(self._world, self._link, key)(self._world.database)
        told = self.got.answers.setdefault(key, [])
        if answer.body.decode() not in told:
            told.append(answer.body.decode())


async def main(orders: Orders) -> dict[str, Any]:
    """Hammers, and answers what it got."""
    for bug in BUGS:
        if bug.name == orders.bug:
            for plant in bug.plants:
                setattr(plant.module, plant.name, plant.value)
    database = await open_database(orders.url, SystemClock())
    try:
        services = services_on(database)
        world = World(
            services,
            MerchantId(orders.merchant_id),
            GatewayAccountId(orders.account_id),
            itertools.count(1),
        )
        link = await database.read(links.get_link, world.id, LinkId(orders.link_id))
        assert link is not None
        hammer = Hammer(world, link, orders)
        await hammer.run()
    finally:
        await database.close()
    got = hammer.got
    return {"claims": got.claims, "refunds": got.refunds, "asked": dict(got.asked), "answers": got.answers}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Orders(**json.loads(sys.argv[1]))))))
