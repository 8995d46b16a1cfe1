"""The power goes at random moments of real payments: whatever the disk then holds, nothing that was acknowledged may be missing.

What is compared are bytes: the database that the product opens after a cut must be, byte for byte, the one that some commit
left, and no earlier one than anybody was told of. So nothing is lost, no unit is there by half, and every figure is right
that was right before. `make power-cuts` runs ten thousand.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest import mock

from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import Services
from linktill.flows.verify_books import verify_books
from linktill.storage import sqlite_writer
from linktill.storage.attempts import get_attempt
from linktill.storage.errors import SettingInvalid, StorageError
from linktill.storage.migrate import migrate
from linktill.storage.sqlite import open_sqlite
from tests.make import Shop
from tests.storage.faults.business import Business
from tests.storage.faults.disk import Disk
from tests.storage.faults.platter import Platter
from tests.storage.faults.witness import Witness, answer, digest
from tests.storage.faults.world import CountingClock, shop_inside

NAME: Final = "linktill.db"
ACTIONS: Final = 12
"""What people do in one seed's run."""
CUT_RATE: Final = 0.2
"""How many of all calls to the disk are preceded by a cut."""
CHECKPOINTS: Final = ((1, 16_000), (7, 30), (40, 16_000), (1_000, 16_000))
"""Pages after which the WAL is copied, and after which it is emptied."""

ENDS: Final = {"captured": "captured", "failed": "failed", "canceled": "canceled", "expired": "canceled"}
"""How a payment ends at the company, and how it must then end here."""

_numbers = count(1)


@dataclass
class Tally:
    """What was tried and what was found. `lost`: cuts after which the database was not what it had to be."""

    cuts: int = 0
    lost: int = 0
    commits: int = 0
    states: int = 0
    payments: int = 0
    recovered: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cut:
    """`least`: the last commit that somebody was told of. `most`: the one that was under way."""

    at: str
    files: dict[str, bytes]
    least: int
    most: int


class Run:
    """One seed: a shop on a disk that loses its power again and again, in copies of what it then holds."""

    def __init__(self, seed: int, folder: Path, tally: Tally, *, cuts_max: int, synchronous: str) -> None:
        self.seed = seed
        self.folder = folder
        self.tally = tally
        self.cuts_max = cuts_max
        self.synchronous = synchronous
        self.chance = random.Random(f"cuts {seed}")
        self.clock = CountingClock()
        self.cuts: list[Cut] = []
        self.witness: Witness | None = None
        self.verified: set[bytes] = set()
        self._gate = threading.Event()
        self._gate.set()

    async def run(self) -> None:
        path = self.folder / NAME
        template = await _template()
        path.write_bytes(template)
        platter = Platter()
        platter.found(NAME, template)
        self.disk = Disk(f"power{next(_numbers)}", platter=platter, syncs_for_real=False)
        pages, truncate_pages = random.Random(f"pages {self.seed}").choice(CHECKPOINTS)
        with (
            mock.patch.object(sqlite_writer, "_answer", answer),
            mock.patch.object(sqlite_writer, "CHECKPOINT_PAGES", pages),
            mock.patch.object(sqlite_writer, "TRUNCATE_PAGES", truncate_pages),
        ):
            opened = await open_sqlite(
                f"sqlite:///{path}", self.clock, queue_max=300, on_fatal=_never, vfs=self.disk.name
            )
            opened._write_connection.pragma("synchronous", self.synchronous)
            self.witness = Witness(opened, path)
            try:
                async with shop_inside(self.witness, self.clock, self.seed) as shop:
                    await self._live(shop)
            finally:
                self.disk.before = None
                await self.witness.close()
                self.disk.unregister()

    async def _live(self, shop: Shop) -> None:
        assert self.witness is not None
        self.disk.before = self._call
        business = Business(shop, random.Random(f"business {self.seed}"), self._gate.clear, self._gate.set)
        for _ in range(ACTIONS):
            await business.act()
            await self._look(shop.services)
            if self.tally.cuts >= self.cuts_max:
                break
        self.tally.payments += business.payments
        self.tally.commits += len(self.witness.history) - 1
        self._cut("the end")
        self.disk.before = None
        last = self.cuts[-1]
        await self._look(shop.services)
        await self._go_on(shop, last)

    def _call(self, kind: str, path: str) -> None:
        """Ahead of each call to the disk, in the thread that makes it."""
        self._gate.wait(30)
        if self.chance.random() < CUT_RATE:
            self._cut(f"{kind} {self.disk.calls[kind]} of {Path(path).name}")

    def _cut(self, at: str) -> None:
        assert self.witness is not None
        assert self.disk.platter is not None
        files = self.disk.platter.after_a_cut(self.chance)
        if self.chance.random() < 0.3:
            # Nobody syncs the WAL's index, so it may hold anything.
            files[f"{NAME}-shm"] = self.chance.randbytes(32_768)
        self.cuts.append(Cut(at, files, self.witness.told, len(self.witness.history)))

    async def _look(self, services: Services) -> None:
        """Opens what each of the cuts left, now that the commit that was under way is over."""
        assert self.witness is not None
        for cut in self.cuts:
            self.tally.cuts += 1
            problem = await self._problem(cut, services)
            if problem:
                self.tally.lost += 1
                self.tally.failures.append(f"seed {self.seed}, before {cut.at}: {problem}")
        self.cuts.clear()

    async def _problem(self, cut: Cut, services: Services) -> str:
        assert self.witness is not None
        may_be = self.witness.history[cut.least : cut.most + 1]
        if not may_be:
            return f"commit {cut.least} was told before it was made"
        try:
            async with self._restarted(cut) as database:
                found = await database.read(_digest)
                if found not in may_be:
                    known = found in self.witness.history
                    return f"commits up to {cut.least} were told, found is " + (
                        f"commit {self.witness.history.index(found)}" if known else "what no commit left"
                    )
                if found in self.verified:
                    return ""
                self.verified.add(found)
                self.tally.states += 1
                return await _wrong(replace(services, database=database))
        except (StorageError, SettingInvalid) as error:
            return f"it does not open: {error}".replace(str(self.folder), "…")

    async def _go_on(self, shop: Shop, cut: Cut) -> None:
        """After the last cut business goes on with what is left, and comes out as the company says."""
        try:
            async with self._restarted(cut) as database:
                after = replace(shop, services=replace(shop.services, database=database))
                for seconds in (60.0, 3_600.0, 7_200.0, 90_000.0):
                    await after.later(seconds)
                wrong = await _wrong(after.services) or await _other_than_the_company_says(after)
        except (StorageError, AssertionError) as error:
            wrong = f"it does not go on: {error!r}"
        if wrong:
            self.tally.lost += 1
            self.tally.failures.append(f"seed {self.seed}, afterwards: {wrong}")
        else:
            self.tally.recovered += 1

    @contextlib.asynccontextmanager
    async def _restarted(self, cut: Cut) -> Any:
        folder = self.folder / "found"
        folder.mkdir()
        try:
            for name, content in cut.files.items():
                (folder / name).write_bytes(content)
            database = await open_sqlite(
                f"sqlite:///{folder / NAME}", self.clock, queue_max=300, on_fatal=_never
            )
            try:
                yield database
            finally:
                await database.close()
        finally:
            shutil.rmtree(folder)


