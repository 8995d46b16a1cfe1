"""Coupons from the command line, on both databases; what cannot be is refused by name and changes nothing."""

import pytest

from tests.cli.conftest import PLAIN, Shop


def test_a_coupon_is_made_listed_shown_and_changed(shop: Shop):
    link = shop.run("links", "create", "--json", *PLAIN).json["id"]
    made = shop.run(
        *("coupons", "create", "SPRING-10", "--percent", "12.5", "--name", "Spring sale", "--json"),
        *("--currency", "USD", "--minimum-minor", "5000", "--uses-max", "9", "--uses-per-customer-max", "1"),
        *("--starts-at", "2026-01-01T00:00:00Z", "--expires-at", "2099-01-01T00:00:00Z", "--link", link, "--automatic"),
    ).json  # fmt: skip
    assert (made["code"], made["percent"], made["status"]) == ("SPRING-10", "12.5", "active")
    assert (made["currency"], made["minimum_minor"], made["payment_link_ids"]) == ("USD", 5_000, [link])
    assert (made["uses_max"], made["uses_per_customer_max"], made["is_automatic"]) == (9, 1, True)
    other = shop.run(
        "coupons", "create", "FRIENDS", "--amount-minor", "500", "--currency", "EUR", "--json"
    ).json
    listed = shop.run("coupons", "list", "--json").json
    assert listed == {"data": [other, made], "next_cursor": None}
    assert "€5.00" in shop.run("coupons", "list").out
    assert shop.run("coupons", "list", "--code", "spring 1", "--json").json["data"] == [made]
    shown = shop.run("coupons", "show", made["id"]).out
    for word in ("SPRING-10", "12.5%", "Spring sale", "$50.00", "at most 9", "2099-01-01 00:00 UTC", link):
        assert word in shown
    off = shop.run("coupons", "update", made["id"], "--off", "--json").json
    assert {name for name in made if made[name] != off[name]} == {"status", "is_active", "updated_at"}
    assert shop.run("coupons", "list", "--on", "--json").json["data"] == [other]
    assert shop.run("coupons", "list", "--off", "--json").json["data"] == [off]
    bare = shop.run(
        *("coupons", "update", made["id"], "--on", "--typed", "--no-links", "--name", "", "--minimum-minor", "0", "--json"),
        *("--currency", "none", "--uses-max", "none", "--uses-per-customer-max", "none"),
        *("--starts-at", "none", "--expires-at", "none"),
    ).json  # fmt: skip
    assert (bare["name"], bare["currency"], bare["minimum_minor"], bare["payment_link_ids"]) == (
        "",
        None,
        0,
        [],
    )
    assert (
        bare["uses_max"] is bare["uses_per_customer_max"] is bare["starts_at"] is bare["expires_at"] is None
    )
    assert (bare["is_automatic"], bare["is_active"]) == (False, True)
    assert shop.run("coupons", "show", made["id"], "--json").json == bare


@pytest.mark.parametrize(
    ("words", "param"),
    [
        (("%", "--percent", "10"), "code"),
        (("spring 10", "--percent", "10"), "code"),
        (("NEW", "--percent", "ten"), "percent"),
        (("NEW",), "percent"),
        (("NEW", "--amount-minor", "5.00", "--currency", "USD"), "amount_minor"),
        (("NEW", "--amount-minor", "500"), "currency"),
        (("NEW", "--percent", "10", "--uses-max", "many"), "uses_max"),
        (("NEW", "--percent", "10", "--starts-at", "tomorrow"), "starts_at"),
        (("NEW", "--percent", "10", "--expires-at", "2020-01-01T00:00:00Z"), "expires_at"),
        (("NEW", "--percent", "10", "--link", "plink_1"), "payment_link_ids"),
    ],
)
def test_what_cannot_be_made_is_refused_by_name(small: Shop, words: tuple[str, ...], param: str):
    small.run("coupons", "create", "SPRING-10", "--percent", "10")
    done = small.run("coupons", "create", *words, "--json")
    assert (done.code, done.json["error"]["param"]) == (1, param)
    assert len(small.run("coupons", "list", "--json").json["data"]) == 1


def test_what_is_not_there_is_told(small: Shop):
    for words in (("show", "cpn_1"), ("update", "cpn_1", "--off")):
        done = small.run("coupons", *words, "--json")
        assert (done.code, done.json["error"]["code"]) == (1, "not_found")
    assert "There are no such coupons." in small.run("coupons", "list").out
