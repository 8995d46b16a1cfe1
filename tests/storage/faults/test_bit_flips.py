"""ST06: a disk that changes a bit by itself. What is read is right, or it is not served at all."""

import asyncio
import fcntl
import os
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from linktill.flows.open_checkout import open_checkout
from linktill.flows.refund_payment import refund_payment
from linktill.flows.verify_books import verify_books
from linktill.storage import attempt_lists, ledger, sqlite_connection, sqlite_damage
from linktill.storage.errors import SettingInvalid, StorageBroken, StorageError
from linktill.storage.migrate import VERSIONS, migrate, render_script
from linktill.storage.sqlite import SqliteDatabase, open_sqlite
from tests.make import Shop
from tests.storage.engine import notes
from tests.storage.faults.world import CountingClock, shop_inside

NAME = "linktill.db"
PAGE = 4_096
FRAME = PAGE + 24


@asynccontextmanager
async def opened(path: Path, **options: Any) -> AsyncIterator[SqliteDatabase]:
    database = await open_sqlite(f"sqlite:///{path}", CountingClock(), queue_max=50, **options)
    try:
        yield database
    finally:
        await database.close()


async def everything(shop: Shop) -> list[Any]:
    """What people see of the money: every payment, every balance, every link as its payer sees it."""
    database = shop.services.database
    found = await database.read(attempt_lists.list_attempts, shop.id, limit=100)
    slugs = [slug for (slug,) in await database.read(_slugs)]
    return [
        found,
        await database.read(ledger.balances, shop.id),
        [await open_checkout(shop.services, slug) for slug in slugs],
        (await verify_books(shop.services)).problems,
    ]


async def _slugs(tx: Any) -> Any:
    return tx._execute("SELECT slug FROM payment_link ORDER BY id").fetchall()


async def filled(path: Path, template: Path) -> Shop:
    """A shop that has done some business, closed."""
    shutil.copyfile(template, path)
    async with opened(path) as database, shop_inside(database, CountingClock(), 1) as shop:
        for number in range(12):
            paid = await shop.pay(await shop.link(1_000 + number))
            if number % 3 == 0:
                await refund_payment(shop.services, shop.id, paid.id, amount_minor=500)
        await shop.check()
    return shop


async def seen(shop: Shop, path: Path) -> list[Any] | None:
    """What is served from this file; None: nothing."""
    try:
        async with opened(path) as database:
            return await everything(replace(shop, services=replace(shop.services, database=database)))
    except (StorageError, SettingInvalid):
        return None


