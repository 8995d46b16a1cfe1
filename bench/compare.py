"""Product and floor in turns, round by round: what else the machine does then falls on both alike."""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.paths import Measure, Round, Webhooks, create, list_links, page
from bench.sides import Side, World, floor, product

PAGE, CREATE, WEBHOOK, LIST = "open_checkout_page", "create_link", "apply_webhook", "list_links"
WARM_UP_S = 1
WARM_UP_WEBHOOKS = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: rounds of each side, seconds of a round, webhooks in a round."""

    rounds: int
    seconds: int
    webhooks: int

    @property
    def payments(self) -> int:
        """How many payments must wait for their webhook."""
        return self.rounds * self.webhooks + WARM_UP_WEBHOOKS


def compare(world: World, plan: Plan) -> list[dict[str, Any]]:
    """A record for each path, after both sides have been warmed up."""
    world.databases.copy("seed", "product")
    world.databases.copy("seed", "floor")
    shop, seconds, first = world.shop, plan.seconds, plan.payments
    records = _in_turns(
        world,
        plan,
        {
            PAGE: (page(WARM_UP_S, first=first), page(seconds, first=first)),
            LIST: (list_links(shop, WARM_UP_S), list_links(shop, seconds)),
            CREATE: (create(shop, WARM_UP_S), create(shop, seconds)),
        },
        worker=False,
    )
    hooks = Webhooks(shop, plan.payments)
    both = (hooks.of(WARM_UP_WEBHOOKS), hooks.of(plan.webhooks))
    return records + _in_turns(world, plan, {WEBHOOK: both}, worker=True)


def _in_turns(
    world: World, plan: Plan, paths: Mapping[str, tuple[Measure, Measure]], *, worker: bool
) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        sides = [make(world, make.__name__, worker=worker) for make in (product, floor)]
        for side in sides:
            stack.callback(side.process.stop)
        return [
            _record(world.databases.name, name, *_rounds(name, sides, plan, measures))
            for name, measures in paths.items()
        ]


def _rounds(
    name: str, sides: list[Side], plan: Plan, measures: tuple[Measure, Measure]
) -> tuple[list[Round], list[Round]]:
    sys.stderr.write(f"{sides[0].databases.name}: {name}\n")
    warm_up, measure = measures
    for side in sides:
        warm_up(side)
    found: tuple[list[Round], list[Round]] = ([], [])
    for _ in range(plan.rounds):
        for side, rounds in zip(sides, found, strict=True):
            rounds.append(measure(side))
    return found


def _record(database: str, path: str, mine: list[Round], its: list[Round]) -> dict[str, Any]:
    """The median of the rounds of each side, and the ratio of the two. All rounds are kept."""
    rps, floor_rps = _median(mine, lambda each: each.rps), _median(its, lambda each: each.rps)
    cpu_ms, floor_cpu_ms = _median(mine, lambda each: each.cpu_ms), _median(its, lambda each: each.cpu_ms)
    record: dict[str, Any] = {
        "database": database,
        "path": path,
        "rps": round(rps, 1),
        "p50_ms": round(_median(mine, lambda each: each.p50_ms), 2),
        "p99_ms": round(_median(mine, lambda each: each.p99_ms), 2),
        "cpu_ms": round(cpu_ms, 3),
        "floor_rps": round(floor_rps, 1),
        "floor_p50_ms": round(_median(its, lambda each: each.p50_ms), 2),
        "floor_p99_ms": round(_median(its, lambda each: each.p99_ms), 2),
        "floor_cpu_ms": round(floor_cpu_ms, 3),
        "floor_ratio": round(rps / floor_rps, 3),
        "cpu_ratio": round(floor_cpu_ms / cpu_ms, 3),
        "rounds_rps": [round(each.rps, 1) for each in mine],
        "floor_rounds_rps": [round(each.rps, 1) for each in its],
    }
    for name in mine[0].more:
        record[name] = round(median(each.more[name] for each in mine), 1)
        record[f"floor_{name}"] = round(median(each.more[name] for each in its), 1)
    return record


def _median(rounds: list[Round], figure: Callable[[Round], float]) -> float:
    return median(figure(each) for each in rounds)
