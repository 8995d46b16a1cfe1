"""Bad input: each gets the documented problem with the field's name, and nothing moves."""

import json
import time
from typing import Any

import pytest

from tests.api.rig import LINK, Caller, problem

LINKS = "/v1/payment_links"
WRONG = (422, "field_invalid")
NO_JSON = (400, "json_invalid")

# MC04, MC15, MC16, IV12, LL22
FIELDS: list[tuple[str, list[Any]]] = [
    (
        "amount_minor",
        [
            -1, 0, 0.5, 1.0, 1e3, "1e3", "１００", "1,00", "100", "NaN", True, None, [100], {"minor": 1},
            10**12, 2**53, 2**63, 2**64, -(2**63), 10**400,
        ],
    ),
    ("currency", ["usd", "USD ", "UsD", "XXX", "XTS", "HRK", "BGN", "", "US", "DOLLAR", "ＵＳＤ", 840, None, ["USD"]]),
    (
        "description",
        ["", "   ", "\u202e\u2067\x00", "x" * 501, 1, None, [], "card 4242 4242 4242 4242", "é" * 20_000],
    ),
    ("note", ["x" * 2_001, 1, None, "4242424242424242"]),
    ("reference", ["x" * 201, 7, "5555-5555-5555-4444"]),
    ("payments_max", [-1, 0, 1.5, 10**9, [1], {"n": 1}, "1", True]),
    (
        "expires_at",
        [
            "2020-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z",
            "+275760-09-13T00:00:00Z", "2100-01-02T00:00:00Z", "2030-02-29T00:00:00Z", "2030-01-01",
            "2030-01-01T00:00:00", "2030-01-01T24:00:01Z", "tomorrow", 1893456000, "",
        ],
    ),
    ("starts_at", ["1969-12-31T23:59:59Z", "2100-01-02T00:00:00Z", "2030-01-01T00:00:00", False]),
    ("due_at", ["yesterday", "9999-12-31T23:59:59-12:00"]),
    (
        "redirect_url",
        [
            "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "http://example.com/", "//example.com",
            "https://", "https://user:pw@example.com/", "https://example.com/\n", "https://exa mple.com/",
            "https:\\\\example.com", "https://пример.рф/", "https://example.com:99999/", "ftp://example.com", 1,
            "https://example.com/" + "x" * 2_000,
        ],
    ),
    ("closed_message", ["x" * 501, None]),
    # IV10
    (
        "metadata",
        [
            {str(number): "x" for number in range(51)}, {"": "x"}, {"k" * 41: "x"}, {"\x00": "x"}, {"a": 1},
            {"a": None}, {"a": {"b": "c"}}, [], "a", {"4242424242424242": "x"},
        ],
    ),
]  # fmt: skip


async def test_each_bad_value_is_refused_by_name_and_nothing_moves(bea: Caller):
    wrong = []
    for name, values in FIELDS:
        for value in values:
            refused = await bea.post(LINKS, {**LINK, name: value})
            if problem(refused) != (*WRONG, name):
                wrong.append((name, value, refused.text))
    assert wrong == []
    assert await bea.count() == await bea.count(LINKS) == 0


@pytest.mark.parametrize("name", ["amount_minor", "currency", "description"])
async def test_what_is_required_is_named(bea: Caller, name: str):
    refused = await bea.post(LINKS, {key: value for key, value in LINK.items() if key != name})
    assert problem(refused) == (*WRONG, name)
    assert await bea.count() == 0


async def test_values_at_the_edge_are_taken(bea: Caller):
    """MC04, IV10, IV12: exact, neither refused nor rounded."""
    edge = await bea.link(
        amount_minor=999_999_999_999,
        payments_max=1_000_000,
        expires_at="2028-02-29T23:59:59.999999+05:30",
        metadata={f"{number:040}": "ü" * 500 for number in range(50)},
    )
    assert edge["amount_minor"] == 999_999_999_999
    assert edge["expires_at"] == "2028-02-29T18:29:59.999999Z"
    assert len(edge["metadata"]) == 50
    assert (await bea.link(amount_minor=1, currency="JPY"))["amount_minor"] == 1
    assert (await bea.link(amount_minor=1, currency="KWD"))["currency"] == "KWD"


