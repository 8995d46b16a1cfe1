"""CC01, CC03, CC04, CC08, CC11 with real processes: several of them, each with an event loop of its own, hammer the same link,
payment and idempotency keys for some seconds. At the end every count is exact."""

import asyncio
import itertools
import json
import os
import sys
from dataclasses import asdict
from typing import Any

import pytest

from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.storage import refunds
from linktill.storage.database import Database
from tests.concurrency.asking import count_links
from tests.concurrency.hammer import KEYS, REFUND_MINOR, Orders
from tests.concurrency.world import World, new_world, services_on

PROCESSES = 3
SECONDS = float(os.environ.get("LINKTILL_HAMMER_S", "2"))
PLACES = 40


async def hammered(orders: Orders) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.concurrency.hammer",
        json.dumps(asdict(orders)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    said: dict[str, Any] = json.loads(out)
    return said


async def hammer(database: Database, database_url: str, bug: str = "") -> list[dict[str, Any]]:
    """Hammers, and checks every count."""
    world = await new_world(services_on(database), itertools.count(1))
    link = await world.link(payments_max=PLACES)
    paid = await world.paid(await world.link())
    answers = await asyncio.gather(
        *(
            hammered(Orders(database_url, world.id, world.account_id, link.id, paid.id, SECONDS, seed, bug))
            for seed in range(PROCESSES)
        ),
        return_exceptions=True,  # none may be left running
    )
    said = [one for one in answers if not isinstance(one, BaseException)]
    assert len(said) == PROCESSES, answers
    await _check_payments(world, link, said)
    reserved = (await world.attempt(paid.id)).refund_requested_minor
    kept = await database.read(refunds.refunds_of, world.id, paid.id)
    assert sum(one["refunds"] for one in said) == len(kept) == reserved // REFUND_MINOR == 40
    for number in range(KEYS):
        told = {body for one in said for body in one["answers"].get(f"key-{number}", [])}
        assert len(told) <= 1, "one key, one answer, whoever asks"
    used = {key for one in said for key in one["answers"]}
    assert await count_links(world) == 2 + len(used)
    await world.check()
    return said


async def test_every_count_is_exact_after_processes_hammered_the_same(
    database: Database, database_url: str
) -> None:
    said = await hammer(database, database_url)
    print(f"{database.dialect}: {[one['asked'] for one in said]}")


ROUNDS_MAX = 8
"""Of a planted bug; on a busy machine one round may miss it."""


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("bug", ["slots are not counted in the claim"])
async def test_hammering_finds_what_is_planted(database: Database, database_url: str, bug: str) -> None:
    with pytest.raises(AssertionError) as found:  # noqa: PT012 which round finds it is chance
        for _ in range(ROUNDS_MAX):
            await hammer(database, database_url, bug)
    assert "Traceback" not in str(found.value), "a process broke, where a count should have been wrong"


async def _check_payments(world: World, before: PaymentLink, said: list[dict[str, Any]]) -> None:
    link = await world.fresh(before)
    attempts = await world.attempts(link)
    assert sum(one["claims"] for one in said) == len(attempts) == link.slots_taken == PLACES
    captured = [attempt for attempt in attempts if attempt.status is AttemptStatus.CAPTURED]
    assert link.captured_count == len(captured)
    # The rest of the news come one by one.
    for attempt in attempts:
        await world.tell(attempt)(world.database)
    after = await world.fresh(link)
    assert (after.captured_count, after.captured_minor) == (PLACES, PLACES * 4_000)
    assert after.status is LinkStatus.SOLD_OUT
