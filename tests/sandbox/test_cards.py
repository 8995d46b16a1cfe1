"""The published test numbers: what each does to a payment, its webhooks, its refunds and disputes."""

import pytest

from linktill.sandbox import CARDS
from linktill.sandbox.cards import BY_NAME, find_card, is_cvc, is_expiry_ahead
from tests.sandbox.running import Running


def test_each_number_is_a_well_formed_card_number_and_unique():
    for card in CARDS:
        doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(card.number))]
        assert sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0, card
        assert len(card.number) == 16
    assert len({card.number for card in CARDS}) == len({card.name for card in CARDS}) == len(CARDS)


@pytest.mark.parametrize("typed", ["4242424242424242", " 4242 4242 4242 4242 ", "4242-4242-4242-4242"])
def test_a_number_as_people_type_it(typed):
    assert find_card(typed) is BY_NAME["success"]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "4242",
        "4111111111111111",
        "4242424242424243",
        "４２４２４２４２４２４２４２４２",
        "4242\n424242424242",
        "4 " * 16,
        "4" * 10_000,
    ],
)
def test_any_other_number_is_no_card(typed):
    assert find_card(typed) is None


@pytest.mark.parametrize(
    ("typed", "is_ahead"),
    [
        ("12/34", True),
        ("12 / 34", True),
        ("1234", True),
        ("12-34", True),
        ("12/2034", True),
        ("06/26", True),
        ("05/26", False),
        ("12/25", False),
        ("13/34", None),
        ("00/34", None),
        ("1/34", None),
        ("", None),
        ("12/3", None),
        ("１２/34", None),
    ],
)
def test_expiry(typed, is_ahead):
    assert is_expiry_ahead(typed, 2026, 6) is is_ahead


def test_cvc():
    assert [is_cvc(typed) for typed in ("123", "1234", "12", "12345", "１２３", "abc", "")] == [
        True, True, False, False, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "status", "failure", "brand", "types"),
    [
        ("success", "captured", None, "visa", ["payment.captured"]),
        ("success_mastercard", "captured", None, "mastercard", ["payment.captured"]),
        ("declined", "failed", "card_declined", "visa", ["payment.failed"]),
        ("insufficient_funds", "failed", "insufficient_funds", "visa", ["payment.failed"]),
        ("expired_card", "failed", "expired_card", "visa", ["payment.failed"]),
        ("challenge_fails", "failed", "authentication_failed", "visa", ["payment.failed"]),
        ("debit_settles", "processing", None, "bank_debit", ["payment.processing"]),
        ("debit_returns", "processing", None, "bank_debit", ["payment.processing"]),
        ("webhook_late", "captured", None, "visa", []),
        ("webhook_doubled", "captured", None, "visa", ["payment.captured", "payment.captured"]),
        ("webhook_out_of_order", "captured", None, "visa", ["payment.captured"]),
        ("webhook_lost", "captured", None, "visa", []),
        ("dispute_lost", "captured", None, "visa", ["payment.captured"]),
        ("dispute_won", "captured", None, "visa", ["payment.captured"]),
        ("refund_fails", "captured", None, "visa", ["payment.captured"]),
    ],
)
async def test_what_each_number_does_at_once(sandbox: Running, name, status, failure, brand, types):
    payment = await sandbox.paid(BY_NAME[name].number)
    assert payment["status"] == status
    assert (payment["failure"] or {}).get("code") == failure
    assert payment["method"] == {"brand": brand, "last4": BY_NAME[name].number[-4:]}
    assert payment["fee_minor"] == (146 if status == "captured" else None)
    await sandbox.step(0)
    assert sandbox.receiver.types() == types


@pytest.mark.parametrize(
    ("answer", "status", "failure"), [("pass", "captured", None), ("fail", "failed", "authentication_failed")]
)
async def test_the_challenge_ends_as_the_payer_chooses(sandbox: Running, answer, status, failure):
    created = await sandbox.create()
    response = await sandbox.pay(created["id"], BY_NAME["challenge"].number)
    assert (response.status, response.headers["location"]) == (303, created["id"])
    assert (await sandbox.payment(created["id"]))["status"] == "requires_action"

    response = await sandbox.post_form(created["id"], action=answer)
    assert (response.status, response.headers["location"]) == (303, created["return_url"])
    payment = await sandbox.payment(created["id"])
    assert payment["status"] == status
    assert (payment["failure"] or {}).get("code") == failure


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [("debit_settles", "captured", "payment.captured"), ("debit_returns", "failed", "payment.failed")],
)
async def test_a_bank_debit_ends_later(sandbox: Running, name, status, kind):
    payment = await sandbox.paid(BY_NAME[name].number)
    await sandbox.step(4.8)
    assert (await sandbox.payment(payment["id"]))["status"] == "processing"
    await sandbox.step(0.3)
    assert (await sandbox.payment(payment["id"]))["status"] == status
    assert sandbox.receiver.types() == ["payment.processing", kind]


