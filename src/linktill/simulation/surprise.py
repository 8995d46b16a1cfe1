"""What the company does against its own word: money after all, another amount, a refund that comes back."""

from typing import Final

from linktill.core.payment_attempt import DEAD, AttemptStatus
from linktill.platform.randomness import SeededRandomness
from linktill.sandbox import Surprise
from linktill.simulation.watch import Watch
from linktill.simulation.world import World

RATE: Final = 0.7
"""So many seeds have surprises."""
PAUSES: Final = 16


async def surprise(world: World) -> None:
    """Now and then, until it is calm."""
    chance, watch = world.chance.apart("surprise"), world.watch
    if not chance.happens(RATE):
        return
    while True:
        await world.loop.sleep(world.calm_from_s * chance.unit() * 2 / PAUSES)
        if world.loop.now_s >= world.calm_from_s:
            return
        kind = chance.pick(tuple(Surprise))
        fitting = _fitting(watch, kind, chance)
        if not fitting:
            continue
        reference = chance.pick(fitting)
        if reference in watch.surprised:
            continue
        watch.surprised[reference] = kind  # whoever is told at once must not be called wrong
        if await world.loop.spawn(world.bank.process, world.company.surprise(kind, reference)):
            watch.note(kind, reference)
        else:
            del watch.surprised[reference]


def _fitting(watch: Watch, kind: Surprise, chance: SeededRandomness) -> list[str]:
    """Whom it can happen to."""
    match kind:
        case Surprise.REFUND_BOUNCED:
            return [key for key, status in watch.refunds.items() if status == "succeeded"]
        case Surprise.CAPTURED_AFTER_ALL:
            dead = [key for key, seen in watch.attempts.items() if seen.status in DEAD and seen.gateway_ref]
            canceled = [key for key in dead if watch.attempts[key].status is AttemptStatus.CANCELED]
            counted = [key for key in dead if watch.shelf.counts(key)]
            return (counted if chance.happens(0.4) else canceled) or dead  # the rarer ones first
        case Surprise.OTHER_AMOUNT:
            return [
                key
                for key, seen in watch.attempts.items()
                if seen.status in {AttemptStatus.CREATED, AttemptStatus.REQUIRES_ACTION}
            ]
