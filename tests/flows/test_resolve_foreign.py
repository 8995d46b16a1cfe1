"""A decision about money without a link is kept once: by the lock on its row, and by the write itself, each for itself (WI12)."""

import asyncio

import pytest

from linktill.core.errors import NotFound, TransitionRefused
from linktill.flows.park_foreign import Foreign, park
from linktill.flows.resolve_foreign import Which, set_aside
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import (
    SET_ASIDE,
    Resolved,
    list_foreign,
    resolve_foreign,
    resolved_foreign,
)
from tests.make import Shop, usd


async def parked(shop: Shop, status: str = "captured") -> Which:
    found = Foreign("sbpay_1", status, usd(4_000))
    await shop.services.database.run(park, moment_of(shop.services), shop.id, shop.account.id, found)
    return Which(shop.id, shop.account.id, "sbpay_1")


async def test_many_who_decide_at_once_leave_one_decision(shop: Shop) -> None:
    which = await parked(shop)
    answers = await asyncio.gather(
        *(set_aside(shop.services, which, f"note {number}", by="mem_1") for number in range(6)),
        return_exceptions=True,
    )
    assert sum(answer is None for answer in answers) == 1
    assert all(answer is None or isinstance(answer, TransitionRefused) for answer in answers)
    [row] = await shop.services.database.read(resolved_foreign, shop.id, limit=10)
    assert (row.resolution, row.by, row.note[:5]) == (SET_ASIDE, "mem_1", "note ")


async def test_the_write_alone_keeps_the_first_decision(shop: Shop) -> None:
    await parked(shop)
    [row] = await shop.services.database.read(list_foreign, shop.id)

    async def resolve(tx: Tx, note: str) -> bool:
        return await resolve_foreign(tx, shop.id, row, Resolved(SET_ASIDE, "mem_1", note), now=1)

    assert [await shop.services.database.run(resolve, note) for note in ("first", "second")] == [True, False]
    [kept] = await shop.services.database.read(resolved_foreign, shop.id, limit=10)
    assert kept.note == "first"


async def test_what_was_unclear_when_it_was_set_aside_comes_back_when_it_is_money(shop: Shop) -> None:
    which = await parked(shop, "unknown")
    await set_aside(shop.services, which, "Nothing", by="mem_1")
    await parked(shop)
    [row] = await shop.services.database.read(list_foreign, shop.id)
    assert (row.status, row.resolution, row.note) == ("captured", None, "")
    # And money that was decided about stays decided.
    await set_aside(shop.services, which, "Paid in the shop", by="mem_1")
    await parked(shop)
    assert await shop.services.database.read(list_foreign, shop.id) == []


async def test_what_is_not_on_the_list_is_not_there(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await set_aside(shop.services, Which(shop.id, shop.account.id, "sbpay_none"), "x", by="mem_1")
