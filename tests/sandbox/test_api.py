"""The company's API: what it refuses, what it repeats, what it lists."""

import json

import pytest

from linktill.sandbox.rules import dispute_fee_minor, fee_minor
from tests.sandbox.running import OPENING_KEY, ORDER, Running

BAD_ORDERS = [
    ("amount_minor", 0),
    ("amount_minor", -1),
    ("amount_minor", 1.5),
    ("amount_minor", "1"),
    ("amount_minor", True),
    ("amount_minor", None),
    ("amount_minor", [1]),
    ("amount_minor", 10**12),
    ("amount_minor", 2**63),
    ("currency", "usd"),
    ("currency", "XXX"),
    ("currency", 1),
    ("reference", ""),
    ("reference", "a b"),
    ("reference", "x" * 65),
    ("description", "x" * 501),
    ("return_url", "javascript:alert(1)"),
    ("return_url", "https://user@example.com/"),
    ("return_url", "https://example.com/ ; script-src *"),
    ("cancel_url", "ftp://example.com/"),
    ("cancel_url", ""),
    ("expires_at", 1),
    ("expires_at", 2**62),
]


@pytest.mark.parametrize(("param", "value"), BAD_ORDERS)
async def test_a_bad_field_is_named_and_nothing_moves(sandbox: Running, param: str, value: object):
    response = await sandbox.call("POST", "/v1/payments", {**ORDER, param: value}, key="k")
    assert response.status == 422
    assert json.loads(response.body)["error"]["param"] == param
    assert (await sandbox.json("GET", "/v1/payments"))["data"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"null", 422),
        (b"{}", 422),
        (b"[" * 60_000, 422),
        (b'{"description":' + b'{"a":' * 10_000, 422),
        (b'{"expires_at":1e400}', 422),
        (b'{"amount_minor":NaN}', 400),
        (json.dumps({**ORDER, "status": "captured"}).encode(), 422),
        (b'{"description":"' + b"x" * 70_000 + b'"}', 413),
    ],
)
async def test_wi18_a_bad_body_is_refused(sandbox: Running, body: bytes, status: int):
    assert (await sandbox.call("POST", "/v1/payments", body, key="k")).status == status
    assert (await sandbox.json("GET", "/v1/payments"))["data"] == []


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 256, "é"])
async def test_money_moves_only_under_a_key(sandbox: Running, key: str | None):
    response = await sandbox.call("POST", "/v1/payments", ORDER, key=key)
    assert response.status == 400
    assert json.loads(response.body)["error"]["code"] == "key_missing"


async def test_the_same_key_gives_the_same_bytes_whatever_has_happened_since(sandbox: Running):
    first = await sandbox.call("POST", "/v1/payments", ORDER, key="k")
    await sandbox.pay(json.loads(first.body)["id"])
    second = await sandbox.call("POST", "/v1/payments", ORDER, key="k")
    assert (second.status, second.body) == (first.status, first.body)
    assert "idempotent-replayed" in second.headers
    other = await sandbox.call("POST", "/v1/payments", {**ORDER, "amount_minor": 1}, key="k")
    assert other.status == 422
    assert len((await sandbox.json("GET", "/v1/payments"))["data"]) == 1


async def test_gf05_a_key_is_forgotten_after_a_day(sandbox: Running):
    first = await sandbox.json("POST", "/v1/payments", ORDER, key="k")
    sandbox.clock.advance(86_390)
    assert (await sandbox.json("POST", "/v1/payments", ORDER, key="k"))["id"] == first["id"]
    sandbox.clock.advance(20)
    assert (await sandbox.json("POST", "/v1/payments", ORDER, key="k"))["id"] != first["id"]


async def test_a_refusal_is_not_kept_under_its_key(sandbox: Running):
    payment = await sandbox.create()
    path = f"/v1/payments/{payment['id']}/refunds"
    order = {"amount_minor": 1, "reference": "re_1"}
    assert (await sandbox.call("POST", path, order, key="re_1")).status == 409
    await sandbox.pay(payment["id"])
    assert (await sandbox.call("POST", path, order, key="re_1")).status == 201


async def test_cc06_accounts_are_strangers_to_each_other(sandbox: Running):
    other = await sandbox.app.open_account()
    payment = await sandbox.paid()
    refund = await sandbox.json(
        "POST", f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 1, "reference": "re_1"}, key="re_1"
    )
    for method, path, body in (
        ("GET", f"/v1/payments/{payment['id']}", None),
        ("GET", f"/v1/refunds/{refund['id']}", None),
        ("POST", f"/v1/payments/{payment['id']}/cancel", {}),
        ("POST", f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 1, "reference": "re_2"}),
    ):
        assert (await sandbox.call(method, path, body, key="k", secret=other.secret_key)).status == 404
    response = await sandbox.call("POST", "/v1/payments", ORDER, key="pay_1", secret=other.secret_key)
    assert json.loads(response.body)["account"] == other.account_id, "keys are each account's own"
    listed = json.loads((await sandbox.call("GET", "/v1/payments", secret=other.secret_key)).body)["data"]
    assert [each["account"] for each in listed] == [other.account_id]