async def _digest(tx: Any) -> bytes:
    return digest(tx._execute.__self__)


async def _integrity(tx: Any) -> str:
    rows = (
        tx._execute("PRAGMA integrity_check").fetchall() + tx._execute("PRAGMA foreign_key_check").fetchall()
    )
    return "" if rows == [("ok",)] else str(rows[:3])


async def _wrong(services: Services) -> str:
    """What is broken in the file or in the books, or an empty text."""
    broken = await services.database.report(_integrity)
    if broken:
        return str(broken)
    await seal_ledger(services)
    verified = await verify_books(services)
    # I6 is about telling, which a worker does that is not part of this.
    problems = [problem for problem in verified.problems if problem.invariant != "I6"]
    return str(problems[:3]) if problems else ""


async def _other_than_the_company_says(shop: Shop) -> str:
    """Which payments ended differently there, or were forgotten here."""
    listed = await shop.running.json("GET", "/v1/payments?limit=100")
    assert listed["next_cursor"] is None, "more payments than one page holds"
    for theirs in listed["data"]:
        ours = await shop.services.database.read(get_attempt, shop.id, theirs["reference"])
        if ours is None or (ours.status, ours.gateway_ref) != (ENDS[theirs["status"]], theirs["id"]):
            return f"{theirs['reference']} is {theirs['status']} there and here {ours}"
    return ""


def _never(error: BaseException) -> None:
    raise AssertionError(f"the disk never failed: {error}")


_templates: dict[str, bytes] = {}


async def _template() -> bytes:
    """A migrated database, closed."""
    if NAME not in _templates:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / NAME
            await migrate(f"sqlite:///{path}")
            _templates[NAME] = path.read_bytes()
    return _templates[NAME]


def cut_power(first_seed: int, cuts: int, *, synchronous: str = "FULL", seeds: int | None = None) -> Tally:
    """Seed after seed until so many cuts were made, or so many seeds."""
    tally = Tally()
    # In memory where there is a place for it: what counts is what the model kept, not how fast a real disk is.
    home = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    for seed in range(first_seed, first_seed + (seeds or sys.maxsize)):
        with tempfile.TemporaryDirectory(dir=home, prefix="linktill-power-") as folder:
            asyncio.run(Run(seed, Path(folder), tally, cuts_max=cuts, synchronous=synchronous).run())
        if tally.cuts >= cuts or len(tally.failures) > 100:
            break
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="make power-cuts ARGS=…", description=__doc__.partition("\n")[0])
    parser.add_argument("--cuts", type=int, default=10_000, help="how many at least")
    parser.add_argument("--seed", type=int, default=None, help="only this seed")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument(
        "--synchronous", choices=("FULL", "NORMAL", "OFF"), default="FULL", help="to see it fail"
    )
    options = parser.parse_args()
    started = time.monotonic()
    seeds = None if options.seed is None else 1
    tally = cut_power(
        options.first if options.seed is None else options.seed,
        sys.maxsize if seeds else options.cuts,
        synchronous=options.synchronous,
        seeds=seeds,
    )
    found = asdict(tally)
    failures = found.pop("failures")
    for failure in failures[:5]:
        print(failure, file=sys.stderr)
    failing = None
    if failures:
        seed = failures[0].split(",")[0].removeprefix("seed ")
        way = "" if options.synchronous == "FULL" else f" --synchronous {options.synchronous}"
        failing = f'make power-cuts ARGS="--seed {seed}{way}"'
    print(json.dumps({**found, "seconds": round(time.monotonic() - started, 1), "reproduce": failing}))
    return 1 if tally.lost else 0


if __name__ == "__main__":
    sys.exit(main())
