"""Coupons over the API."""

from typing import Any

import pytest

from linktill.core.coupon import AUTOMATIC_MAX
from tests.api.rig import Caller, Rig, problem

COUPONS = "/v1/coupons"
SPRING = {"code": "SPRING-10", "percent": "10"}
FIVE = {"code": "Five off", "amount_minor": 500, "currency": "USD"}


async def kept(bea: Caller, fields: dict[str, Any] = SPRING, **more: Any) -> dict[str, Any]:
    made = await bea.post(COUPONS, {**fields, **more})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_coupon_is_made_read_edited_and_switched_off(bea: Caller):
    link = await bea.link()
    coupon = await kept(
        bea,
        name="Spring sale",
        currency="USD",
        minimum_minor=5_000,
        uses_max=100,
        uses_per_customer_max=1,
        starts_at="2020-01-01T00:00:00Z",
        expires_at="2099-01-01T00:00:00+01:00",
        payment_link_ids=[link["id"]],
        is_automatic=True,
    )
    path = f"{COUPONS}/{coupon['id']}"
    assert coupon == {
        "object": "coupon",
        "id": coupon["id"],
        "code": "SPRING-10",
        "name": "Spring sale",
        "status": "active",
        "percent": "10",
        "amount_minor": None,
        "currency": "USD",
        "minimum_minor": 5_000,
        "uses": 0,
        "uses_max": 100,
        "uses_per_customer_max": 1,
        "starts_at": "2020-01-01T00:00:00Z",
        "expires_at": "2098-12-31T23:00:00Z",
        "payment_link_ids": [link["id"]],
        "is_automatic": True,
        "is_active": True,
        "created_at": coupon["created_at"],
        "updated_at": coupon["created_at"],
    }
    assert str(coupon["id"]).startswith("cpn_")
    assert (await bea.get(path)).json() == coupon
    assert (await bea.get(COUPONS)).json() == {"object": "list", "data": [coupon], "next_cursor": None}
    edited = (await bea.patch(path, {"name": None, "uses_max": 7, "is_active": False})).json()
    changed = {"name": "", "uses_max": 7, "is_active": False, "status": "off"}
    assert edited == {**coupon, **changed, "updated_at": edited["updated_at"]}
    cleared = dict.fromkeys(
        ("minimum_minor", "currency", "uses_max", "uses_per_customer_max", "starts_at", "expires_at")
    )
    bare = (await bea.patch(path, {**cleared, "payment_link_ids": None, "is_automatic": False})).json()
    assert {name: bare[name] for name in cleared} == {**cleared, "minimum_minor": 0}
    assert (bare["payment_link_ids"], bare["is_automatic"]) == ([], False)
    assert (await bea.get(path)).json() == bare
    assert (await bea.patch(path, {})).json() == bare


async def test_an_amount_is_in_its_currency(bea: Caller):
    coupon = await kept(bea, FIVE)
    assert (coupon["percent"], coupon["amount_minor"], coupon["currency"]) == (None, 500, "USD")
    assert problem(await bea.patch(f"{COUPONS}/{coupon['id']}", {"currency": "EUR"})) == (
        422,
        "field_invalid",
        "currency",
    )


