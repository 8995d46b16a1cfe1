"""PostgreSQL: conflicts, lost connections, lost answers, and pools that run dry."""

import asyncio
import tempfile
import time

import asyncpg
import pytest
from sqlalchemy import bindparam, select, text

from linktill.platform.clock import SystemClock
from linktill.platform.randomness import SystemRandomness
from linktill.storage.database import open_database
from linktill.storage.errors import Busy, SettingInvalid, StatementWrong
from linktill.storage.postgresql import RETRIES_MAX, open_postgresql
from linktill.storage.statements import compiled, skip_locked
from linktill.storage.tables import installation
from tests.storage.engine import notes
from tests.storage.engine.wire import SYNC, Wire

BACKEND = compiled(text("SELECT pg_backend_pid()"))
SLEEP = compiled(text("SELECT pg_sleep(10)"))
CONFLICT = compiled(text("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$"))
LOCK = compiled(select(installation.c.key).where(installation.c.key == bindparam("key")).with_for_update())
QUEUE = compiled(skip_locked(select(installation.c.key).order_by(installation.c.key).limit(1)))
ALL_COLUMNS = compiled(text("SELECT * FROM installation"))


@pytest.fixture
def dialect():
    return "postgresql"


@pytest.fixture
async def wire(postgres):
    with tempfile.TemporaryDirectory(prefix="linktill-wire-", dir="/tmp") as folder:
        async with Wire(postgres.folder, folder) as opened:
            yield opened


@pytest.fixture
async def over_wire(wire, database_url):
    opened = await open_database(wire.url("linktill"), SystemClock())
    yield opened
    await opened.close()


async def kill(url, backend):
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT pg_terminate_backend($1, 5000)", backend)
    await connection.close()


async def backend(tx):
    return (await tx.one(BACKEND))[0]


async def test_cc22_a_deadlock_is_run_again(database):
    for name in "ab":
        await database.run(notes.put, name, "0")
    runs: list[str] = []
    met = asyncio.Barrier(2)

    async def unit(tx, first, second):
        runs.append(first)
        await tx.one(LOCK, key=first)
        if len(runs) <= 2:
            await met.wait()
        await tx.one(LOCK, key=second)
        for name in (first, second):
            await notes.set_value(tx, name, str(int(await notes.get(tx, name)) + 1))

    await asyncio.gather(database.run(unit, "a", "b"), database.run(unit, "b", "a"))
    assert len(runs) == 3
    assert [await database.read(notes.get, name) for name in "ab"] == ["2", "2"]


async def test_cc22_a_conflict_that_does_not_end_is_given_up_and_leaves_nothing(database):
    runs: list[None] = []

    async def unit(tx):
        await notes.put(tx, "half")
        runs.append(None)
        await tx.run(CONFLICT)

    with pytest.raises(Busy, match="5 retries"):
        await database.run(unit)
    assert len(runs) == RETRIES_MAX + 1 == 6
    assert await database.read(notes.keys) == []


async def test_a_lost_connection_is_replaced_and_the_unit_run_again(database, database_url):
    runs = []

    async def unit(tx):
        runs.append(await backend(tx))
        await notes.put(tx, "once")
        if len(runs) == 1:
            await kill(database_url, runs[0])
        return await notes.keys(tx)

    assert await database.run(unit) == ["once"]
    assert len(set(runs)) == 2


async def test_an_idle_connection_that_died_is_not_noticed_by_anyone(database, database_url):
    await kill(database_url, await database.read(backend))
    assert await database.read(notes.keys) == []
    await kill(database_url, await database.read(backend))
    await database.run(notes.put, "a")
    assert await database.read(notes.keys) == ["a"]


async def test_st11_a_commit_whose_answer_was_lost_is_recognized_by_an_idempotent_unit(over_wire, wire):
    runs = []

    async def unit(tx):
        runs.append(await notes.put_new(tx, "payment", "100"))
        return await notes.get(tx, "payment")

    wire.commits_to_cut = 1
    assert await over_wire.run(unit) == "100"
    assert runs == [True, False], "the first COMMIT had landed"
    assert await over_wire.read(notes.keys) == ["payment"]


async def test_a_server_that_does_not_come_back_is_busy(over_wire, wire):
    wire.is_cut = True
    wire.cut()
    started = time.monotonic()
    for method in (over_wire.run, over_wire.read):
        with pytest.raises(Busy):
            await method(notes.keys)
    assert time.monotonic() - started < 8
    wire.is_cut = False
    await over_wire.run(notes.put, "back")


