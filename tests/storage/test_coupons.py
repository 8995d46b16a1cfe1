"""Coupons as they are kept: whole, found by their code, newest first, and each merchant's own."""

from dataclasses import replace
from typing import Any

import pytest

from linktill.core.coupon import AUTOMATIC_MAX, Coupon, CouponFields, Owner, checked_coupon, code_key
from linktill.core.ids import COUPON, CouponId, LinkId, MerchantId
from linktill.platform.ids import SystemIds
from linktill.storage import coupons
from linktill.storage.database import Database, Tx

MINE, OTHERS = MerchantId("mer_mine"), MerchantId("mer_others")
IDS = SystemIds()
NOW = 1_800_000_000_000_000


def made(code: str, merchant_id: MerchantId = MINE, **fields: Any) -> Coupon:
    given: dict[str, Any] = {"rate_ppm": 100_000, **fields}
    owner = Owner(merchant_id, CouponId(IDS.new(COUPON)))
    return checked_coupon(CouponFields(code, **given), owner, now=NOW)


async def keep(database: Database, *new: Coupon) -> None:
    async def unit(tx: Tx) -> None:
        for each in new:
            await coupons.insert_coupon(tx, each)

    await database.run(unit)


async def test_a_coupon_is_kept_whole(database: Database):
    plain = made("Plain")
    full = made(
        "Été 27",
        rate_ppm=0,
        amount_minor=500,
        currency="EUR",
        name="Summer",
        minimum_minor=5_000,
        uses_max=100,
        uses_per_customer_max=1,
        starts_at=NOW,
        expires_at=NOW + 1,
        link_ids=(LinkId("plink_2"), LinkId("plink_1")),
        is_automatic=True,
        is_active=False,
    )
    await keep(database, plain, full)
    for each in (plain, full):
        assert await database.read(coupons.get_coupon, MINE, each.id) == each
        assert await database.read(coupons.coupon_by_key, MINE, each.key) == each
        assert await database.read(coupons.get_coupon, OTHERS, each.id) is None
        assert await database.read(coupons.coupon_by_key, OTHERS, each.key) is None
    assert await database.read(coupons.coupon_by_key, MINE, code_key("été-27")) == full
    found = await database.read(coupons.coupons_by_id, MINE, [full.id, CouponId("cpn_0")])
    assert found == {full.id: full}


async def test_two_coupons_have_two_codes_and_two_merchants_may_have_one(database: Database):
    await keep(database, made("Spring 10"), made("Spring 10", OTHERS))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await keep(database, made("SPRING-10"))
    assert len(await database.read(coupons.list_coupons, MINE, limit=9)) == 1


async def test_all_but_worth_and_code_is_updated(database: Database):
    before, other = made("Spring"), made("Spring", OTHERS)
    await keep(database, before, other)
    after = replace(
        before,
        name="Sale",
        currency="USD",
        minimum_minor=1,
        uses_max=2,
        uses_per_customer_max=3,
        starts_at=4,
        expires_at=5,
        link_ids=(LinkId("plink_1"),),
        is_automatic=True,
        is_active=False,
        updated_at=NOW + 1,
    )
    await database.run(coupons.update_coupon, replace(after, code="Other", rate_ppm=1, created_at=1))
    assert await database.read(coupons.get_coupon, MINE, before.id) == after
    assert await database.read(coupons.get_coupon, OTHERS, other.id) == other


async def test_they_are_listed_newest_first_page_by_page(database: Database):
    kept = [made(f"code {number}") for number in range(5)]
    await keep(database, *kept, made("code", OTHERS))
    newest = kept[::-1]
    first = await database.read(coupons.list_coupons, MINE, limit=3)
    assert first == newest[:3]
    assert await database.read(coupons.list_coupons, MINE, limit=3, before=first[-1].id) == newest[3:]


async def test_they_are_found_by_how_their_code_starts_and_whether_they_are_on(database: Database):
    spring, sprout, summer = made("Spring"), made("sprout-5", is_active=False), made("Summer")
    await keep(database, spring, sprout, summer, made("spr", OTHERS))

    async def found(code_start: str, is_active: bool | None = None) -> list[Coupon]:
        wanted = coupons.CouponFilter(code_start, is_active)
        return await database.read(coupons.list_coupons, MINE, limit=9, wanted=wanted)

    assert await found("s") == [summer, sprout, spring]
    assert await found("spr") == [sprout, spring]
    assert await found("sprout5") == [sprout]
    assert await found("spz") == []
    assert await found("", is_active=True) == [summer, spring]
    assert await found("spr", is_active=True) == [spring]
    assert await found("", is_active=False) == [sprout]


async def test_what_applies_by_itself_is_on(database: Database):
    on = [made(f"auto {number}", is_automatic=True) for number in range(AUTOMATIC_MAX + 1)]
    off = made("off", is_automatic=True, is_active=False)
    await keep(database, *on, off, made("typed"), made("auto", OTHERS, is_automatic=True))
    assert await database.read(coupons.automatic_coupons, MINE) == on[:AUTOMATIC_MAX]
    await database.run(coupons.update_coupon, replace(on[0], is_active=False))
    assert await database.read(coupons.automatic_coupons, MINE) == on[1:]
