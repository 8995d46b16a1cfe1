"""Runs seeds: trouble first, then calm, then everything is compared with everything."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from linktill.core.payment_link import PaymentLink
from linktill.simulation.end import compare, heal_times
from linktill.simulation.keeper import Keeper
from linktill.simulation.parts import Parts
from linktill.simulation.people import Payer, forge
from linktill.simulation.surprise import surprise
from linktill.simulation.trouble import STOPPED_MAX_S, Fault, Trouble
from linktill.simulation.world import Shop, World
from linktill.storage.touched import OPEN_WORK

REPAIR_MAX_S: Final = 50 * 3600.0
"""Once nothing goes wrong any more, everything must be at its end, or with a person, by then (I5)."""
LINKS_TRIED_MAX: Final = 4
"""Who finds a link closed asks the shop for another one."""
LOOK_EVERY_S: Final = 30.0
JUMPS_US: Final = (-3_600_000_000, -600_000_000, 600_000_000, 3_600_000_000)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed. `healed_s`: how long each unknown result took, from when that was possible again."""

    seed: int
    trace: str
    payments: int
    commits: int
    simulated_s: float
    violations: tuple[str, ...]
    healed_s: tuple[float, ...]
    pairs: dict[tuple[str, str], int] = field(repr=False)


def run_seed(
    seed: int, parts: Parts, *, planned: Trouble | None = None, visits: int | None = None
) -> Outcome:
    """One seed, from nothing to its end. The same seed gives the same trace.

    `planned` instead of the trouble that the seed draws, `visits` instead of its number of payers.
    """
    world = World(seed, parts, planned)
    try:
        try:
            world.loop.run(_play(world, visits))
        except AssertionError as error:
            world.watch.violated("stuck", str(error))
        for fault in world.loop.faults:
            world.watch.violated("exception", fault)
    finally:
        for node in world.nodes:
            node.process.kill()
        world.memory.close()
    healed_s = tuple(heal_times(world))
    return Outcome(
        seed,
        world.watch.trace,
        world.watch.ended(),
        world.watch.commits,
        round(world.loop.now_s, 3),
        tuple(world.watch.violations),
        healed_s,
        world.watch.pairs,
    )


async def _play(world: World, count: int | None) -> None:
    await world.build()
    world.watch.at_bank = world.company.statuses
    chance = world.chance
    keepers = [Keeper(world, shop) for shop in world.shops]
    around = [asyncio.ensure_future(_keep_up(world))]
    for keeper in keepers:
        await keeper.open(10 + chance.below(20))
    around += [asyncio.ensure_future(work) for work in (_stop_and_go(world), _set_clocks(world))]
    visits = [_visit(world) for _ in range(900 + chance.below(900) if count is None else count)]
    await asyncio.gather(forge(world), surprise(world), *(keeper.work() for keeper in keepers), *visits)
    await world.loop.sleep(max(0.0, world.calm_from_s - world.loop.now_s))
    await _calm(world)
    for task in around:
        task.cancel()
    await _drain(world)
    await compare(world)


async def _visit(world: World) -> None:
    chance = world.chance
    await world.loop.sleep(chance.unit() * world.calm_from_s * 0.9)
    shop = chance.pick(world.shops)
    for _ in range(LINKS_TRIED_MAX):
        link = _lively(world, shop)
        if link is None or await Payer(world, shop, link.slug).visit():
            return


def _lively(world: World, shop: Shop) -> PaymentLink | None:
    """Mostly a link that was made lately, and of two the one that fewer have visited."""
    if not shop.links:
        return None
    recent = shop.links[-12:] if world.chance.happens(0.8) else shop.links
    one, other = world.chance.pick(recent), world.chance.pick(recent)
    chosen = min((one, other), key=lambda link: shop.visits.get(link.id, 0) / shop.room[link.id])
    shop.visits[chosen.id] = shop.visits.get(chosen.id, 0) + 1
    return chosen


async def _keep_up(world: World) -> None:
    """Whatever dies is started again."""
    while True:
        await asyncio.wait([node.death for node in world.nodes], return_when=asyncio.FIRST_COMPLETED)
        await world.loop.sleep(1.0 + world.chance.unit() * world.chance.pick((3.0, 3.0, 20.0)))
        for node in list(world.nodes):
            if node.process.is_dead:
                world.restart(node)


async def _stop_and_go(world: World) -> None:
    """Processes stand still past their leases and go on as if nothing were."""
    while True:
        await world.loop.sleep(20.0 + world.chance.unit() * 60.0)
        fault = world.place.trouble.strikes(world.chance, (Fault.STOPPED,), world.loop.now_s)
        running = [node for node in world.nodes if node.is_up]
        if (fault is None and not world.chance.happens(0.02)) or not running or _is_calm(world):
            continue
        node = world.chance.pick(running)
        world.watch.struck(Fault.STOPPED, "worker" if node.works else "server")
        node.process.is_stopped = True
        await world.loop.sleep(world.chance.unit() * STOPPED_MAX_S)
        world.loop.go_on(node.process)


async def _set_clocks(world: World) -> None:
    """A clock is set wrong, and right again later."""
    while True:
        await world.loop.sleep(60.0 + world.chance.unit() * world.calm_from_s / 3)
        if world.place.trouble.strikes(world.chance, (Fault.CLOCK_JUMP,), world.loop.now_s) is None:
            continue
        node = world.chance.pick(world.nodes)
        world.watch.struck(Fault.CLOCK_JUMP, "worker" if node.works else "server")
        node.set_clock(world.chance.pick(JUMPS_US))
        await world.loop.sleep(world.chance.unit() * 600.0)
        node.set_clock(0)
        for other in world.nodes:
            other.look_again()


def _is_calm(world: World) -> bool:
    return world.loop.now_s >= world.calm_from_s


async def _calm(world: World) -> None:
    """Nothing goes wrong from here on: all clocks right, all processes up, the gateway forgets the errors it replays."""
    world.bank.replayed.clear()
    await world.loop.sleep(30.0)
    for node in list(world.nodes):
        node.set_clock(0)
        if node.process.is_dead:
            world.restart(node)
        elif node.process.is_stopped:
            world.loop.go_on(node.process)


async def _drain(world: World) -> None:
    """Until everything is at its end or with a person."""
    limit_s = world.calm_from_s + REPAIR_MAX_S
    while world.loop.now_s < limit_s:
        await world.loop.sleep(LOOK_EVERY_S)
        due_at = world.company.next_due_at()
        is_bank_busy = due_at is not None and due_at < world.clock.now_us() + 3_600_000_000
        if world.memory.rows(OPEN_WORK)[0][0] == 0 and not is_bank_busy:
            return
    if world.watch.open_attempts():
        world.watch.violated("I5", f"still open after {REPAIR_MAX_S} s: {world.watch.open_attempts()[:5]}")
    elif world.memory.rows(OPEN_WORK)[0][0]:
        world.watch.violated("I5", f"work is left after {REPAIR_MAX_S} s")