async def test_a_card_number_in_metadata_is_refused_where_it_stands(bea: Caller):
    """IV10"""
    refused = await bea.post(LINKS, {**LINK, "metadata": {"card": "4242 4242 4242 4242"}})
    assert problem(refused) == (*WRONG, "metadata.card")
    assert await bea.count() == 0


async def test_several_fields_at_fault_are_all_named(bea: Caller):
    refused = await bea.post(LINKS, {**LINK, "amount_minor": 0, "payments_max": 0, "description": " "})
    assert problem(refused) == (*WRONG, "amount_minor")
    assert {error["param"] for error in refused.json()["errors"]} == {
        "amount_minor",
        "payments_max",
        "description",
    }


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "tenant_id",
        "merchant_id",
        "status",
        "created_at",
        "role",
        "is_admin",
        "livemode",
        "url",
        "__proto__",
    ],
)
async def test_iv06_fields_that_are_not_ours_to_set_are_refused(bea: Caller, name: str):
    assert problem(await bea.post(LINKS, {**LINK, name: "paid"})) == (*WRONG, name)
    assert await bea.count() == 0


async def test_iv06_nor_in_a_patch(bea: Caller):
    link = await bea.link()
    for name in ("status", "version", "captured_minor", "merchant_id", "url"):
        assert problem(await bea.patch(f"{LINKS}/{link['id']}", {name: 1})) == (*WRONG, name)
    assert (await bea.get(f"{LINKS}/{link['id']}")).json() == link


GOOD = json.dumps(LINK).encode()
DEEP = b"[" * 100_000


async def test_iv07_bodies_that_are_no_json_object(bea: Caller):
    bodies = [
        b"{", b"null", b"[]", b'"x"', b"1", b"{'a':1}", GOOD + b"x", b"\xef\xbb\xbf" + GOOD, GOOD.decode().encode("utf-16"),
        b'{"amount_minor": NaN}', b'{"amount_minor": Infinity}', b'{"amount_minor": -Infinity}',
        b'{"amount_minor": 1, "amount_minor": 2}', b'{"metadata": {"a": "1", "a": "2"}}', b'{"\\ud800": 1}',
        b'{"description": "\\ud800"}', b'{"description": "\xff"}', DEEP, b'{"a":' * 40_000, b'{"a":01}',
        b'{"a":"\x01"}', b'{"a":1,}',
    ]  # fmt: skip
    wrong = []
    for body in bodies:
        started = time.process_time()
        refused = await bea.call("POST", LINKS, content=body)
        if problem(refused)[:2] != NO_JSON or time.process_time() - started > 2:
            wrong.append((body[:60], refused.text))
    assert wrong == []
    assert await bea.count() == 0


async def test_iv07_a_name_that_comes_twice_is_named(bea: Caller):
    twice = GOOD[:-1] + b', "currency": "EUR"}'
    assert problem(await bea.call("POST", LINKS, content=twice)) == (*NO_JSON, "currency")


async def test_iv07_huge_numbers_are_named(bea: Caller):
    for digits in (b"1e400", b"9" * 200_000, b"-" + b"9" * 5_000):
        body = b'{"amount_minor": %s, "currency": "USD", "description": "x"}' % digits
        assert problem(await bea.call("POST", LINKS, content=body)) == (*WRONG, "amount_minor")


async def test_iv07_many_names_are_refused_in_bounded_time(bea: Caller):
    many = json.dumps({f"k{number}": 1 for number in range(20_000)}).encode()
    assert problem(await bea.call("POST", LINKS, content=many))[:2] == WRONG
    million = b"{" + b",".join(b'"%d":1' % number for number in range(1_000_000)) + b"}"
    assert (await bea.call("POST", LINKS, content=million)).status_code == 413


