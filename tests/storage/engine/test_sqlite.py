"""SQLite: group commit, one writer, and disks that fail."""

import asyncio
import itertools
import stat
import threading

import apsw
import pytest

from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from linktill.storage.errors import Busy, SettingInvalid, StorageBroken, StorageFull
from linktill.storage.migrate import migrate
from linktill.storage.sqlite import open_sqlite
from linktill.storage.sqlite_unit import Suspended
from tests.storage.engine import notes
from tests.storage.engine.disk import Disk

numbers = itertools.count()


@pytest.fixture
def dialect():
    return "sqlite"


@pytest.fixture
def disk():
    made = Disk(f"disk{next(numbers)}")
    yield made
    made.unregister()


class Deaths(list):
    """What would have ended the process. The callers hear first."""

    async def first(self):
        for _ in range(1_000):
            if self:
                break
            await asyncio.sleep(0.01)
        assert len(self) == 1


@pytest.fixture
def deaths():
    return Deaths()


@pytest.fixture
async def fragile(database_url, disk, deaths):
    """A database on `disk`; instead of ending the process it tells `deaths`."""
    opened = await open_sqlite(
        database_url, SystemClock(), queue_max=300, on_fatal=deaths.append, vfs=disk.vfs_name
    )
    yield opened
    disk.write_fault = disk.sync_fault = None
    disk.may_sync.set()
    await opened.close()


def kept(url):
    """What another process would find in the file."""
    connection = apsw.Connection(url.removeprefix("sqlite:///"))
    found = [key for (key,) in connection.execute("SELECT key FROM installation ORDER BY key")]
    assert connection.pragma("integrity_check") == "ok"
    connection.close()
    return found


async def test_st04_every_commit_is_flushed(database):
    async def settings(tx):
        pragmas = ("synchronous", "journal_mode", "foreign_keys", "trusted_schema")
        return [tx._execute(f"PRAGMA {name}").fetchall()[0][0] for name in pragmas]

    for method in (database.run, database.read, database.report):
        assert await method(settings) == [2, "wal", 1, 0]


async def test_units_that_wait_share_a_commit(fragile, disk):
    before = disk.syncs
    await asyncio.gather(*[fragile.run(notes.put, f"k{number:03}") for number in range(250)])
    assert len(await fragile.read(notes.keys)) == 250
    assert disk.syncs - before < 25


async def test_nobody_hears_before_the_commit(fragile, disk):
    await fragile.run(notes.put, "before")
    disk.may_sync.clear()
    writes = [asyncio.create_task(fragile.run(notes.put, name)) for name in ("a", "b", "before")]
    looks = asyncio.create_task(fragile.run(notes.keys))
    done, _pending = await asyncio.wait([*writes, looks], timeout=0.2)
    assert done == set(), "results and refusals alike wait for what they saw to be durable"
    assert await fragile.read(notes.keys) == ["before"]
    disk.may_sync.set()
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert results[:2] == [None, None]
    assert "UNIQUE" in str(results[2])
    assert await looks == ["a", "b", "before"]


async def test_a_unit_that_awaits_anything_else_is_refused(database):
    async def unit(tx):
        await notes.put(tx, "half")
        await asyncio.sleep(0)
        await notes.put(tx, "whole")

    async def reader(tx):
        await notes.keys(tx)
        await asyncio.sleep(0)

    beside = asyncio.create_task(database.run(notes.put, "beside"))
    with pytest.raises(Suspended, match="unit"):
        await database.run(unit)
    for method in (database.read, database.report):
        with pytest.raises(Suspended, match="reader"):
            await method(reader)
    await beside
    assert await database.read(notes.keys) == ["beside"]


async def test_the_queue_has_an_end(fragile, disk):
    disk.may_sync.clear()
    tasks = [asyncio.create_task(fragile.run(notes.put, f"k{number:03}")) for number in range(700)]
    await asyncio.wait(tasks, timeout=0.2)
    refused = [task for task in tasks if task.done()]
    assert 100 < len(refused) < 500
    assert all(isinstance(task.exception(), Busy) for task in refused)
    disk.may_sync.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(await fragile.read(notes.keys)) == 700 - len(refused)


