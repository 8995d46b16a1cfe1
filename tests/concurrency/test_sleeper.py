"""CC17 with a real process: a worker that SIGSTOP held past its lease wakes and finishes nothing."""

import asyncio
import itertools
import json
import signal
import sys

import pytest

from linktill.storage import inbox, leases
from linktill.storage.database import Database, Tx
from linktill.storage.inbox import Received
from linktill.storage.installation import get_fact, put_fact
from tests.concurrency.sleeper import JOB, LEASE_US
from tests.concurrency.working import _received
from tests.concurrency.world import World, new_world, services_on


async def _take_over(world: World) -> Received | None:
    """Another worker looks again and again, until both are its own."""

    async def take(tx: Tx) -> Received | None:
        now = await tx.database_time()
        lease = await leases.acquire(tx, JOB, "awake", 60_000_000)
        if lease is None:
            return None
        found = await inbox.lease(
            tx, world.id, now=now, lease_until=now + 60_000_000, lease_token="awake", limit=1
        )
        await put_fact(tx, JOB, "by the one awake")
        return found[0]

    for _ in range(200):
        if (taken := await world.database.run(take)) is not None:
            return taken
        await asyncio.sleep(0.05)
    return None


@pytest.mark.parametrize("is_overtaken", [True, False])
async def test_cc17_a_process_that_was_stopped_past_its_lease_writes_nothing(
    database: Database, database_url: str, is_overtaken: bool
) -> None:
    world = await new_world(services_on(database), itertools.count(1))
    await _received(world)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.concurrency.sleeper",
        database_url,
        world.id,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert await process.stdout.readline() == b"asleep\n"
    process.send_signal(signal.SIGSTOP)
    if is_overtaken:
        taken = await _take_over(world)
        assert taken is not None
        assert taken.tries == 2
    else:
        await asyncio.sleep(LEASE_US / 1_000_000 + 0.1)
    process.send_signal(signal.SIGCONT)
    out, _ = await process.communicate(b"\n")
    # Late, but nobody was faster: then it is still its own.
    assert json.loads(out) == {"ended": not is_overtaken, "written": not is_overtaken}
    expected = "by the one awake" if is_overtaken else "by the sleeper"
    assert await database.read(get_fact, JOB) == expected