@pytest.mark.parametrize("secret", ["wrong", "sbsk_", OPENING_KEY])
async def test_a_wrong_key_is_refused(sandbox: Running, secret: str):
    assert (await sandbox.call("GET", "/v1/account", secret=secret)).status == 401


async def test_accounts_are_opened_with_the_opening_key_only(sandbox: Running):
    body = {"webhook_url": "https://shop.example/in", "webhook_secret": "a-secret-of-sixteen"}
    response = await sandbox.call("POST", "/v1/accounts", body, secret=OPENING_KEY)
    assert response.status == 201
    opened = json.loads(response.body)
    assert opened["webhook_secret"] == "a-secret-of-sixteen"
    account = json.loads((await sandbox.call("GET", "/v1/account", secret=opened["secret_key"])).body)
    assert (account["id"], account["webhook_url"]) == (opened["id"], "https://shop.example/in")
    assert "secret" not in str(account)
    assert (await sandbox.call("POST", "/v1/accounts", body)).status == 401


async def test_an_account_changes_its_webhooks(sandbox: Running):
    changed = await sandbox.json("PATCH", "/v1/account", {"webhook_url": "", "settles_after_s": 0.5})
    assert (changed["webhook_url"], changed["settles_after_s"]) == ("", 0.5)
    await sandbox.paid()
    await sandbox.step(0)
    assert sandbox.receiver.received == []
    assert (await sandbox.call("PATCH", "/v1/account", {"webhook_url": "file:///etc/passwd"})).status == 422


async def test_lists_come_in_pages_and_by_reference(sandbox: Running):
    made = [(await sandbox.create(f"pay_{number}"))["id"] for number in range(5)]
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = await sandbox.json("GET", f"/v1/payments?limit=2{cursor}")
        seen += [each["id"] for each in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == made
    assert cursor == "&cursor=None"
    found = await sandbox.json("GET", "/v1/payments?reference=pay_3")
    assert [each["id"] for each in found["data"]] == [made[3]]
    for noun in ("refunds", "disputes"):
        assert (await sandbox.json("GET", f"/v1/{noun}?reference=pay_3"))["data"] == []
    created_at = (await sandbox.payment(made[2]))["created_at"]
    later = await sandbox.json("GET", f"/v1/payments?created_after={created_at}")
    assert [each["id"] for each in later["data"]] == made[2:]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=1e3", "cursor=x", "created_after=-1", "limit=%EF%BC%91"]
)
async def test_a_bad_query_is_refused(sandbox: Running, query: str):
    assert (await sandbox.call("GET", f"/v1/payments?{query}")).status == 422


async def test_refunds_never_exceed_the_capture(sandbox: Running):
    payment = await sandbox.paid()
    path = f"/v1/payments/{payment['id']}/refunds"
    for number, (amount, status) in enumerate(
        [(4_001, 409), (1_500, 201), (2_501, 409), (2_500, 201), (1, 409)]
    ):
        order = {"amount_minor": amount, "reference": f"re_{number}"}
        assert (await sandbox.call("POST", path, order, key=f"re_{number}")).status == status
    after = await sandbox.payment(payment["id"])
    assert (after["refunded_minor"], after["refund_pending_minor"]) == (4_000, 0)
    assert after["status"] == "captured"


async def test_an_open_payment_expires_by_itself(sandbox: Running):
    payment = await sandbox.create(expires_at=sandbox.clock.now_us() + 60_000_000)
    assert (await sandbox.pay(payment["id"], "4000002760003184")).status == 303
    other = await sandbox.create("pay_2", expires_at=sandbox.clock.now_us() + 60_000_000)
    sandbox.clock.advance(61)
    assert (await sandbox.pay(other["id"])).headers["location"] == other["id"]
    assert (await sandbox.payment(other["id"]))["status"] == "open", (
        "the job has not run yet, but nobody pays any more"
    )
    await sandbox.step(0)
    assert [(await sandbox.payment(each["id"]))["status"] for each in (payment, other)] == [
        "expired",
        "expired",
    ]
    assert sandbox.receiver.types() == ["payment.expired", "payment.expired"]


async def test_there_is_nothing_else(sandbox: Running):
    assert (await sandbox.call("GET", "/v1/nothing")).status == 404
    assert (await sandbox.call("DELETE", "/v1/payments")).status == 405
    assert (await sandbox.call("GET", "/nothing")).status == 404
    assert (await sandbox.call("GET", "/v1/payments/..%2f..%2fetc")).status == 404


def test_fees():
    assert [
        fee_minor(4_000, "USD"),
        fee_minor(1_000, "JPY"),
        fee_minor(10_000, "KWD"),
        fee_minor(50, "EUR"),
    ] == [
        146,
        59,
        590,
        31,
    ]
    assert fee_minor(10, "USD") == 10, "never more than the amount"
    assert [dispute_fee_minor(currency) for currency in ("USD", "JPY", "KWD")] == [1_500, 1_500, 15_000]