async def test_st01_a_full_disk_refuses_what_does_not_fit_and_recovers_by_itself(database):
    async def limit(tx, pages):
        tx._execute(f"PRAGMA max_page_count = {pages}").fetchall()

    async def size(tx):
        return tx._execute("PRAGMA page_count").fetchall()[0][0]

    await database.run(limit, await database.run(size) + 2)
    results = await asyncio.gather(
        *[
            database.run(notes.put, f"k{number}", "x" * (100_000 if number % 4 == 0 else 1))
            for number in range(16)
        ],
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [StorageFull, type(None), type(None), type(None)] * 4
    assert len(await database.read(notes.keys)) == 12
    await database.run(limit, 1_000_000)
    await database.run(notes.put, "k0", "x" * 100_000)
    assert len(await database.read(notes.keys)) == 13


@pytest.mark.parametrize("checkpoint_pages", [1, 1_000])
async def test_st01_no_space_at_each_write_call(
    database_url, fragile, disk, deaths, monkeypatch, checkpoint_pages
):
    monkeypatch.setattr("linktill.storage.sqlite_writer.CHECKPOINT_PAGES", checkpoint_pages)

    def sweep(fails_from):
        def fault(count):
            if count - start >= fails_from:
                raise apsw.FullError("no space left on device")

        return fault

    expected, fails_from, failures = [], 0, 1
    while failures:
        start, failures = disk.writes, 0
        disk.write_fault = sweep(fails_from)
        names = [f"k{fails_from:03}.{number}" for number in range(3)]
        results = await asyncio.gather(
            *[fragile.run(notes.put, name, "x" * 9_000) for name in names], return_exceptions=True
        )
        disk.write_fault = None
        for name, result in zip(names, results, strict=True):
            if result is None:
                expected.append(name)
            else:
                assert isinstance(result, StorageFull)
                failures += 1
        await fragile.run(notes.put, f"k{fails_from:03}.space")  # without a restart
        expected.append(f"k{fails_from:03}.space")
        assert sorted(await fragile.read(notes.keys)) == sorted(expected)
        fails_from += 1
    assert fails_from > 5
    assert deaths == []
    assert kept(database_url) == sorted(expected)


async def test_st03_a_failed_flush_acknowledges_nothing_and_ends_the_process(fragile, disk, deaths):
    await fragile.run(notes.put, "before")

    def fault():
        raise apsw.IOError("flush failed")

    disk.sync_fault = fault
    results = await asyncio.gather(
        *[fragile.run(notes.put, f"k{number}") for number in range(5)], return_exceptions=True
    )
    assert [type(result) for result in results] == [StorageBroken] * 5
    await deaths.first()
    disk.sync_fault = None
    with pytest.raises(StorageBroken):
        await fragile.run(notes.put, "the kernel says that all is well")


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
async def test_st07_a_file_removed_while_in_use_is_noticed(database_url, fragile, deaths, tmp_path, suffix):
    await fragile.run(notes.put, "before")
    (tmp_path / f"linktill.sqlite3{suffix}").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageBroken, match="replaced or removed"):
        await fragile.run(notes.put, "lost")
    await deaths.first()
    with pytest.raises(StorageBroken):
        await fragile.run(notes.put, "also")


async def test_st09_two_processes_worth_of_writers_wait_for_each_other(database_url, database):
    other = await open_database(database_url, SystemClock())
    await database.run(notes.put, "c", "0")

    async def read_then_write(tx):
        await notes.set_value(tx, "c", str(int(await notes.get(tx, "c")) + 1))

    async def writer(opened):
        for _ in range(20):
            await opened.run(read_then_write)

    await asyncio.gather(*[writer(opened) for opened in (database, other) for _ in range(25)])
    assert await database.read(notes.get, "c") == "1000"
    assert await other.read(notes.get, "c") == "1000"
    await other.close()


