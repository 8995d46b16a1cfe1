"""Leases: one holder at a time, and a holder that was overtaken writes nothing."""

import asyncio

import pytest

from linktill.storage.leases import Lease, LeaseLost, acquire, confirm, release
from tests.storage.engine import notes

MINUTE = 60_000_000
NOW_OVER = 1
"""A lease that has run out by the time that anybody looks."""


async def put_as(tx, lease, key):
    await confirm(tx, lease)
    await notes.put(tx, key)


async def test_one_holder_at_a_time(database):
    results = await asyncio.gather(
        *[database.run(acquire, "sealer", f"worker{number}", MINUTE) for number in range(16)]
    )
    held = [lease for lease in results if lease is not None]
    assert len(held) == 1
    assert held[0].token == 1
    assert await database.run(acquire, "sealer", held[0].holder, MINUTE) is None
    assert await database.run(acquire, "other job", "worker", MINUTE) is not None


async def test_cc16_the_late_worker_is_rejected(database):
    first = await database.run(acquire, "job", "first", NOW_OVER)
    second = await database.run(acquire, "job", "second", MINUTE)
    assert (first.token, second.token) == (1, 2)
    with pytest.raises(LeaseLost):
        await database.run(put_as, first, "late")
    await database.run(put_as, second, "done")
    assert await database.read(notes.keys) == ["done"]


async def test_cc17_a_worker_that_slept_past_its_lease_may_finish_only_while_nobody_took_over(database):
    lease = await database.run(acquire, "job", "sleeper", NOW_OVER)
    await database.run(put_as, lease, "nobody else was there")
    await database.run(acquire, "job", "next", MINUTE)
    with pytest.raises(LeaseLost):
        await database.run(put_as, lease, "late")
    assert await database.read(notes.keys) == ["nobody else was there"]


async def test_cc17_nobody_takes_over_between_confirm_and_the_end_of_the_unit(database):
    lease = await database.run(acquire, "job", "worker", NOW_OVER)
    taken = []

    async def slow(tx):
        await confirm(tx, lease)
        if database.dialect == "postgresql":  # on SQLite no other unit runs in between at all
            taken.append(asyncio.create_task(database.run(acquire, "job", "thief", MINUTE)))
            await asyncio.sleep(0.1)
            assert not taken[0].done()
        await notes.put(tx, "whole")

    await database.run(slow)
    assert await asyncio.gather(*taken) in (
        [],
        [Lease("job", "thief", 2, taken[0].result().expires_at)] if taken else [],
    )
    assert await database.read(notes.keys) == ["whole"]


async def test_released_is_free_at_once_and_the_token_still_grows(database):
    lease = await database.run(acquire, "job", "worker", MINUTE)
    await database.run(release, lease)
    after = await database.run(acquire, "job", "other", MINUTE)
    assert after.token == 2
    await database.run(release, lease)
    assert await database.run(acquire, "job", "third", MINUTE) is None, (
        "the release of one overtaken frees nothing"
    )