async def test_a_coupon_is_made_once_per_key(bea: Caller):
    first = await bea.post(COUPONS, SPRING, key="k1")
    again = await bea.post(COUPONS, SPRING, key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert problem(await bea.post(COUPONS, FIVE, key="k1")) == (422, "idempotency_mismatch", None)
    assert problem(await bea.post(COUPONS, {**SPRING, "code": "spring10"}, key="k2")) == (
        422,
        "field_invalid",
        "code",
    )
    assert (await bea.post(COUPONS, {**SPRING, "code": "spring11"}, key="k2")).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", ""),
        ("code", "x"),
        ("code", "x" * 41),
        ("code", "50%"),
        ("code", "4242 4242 4242 4242"),
        ("code", None),
        ("code", 7),
        ("name", "x" * 121),
        ("percent", "0"),
        ("percent", "100.1"),
        ("percent", "ten"),
        ("percent", 10),
        ("percent", None),
        ("amount_minor", 500),
        ("amount_minor", 0),
        ("currency", "usd"),
        ("minimum_minor", -1),
        ("minimum_minor", "5"),
        ("uses_max", 0),
        ("uses_max", 1_000_001),
        ("uses_per_customer_max", 0),
        ("starts_at", "tomorrow"),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "2099-01-01T00:00:00"),
        ("payment_link_ids", ["pay_1"]),
        ("payment_link_ids", ["plink_00000000000000000000000000"]),
        ("payment_link_ids", "plink_1"),
        ("is_active", "yes"),
        ("uses", 3),
        ("id", "cpn_1"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(bea: Caller, field: str, value: object):
    refused = await bea.post(COUPONS, {**SPRING, field: value})
    # Neither is right: the two belong together.
    assert problem(refused) == (422, "field_invalid", "percent" if value == 500 else field)
    assert (await bea.get(COUPONS)).json()["data"] == []


async def test_a_minimum_needs_a_currency(bea: Caller):
    for body in ({**SPRING, "minimum_minor": 5}, {"code": "Five", "amount_minor": 5}):
        assert problem(await bea.post(COUPONS, body)) == (422, "field_invalid", "currency")
    coupon = await kept(bea)
    path = f"{COUPONS}/{coupon['id']}"
    assert problem(await bea.patch(path, {"minimum_minor": 5})) == (422, "field_invalid", "currency")
    assert (await bea.patch(path, {"minimum_minor": 5, "currency": "JPY"})).status_code == 200


async def test_several_fields_at_fault_are_all_named(bea: Caller):
    refused = await bea.post(COUPONS, {"code": "x", "amount_minor": 5, "uses_max": 0})
    assert problem(refused) == (422, "field_invalid", "code")
    assert [error["param"] for error in refused.json()["errors"]] == ["code", "currency", "uses_max"]


@pytest.mark.parametrize("field", ["code", "percent", "amount_minor", "uses"])
async def test_its_worth_and_code_stay(bea: Caller, field: str):
    coupon = await kept(bea)
    path = f"{COUPONS}/{coupon['id']}"
    assert problem(await bea.patch(path, {field: SPRING.get(field, 5)})) == (422, "field_invalid", field)
    assert (await bea.get(path)).json() == coupon


async def test_they_are_listed_found_and_filtered(bea: Caller):
    spring, summer = await kept(bea), await kept(bea, code="Summer", is_active=False)
    five = await kept(bea, FIVE)

    async def found(**params: Any) -> list[str]:
        return [each["id"] for each in (await bea.get(COUPONS, **params)).json()["data"]]

    assert await found() == [five["id"], summer["id"], spring["id"]]
    assert await found(code="SPRING 10") == [spring["id"]]
    assert await found(code="s") == [summer["id"], spring["id"]]
    assert await found(code="s", is_active="true") == [spring["id"]]
    assert await found(is_active="false") == [summer["id"]]
    first = (await bea.get(COUPONS, limit=2)).json()
    assert first["next_cursor"] == summer["id"]
    assert await found(cursor=first["next_cursor"]) == [spring["id"]]
    for params, param in (
        ({"code": "%"}, "code"),
        ({"is_active": "1"}, "is_active"),
        ({"cursor": "tpl_1"}, "cursor"),
        ({"status": "active"}, "status"),
    ):
        assert problem(await bea.get(COUPONS, **params)) == (422, "field_invalid", param)


async def test_others_see_none_of_it(rig: Rig):
    coupon = await kept(rig.bea)
    path = f"{COUPONS}/{coupon['id']}"
    assert (await rig.cy.get(COUPONS)).json()["data"] == []
    for answer in (await rig.cy.get(path), await rig.cy.patch(path, {"name": "x"})):
        assert problem(answer) == (404, "not_found", "id")
    assert (await rig.bea.get(path)).json() == coupon
    assert problem(await rig.bea.get(f"{COUPONS}/tpl_1"))[1] == "not_found"
    theirs = await rig.cy.link()
    refused = await rig.bea.patch(path, {"payment_link_ids": [theirs["id"]]})
    assert problem(refused) == (422, "field_invalid", "payment_link_ids")
    assert (await kept(rig.cy))["code"] == "SPRING-10", "two merchants may have one code"


async def test_there_is_a_limit_to_what_applies_by_itself(bea: Caller):
    for number in range(AUTOMATIC_MAX):
        await kept(bea, code=f"auto {number}", is_automatic=True)
    assert problem(await bea.post(COUPONS, {**SPRING, "is_automatic": True})) == (429, "too_many", None)
    off = await kept(bea, is_automatic=True, is_active=False)
    assert problem(await bea.patch(f"{COUPONS}/{off['id']}", {"is_active": True}))[:2] == (429, "too_many")
