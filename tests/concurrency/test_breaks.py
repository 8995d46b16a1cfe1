"""ST11, CC22: a payment and its refund while the line to PostgreSQL breaks, or a statement conflicts, at each place of the
path in turn. What was begun is run again; what had landed is recognized; nothing happens twice or is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from linktill.core import ids as prefixes
from linktill.core.ids import MerchantId, RefundId
from linktill.core.refund import Refund
from linktill.flows import refund_payment
from linktill.flows.refund_payment import RefundAsked
from linktill.flows.services import Moment
from linktill.platform.clock import SystemClock
from linktill.platform.randomness import SystemRandomness
from linktill.storage import postgresql
from linktill.storage.database import Database, Tx, open_database
from linktill.storage.errors import StorageError
from linktill.storage.postgresql import PostgresDatabase
from tests.concurrency import path
from tests.concurrency.bugs import ANY_KEY_IS_NEW
from tests.concurrency.cutting import Cut, CuttingLine
from tests.concurrency.failing import FailingPool, Trouble
from tests.concurrency.path import Walk
from tests.concurrency.planting import Plant
from tests.make import Shop, shop_on
from tests.postgres import Server

PLACES_MAX = 400


@pytest.fixture
def dialect() -> str:
    return "postgresql"


async def cut_everywhere(
    shop: Shop, postgres: Server, how: Cut, *, words: str = "", asks: int = 2
) -> AsyncIterator[str]:
    """Walks the path with a cut at each of its rounds in turn; answers the statements at which it was cut."""
    async with CuttingLine(str(postgres.folder)) as line:
        database = await open_database(line.url("linktill"), SystemClock())
        walk = Walk(shop, database, asks=asks)
        try:
            for place in range(PLACES_MAX):
                link = await shop.link()
                line.arm(place, how, words=words)
                await walk.walk(link)
                line.disarm()
                await walk.check(link)
                if not line.cut_at:
                    return
                yield line.cut_at
        finally:
            await database.close()


async def everywhere(cuts: AsyncIterator[str]) -> list[str]:
    return [text async for text in cuts]


@pytest.mark.parametrize("how", Cut, ids=lambda how: how.name.lower())
async def test_st11_the_line_breaks_at_each_round_of_a_payment(
    shop: Shop, postgres: Server, how: Cut
) -> None:
    cut = await everywhere(cut_everywhere(shop, postgres, how))
    print(f"{how.name}: cut at {len(cut)} places, {cut.count('COMMIT')} of them COMMIT")
    assert cut.count("COMMIT") >= 7
    assert len(cut) >= 60


async def _draws_its_id_in_the_unit(
    tx: Tx, moment: Moment, merchant_id: MerchantId, wanted: RefundAsked
) -> Refund:
    drawn = RefundId(moment.ids.new(prefixes.REFUND))
    return await refund_payment.request_refund(tx, moment, merchant_id, replace(wanted, id=drawn))


def _never(_: BaseException) -> bool:
    return False


@pytest.mark.parametrize(
    "plants",
    [
        pytest.param((Plant(postgresql, "is_worth_retrying", _never),), id="nothing_is_run_again"),
        pytest.param(
            (ANY_KEY_IS_NEW, Plant(path, "request_refund", _draws_its_id_in_the_unit)),
            id="a_second_run_does_not_know_the_first",
        ),
    ],
)
async def test_st11_a_break_that_is_not_mended_is_found(
    database: Database, postgres: Server, monkeypatch: pytest.MonkeyPatch, plants: tuple[Plant, ...]
) -> None:
    for plant in plants:
        monkeypatch.setattr(plant.module, plant.name, plant.value)
    async with shop_on(database) as shop:
        cuts = cut_everywhere(shop, postgres, Cut.AFTER, words="COMMIT", asks=1)
        with pytest.raises((AssertionError, StorageError)):
            await everywhere(cuts)


@pytest.mark.parametrize(("state", "name"), [("40001", "serialization"), ("40P01", "deadlock")])
async def test_cc22_each_statement_of_a_payment_conflicts(
    shop: Shop, database_url: str, state: str, name: str
) -> None:
    trouble = Trouble()
    pool = FailingPool(database_url, trouble)
    database = PostgresDatabase(pool, SystemClock(), SystemRandomness(), reports_max=1)
    walk = Walk(shop, database)
    failed = []
    for place in range(PLACES_MAX):
        link = await shop.link()
        trouble.arm(place, state)
        await walk.walk(link)
        trouble.left = None
        await walk.check(link)
        if not trouble.failed:
            break
        failed += trouble.failed
    await database.close()
    print(f"{name}: {len(failed)} places, {failed.count('COMMIT')} of them COMMIT")
    assert failed.count("COMMIT") >= 7
    assert len(failed) >= 60
