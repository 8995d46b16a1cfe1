"""Coupons: when two codes are one, when a coupon holds, and what may be put into one."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from linktill.core.coupon import (
    CODE_MAX,
    LINKS_MAX,
    USES_MAX,
    Coupon,
    CouponFields,
    CouponState,
    Owner,
    checked_coupon,
    code_key,
    code_start,
    discount_of,
    fields_of,
    refusal,
    state_of,
)
from linktill.core.errors import FieldInvalid, FieldsInvalid
from linktill.core.ids import CouponId, LinkId, MerchantId
from linktill.core.money import AMOUNT_MAX_MINOR
from linktill.core.pricing import Discount

NOW = 1_800_000_000_000_000
LATER = NOW + 60_000_000
OWNER = Owner(MerchantId("mer_1"), CouponId("cpn_1"))
LINK = LinkId("plink_1")
OTHER = LinkId("plink_2")


def made(**fields: Any) -> Coupon:
    given: dict[str, Any] = {"code": "Spring-10", "rate_ppm": 100_000, **fields}
    return checked_coupon(CouponFields(**given), OWNER, now=NOW)


def faults(fields: CouponFields, before: Coupon | None = None, now: int = NOW) -> list[str]:
    with pytest.raises(FieldsInvalid) as refused:
        checked_coupon(fields, OWNER, now=now, before=before)
    assert all(error.message for error in refused.value.errors)
    return [error.param for error in refused.value.errors]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("SPRING10", "spring10"),
        ("  spring 10 ", "spring10"),
        ("Spring-10", "spring10"),
        ("spring\u201310", "spring10"),
        ("spr\u00ading\u200b10", "spring10"),
        ("\uff33\uff30\uff32\uff29\uff2e\uff27\uff11\uff10", "spring10"),
        ("spring\u00a010\r\n", "spring10"),
        ("STRASSE", "strasse"),
        ("Stra\u00dfe", "strasse"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("\u0926\u093f\u0935\u093e\u0932\u0940", "\u0926\u093f\u0935\u093e\u0932\u0940"),
        ("A\ufe0fB", "ab"),
        ("a1", "a1"),
        ("x" * CODE_MAX, "x" * CODE_MAX),
    ],
)
def test_codes_are_compared_without_what_people_write_differently(typed: str, key: str):
    assert code_key(typed) == key


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " - ",
        "a",
        "a-",
        "x" * (CODE_MAX + 1),
        "x" * 100_000,
        "a" + " " * 100_000 + "b",
        "50%",
        "a_b",
        "spring/10",
        "\u3164\u3164\u3164",
        "\U0001f600\U0001f600",
        "4242 4242 4242 4242",
        "42424242-42424242",
    ],
)
def test_what_is_no_code_is_refused_by_its_field(typed: str):
    with pytest.raises(FieldInvalid) as refused:
        code_key(typed)
    assert refused.value.param == "code"


@given(st.text(st.characters(categories=("L", "M", "Nd", "Zs", "Pd", "Cf")), min_size=2, max_size=20))
def test_the_key_of_a_key_is_that_key(typed: str):
    try:
        key = code_key(typed)
    except FieldInvalid:
        reject()
    assert code_key(key) == key
    assert code_key(f" {typed}-") == key


def test_what_is_looked_for_is_read_like_a_code():
    assert [code_start(text) for text in ("", " S", "sp-", "SPRING 10")] == ["", "s", "sp", "spring10"]
    for text in ("%", "a" * 200):
        with pytest.raises(FieldInvalid) as refused:
            code_start(text)
        assert refused.value.param == "code"


def test_where_a_coupon_stands():
    limited = made(starts_at=NOW + 1, expires_at=LATER, uses_max=2)
    assert state_of(replace(limited, uses=0), NOW) is CouponState.SCHEDULED
    assert state_of(replace(limited, uses=1), NOW + 1) is CouponState.ACTIVE
    assert state_of(replace(limited, uses=2), NOW + 1) is CouponState.USED_UP
    assert state_of(replace(limited, uses=3), LATER - 1) is CouponState.USED_UP
    assert state_of(replace(limited, uses=3), LATER) is CouponState.EXPIRED
    assert state_of(replace(replace(limited, is_active=False), uses=3), LATER) is CouponState.OFF
    assert state_of(replace(made(), uses=10**6), LATER) is CouponState.ACTIVE


def test_a_coupon_takes_off_a_rate_or_an_amount():
    assert discount_of(made()) == Discount("Spring-10", rate_ppm=100_000, coupon_id="cpn_1")
    five = made(rate_ppm=0, amount_minor=500, currency="USD", name="  Five   off ")
    assert discount_of(five) == Discount("Five off", amount_minor=500, coupon_id="cpn_1")
    assert (five.code, five.key) == ("Spring-10", "spring10")


def test_a_coupon_holds_where_and_when_it_says():
    anywhere = made()
    assert refusal(anywhere, LINK, "USD", 0, NOW) is None
    assert refusal(anywhere, OTHER, "JPY", 1, NOW) is None
    of_one = made(link_ids=(LINK,))
    assert refusal(of_one, LINK, "USD", 1, NOW) is None
    assert refusal(of_one, OTHER, "USD", 1, NOW) == "This code is not for this payment."
    timed = made(starts_at=NOW, expires_at=LATER)
    assert refusal(timed, LINK, "USD", 1, NOW - 1) == "This code cannot be used yet."
    assert refusal(timed, LINK, "USD", 1, NOW) is None
    assert refusal(timed, LINK, "USD", 1, LATER - 1) is None
    assert refusal(timed, LINK, "USD", 1, LATER) == "This code has expired."
    assert refusal(made(is_active=False), LINK, "USD", 1, NOW) == "This code is no longer taken."


def test_an_amount_is_of_its_currency_and_a_minimum_is_reached():
    five = made(rate_ppm=0, amount_minor=500, currency="USD", minimum_minor=5_000)
    assert refusal(five, LINK, "EUR", 9_999, NOW) == "This code is for payments in USD."
    assert refusal(five, LINK, "USD", 4_999, NOW) == "This code can be used from 50.00 USD on."
    assert refusal(five, LINK, "USD", 5_000, NOW) is None
    rate = made(currency="JPY", minimum_minor=5_000)
    assert refusal(rate, LINK, "JPY", 4_999, NOW) == "This code can be used from 5000 JPY on."
    assert refusal(rate, LINK, "JPY", 5_000, NOW) is None


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ({"code": "%"}, ["code"]),
        ({"code": "4242424242424242"}, ["code"]),
        ({"name": "x" * 121}, ["name"]),
        ({"rate_ppm": 0}, ["percent"]),
        ({"rate_ppm": -1}, ["percent"]),
        ({"rate_ppm": 1_000_001}, ["percent"]),
        ({"amount_minor": 5, "currency": "USD"}, ["percent"]),
        ({"rate_ppm": 0, "amount_minor": 5}, ["currency"]),
        ({"rate_ppm": 0, "amount_minor": 5, "currency": "usd"}, ["currency"]),
        ({"rate_ppm": 0, "amount_minor": -5, "currency": "USD"}, ["amount_minor"]),
        ({"rate_ppm": 0, "amount_minor": AMOUNT_MAX_MINOR + 1, "currency": "USD"}, ["amount_minor"]),
        ({"minimum_minor": 5_000}, ["currency"]),
        ({"minimum_minor": -1, "currency": "USD"}, ["minimum_minor"]),
        ({"minimum_minor": AMOUNT_MAX_MINOR + 1, "currency": "USD"}, ["minimum_minor"]),
        ({"uses_max": 0}, ["uses_max"]),
        ({"uses_max": USES_MAX + 1}, ["uses_max"]),
        ({"uses_per_customer_max": 0}, ["uses_per_customer_max"]),
        ({"starts_at": 0}, ["starts_at"]),
        ({"expires_at": 2**62}, ["expires_at"]),
        ({"expires_at": NOW}, ["expires_at"]),
        ({"starts_at": LATER, "expires_at": LATER}, ["expires_at"]),
        ({"link_ids": ["pay_1"]}, ["payment_link_ids"]),
        ({"link_ids": [f"plink_{number}" for number in range(LINKS_MAX + 1)]}, ["payment_link_ids"]),
        ({"code": "", "rate_ppm": 0, "uses_max": 0}, ["code", "percent", "uses_max"]),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(fields: dict[str, Any], params: list[str]):
    given: dict[str, Any] = {"code": "Spring-10", "rate_ppm": 100_000, **fields}
    assert faults(CouponFields(**given)) == params


def test_the_widest_coupon_is_taken():
    links = tuple(LinkId(f"plink_{number}") for number in range(LINKS_MAX))
    wide = made(
        code="  Spring   10 ",
        rate_ppm=1_000_000,
        currency="USD",
        minimum_minor=AMOUNT_MAX_MINOR,
        uses_max=USES_MAX,
        uses_per_customer_max=USES_MAX,
        link_ids=[*links, *links][:LINKS_MAX],
    )
    assert (wide.code, wide.link_ids) == ("Spring 10", links)
    assert made(link_ids=[OTHER, LINK, OTHER]).link_ids == (OTHER, LINK)


def test_what_it_is_worth_never_changes():
    five = made(rate_ppm=0, amount_minor=500, currency="USD")
    fields = fields_of(five)
    for changed, param in (
        (replace(fields, code="Other"), "code"),
        (replace(fields, code="SPRING10"), "code"),
        (replace(fields, amount_minor=501), "amount_minor"),
        (replace(fields, currency="EUR"), "currency"),
    ):
        assert faults(changed, five) == [param]
    assert faults(replace(fields, amount_minor=0, rate_ppm=1), five) == ["percent", "amount_minor"]
    assert faults(replace(fields_of(made()), rate_ppm=1), made()) == ["percent"]
    rate = made()
    bounded = replace(fields_of(rate), currency="EUR", minimum_minor=5)
    after = checked_coupon(bounded, OWNER, now=LATER, before=rate)
    assert (after.currency, after.minimum_minor, after.updated_at, after.created_at) == ("EUR", 5, LATER, NOW)


def test_what_has_passed_stays_while_something_else_is_edited():
    timed = made(starts_at=NOW, expires_at=LATER)
    renamed = replace(fields_of(timed), name="Late")
    after = checked_coupon(renamed, OWNER, now=LATER + 1, before=timed)
    assert (after.name, after.expires_at) == ("Late", LATER)
    assert faults(replace(renamed, expires_at=LATER - 1), timed, LATER + 1) == ["expires_at"]
    assert faults(replace(renamed, starts_at=LATER), timed, LATER + 1) == ["expires_at"]
    assert checked_coupon(fields_of(timed), OWNER, now=LATER + 1, before=timed) == timed
