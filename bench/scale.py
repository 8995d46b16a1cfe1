"""Pages and lists of a merchant with a million links, beside those of one with ten thousand."""

from contextlib import ExitStack
from statistics import median
from typing import Any

from bench.compare import LIST, PAGE
from bench.paths import Measure, list_links, page
from bench.shop import found, link_rows
from bench.sides import Side, World, product

SIZES = {"few": 10_000, "many": 1_000_000}
ROUNDS = 3
SECONDS = 2
CONNECTIONS = 1
"""One after the other, so that it is the time of a request which is compared."""


def million(world: World, records: list[dict[str, Any]]) -> None:
    """Adds to the records of page and list how much longer they take with a million links."""
    with ExitStack() as stack:
        sides: dict[str, Side] = {}
        paths: dict[str, dict[str, Measure]] = {PAGE: {}, LIST: {}}
        for name, size in SIZES.items():
            world.databases.create(name)
            shop = found(world.databases.url(name), world.folder)
            world.databases.fill(name, link_rows(shop, 0, size))
            sides[name] = product(world, name)
            stack.callback(sides[name].process.stop)
            paths[PAGE][name] = page(SECONDS, first=0, last=size - 1, connections=CONNECTIONS)
            paths[LIST][name] = list_links(shop, SECONDS, connections=CONNECTIONS)
        for path, measures in paths.items():
            times: dict[str, list[float]] = {name: [] for name in SIZES}
            for _ in range(ROUNDS):
                for name, measure in measures.items():
                    times[name].append(measure(sides[name]).p50_ms)
            few, many = (median(times[name]) for name in SIZES)
            record = next(each for each in records if each["path"] == path)
            record.update(
                {
                    "p50_ms_of_10000": round(few, 3),
                    "p50_ms_of_1000000": round(many, 3),
                    "million_ratio": round(many / few, 3),
                }
            )
