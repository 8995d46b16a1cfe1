"""Measures Linktill against its floor, on SQLite and on PostgreSQL: `make bench`.

Product and floor are loaded in turn, round by round, so that a machine whose speed drifts slows both. Figures are the
medians of the rounds; `floor_ratio` is the median of the rounds' own ratios.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench import paths, shop
from bench.databases import Databases, Postgres, Sqlite
from bench.load import WrkMissing
from bench.paths import Measure, Round
from bench.servers import ROOT, Process
from bench.sides import Side, World, floor, product, start_s
from tests.postgres import running_server

RESULTS = Path(__file__).parent / "results.json"
TARGET = 0.6
SMALL, LARGE = 10_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How long everything takes."""

    rounds: int
    seconds: int
    webhooks: int
    links: int
    payments: int
    grows: bool


FULL = Plan(rounds=5, seconds=4, webhooks=2_000, links=paths.LINKS, payments=paths.PAYMENTS, grows=True)
QUICK = Plan(rounds=2, seconds=2, webhooks=500, links=paths.LINKS, payments=paths.PAYMENTS, grows=False)


@contextmanager
def side(made: Side) -> Iterator[Side]:
    """A server that ends with its use."""
    try:
        yield made
    finally:
        made.process.stop()


def compare(measure: Measure, ours: Side, floors: Side, rounds: int) -> dict[str, float]:
    """Rounds of both in turn; the first of each warms up and is not counted."""
    pairs: list[tuple[Round, Round]] = []
    for number in range(rounds + 1):
        pair = (measure(ours), measure(floors))
        if number:
            pairs.append(pair)
    mine, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    record = {
        "rps": median(each.rps for each in mine),
        "p50_ms": median(each.p50_ms for each in mine),
        "p99_ms": median(each.p99_ms for each in mine),
        "cpu_ms": median(each.cpu_ms for each in mine),
        "floor_rps": median(each.rps for each in theirs),
        "floor_p50_ms": median(each.p50_ms for each in theirs),
        "floor_p99_ms": median(each.p99_ms for each in theirs),
        "floor_cpu_ms": median(each.cpu_ms for each in theirs),
        "floor_ratio": median(a.rps / b.rps for a, b in pairs),
        "cpu_ratio": median(b.cpu_ms / a.cpu_ms for a, b in pairs),
    }
    record |= {name: median(each.more[name] for each in mine) for name in mine[0].more}
    return {name: round(value, 3) for name, value in record.items()}


def measured(world: World, plan: Plan) -> Iterator[dict[str, object]]:
    """One record for each path of this database."""
    databases = world.databases
    for name in ("seed_product", "seed_floor", "work_product", "work_floor"):
        databases.copy("filled", name)
    with side(product(world, "seed_product")) as ours, side(floor(world, "seed_floor")) as floors:
        for path, measure in (
            ("open checkout page", paths.page(plan.seconds)),
            ("list 50 of 200,000 links", paths.list_links(world.shop, plan.seconds)),
            ("create link", paths.create(world.shop, plan.seconds)),
        ):
            yield {"database": databases.name, "path": path, **compare(measure, ours, floors, plan.rounds)}
    with (
        side(product(world, "work_product", worker=True)) as ours,
        side(floor(world, "work_floor", worker=True)) as floors,
    ):
        measure = paths.webhooks(world.shop, plan.webhooks)
        record = compare(measure, ours, floors, plan.rounds)
        yield {"database": databases.name, "path": "apply a signed webhook", **record}


def growth(world: World, plan: Plan) -> dict[str, object]:
    """Page and list at a million links, as a multiple of ten thousand: median milliseconds at one connection's pace."""
    found: dict[str, list[float]] = {}
    for links in (SMALL, LARGE):
        name = f"links_{links}"
        world.databases.copy("founded", name)
        world.databases.fill(name, shop.link_rows(world.shop, 0, links))
        with side(product(world, name)) as ours:
            for path, measure in (
                ("page", paths.page(plan.seconds, first=0, last=links - 1)),
                ("list", paths.list_links(world.shop, plan.seconds)),
            ):
                measure(ours)
                rounds = [measure(ours) for _ in range(3)]
                found.setdefault(path, []).append(median(each.p50_ms for each in rounds))
    return {
        "database": world.databases.name,
        "page_1m_vs_10k": round(found["page"][1] / found["page"][0], 3),
        "list_1m_vs_10k": round(found["list"][1] / found["list"][0], 3),
    }


def run(databases: Databases, folder: Path, plan: Plan, results: dict[str, list[dict[str, object]]]) -> None:
    """Everything on one database."""
    databases.create("founded")
    made = shop.found(databases.url("founded"), folder / f"founded-{databases.name}")
    gateway = Process(["-m", "bench.gateway"], {})
    try:
        world = World(databases, made, gateway.line(), folder)
        databases.copy("founded", "filled")
        databases.fill("filled", shop.link_rows(made, 0, plan.links, paying=plan.payments))
        databases.fill("filled", shop.payment_rows(made, plan.payments))
        for record in measured(world, plan):
            results["paths"].append(record)
            print(line(record), flush=True)
        databases.copy("founded", "started")
        seconds, memory_mb = start_s(world, "started")
        start: dict[str, object] = {
            "database": databases.name,
            "start_s": round(seconds, 2),
            "idle_memory_mb": round(memory_mb, 1),
        }
        if plan.grows:
            start |= growth(world, plan)
        results["process"].append(start)
        print(", ".join(f"{name} {value}" for name, value in start.items()), flush=True)
    finally:
        gateway.stop()


HEAD = f"{'database':<11}{'path':<26}{'rps':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>8}{'floor rps':>11}{'of floor':>10}"


def line(record: dict[str, object]) -> str:
    """A record as a row of the table."""
    return (
        f"{record['database']:<11}{record['path']:<26}{record['rps']:>8.0f}{record['p50_ms']:>9.2f}"
        f"{record['p99_ms']:>9.2f}{record['cpu_ms']:>8.3f}{record['floor_rps']:>11.0f}{record['floor_ratio']:>10.2f}"
    )


def main() -> int:
    """Prints a row for each path and writes all figures down. Exit code 2: something is missing on this machine."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, no million links, no file")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    asked = parser.parse_args()
    plan = QUICK if asked.quick else FULL
    results: dict[str, list[dict[str, object]]] = {"paths": [], "process": []}
    print(HEAD)
    try:
        with tempfile.TemporaryDirectory(prefix="linktill-bench-", dir=ROOT) as name, ExitStack() as stack:
            folder = Path(name)
            if asked.database != "postgresql":
                sqlite = Sqlite(folder)
                stack.callback(sqlite.close)
                run(sqlite, folder, plan, results)
            if asked.database != "sqlite":
                postgres = Postgres(stack.enter_context(running_server()))
                stack.callback(postgres.close)
                run(postgres, folder, plan, results)
    except WrkMissing as missing:
        print(missing, file=sys.stderr)
        return 2
    if plan is FULL and asked.database is None:
        RESULTS.write_text(json.dumps({"plan": asdict(plan), **results}, indent=1) + "\n")
    below = [record for record in results["paths"] if record["floor_ratio"] < TARGET]  # type: ignore[operator]
    for record in below:
        print(f"below {TARGET} of the floor: {record['path']} on {record['database']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