def flip(path: Path, offset: int, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


async def flip_each_page(shop: Shop, path: Path) -> tuple[int, int]:
    """A bit in each page, one page at a time: how often nothing was served, and how often something wrong."""
    expected = await seen(shop, path)
    whole = await asyncio.to_thread(path.read_bytes)
    chance = random.Random("flips")
    refused = wrong = 0
    for number in range(1, len(whole) // PAGE + 1):
        # Rows fill a page from its end.
        flip(path, number * PAGE - 9 - chance.randrange(1_000), chance)
        assert sqlite_damage.damaged_pages(path) == [number]
        try:
            found = await seen(shop, path)
        except ValueError as odd:  # it was served, and makes no sense: a word that we do not know
            found = [odd]
        refused += found is None
        wrong += found not in (None, expected)
        await asyncio.to_thread(path.write_bytes, whole)
    return refused, wrong


async def test_st06_a_bit_that_flips_in_any_page_is_never_served(sqlite_template: Path, tmp_path: Path):
    path = tmp_path / NAME
    shop = await filled(path, sqlite_template)
    refused, wrong = await flip_each_page(shop, path)
    assert wrong == 0
    assert refused > 25
    print(f"ST06: {refused} flips refused, {wrong} served wrong")


async def test_st06_without_checksums_flips_are_served(sqlite_template: Path, tmp_path: Path, monkeypatch):
    """The test can fail: with the check of SQLite's checksum VFS switched off it finds wrong figures."""
    path = tmp_path / NAME
    shop = await filled(path, sqlite_template)

    def unchecked(*args: Any, **options: Any) -> apsw.Connection:
        connection = sqlite_connection.connect(*args, **options)
        connection.pragma("user_version")
        connection.pragma("checksum_verification", 0)
        return connection

    monkeypatch.setattr("linktill.storage.sqlite.connect", unchecked)
    for module in ("sqlite", "sqlite_damage"):
        monkeypatch.setattr(f"linktill.storage.{module}.has_checksums", lambda _connection: True)
    _refused, wrong = await flip_each_page(shop, path)
    assert wrong > 0


async def crashed(path: Path, template: Path, commits: int) -> list[str]:
    """An installation that was killed: its last commits are in the log alone. Answers what it had acknowledged."""
    running = path.with_name("running")
    running.mkdir()
    shutil.copyfile(template, running / NAME)
    keys = [f"k{number:03}" for number in range(commits)]
    async with opened(running / NAME) as database:
        for key in keys:
            await database.run(notes.put, key, "x" * 3_000)
        for suffix in ("", "-wal"):
            shutil.copyfile(running / f"{NAME}{suffix}", path.with_name(f"{NAME}{suffix}"))
    return keys


async def found_keys(path: Path) -> list[str] | str:
    """What a start finds, or why it refuses."""
    try:
        async with opened(path) as database:
            keys: list[str] = await database.read(notes.keys)
            return keys
    except StorageBroken as error:
        return str(error)


async def test_st06_a_bit_that_flips_in_the_log_takes_no_commit_back(sqlite_template: Path, tmp_path: Path):
    path, log = tmp_path / NAME, tmp_path / f"{NAME}-wal"
    keys = await crashed(path, sqlite_template, 40)
    whole, content = path.read_bytes(), log.read_bytes()
    ends = [at for at in range(32, len(content), FRAME) if content[at + 4 : at + 8] != bytes(4)]
    assert len(ends) == 40
    second_last = ends[-2]
    chance = random.Random("log")
    refused = 0
    places = [chance.randrange(at, at + FRAME) for at in range(32, len(content), FRAME)]
    for place in (0, 9, 17, 25, *places):
        flip(log, place, chance)
        damaged = log.read_bytes()
        found = await found_keys(path)
        if isinstance(found, str):
            refused += 1
            assert "is damaged after frame" in found
            assert (log.read_bytes(), path.read_bytes()) == (damaged, whole), "what is left is left as it is"
        else:
            # A damaged end cannot be told from a commit that the power cut off, which nobody was told of.
            assert place >= second_last or found == keys, place
            assert found in (keys, keys[:-1], keys[:-2])
        await asyncio.to_thread(Path(f"{path}-shm").unlink, missing_ok=True)
        path.write_bytes(whole)
        log.write_bytes(content)
    assert refused > len(places) - 8
    print(f"ST06: {refused} of {len(places) + 4} flips in the log refused")


async def write_on(database: SqliteDatabase) -> None:
    for number in range(5, 60):
        await database.run(notes.put, f"k{number}", "x" * 3_000)
        await asyncio.sleep(0.001)


async def test_st06_a_log_that_changes_while_running_is_not_copied_into_the_file(
    sqlite_template: Path, tmp_path: Path, monkeypatch
):
    path, log = tmp_path / NAME, tmp_path / f"{NAME}-wal"
    shutil.copyfile(sqlite_template, path)
    deaths: list[BaseException] = []
    monkeypatch.setattr("linktill.storage.sqlite_writer.CHECKPOINT_PAGES", 30)
    async with opened(path, on_fatal=deaths.append) as database:
        for number in range(5):
            await database.run(notes.put, f"k{number}", "x" * 3_000)
        with log.open("r+b") as file:
            file.seek(32 + 2 * FRAME + 24 + 1_000)
            file.write(b"?")
        before = path.read_bytes()
        with pytest.raises(StorageBroken, match="is damaged"):
            await write_on(database)
        assert [str(error) for error in deaths] == [f"{log} is damaged: it was changed on the disk."]
    assert path.read_bytes() == before
    assert not (tmp_path / f"{NAME}-check").exists()
    with pytest.raises(StorageBroken, match="is damaged after frame"):
        await open_sqlite(f"sqlite:///{path}", CountingClock(), queue_max=50)


async def test_the_log_is_checked_by_one_at_a_time_and_what_a_killed_one_left_is_cleared(
    sqlite_template: Path, tmp_path: Path
):
    path, folder = tmp_path / NAME, tmp_path / f"{NAME}-check"
    shutil.copyfile(sqlite_template, path)
    async with opened(path) as database:
        for number in range(5):
            await database.run(notes.put, f"k{number}", "x" * 3_000)
        frames, _ = database._write_connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
        assert sqlite_damage._recovered_frames(path) == frames > 5
        folder.mkdir()
        (folder / "log-wal").touch()
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert sqlite_damage._recovered_frames(path) is None
        assert (folder / "log-wal").stat().st_size == 0
        os.close(descriptor)
        assert sqlite_damage._recovered_frames(path) == frames
        assert not folder.exists()


async def test_st06_a_file_of_an_older_release_gets_checksums(tmp_path: Path):
    path = tmp_path / NAME
    connection = apsw.Connection(str(path))
    connection.execute(render_script("sqlite", None, VERSIONS)).fetchall()
    connection.execute("INSERT INTO installation (key, value) VALUES ('a', 'b')")
    connection.close()
    assert sqlite_damage.damaged_pages(path) == [1]
    with pytest.raises(SettingInvalid, match="linktill migrate"):
        await open_sqlite(f"sqlite:///{path}", CountingClock(), queue_max=50)
    await migrate(f"sqlite:///{path}")
    assert sqlite_damage.damaged_pages(path) == []
    async with opened(path) as database:
        assert await database.read(notes.get, "a") == "b"


async def test_a_log_without_commits_behind_its_end_is_whole(sqlite_template: Path, tmp_path: Path):
    """What a rolled-back unit wrote ahead of its commit lies behind the end, too, and is no damage."""
    path = tmp_path / NAME
    shutil.copyfile(sqlite_template, path)
    async with opened(path) as database:
        database._write_connection.pragma("cache_size", 5)

        async def big(tx: Any) -> None:
            for number in range(100):
                await notes.put(tx, f"big{number}", "y" * 3_000)
            raise KeyError("taken back")

        await database.run(notes.put, "a")
        with pytest.raises(KeyError):
            await database.run(big)
        await database.run(notes.put, "b")
        copies = [tmp_path / "copy.db", tmp_path / "copy.db-wal"]
        for copy, suffix in zip(copies, ("", "-wal"), strict=True):
            shutil.copyfile(f"{path}{suffix}", copy)
    assert copies[1].stat().st_size > 50 * FRAME, "the unit was written before it was taken back"
    async with opened(copies[0]) as database:
        assert await database.read(notes.keys) == ["a", "b"]


async def test_the_check_of_the_log_leaves_nothing_behind(sqlite_template: Path, tmp_path: Path, monkeypatch):
    """Neither where there is nothing to check, nor where it cannot be done."""
    path, folder = tmp_path / NAME, tmp_path / f"{NAME}-check"
    shutil.copyfile(sqlite_template, path)
    async with opened(path) as database:
        await database.run(notes.put, "a")
        database._write_connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        assert sqlite_damage.is_log_sound(database._write_connection, path)
        assert not folder.exists()
        await database.run(notes.put, "b")

        def no_links(_source: str, _target: Path) -> None:
            raise OSError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)
        assert sqlite_damage._recovered_frames(path) is None
        assert sqlite_damage.is_log_sound(database._write_connection, path)
        assert not folder.exists()
