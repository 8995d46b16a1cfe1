"""ST01: no space left at each call that a whole payment makes to the disk, through the API, the pay page, webhooks and worker."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import apsw
import pytest
import pytest_asyncio

from linktill.storage.sqlite import open_sqlite
from tests.storage.faults.disk import Disk
from tests.storage.faults.till import Step, Till, till_on
from tests.storage.faults.world import CountingClock
from tests.web.browsing import Page

numbers = count(1)
STRIDE = 1 if os.environ.get("LINKTILL_DISK_CALLS") == "all" else 7
"""`make test` tries every seventh call."""


@pytest.fixture
def disk():
    made = Disk(f"full{next(numbers)}", syncs_for_real=False)
    yield made
    made.unregister()


@pytest.fixture
def log_length(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """After how many pages the log is copied into the file. Set before the database is opened."""
    pages = request.node.callspec.params["checkpoint_pages"] if hasattr(request.node, "callspec") else 1_000
    monkeypatch.setattr("linktill.storage.sqlite_writer.CHECKPOINT_PAGES", pages)


@pytest_asyncio.fixture
async def till(log_length: None, disk: Disk, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Till]:
    path = shutil.copyfile(sqlite_template, tmp_path / "linktill.db")
    clock = CountingClock()
    database = await open_sqlite(f"sqlite:///{path}", clock, queue_max=300, vfs=disk.name)
    async with till_on(database, clock, tmp_path) as made:
        yield made
        disk.before = None
    await database.close()


class NoSpace:
    """From the n-th call on nothing fits any more, until somebody was refused: then there is space again."""

    def __init__(self, disk: Disk, till: Till, *, is_once: bool) -> None:
        self.disk = disk
        self.till = till
        self.is_once = is_once
        self.left = 0
        self.was_reached = False

    def from_call(self, number: int) -> None:
        self.left, self.was_reached = number, False
        self.disk.before = self.before

    def before(self, kind: str, _path: str) -> None:
        if kind != "write":
            return
        self.left -= 1
        if self.left >= 0:
            return
        self.was_reached = True
        if self.is_once:
            self.disk.before = None
        raise apsw.FullError("no space left on device")

    async def insist(self, step: Step) -> Page:
        for _ in range(3):
            page = await step()
            assert page is not None
            if page.status < 400:
                return page
            assert page.status == 503, page.text
            self.till.refused.append(page)
            self.disk.before = None
        raise AssertionError("it does not recover")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("is_once", [False, True])
@pytest.mark.parametrize("checkpoint_pages", [1, 1_000])
async def test_st01_no_space_at_each_call_of_a_payment_is_503_and_then_goes_on(
    till: Till, disk: Disk, checkpoint_pages, is_once
):
    space = NoSpace(disk, till, is_once=is_once)
    number = 0
    while True:
        space.from_call(number)
        await till.payment(space.insist)
        if not space.was_reached:
            break
        number += STRIDE
    disk.before = None
    print(f"ST01: no space at {till.number - 1} calls, {len(till.refused)} answers 503")
    assert number > 250
    payments = await till.company_payments()
    assert [payment["status"] for payment in payments] == ["captured"] * till.number, "asked once for each"
    await till.shop.check()
    balances = await till.shop.balances()
    assert (balances["sales"], balances["refunds"]) == (-4_000 * till.number, 1_500 * till.number)
    assert await till.services.database.report(integrity) == [("ok",)]
    kinds = {page.header("content-type").partition(";")[0] for page in till.refused}
    assert kinds == {"application/problem+json", "text/html", ""}, "API and webhooks, pay page, worker"
    codes = {json.loads(page.body)["code"] for page in till.refused if "json" in page.header("content-type")}
    assert codes == {"storage_full", "unavailable"}


async def integrity(tx):
    return tx._execute("PRAGMA integrity_check").fetchall()


async def test_a_file_that_cannot_be_opened_is_503_and_opened_later(till: Till, disk: Disk):
    def refuse(kind: str, _path: str) -> None:
        if kind == "open":
            raise apsw.CantOpenError("too many open files")

    disk.before = refuse
    words = "/v1/payment_links?search=bicycle"  # a report: its thread opens a connection of its own
    refused = await till._api("GET", words)
    assert (refused.status, json.loads(refused.body)["code"]) == (503, "storage_broken")
    disk.before = None
    assert (await till._api("GET", words)).status == 200