async def test_a_lock_held_for_too_long_is_busy(database_url, database, monkeypatch):
    monkeypatch.setattr("linktill.storage.sqlite.WRITE_BUSY_MS", 50)
    impatient = await open_database(database_url, SystemClock())
    holder = apsw.Connection(database_url.removeprefix("sqlite:///"))
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        await impatient.run(notes.put, "a")
    assert await impatient.read(notes.keys) == [], "reads do not wait for writers"
    holder.execute("ROLLBACK")
    await impatient.run(notes.put, "a")
    await impatient.close()
    holder.close()


async def test_a_report_sees_one_snapshot_while_writes_go_on(database):
    await database.run(notes.put, "a")
    reading, written = threading.Event(), threading.Event()

    async def report(tx):
        first = await notes.keys(tx)
        reading.set()
        assert written.wait(10)
        return first, await notes.keys(tx)

    task = asyncio.create_task(database.report(report))
    await asyncio.to_thread(reading.wait, 10)
    await database.run(notes.put, "b")
    assert await database.read(notes.keys) == ["a", "b"]
    written.set()
    assert await task == (["a"], ["a"])


async def test_the_wal_does_not_grow_without_limit(database, tmp_path, monkeypatch):
    monkeypatch.setattr("linktill.storage.sqlite_writer.TRUNCATE_PAGES", 2_000)
    monkeypatch.setattr("linktill.storage.sqlite_writer.TRUNCATE_BUSY_MS", 10)
    wal = tmp_path / "linktill.sqlite3-wal"
    reading, written = threading.Event(), threading.Event()

    async def report(tx):
        await notes.keys(tx)
        reading.set()
        assert written.wait(60)

    async def churn(rounds):
        for number in range(rounds):
            await database.run(notes.set_value, "a", f"{number % 10}" * 100_000)

    await database.run(notes.put, "a")
    await churn(200)
    assert 1_000_000 < wal.stat().st_size < 8_000_000, "copied into the file every 1,000 pages"
    task = asyncio.create_task(database.report(report))
    await asyncio.to_thread(reading.wait, 10)
    await churn(200)
    assert wal.stat().st_size > 16_000_000, "a reader holds it back"
    written.set()
    await task
    await churn(100)
    assert wal.stat().st_size < 8_000_000, "emptied, not only used again"
    assert await database.read(notes.get, "a") == "9" * 100_000


async def test_a_new_file_is_its_owners_alone_and_its_folder_is_made(tmp_path):
    path = tmp_path / "new" / "folder" / "books.sqlite3"
    await migrate(f"sqlite:///{path}")
    opened = await open_database(f"sqlite:///{path}", SystemClock())
    await opened.run(notes.put, "a")
    for name in (path, path.with_name("books.sqlite3-wal"), path.with_name("books.sqlite3-shm")):
        assert stat.S_IMODE(name.stat().st_mode) == 0o600
    await opened.close()
    assert [found.name for found in path.parent.iterdir()] == ["books.sqlite3"]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://data.sqlite3",
        "sqlite:///a.sqlite3?mode=ro",
        "mysql://localhost/linktill",
        "linktill.sqlite3",
        "",
    ],
)
async def test_an_address_that_cannot_be_used_is_named(url):
    with pytest.raises(SettingInvalid, match="LINKTILL_DATABASE_URL"):
        await open_database(url, SystemClock())
    with pytest.raises(SettingInvalid, match="LINKTILL_DATABASE_URL"):
        await migrate(url)


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear bank,\n" * 1_000)
    for attempt in (migrate(f"sqlite:///{path}"), open_database(f"sqlite:///{path}", SystemClock())):
        with pytest.raises(SettingInvalid, match="not a SQLite database"):
            await attempt
    assert path.read_text().startswith("Dear bank")


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingInvalid, match="LINKTILL_DATABASE_URL names"):
        await open_database(f"sqlite:///{tmp_path}/file/linktill.sqlite3", SystemClock())


async def test_lists_use_the_index(database):
    async def plan(tx):
        text = notes.SOME.sqlite
        return str(tx._execute(f"EXPLAIN QUERY PLAN {text.sql}", text.bind({"keys": ["a"]})).fetchall())

    assert "SEARCH installation USING" in await database.read(plan)
