"""ST09 and ST17: fifty writers at once, and clocks that somebody sets while money moves."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from linktill.core.errors import GatewayTrouble
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.flows.refund_payment import refund_payment
from linktill.flows.return_to_checkout import return_to_checkout
from linktill.flows.seal_ledger import seal_ledger
from linktill.storage import ledger
from linktill.storage.sqlite import open_sqlite
from linktill.storage.sqlite_connection import WRITE_BUSY_MS
from tests.storage.faults.storm import PROCESSES, WRITERS, storm
from tests.storage.faults.world import CountingClock, WrongClock, shop_inside


async def test_st09_fifty_writers_in_five_processes_lose_nothing(tmp_path: Path):
    found = await storm(tmp_path, 2.0)
    assert PROCESSES * WRITERS == 50
    assert (found["lost"], found["refused"]) == (0, 0)
    assert found["units"] > 500
    assert found["p99_s"] * 1_000 < WRITE_BUSY_MS


@pytest.mark.parametrize(
    "minutes", [(-20, 20) * 3, (1_440, -1_440) * 3, (-120, 90, 40_000, -39_000, -970, -25, 30)]
)
async def test_st17_clocks_that_jump_change_neither_order_nor_money(
    sqlite_template: Path, tmp_path: Path, minutes: tuple[int, ...]
):
    clock = WrongClock(CountingClock())
    path = shutil.copyfile(sqlite_template, tmp_path / "linktill.db")
    database = await open_sqlite(f"sqlite:///{path}", clock, queue_max=50)
    async with shop_inside(database, clock.right, 1, ours=clock) as shop:

        async def pay() -> PaymentAttempt | None:
            """Whose webhook may be refused, since its signature seems old or not yet made: the payer's return tells.

            None: the company took the end of the payment to be over already. Nothing was charged.
            """
            link = await shop.link()
            try:
                started = await shop.press_pay(link, "1")
            except GatewayTrouble:
                return None
            await shop.fill_card(started)
            await return_to_checkout(shop.services, link.slug, started.session.id, started.session.token)
            return await shop.attempt(started.session.attempt_id)

        booked: list[PaymentAttempt] = []
        refunds = 0
        for by in minutes:
            before = await pay()
            clock.set(by * 60)
            if before is not None:
                await refund_payment(shop.services, shop.id, before.id, amount_minor=1_000)
                refunds += 1
            made = [one for one in (before, await pay()) if one is not None]
            assert {one.status for one in made} <= {AttemptStatus.CAPTURED}
            booked += made
            await seal_ledger(shop.services)
        assert len(booked) > len(minutes)
        clock.set(-sum(minutes) * 60)
        await shop.later(24 * 500 * 3_600)
        await shop.check()
        balances = await shop.balances()
        assert (balances["sales"], balances["refunds"]) == (-4_000 * len(booked), 1_000 * refunds)
        sealed = await database.read(_sealed, shop.id)
        assert [one.seq for one in sealed] == list(range(1, len(booked) + refunds + 1))
        times = [one.transaction.created_at for one in sealed]
        assert times != sorted(times), "the chain's order is its own, whatever the clock said"
    await database.close()


async def _sealed(tx: Any, merchant_id: Any) -> Any:
    return await ledger.chain(tx, merchant_id, after=0, limit=500)