async def test_a_read_of_one_statement_is_one_round_trip(over_wire, wire):
    async def look():
        wire.sent = b""
        assert await over_wire.read(notes.get, "a") is None
        return wire.sent

    await look()  # prepares it
    sent = await look()
    assert sent.count(SYNC) == 1
    assert sent.startswith(b"B"), "Bind, Execute, Sync and nothing before"


async def test_st15_a_dry_pool_answers_within_a_second(database_url):
    database = await open_database(database_url, SystemClock(), connections_max=2)
    go_on = asyncio.Event()

    async def hold(tx):
        await notes.keys(tx)
        await go_on.wait()

    holders = [asyncio.create_task(database.run(hold)) for _ in range(2)]
    await asyncio.sleep(0.2)
    started = time.monotonic()
    results = await asyncio.gather(*[database.read(notes.keys) for _ in range(20)], return_exceptions=True)
    assert [type(result) for result in results] == [Busy] * 20
    assert 0.6 < time.monotonic() - started < 1
    late = asyncio.create_task(database.read(notes.keys))
    await asyncio.sleep(0.1)
    go_on.set()
    assert await late == []
    await asyncio.gather(*holders)
    await asyncio.gather(*[database.run(notes.put, f"k{number}") for number in range(10)])
    assert len(await database.read(notes.keys)) == 10
    await database.close()


async def test_units_canceled_half_way_leave_neither_rows_nor_connections_behind(database_url):
    database = await open_database(database_url, SystemClock(), connections_max=2)

    async def forever(tx):
        await notes.put(tx, "half")
        await tx.run(SLEEP)

    for _ in range(3):
        tasks = [asyncio.create_task(database.run(forever)) for _ in range(2)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await database.read(notes.keys) == []
    await database.close()


async def test_st14_a_statement_that_takes_too_long_is_stopped(database_url):
    database = await open_postgresql(
        database_url,
        SystemClock(),
        randomness=SystemRandomness(),
        connections_max=2,
        statement_timeout_s=0.2,
    )

    async def unit(tx):
        await notes.put(tx, "half")
        await tx.run(SLEEP)

    with pytest.raises(Busy, match="too long"):
        await database.run(unit)
    assert await database.read(notes.keys) == []
    await database.close()


async def test_a_statement_that_went_stale_is_prepared_again(database, database_url):
    async def columns(tx):
        return await tx.all(ALL_COLUMNS)

    await database.run(notes.put, "a", "1")
    connection = await asyncpg.connect(database_url)
    for method in (database.read, database.run, database.report):
        assert await method(columns) == [("a", "1")]
        await connection.execute("ALTER TABLE installation ADD COLUMN extra bigint")
        assert await method(columns) == [("a", "1", None)]
        await connection.execute("ALTER TABLE installation DROP COLUMN extra")
        assert await method(columns) == [("a", "1")]
    await connection.close()


async def test_workers_pass_over_rows_that_others_hold(database):
    for name in "abc":
        await database.run(notes.put, name)
    met = asyncio.Barrier(3)

    async def claim(tx):
        row = await tx.one(QUEUE)
        await met.wait()
        return row[0]

    assert sorted(await asyncio.gather(*[database.run(claim) for _ in range(3)])) == ["a", "b", "c"]


async def test_a_server_that_would_acknowledge_before_the_disk_has_it_is_told_not_to(postgres_migrated):
    async def setting(tx):
        return (await tx.one(compiled(text("SHOW synchronous_commit"))))[0]

    connection = await asyncpg.connect(postgres_migrated)
    for configured, effective in (("off", "on"), ("remote_apply", "remote_apply")):
        await connection.execute(f"ALTER DATABASE linktill SET synchronous_commit = '{configured}'")
        database = await open_database(postgres_migrated, SystemClock())
        assert await database.read(setting) == effective
        await database.close()
    await connection.execute("ALTER DATABASE linktill RESET synchronous_commit")
    await connection.close()


async def test_a_database_that_is_not_utf8_is_refused(postgres, postgres_migrated):
    connection = await asyncpg.connect(postgres_migrated)
    await connection.execute("CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(SettingInvalid, match="UTF8"):
        await open_database(postgres.url("latin"), SystemClock())
    await connection.execute("DROP DATABASE latin WITH (FORCE)")
    await connection.close()


async def test_a_parameter_of_the_wrong_type_is_the_callers_fault(database):
    with pytest.raises(StatementWrong):
        await database.run(notes.put, 5)