async def test_a_late_webhook_comes_ten_seconds_late(sandbox: Running):
    await sandbox.paid(BY_NAME["webhook_late"].number)
    await sandbox.step(9.8)
    assert sandbox.receiver.types() == []
    await sandbox.step(0.4)
    assert sandbox.receiver.types() == ["payment.captured"]


async def test_a_doubled_webhook_is_one_event_sent_twice(sandbox: Running):
    await sandbox.paid(BY_NAME["webhook_doubled"].number)
    await sandbox.step(0)
    first, second = sandbox.receiver.received
    assert first[1] == second[1]


async def test_out_of_order_processing_comes_after_captured(sandbox: Running):
    await sandbox.paid(BY_NAME["webhook_out_of_order"].number)
    await sandbox.step(0)
    await sandbox.step(3.1)
    assert sandbox.receiver.types() == ["payment.captured", "payment.processing"]
    assert [event["data"]["object"]["status"] for event in sandbox.receiver.events()] == [
        "captured",
        "processing",
    ]


async def test_a_lost_webhook_never_comes(sandbox: Running):
    await sandbox.paid(BY_NAME["webhook_lost"].number)
    await sandbox.step(4 * 86_400)
    assert sandbox.receiver.types() == []


@pytest.mark.parametrize(("name", "outcome"), [("dispute_won", "won"), ("dispute_lost", "lost")])
async def test_a_dispute_opens_later_and_ends_as_published(sandbox: Running, name, outcome):
    payment = await sandbox.paid(BY_NAME[name].number)
    await sandbox.step(5.1)
    opened = sandbox.receiver.events()[1]
    assert opened["type"] == "dispute.opened"
    dispute = opened["data"]["object"]
    assert (dispute["payment"], dispute["reference"], dispute["status"]) == (
        payment["id"],
        "pay_1",
        "needs_response",
    )
    assert (dispute["amount_minor"], dispute["fee_minor"], dispute["is_withdrawn"]) == (4_000, 1_500, True)
    assert (await sandbox.json("GET", f"/v1/disputes/{dispute['id']}")) == dispute

    await sandbox.step(60.1)
    closed = sandbox.receiver.events()[2]
    assert closed["type"] == "dispute.closed"
    assert closed["data"]["object"]["status"] == outcome
    assert closed["data"]["object"]["is_withdrawn"] is (outcome == "lost")


async def test_a_dispute_may_be_closed_by_hand(sandbox: Running):
    await sandbox.paid(BY_NAME["dispute_lost"].number)
    await sandbox.step(5.1)
    dispute = (await sandbox.json("GET", "/v1/disputes"))["data"][0]
    closed = await sandbox.json("POST", f"/v1/disputes/{dispute['id']}/close", {"outcome": "won"})
    assert closed["status"] == "won"
    assert (
        await sandbox.call("POST", f"/v1/disputes/{dispute['id']}/close", {"outcome": "lost"})
    ).status == 409
    await sandbox.step(60.1)
    assert sandbox.receiver.types() == ["payment.captured", "dispute.opened", "dispute.closed"]


async def test_a_refund_that_fails_gives_the_money_back_to_the_merchant(sandbox: Running):
    payment = await sandbox.paid(BY_NAME["refund_fails"].number)
    order = {"amount_minor": 4_000, "reference": "re_1"}
    refund = await sandbox.json("POST", f"/v1/payments/{payment['id']}/refunds", order, key="re_1")
    assert refund["status"] == "pending"
    assert (await sandbox.payment(payment["id"]))["refund_pending_minor"] == 4_000
    await sandbox.step(5.1)
    refund = await sandbox.json("GET", f"/v1/refunds/{refund['id']}")
    assert (refund["status"], refund["failure_code"]) == ("failed", "account_closed")
    after = await sandbox.payment(payment["id"])
    assert (after["refunded_minor"], after["refund_pending_minor"]) == (0, 0)
    assert sandbox.receiver.types() == ["payment.captured", "refund.failed"]
