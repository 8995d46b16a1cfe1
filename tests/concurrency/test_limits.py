"""CC22, ST14, ST15: what lasts too long, comes too often or waits too long ends in time, with an answer, and leaves nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from linktill.flows.manage_api_keys import KeyRing
from linktill.flows.services import Services
from linktill.platform.clock import SystemClock
from linktill.platform.randomness import SystemRandomness
from linktill.storage import links
from linktill.storage.database import Database, Tx, open_database
from linktill.storage.errors import Busy
from linktill.storage.postgresql import RETRIES_MAX, PostgresDatabase, open_postgresql
from linktill.storage.postgresql_strain import read_strain
from linktill.storage.statements import compiled
from tests.api.rig import BASE_URL, LINK, Rig, assembled, plain_rig, problem
from tests.concurrency.failing import FailingPool, Trouble
from tests.concurrency.path import Walk
from tests.make import shop_on

SHOWN = compiled(
    text(
        "SELECT name, setting FROM pg_settings WHERE name IN"
        " ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY name"
    )
)


@pytest.fixture
def dialect() -> str:
    return "postgresql"


class Sleepless(SystemClock):
    """Writes down how long it was asked to sleep, and does not."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@asynccontextmanager
async def caller_of(rig: Rig, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Bea's program, and the application on another way to the same database."""
    services: Services = replace(rig.services, database=database)
    transport = httpx.ASGITransport(assembled(services, KeyRing(services)))
    headers = {"authorization": f"Bearer {rig.bea.key}"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as http:
        yield http


@pytest.mark.parametrize("state", ["40001", "40P01"])
@pytest.mark.parametrize("words", ["INSERT INTO payment_link", "INSERT INTO outbox", "COMMIT"])
async def test_cc22_a_conflict_that_does_not_end_is_503_and_half_of_nothing(
    database: Database, database_url: str, state: str, words: str
) -> None:
    trouble = Trouble(left=0, state=state, words=words, is_for_good=True)
    clock = Sleepless()
    failing = PostgresDatabase(FailingPool(database_url, trouble), clock, SystemRandomness(), reports_max=1)
    async with plain_rig(database) as rig, caller_of(rig, failing) as http:
        before = await rig.bea.count()
        answers = [
            await http.post("/v1/payment_links", json=LINK, headers={"idempotency-key": "k-1"})
            for _ in range(3)
        ]
        for answer in answers:
            assert problem(answer) == (503, "busy", None)
            assert answer.headers["retry-after"] == "2"
        assert len(trouble.failed) == 3 * (1 + RETRIES_MAX) == 18
        assert len(clock.slept) == 3 * RETRIES_MAX
        for number, slept in enumerate(clock.slept):
            assert 0.01 <= slept <= 0.02 * 2 ** (number % RETRIES_MAX + 1)
        assert len(set(clock.slept)) == len(clock.slept), "drawn, or those who collided collide again"
        assert await rig.bea.count() == before
        trouble.left = None
        done = await http.post("/v1/payment_links", json=LINK, headers={"idempotency-key": "k-1"})
        assert done.status_code == 201
        assert await rig.bea.count() == before + 1
    await failing.close()


async def test_st15_an_exhausted_pool_is_503_within_a_second(database: Database, database_url: str) -> None:
    small = await open_database(database_url, SystemClock(), connections_max=3)
    go_on = asyncio.Event()

    async def hold(tx: Tx) -> None:
        await tx.database_time()
        await go_on.wait()

    async with plain_rig(database) as rig, caller_of(rig, small) as http:
        assert (await http.post("/v1/payment_links", json=LINK)).status_code == 201
        holders = [asyncio.create_task(small.run(hold)) for _ in range(3)]
        await asyncio.sleep(0.1)

        async def ask() -> tuple[int, float]:
            began = time.monotonic()
            answer = await http.post("/v1/payment_links", json=LINK)
            return answer.status_code, time.monotonic() - began

        asked = await asyncio.gather(*(ask() for _ in range(50)))
        assert {status for status, _ in asked} == {503}
        assert max(took for _, took in asked) <= 1.0
        go_on.set()
        await asyncio.gather(*holders)
        assert (await http.post("/v1/payment_links", json=LINK)).status_code == 201
    await small.close()


async def test_st15_no_unit_waits_for_a_second_connection(database: Database, database_url: str) -> None:
    """With one connection for everything, a unit that asked for another one inside would wait for itself."""
    single = await open_database(database_url, SystemClock(), connections_max=1)
    async with shop_on(database) as shop:
        walk = Walk(shop, single)
        for _ in range(3):
            link = await shop.link()
            await walk.walk(link)
            await walk.check(link)
        await shop.check()
    await single.close()


async def test_st14_every_connection_has_its_timeouts(database: Database) -> None:
    async def shown(tx: Tx) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in await tx.all(SHOWN)]

    expected = [
        ("idle_in_transaction_session_timeout", "10000"),
        ("lock_timeout", "5000"),
        ("statement_timeout", "5000"),
    ]
    for method in (database.read, database.run):
        assert await method(shown) == expected
    assert dict(await database.report(shown))["statement_timeout"] == "60000"


async def test_st14_what_strains_the_server_is_seen(database: Database, database_url: str) -> None:
    before = await database.read(read_strain)
    assert 0 < before.ids_used < 1_000_000_000
    connection = await asyncpg.connect(database_url)
    async with connection.transaction():
        await connection.execute("SELECT 1")
        await asyncio.sleep(1.6)
        assert (await database.read(read_strain)).oldest_s >= 1
    await connection.close()


async def test_st14_a_process_that_stands_still_in_a_unit_does_not_keep_a_link_locked(
    database: Database, database_url: str
) -> None:
    """Its row is hot: all who press Pay there wait, are told to come back, and go on as soon as the server cuts it off."""
    impatient = await open_postgresql(
        database_url,
        SystemClock(),
        randomness=SystemRandomness(),
        connections_max=4,
        statement_timeout_s=0.4,
    )
    async with shop_on(database) as shop:
        link = await shop.link(payments_max=None)
        is_locked, go_on = asyncio.Event(), asyncio.Event()
        runs: list[None] = []

        async def stand_still(tx: Tx) -> None:
            runs.append(None)
            await links.lock_link(tx, shop.id, link.id)
            is_locked.set()
            await go_on.wait()
            await links.set_wake(tx, link)

        sleeper = asyncio.create_task(impatient.run(stand_still))
        await is_locked.wait()
        began = time.monotonic()

        async def lock(tx: Tx) -> bool:
            return await links.lock_link(tx, shop.id, link.id) is not None

        with pytest.raises(Busy, match="too long"):
            await impatient.run(lock)
        while not await _locked(impatient, lock):
            assert time.monotonic() - began < 5
        assert 0.4 < time.monotonic() - began < 3
        go_on.set()
        await sleeper
        assert len(runs) == 2, "cut off, and run again from its beginning"
    await impatient.close()


async def _locked(database: Database, lock: Callable[[Tx], Coroutine[Any, Any, bool]]) -> bool:
    try:
        return await database.run(lock)
    except Busy:
        return False
