"""Coupons as a merchant manages them: made, found, edited, switched, and told of."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from linktill.core import ids as prefixes
from linktill.core.coupon import AUTOMATIC_MAX, Coupon, CouponFields
from linktill.core.errors import FieldInvalid, FieldsInvalid, NotFound, TooMany, VersionConflict
from linktill.core.ids import CouponId, LinkId, MerchantId
from linktill.flows.coupon_objects import coupon_object
from linktill.flows.manage_coupons import (
    create_coupon,
    edit_coupon,
    find_coupons,
    new_coupon,
    read_coupon,
    store_coupon,
    switch_coupon,
)
from linktill.flows.representations import json_text
from linktill.flows.services import moment_of
from linktill.storage.coupons import CouponFilter
from linktill.storage.events import list_events
from tests.make import Shop, make_merchant

SECOND_US = 1_000_000


async def made(shop: Shop, code: str = "Spring 10", **fields: Any) -> Coupon:
    given: dict[str, Any] = {"rate_ppm": 100_000, **fields}
    return await create_coupon(shop.services, shop.id, CouponFields(code, **given))


async def edited(shop: Shop, coupon: Coupon, **changes: Any) -> Coupon:
    return await edit_coupon(shop.services, shop.id, coupon.id, lambda fields: replace(fields, **changes))


async def codes(shop: Shop, wanted: CouponFilter | None = None) -> list[str]:
    page = await find_coupons(shop.services, shop.id, limit=100, wanted=wanted or CouponFilter())
    return [coupon.code for coupon in page.coupons]


async def told(shop: Shop) -> list[tuple[str, str]]:
    """Type and data of each event, oldest first."""
    events = await shop.services.database.read(list_events, shop.id, limit=100)
    return [(event.type.value, event.data) for event in reversed(events)]


async def test_a_coupon_is_made_read_and_told_of(shop: Shop) -> None:
    link = await shop.link()
    coupon = await made(shop, link_ids=(link.id,), uses_max=5)
    assert coupon.id.startswith(prefixes.COUPON)
    assert await read_coupon(shop.services, shop.id, coupon.id) == coupon
    kind, data = (await told(shop))[-1]
    assert kind == "coupon.created"
    assert data == json_text(coupon_object(coupon, coupon.created_at))
    assert json.loads(data)["payment_link_ids"] == [link.id]


async def test_run_again_it_finds_its_own(shop: Shop) -> None:
    coupon = new_coupon(shop.services, shop.id, CouponFields("Spring", rate_ppm=1))
    for _ in range(2):
        moment = moment_of(shop.services)
        stored = await shop.services.database.run(store_coupon, moment, coupon)
        assert stored == coupon
    assert [kind for kind, _ in await told(shop)] == ["coupon.created"]


async def test_of_those_who_take_a_code_at_once_one_has_it(shop: Shop) -> None:
    written = ("SPRING10", "spring-10", "Spring 10", "\uff33pring10")
    done = await asyncio.gather(*(made(shop, code) for code in written), return_exceptions=True)
    assert sorted(isinstance(each, FieldInvalid) for each in done) == [False, True, True, True]
    [code] = await codes(shop)
    with pytest.raises(FieldInvalid, match=f"There is a coupon with the code {code}") as refused:
        await made(shop, "sp ring 1-0")
    assert refused.value.param == "code"
    assert len(await told(shop)) == 1


async def test_what_may_change_changes_and_is_told(shop: Shop) -> None:
    link, other = await shop.link(), await shop.link(description="Another")
    before = await made(shop)
    await shop.running.step(1)
    now = shop.services.clock.now_us()
    after = await edited(
        shop,
        before,
        name="Sale",
        currency="USD",
        minimum_minor=5_000,
        uses_max=3,
        uses_per_customer_max=1,
        starts_at=now,
        expires_at=now + SECOND_US,
        link_ids=(link.id, other.id),
        is_automatic=True,
    )
    assert after.updated_at > before.updated_at == before.created_at
    assert await read_coupon(shop.services, shop.id, before.id) == after
    kind, data = (await told(shop))[-1]
    assert (kind, data) == ("coupon.updated", json_text(coupon_object(after, after.updated_at)))
    events = len(await told(shop))
    assert await edited(shop, after, name="Sale") == after, "nothing has changed, so nothing is told"
    assert len(await told(shop)) == events


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"code": "Other"}, "code"),
        ({"rate_ppm": 200_000}, "percent"),
        ({"uses_max": 0}, "uses_max"),
        ({"link_ids": (LinkId("plink_0"),)}, "payment_link_ids"),
    ],
)
async def test_a_refused_edit_leaves_all_as_it_was(shop: Shop, changes: dict[str, Any], param: str) -> None:
    before = await made(shop)
    events = len(await told(shop))
    with pytest.raises(FieldInvalid) as refused:
        await edited(shop, before, name="Sale", **changes)
    assert refused.value.param == param
    assert await read_coupon(shop.services, shop.id, before.id) == before
    assert len(await told(shop)) == events


async def test_a_coupon_is_for_links_that_are_there_and_the_merchants_own(shop: Shop) -> None:
    mine = shop.merchant
    shop.merchant = await make_merchant(shop.services, "Stranger")
    theirs = await shop.link()
    shop.merchant = mine
    for link_id in (theirs.id, LinkId("plink_00000000000000000000000000")):
        with pytest.raises(FieldInvalid, match=link_id) as refused:
            await made(shop, link_ids=(link_id,))
        assert refused.value.param == "payment_link_ids"
    assert await codes(shop) == []


async def test_it_is_switched_off_and_on(shop: Shop) -> None:
    coupon = await made(shop)
    coupon_id = coupon.id
    off = await switch_coupon(shop.services, shop.id, coupon_id, is_active=False)
    assert off == replace(coupon, is_active=False, updated_at=off.updated_at)
    assert await codes(shop, CouponFilter(is_active=True)) == []
    on = await switch_coupon(shop.services, shop.id, coupon_id, is_active=True)
    assert await codes(shop, CouponFilter(is_active=True)) == [on.code]
    assert [kind for kind, _ in await told(shop)] == ["coupon.created", "coupon.updated", "coupon.updated"]


async def test_so_many_apply_by_themselves(shop: Shop) -> None:
    on = [await made(shop, f"auto {number}", is_automatic=True) for number in range(AUTOMATIC_MAX)]
    with pytest.raises(TooMany, match=str(AUTOMATIC_MAX)):
        await made(shop, "one more", is_automatic=True)
    waiting = await made(shop, "waiting", is_automatic=True, is_active=False)
    typed = await made(shop, "typed")
    for coupon, change in ((waiting, {"is_active": True}), (typed, {"is_automatic": True})):
        with pytest.raises(TooMany):
            await edited(shop, coupon, **change)
    assert (await edited(shop, on[0], name="Renamed")).name == "Renamed"
    await switch_coupon(shop.services, shop.id, on[0].id, is_active=False)
    assert (await edited(shop, waiting, is_active=True)).is_active


async def test_of_those_who_take_the_last_place_at_once_one_has_it(shop: Shop) -> None:
    for number in range(AUTOMATIC_MAX - 1):
        await made(shop, f"auto {number}", is_automatic=True)
    done = await asyncio.gather(
        *(made(shop, f"last {number}", is_automatic=True) for number in range(3)), return_exceptions=True
    )
    assert sorted(isinstance(each, TooMany) for each in done) == [False, True, True]


async def test_they_are_found_page_by_page(shop: Shop) -> None:
    kept = [await made(shop, f"code {number}") for number in range(5)]
    first = await find_coupons(shop.services, shop.id, limit=3)
    assert (first.coupons, first.next_cursor) == (kept[:1:-1], kept[2].id)
    rest = await find_coupons(shop.services, shop.id, limit=3, before=first.next_cursor or "")
    assert (rest.coupons, rest.next_cursor) == (kept[1::-1], None)
    assert await codes(shop, CouponFilter("code3")) == ["code 3"]


async def test_an_expiry_to_come_is_asked_for_only_where_it_is_new(shop: Shop) -> None:
    now = shop.services.clock.now_us()
    coupon = await made(shop, expires_at=now + SECOND_US)
    await shop.running.step(5)
    assert (await edited(shop, coupon, name="Late")).expires_at == now + SECOND_US
    with pytest.raises(FieldsInvalid) as refused:
        await made(shop, "Other", expires_at=now + SECOND_US)
    assert refused.value.param == "expires_at"


async def test_what_is_not_there_or_others_have_is_not_found(shop: Shop) -> None:
    coupon = await made(shop)
    stranger = MerchantId("mer_00000000000000000000000000")
    nothing = CouponId("cpn_00000000000000000000000000")
    for whose, wanted in ((stranger, coupon.id), (shop.id, nothing)):
        with pytest.raises(NotFound):
            await read_coupon(shop.services, whose, wanted)
        with pytest.raises(NotFound):
            await switch_coupon(shop.services, whose, wanted, is_active=False)
    assert (await find_coupons(shop.services, stranger, limit=9)).coupons == []
    assert await read_coupon(shop.services, shop.id, coupon.id) == coupon


async def test_who_edits_what_has_changed_since_is_told(shop: Shop) -> None:
    before = await made(shop)
    await shop.running.step(1)
    after = await edited(shop, before, name="First")
    for name, words in (("Second", VersionConflict), ("First", None)):

        def rename(fields: CouponFields, name: str = name) -> CouponFields:
            return replace(fields, name=name)

        saving = edit_coupon(shop.services, shop.id, before.id, rename, seen_at=before.updated_at)
        if words is None:
            assert await saving == after, "run again after a lost answer, it finds its own"
        else:
            with pytest.raises(words):
                await saving
    assert await read_coupon(shop.services, shop.id, before.id) == after
