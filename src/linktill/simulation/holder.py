"""What merchants do with money that is held: capture it, let it go, both at once, or forget it."""

import asyncio
from typing import Final

from linktill.core.capture import Verdict
from linktill.core.errors import Refusal
from linktill.core.ids import AttemptId
from linktill.flows.capture_payment import decide, decide_now
from linktill.flows.services import Services, moment_of
from linktill.simulation.people import ask_us
from linktill.simulation.world import Shop, World
from linktill.storage.errors import Busy

MANUAL_RATE: Final = 0.2
"""So many links are captured by hand."""
WISHES: Final = (*((Verdict.CAPTURE,),) * 4, (Verdict.VOID,), (Verdict.VOID,), *(tuple(Verdict),) * 3)
"""What is asked for; two at once, now and then."""
FORGOTTEN_RATE: Final = 0.2


async def decide_on_holds(world: World, shop: Shop) -> None:
    """One merchant, until the day is over."""
    chance, forgotten = world.chance, set[str]()
    while world.loop.now_s < world.calm_from_s * 0.97:
        await world.loop.sleep(chance.unit() * world.calm_from_s / 150)
        held = [
            key
            for key, seen in world.watch.attempts.items()
            if seen.merchant_id == shop.id and seen.is_resting and key not in forgotten
        ]
        if not held:
            continue
        key = chance.pick(held)
        if chance.happens(FORGOTTEN_RATE):
            forgotten.add(key)
            continue
        verdicts = chance.pick(WISHES)
        if chance.happens(0.2):
            verdicts = (*verdicts, *verdicts)
        await asyncio.gather(*(_decide(world, shop, AttemptId(key), verdict) for verdict in verdicts))


async def _decide(world: World, shop: Shop, attempt_id: AttemptId, verdict: Verdict) -> None:
    """On the dashboard, where the gateway is asked at once, or over the API, where the worker asks."""
    is_api = world.chance.happens(0.4)

    async def ask(services: Services) -> None:
        if is_api:
            run = services.database.run
            await run(decide, moment_of(services), shop.id, attempt_id, verdict, "holder")
            services.wake.now()
        else:
            await decide_now(services, shop.id, attempt_id, verdict, by="holder")

    await world.loop.sleep(world.chance.unit() * 0.01)
    try:
        await ask_us(world, ask, tries=2)
    except (Refusal, Busy):
        return