async def test_five_megabytes_are_too_large(bea: Caller):
    for size in (300_000, 5_000_000):
        refused = await bea.call("POST", LINKS, content=b" " * size)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_large")

    async def pieces():
        for _ in range(80):
            yield b" " * 65_536

    refused = await bea.call("POST", LINKS, content=pieces())
    assert problem(refused) == (413, "too_large", None)
    assert await bea.count() == 0


async def test_a_body_in_pieces_is_one_body(bea: Caller):
    async def pieces():
        yield GOOD[:10]
        yield b""
        yield GOOD[10:]

    assert (await bea.call("POST", LINKS, content=pieces())).status_code == 201


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/jsonp",
        "",
    ],
)
async def test_iv07_only_json_is_read(bea: Caller, media_type: str):
    refused = await bea.call("POST", LINKS, content=GOOD, headers={"content-type": media_type})
    assert problem(refused) == (415, "media_type_unsupported", None)
    assert await bea.count() == 0


async def test_json_with_its_charset_is_read(bea: Caller):
    taken = await bea.call(
        "POST", LINKS, content=GOOD, headers={"content-type": "Application/JSON; Charset=UTF-8"}
    )
    assert taken.status_code == 201


async def test_iv04_odd_text_is_kept_safe(bea: Caller):
    """IV04: bidirectional overrides and control characters go, the rest stays, in NFC."""
    link = await bea.link(description="e\u0301\u202e\u0000 😀\u0007 \u2067x", note="a" + "\u0301" * 1_000)
    assert link["description"] == "é 😀 x"


async def test_iv08_queries_are_read_strictly(bea: Caller):
    await bea.link()
    queries = {
        "limit=1&limit=2": "limit",
        "limit=0": "limit",
        "limit=101": "limit",
        "limit=10%5E9": "limit",
        "limit=-1": "limit",
        "limit=1.0": "limit",
        "limit=%EF%BC%91": "limit",
        "limit=": "limit",
        "limit[]=1": "limit[]",
        "cursor=1": "cursor",
        "cursor=pay_01kan4v0zqf7wv9h6m2s8d3r5t": "cursor",
        "cursor=%00": "cursor",
        "status=paid": "status",
        "status=ACTIVE": "status",
        "status[$gt]=a": "status[$gt]",
        "filter[x][$gt]=1": "filter[x][$gt]",
        "offset=5": "offset",
        "search=" + "x" * 201: "search",
        "a=1": "a",
    }
    for query, name in queries.items():
        assert problem(await bea.get(f"{LINKS}?{query}")) == (*WRONG, name), query
    assert problem(await bea.get(f"{LINKS}?" + "&".join(["a=1"] * 30)))[:2] == (400, "request_invalid")


async def test_events_are_filtered_by_one_thing_at_a_time(bea: Caller):
    link = await bea.link()
    both = await bea.get("/v1/events", type="payment_link.created", payment_link_id=link["id"])
    assert problem(both) == (*WRONG, "payment_link_id")
    assert problem(await bea.get("/v1/events", type="link.made")) == (*WRONG, "type")
    assert problem(await bea.get("/v1/payments", payment_link_id="plink_1")) == (*WRONG, "payment_link_id")


async def test_a_patch_is_checked_like_a_new_link(bea: Caller):
    link = await bea.link()
    wrong = []
    for name, values in FIELDS:
        for value in values:
            if value is None or (name, value) == ("metadata", {"a": None}):
                continue
            refused = await bea.patch(f"{LINKS}/{link['id']}", {name: value})
            if problem(refused) != (*WRONG, name):
                wrong.append((name, value, refused.text))
    assert wrong == []
    assert (await bea.get(f"{LINKS}/{link['id']}")).json() == link


async def test_what_is_no_id_is_told_in_words(bea: Caller):
    refused = await bea.post("/v1/refunds", {"payment_id": "pay_x"})
    assert problem(refused) == (*WRONG, "payment_id")
    assert "Send an id that we gave you: pay_ and 26 more characters." in refused.text
    assert "regex" not in refused.text
