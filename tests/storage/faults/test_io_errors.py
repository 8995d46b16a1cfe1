"""ST03: the disk answers a write, a flush or a truncation with an error, at each call of a whole payment.

A flush that failed is never repeated: the kernel may have dropped what it could not write and call the next one a success.
So nobody is told of the commit, the process ends, and the next one starts from what the disk really holds, here from what
`Platter` says that a disk would hold that lost what it was not made to keep.
"""

import asyncio
import contextlib
import os
import random
import shutil
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import apsw
import pytest
import pytest_asyncio

from linktill.storage.sqlite import SqliteDatabase, open_sqlite
from tests.storage.faults.disk import Disk
from tests.storage.faults.platter import Platter
from tests.storage.faults.till import Step, Till, till_on
from tests.storage.faults.world import CountingClock
from tests.web.browsing import Page

NAME = "linktill.db"
CODES = {
    "write": apsw.SQLITE_IOERR_WRITE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
}
ALL = os.environ.get("LINKTILL_DISK_CALLS") == "all"
STRIDE = dict.fromkeys(CODES, 1) if ALL else {"write": 23, "sync": 3, "truncate": 2}
numbers = count(1)


class Machine:
    """Starts the product on what the disk holds, and again when it has ended itself."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        self.clock = CountingClock()
        self.files = {NAME: template.read_bytes()}
        self.deaths: list[BaseException] = []
        self.starts = 0
        self.left = 0
        self.kind = ""
        self.was_reached = False
        self.database: SqliteDatabase | None = None
        self.chance = random.Random("machine")

    async def start(self) -> SqliteDatabase:
        self.starts += 1
        self.platter = Platter()
        folder = self.folder / str(self.starts)
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
            self.platter.found(name, content)
        self.disk = Disk(f"machine{next(numbers)}", platter=self.platter, syncs_for_real=False)
        self.database = await open_sqlite(
            f"sqlite:///{folder / NAME}",
            self.clock,
            queue_max=300,
            on_fatal=self.deaths.append,
            vfs=self.disk.name,
        )
        return self.database

    async def power_off(self) -> None:
        """What was not synced is at the mercy of the disk."""
        assert self.database is not None
        self.disk.before = None
        self.files = self.platter.after_a_cut(self.chance)
        with contextlib.suppress(Exception):
            await self.database.close()
        self.disk.unregister()
        shutil.rmtree(self.folder / str(self.starts))

    def fail(self, kind: str, number: int) -> None:
        self.kind, self.left, self.was_reached = kind, number, False
        self.disk.before = self._before

    def _before(self, kind: str, _path: str) -> None:
        if kind != self.kind:
            return
        self.left -= 1
        if self.left >= 0:
            return
        self.was_reached = True
        self.disk.before = None
        raise apsw.exception_for(CODES[kind])


@pytest.fixture
def short_log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log is copied into the file after each few commits. Set before the database is opened."""
    truncate_pages = 7 if request.node.callspec.params["kind"] == "truncate" else 21
    monkeypatch.setattr("linktill.storage.sqlite_writer.CHECKPOINT_PAGES", 7)
    monkeypatch.setattr("linktill.storage.sqlite_writer.TRUNCATE_PAGES", truncate_pages)


@pytest_asyncio.fixture
async def machine(short_log: None, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Machine]:
    made = Machine(tmp_path / "disk", sqlite_template)
    made.folder.mkdir()
    await made.start()
    yield made
    await made.power_off()


@pytest_asyncio.fixture
async def till(machine: Machine, tmp_path: Path) -> AsyncIterator[Till]:
    assert machine.database is not None
    async with till_on(machine.database, machine.clock, tmp_path) as made:
        yield made


async def insist(machine: Machine, till: Till, step: Step) -> Page:
    for _ in range(3):
        page = await step()
        assert page is not None
        for _ in range(20):  # the callers hear first, and then it dies
            if machine.deaths or page.status < 400:
                break
            await asyncio.sleep(0.001)
        if machine.deaths:
            machine.deaths.clear()
            await machine.power_off()
            till.restart(await machine.start())
        if page.status < 400:
            return page
        assert page.status == 503, page.text
        till.refused.append(page)
    raise AssertionError("it does not recover")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", sorted(CODES))
async def test_st03_an_error_at_each_call_of_a_payment_loses_nothing(machine: Machine, till: Till, kind):
    number = 0
    while True:
        machine.fail(kind, number)
        await till.payment(lambda step: insist(machine, till, step))
        if not machine.was_reached:
            break
        number += STRIDE[kind]
    print(f"ST03: {kind} failed in {till.number - 1} payments, {machine.starts - 1} ends of the process")
    assert number > 20 or (kind == "truncate" and number > 5)
    payments = await till.company_payments()
    assert [payment["status"] for payment in payments] == ["captured"] * till.number, "asked once for each"
    await till.shop.check()
    balances = await till.shop.balances()
    assert (balances["sales"], balances["refunds"]) == (-4_000 * till.number, 1_500 * till.number)
    assert (machine.starts > 1) == (kind in {"write", "sync"})
    if kind == "sync":
        assert machine.starts - 1 >= till.number - 1, "each flush that failed ends the process"
