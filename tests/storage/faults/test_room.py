"""ST02: a disk that is nearly full takes nothing new, while what was begun goes on; and everybody concerned is told."""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from linktill.flows.open_checkout import ViewCounter
from linktill.storage.database import open_database
from linktill.storage.room import KEPT_S, Room
from tests.make import BASE_URL
from tests.storage.faults.till import Step, Till, till_on
from tests.storage.faults.world import CountingClock
from tests.web.browsing import Browser, Page
from tests.web.site import Site, own

FLOOR = 500 << 20


class FileSystem:
    """What `statvfs` answers. `f_bfree` counts what only root may use: that is no room for us."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free_bytes = FLOOR
        self.asked = 0
        monkeypatch.setattr(os, "statvfs", self.statvfs)

    def statvfs(self, _path: object) -> SimpleNamespace:
        self.asked += 1
        if self.free_bytes < 0:
            raise OSError(5, "Input/output error")
        return SimpleNamespace(f_bavail=self.free_bytes // 4_096, f_frsize=4_096, f_bfree=1 << 60)


@pytest.fixture
def file_system(monkeypatch: pytest.MonkeyPatch) -> FileSystem:
    return FileSystem(monkeypatch)


@pytest_asyncio.fixture
async def till(database_url: str, tmp_path: Path, file_system: FileSystem) -> AsyncIterator[Till]:
    clock = CountingClock()
    database = await open_database(database_url, clock)
    async with till_on(database, clock, tmp_path) as made:
        room = Room(clock, tmp_path, floor_bytes=FLOOR)
        made.shop = replace(made.shop, services=replace(made.services, room=room))
        made.restart(database)
        yield made
    await database.close()


@pytest.fixture
def dialect():
    return "sqlite"


class Ending:
    """The disk runs short when the n-th step begins, and has room again once somebody was refused."""

    def __init__(self, till: Till, file_system: FileSystem) -> None:
        self.till = till
        self.file_system = file_system
        self.left = 0

    async def insist(self, step: Step) -> Page:
        self.left -= 1
        clock = self.till.shop.running.clock
        if self.left < 0:
            self.file_system.free_bytes = FLOOR - 4_096
            clock.advance(KEPT_S)
        page = await step()
        assert page is not None
        if page.status == 503:
            self.till.refused.append(page)
            self.file_system.free_bytes = FLOOR
            clock.advance(KEPT_S)
            page = await step()
            assert page is not None
        assert page.status < 400, page.text
        return page


async def test_st02_below_the_floor_nothing_new_begins_and_what_was_begun_goes_on(
    till: Till, file_system: FileSystem
):
    ending = Ending(till, file_system)
    asked = []
    for number in range(8):
        ending.left = number
        till.refused.clear()
        await till.payment(ending.insist)
        asked.append([page.header("content-type").partition(";")[0] for page in till.refused])
        file_system.free_bytes = FLOOR
        till.shop.running.clock.advance(KEPT_S)
    api, page = "application/problem+json", "text/html"
    # The first steps make the link, open it and press Pay; from then on nobody is refused, to the refund and the end.
    assert asked == [[api, page], [page], [page], [], [], [], [], []]
    await till.shop.check()


async def test_st02_payer_program_and_member_are_told(till: Till, file_system: FileSystem):
    link = await till.shop.link()
    started = await till.shop.press_pay(link, "1")
    other = await till.shop.link()
    file_system.free_bytes = FLOOR - 4_096
    till.shop.running.clock.advance(KEPT_S)
    refused = await till._api(
        "POST", "/v1/payment_links", {"amount_minor": 100, "currency": "USD", "description": "A"}
    )
    problem = json.loads(refused.body)
    assert (refused.status, problem["code"], problem["retryable"]) == (503, "storage_full", True)
    assert problem["detail"] == (
        "The disk of this server is nearly full, so nothing new is begun. Try again later."
    )
    assert refused.header("retry-after") == "2"
    browser = Browser(till.app, headers={"origin": BASE_URL})
    path = f"/p/{other.slug}"
    shown = await browser.get(path)
    assert shown.status == 200
    pressed = await browser.submit(shown, f"{path}/pay", email="ada@example.com", name="Ada Lovelace")
    assert pressed.status == 503
    assert "New payments cannot be taken here right now. Please try again later." in pressed.text
    assert "Nothing was charged." in pressed.text
    assert "Ada Lovelace" in pressed.text, "what was typed is still there"
    assert await till.shop.attempts(other) == []
    # The same form again is no new business: its answer was perhaps lost on the way.
    again = await till.shop.press_pay(link, "1")
    assert again.redirect_url == started.redirect_url


async def test_st02_the_member_sees_it(till: Till, file_system: FileSystem):
    options: Any = SimpleNamespace(gate=SimpleNamespace(passwords=till.passwords))
    site = Site(till.shop, till.app, ViewCounter(), options, [], till.shop.services)
    await own(site)
    member = await site.member()
    words = "The disk of this server is nearly full."
    assert words not in (await member.get("/dashboard")).text
    form = await member.get("/dashboard/links/new")
    file_system.free_bytes = 0
    till.shop.running.clock.advance(KEPT_S)
    assert words in (await member.get("/dashboard")).text
    refused = await member.submit(
        form, "/dashboard/links", kind="fixed", amount="40", currency="USD", description="A bicycle repair"
    )
    assert refused.status == 503, refused.text
    assert "nothing new is begun" in refused.text


def test_st02_it_is_looked_up_every_few_seconds_and_logged_once(
    file_system: FileSystem, logged, tmp_path: Path
):
    clock = CountingClock()
    room = Room(clock, tmp_path, floor_bytes=FLOOR)
    clock.now_us = lambda: clock._now_us + clock.ahead_us  # type: ignore[method-assign]
    assert [room.is_short() for _ in range(100)] == [False] * 100
    assert file_system.asked == 1
    file_system.free_bytes = FLOOR - 4_096
    assert not room.is_short()
    clock.advance(KEPT_S)
    assert room.is_short()
    clock.advance(KEPT_S)
    assert room.is_short()
    file_system.free_bytes = -1
    clock.advance(KEPT_S)
    assert not room.is_short(), "nobody knows: the next write will say"
    file_system.free_bytes = FLOOR
    clock.advance(KEPT_S)
    assert not room.is_short()
    assert [entry["event"] for entry in logged] == ["disk.short", "disk.unknown"]
    assert file_system.asked == 5


def test_st02_without_a_floor_nobody_asks(file_system: FileSystem, tmp_path: Path):
    file_system.free_bytes = 0
    assert not Room(CountingClock(), tmp_path, floor_bytes=0).is_short()
    assert not Room(CountingClock(), None, floor_bytes=FLOOR).is_short()
    assert file_system.asked == 0
