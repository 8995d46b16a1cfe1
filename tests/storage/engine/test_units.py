"""What a unit of work may count on, the same on both databases."""

import asyncio
import contextlib
import contextvars
import time

import pytest

from linktill.storage.errors import Busy, ConstraintBroken, StatementWrong, StorageError
from tests.storage.engine import notes


class Refused(Exception):
    pass


async def put_then_refuse(tx, key):
    await notes.put(tx, key)
    raise Refused(key)


async def test_what_run_acknowledged_read_sees(database):
    for number in range(20):
        await database.run(notes.put, f"k{number:02}")
        assert (await database.read(notes.keys))[-1] == f"k{number:02}"
        assert (await database.report(notes.keys))[-1] == f"k{number:02}"


async def test_run_returns_what_the_unit_returns(database):
    async def unit(tx, *, factor):
        return {"answer": factor * len(await tx.all(notes.KEYS)) + 1}

    assert await database.run(unit, factor=3) == {"answer": 1}


async def test_a_unit_that_raises_leaves_nothing_and_its_caller_gets_the_exception(database):
    with pytest.raises(Refused, match="gone"):
        await database.run(put_then_refuse, "gone")
    assert await database.read(notes.keys) == []


async def test_a_refusal_does_not_touch_the_units_beside_it(database):
    units = [
        database.run(put_then_refuse if number % 3 == 0 else notes.put, f"k{number:02}")
        for number in range(60)
    ]
    results = await asyncio.gather(*units, return_exceptions=True)
    assert [type(result) for result in results] == [Refused, type(None), type(None)] * 20
    assert await database.read(notes.keys) == [f"k{number:02}" for number in range(60) if number % 3]


async def test_a_failed_statement_dooms_its_unit_even_when_the_unit_catches_it(database):
    async def unit(tx):
        await notes.put(tx, "first")
        with contextlib.suppress(Exception):
            await notes.put(tx, "first")
        return "as if nothing had happened"

    with pytest.raises(ConstraintBroken):
        await database.run(unit)
    assert await database.read(notes.keys) == []


async def test_after_a_failed_statement_no_other_runs(database):
    async def unit(tx):
        with contextlib.suppress(Exception):
            await tx.run(notes.NONSENSE)
        await notes.put(tx, "second")

    with pytest.raises(StatementWrong):
        await database.run(unit)
    assert await database.read(notes.keys) == []


async def test_a_read_cannot_write(database):
    with pytest.raises(StatementWrong):
        await database.read(notes.put, "sneaky")
    with pytest.raises(StatementWrong):
        await database.report(notes.put, "sneaky")
    assert await database.read(notes.keys) == []


async def test_fifty_at_once_lose_no_update(database):
    await database.run(notes.start_counter, "c")
    results = await asyncio.gather(*[database.run(notes.add, "c") for _ in range(200)])
    assert sorted(results) == list(range(1, 201))
    assert await database.read(notes.counter, "c") == 200


async def test_check_then_insert_race_has_one_winner(database):
    for number in range(20):
        wins = await asyncio.gather(*[database.run(notes.put_new, f"slot{number}") for _ in range(8)])
        assert sum(wins) == 1


async def test_one_refuses_two_rows(database):
    await database.run(notes.put, "a")
    await database.run(notes.put, "b")

    async def unit(tx):
        await tx.one(notes.KEYS)

    with pytest.raises(AssertionError, match="2 rows"):
        await database.run(unit)


async def test_many_writes_all_or_nothing(database):
    async def unit(tx, names):
        await tx.many(notes.PUT, [{"key": name, "value": ""} for name in names])

    await database.run(unit, ["a", "b", "c"])
    with pytest.raises(ConstraintBroken):
        await database.run(unit, ["d", "e", "a"])
    assert await database.read(notes.keys) == ["a", "b", "c"]
    await database.run(unit, [])


@pytest.mark.parametrize(
    "parameters", [{}, {"key": "a", "valeu": "b"}, {"key": "a", "value": "b", "more": 1}]
)
async def test_parameters_must_be_exactly_those_of_the_statement(database, parameters):
    async def unit(tx):
        await tx.run(notes.PUT, **parameters)

    with pytest.raises(TypeError, match="missing"):
        await database.run(unit)
    assert await database.read(notes.keys) == []


async def test_lists_go_in_as_one_parameter(database):
    async def some(tx, names):
        return [key for (key,) in await tx.all(notes.SOME, keys=names)]

    for name in ("a", 'b"', "c,d", "é"):
        await database.run(notes.put, name)
    assert await database.read(some, []) == []
    assert await database.read(some, ["a"]) == ["a"]
    assert await database.read(some, ['b"', "c,d", "é", "x"]) == ['b"', "c,d", "é"]
    assert await database.read(some, [f"n{number}" for number in range(5_000)] + ["a"]) == ["a"]


async def test_sums_are_integers(database):
    async def total(tx):
        return await tx.one(notes.TOTAL)

    assert await database.read(total) == (None, 7)
    for name in "ab":
        await database.run(notes.start_counter, name)
        await database.run(notes.add, name)
    row = await database.read(total)
    assert row == (2, 7)
    assert [type(row), *map(type, row)] == [tuple, int, int]


async def test_the_databases_time_is_read_once_per_unit(database):
    async def unit(tx):
        first = await tx.database_time()
        time.sleep(0.002)  # noqa: ASYNC251 on SQLite a unit may not await
        return first, await tx.database_time()

    before = time.time_ns() // 1_000
    first, second = await database.run(unit)
    assert first == second
    assert before - 1_000 <= first <= time.time_ns() // 1_000 + 1_000
    assert (await database.run(unit))[0] > first


async def test_a_unit_sees_the_context_of_its_caller(database):
    request = contextvars.ContextVar("request", default="none")

    async def unit(tx):
        return request.get()

    async def as_caller(name):
        request.set(name)
        return await database.run(unit), await database.read(unit), await database.report(unit)

    assert list(await asyncio.gather(as_caller("a"), as_caller("b"))) == [("a", "a", "a"), ("b", "b", "b")]


async def test_who_gives_up_waiting_breaks_nothing(database):
    tasks = [asyncio.create_task(database.run(notes.put, f"k{number}")) for number in range(50)]
    await asyncio.sleep(0.001)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
    kept = await database.read(notes.keys)
    assert {f"k{number}" for number in range(1, 50, 2)} <= set(kept)
    assert await database.run(notes.put_new, "after")


async def test_a_closed_database_refuses_and_what_it_accepted_is_done(database):
    accepted = asyncio.gather(*[database.run(notes.put, f"k{number}") for number in range(5)])
    await asyncio.sleep(0)
    await database.close()
    await accepted
    for method in (database.run, database.read, database.report):
        with pytest.raises(Busy):
            await method(notes.keys)
    await database.close()


async def test_errors_are_storage_errors(database):
    async def unit(tx):
        await tx.run(notes.NONSENSE)

    for method in (database.run, database.read, database.report):
        with pytest.raises(StorageError):
            await method(unit)
    assert await database.read(notes.keys) == []
