"""`make bench`: the server against its floor, on SQLite and on PostgreSQL. Prints a table, writes bench/results.json."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.cart import cart
from bench.compare import Plan, compare
from bench.databases import Databases, Postgres, Sqlite
from bench.footprint import footprint
from bench.load import WrkMissing, find_wrk
from bench.paint import paint
from bench.paths import LINKS
from bench.report import Record, print_table, write_results
from bench.scale import million
from bench.servers import Process
from bench.shop import found, link_rows, payment_rows
from bench.sides import World
from tests.postgres import running_server

RESULTS = Path(__file__).parent / "results.json"
DATABASES = ("sqlite", "postgresql")
FULL = Plan(rounds=7, seconds=2, webhooks=800)
QUICK = Plan(rounds=2, seconds=1, webhooks=200)


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one or two minutes: shorter, without a million links"
    )
    parser.add_argument("--database", choices=DATABASES, help="only this one")
    parser.add_argument("--out", type=Path, help="where results go; a whole run writes bench/results.json")
    asked = parser.parse_args()
    try:
        find_wrk()
    except WrkMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    names = (asked.database,) if asked.database else DATABASES
    out: Path | None = asked.out or (None if asked.quick or asked.database else RESULTS)
    started_s = time.monotonic()
    records = [record for name in names for record in _measure(name, is_quick=asked.quick)]
    print_table(records)
    if out is not None:
        write_results(out, records)
        _say(f"Written to {out}.")
    _say(f"It took {time.monotonic() - started_s:.0f} s; the load average was {os.getloadavg()[1]:.1f}.")
    return 0


def _measure(name: str, *, is_quick: bool) -> list[Record]:
    plan = QUICK if is_quick else FULL
    with (
        tempfile.TemporaryDirectory(prefix="linktill-bench-") as folder,
        _world(name, Path(folder), plan) as world,
    ):
        records = compare(world, plan)
        _say(f"{name}: start and memory")
        extra = footprint(world)
        for record in records:
            record.update(extra)
        _say(f"{name}: twenty items, taxes and a coupon")
        cart(world, records)
        _say(f"{name}: the page in a browser")
        paint(world, records)
        if not is_quick:
            _say(f"{name}: a million links")
            million(world, records)
        return records


@contextmanager
def _world(name: str, folder: Path, plan: Plan) -> Iterator[World]:
    with ExitStack() as stack:
        databases: Databases = (
            Sqlite(folder) if name == "sqlite" else Postgres(stack.enter_context(running_server()))
        )
        stack.callback(databases.close)
        _say(f"{name}: {LINKS:,} links")
        databases.create("seed")
        shop = found(databases.url("seed"), folder)
        paying = plan.payments
        databases.fill("seed", [*link_rows(shop, 0, LINKS, paying=paying), *payment_rows(shop, paying)])
        gateway = Process(["-m", "bench.gateway"], {})
        stack.callback(gateway.stop)
        yield World(databases, shop, f"http://127.0.0.1:{gateway.line()}", folder)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
