"""What only Square's adapter has: orders that stay open, links without an end, races with a cancel, parts, disputes, lists."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from linktill.core import ids as prefixes
from linktill.core.ids import AttemptId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.gateways.contract import (
    AttemptRef,
    OutcomeUnknown,
    Started,
)
from linktill.gateways.square.translate import link_of
from linktill.gateways.testing import How
from linktill.gateways.testing.steps import captured, look, order, start
from linktill.platform.ids import SystemIds
from tests.gateways.square_rig import SquareRig, square_rig

USD_40 = Money(4_000, "USD")


@pytest.fixture
async def rig() -> AsyncIterator[SquareRig]:
    async with square_rig() as running:
        yield running


async def cancel(rig: SquareRig, started: Started) -> AttemptFact:
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref, redirect_url=started.redirect_url)
    return await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")


async def test_mc17_what_is_asked_for_is_what_the_page_asks_for(rig: SquareRig):
    await rig.gateway.start(rig.account, order(rig), key="start-pay_1")
    asked = json.loads(rig.wire.sent[0].body)
    assert asked == {
        "idempotency_key": "start-pay_1",
        "order": {
            "location_id": "LOCATION1",
            "reference_id": "pay_1",
            "line_items": [
                {
                    "name": "A bicycle repair, with “quotes” & <tags>",
                    "quantity": "1",
                    "base_price_money": {"amount": 4_000, "currency": "USD"},
                }
            ],
            "pricing_options": {"auto_apply_discounts": False, "auto_apply_taxes": False},
            "metadata": {"linktill_return_url": "http://127.0.0.1:9/c/cs_1?k=token"},
        },
        "checkout_options": {
            "allow_tipping": False,
            "ask_for_shipping_address": False,
            "enable_coupon": False,
            "enable_loyalty": False,
            "redirect_url": "http://127.0.0.1:9/c/cs_1?k=token",
        },
        "payment_note": "pay_1",
        "pre_populated_data": {"buyer_email": "ada@example.com"},
    }


async def test_what_is_too_long_or_missing_is_still_taken(rig: SquareRig):
    long = replace(
        order(rig), description="ü" * 3_000, return_url=f"https://a.example/{'x' * 300}", payer_email=None
    )
    started = await rig.gateway.start(rig.account, long, key="start-pay_1")
    await rig.gateway.start(rig.account, replace(order(rig, "pay_2"), description=""), key="start-pay_2")
    assert (await look(rig, started)).return_url is None
    first, second = (json.loads(request.body)["order"] for request in rig.wire.sent if request.body)
    assert first["line_items"][0]["name"] == "ü" * 255
    assert second["line_items"][0]["name"] == "Payment"


def test_keys_and_references_of_ours_fit_into_square_s_fields():
    ids = SystemIds()
    assert len(f"refund-{ids.new(prefixes.REFUND)}") <= 45
    assert len(f"start-{ids.new(prefixes.ATTEMPT)}") <= 45
    assert len(ids.new(prefixes.ATTEMPT)) <= 40


async def test_a_page_that_asks_for_another_amount_is_not_shown(rig: SquareRig, monkeypatch):
    made = rig.square._make_link

    def dearer(body):
        answer = made(body)
        answer["related_resources"]["orders"][0]["total_money"] = {"amount": 4_001, "currency": "USD"}
        return answer

    monkeypatch.setattr(rig.square, "_make_link", dearer)
    with pytest.raises(OutcomeUnknown, match="another amount"):
        await start(rig)


async def test_the_payer_is_sent_to_the_page_itself_and_its_address_knows_the_link(rig: SquareRig):
    started = await start(rig)
    assert started.redirect_url.startswith(
        "https://checkout.square.site/merchant/MERCHANT1/order/ORDER00001?"
    )
    assert link_of(started.redirect_url) == "LINK00001"
    assert {urlsplit(origin).scheme for origin in rig.gateway.form_action_origin.split()} == {"https"}


async def test_gf13_a_lost_start_is_found_by_our_reference_among_what_came_after_it(rig: SquareRig):
    for number in range(150):
        await start(rig, f"pay_before_{number}")
    asked_at = rig.now()
    rig.square.now += 300_000_000
    started = await start(rig)
    await start(rig, "pay_after")
    rig.wire.sent.clear()
    ref = AttemptRef(AttemptId("pay_1"), None, asked_at=asked_at + 600_000_000)
    assert (await rig.gateway.look_up(rig.account, ref)).gateway_ref == started.gateway_ref
    assert len(rig.wire.sent) <= 2
    # Not long enough ago: searched from then on, it is not there, and that proves nothing.
    ref = AttemptRef(AttemptId("pay_1"), None, asked_at=rig.now() + 3_600_000_000)
    assert (await rig.gateway.look_up(rig.account, ref)).kind is FactKind.NOT_FOUND


@pytest.mark.parametrize("is_first_paid", [True, False])
async def test_of_two_orders_with_our_reference_the_paid_one_counts(rig: SquareRig, is_first_paid: bool):
    first = await start(rig)
    twin = await rig.gateway.start(rig.account, order(rig), key="another-key")
    await start(rig, "pay_2")
    paid = first if is_first_paid else twin
    rig.square.pay(paid.gateway_ref, "COMPLETED")
    assert (await look(rig, None)).gateway_ref == paid.gateway_ref
    ref = AttemptRef(AttemptId("pay_1"), None, asked_at=rig.now())
    assert (await rig.gateway.look_up(rig.account, ref)).gateway_ref == paid.gateway_ref


async def test_the_order_that_square_writes_for_a_refund_is_no_payment(rig: SquareRig):
    started = await start(rig)
    returned = {"location_id": "LOCATION1", "reference_id": "pay_1", "state": "COMPLETED"}
    rig.square._new(rig.square.orders, "ORDER", {**returned, "returns": [{"source_order_id": "ORDER00001"}]})
    assert (await look(rig, None)).gateway_ref == started.gateway_ref
    page = await rig.gateway.list_attempts(rig.account, since=1, cursor=None)
    assert [fact.gateway_ref for fact in page.attempts] == [started.gateway_ref]


@pytest.mark.parametrize(
    ("state", "statuses", "kind"),
    [
        ("DRAFT", [], FactKind.REQUIRES_ACTION),
        ("OPEN", [], FactKind.REQUIRES_ACTION),
        ("CANCELED", [], FactKind.CANCELED),
        ("COMPLETED", [], FactKind.UNKNOWN),
        ("OPEN", ["COMPLETED"], FactKind.CAPTURED),
        ("COMPLETED", ["COMPLETED"], FactKind.CAPTURED),
        ("CANCELED", ["COMPLETED"], FactKind.CAPTURED),
        ("OPEN", ["APPROVED"], FactKind.AUTHORIZED),
        ("OPEN", ["PENDING"], FactKind.PROCESSING),
        ("OPEN", ["CANCELED"], FactKind.REQUIRES_ACTION),
        ("OPEN", ["FAILED"], FactKind.REQUIRES_ACTION),
        ("CANCELED", ["FAILED"], FactKind.CANCELED),
        ("OPEN", ["FAILED", "COMPLETED"], FactKind.CAPTURED),
        ("OPEN", ["COMPLETED", "APPROVED"], FactKind.PROCESSING),
        ("OPEN", ["SETTLED_MAYBE"], FactKind.UNKNOWN),
        ("OPEN", ["COMPLETED", "SETTLED_MAYBE"], FactKind.UNKNOWN),
    ],
)
async def test_wi20_only_completed_payments_are_money(rig: SquareRig, state, statuses, kind):
    started = await start(rig)
    for status in statuses:
        payment_id = rig.square.pay(started.gateway_ref, "PENDING", amount=4_000)
        rig.square.payments[payment_id]["status"] = status
    rig.square.orders[started.gateway_ref]["state"] = state
    fact = await look(rig, started)
    assert (fact.kind, fact.gateway_ref, fact.reference) == (kind, started.gateway_ref, "pay_1")
    assert fact.amount == (USD_40 if kind is FactKind.CAPTURED else None)
    assert fact.vendor_status == ", ".join([state, *(f"payment {status}" for status in statuses)])
    assert fact.return_url == "http://127.0.0.1:9/c/cs_1?k=token"


async def test_a_payment_that_square_does_not_find_yet_is_not_taken_for_none(rig: SquareRig):
    started = await captured(rig)
    payment = rig.square.payments.pop("PAYMENT00001")
    assert (await look(rig, started)).kind is FactKind.UNKNOWN
    assert (await cancel(rig, started)).kind is FactKind.UNKNOWN
    assert len(rig.square.links) == 1
    rig.square.payments["PAYMENT00001"] = payment
    assert (await look(rig, started)).kind is FactKind.CAPTURED


async def test_gf18_fees_come_later_and_are_adjusted(rig: SquareRig):
    started = await captured(rig)
    payment = rig.square.payments["PAYMENT00001"]
    initial, adjusted = payment.pop("processing_fee")
    assert (await look(rig, started)).fee is None
    payment["processing_fee"] = [initial]
    assert (await look(rig, started)).fee == Money(133, "USD")
    adjusted["amount_money"]["amount"] = -20
    payment["processing_fee"] = [initial, adjusted]
    assert (await look(rig, started)).fee == Money(113, "USD")
    adjusted["amount_money"] = {"amount": 20, "currency": "CAD"}
    assert (await look(rig, started)).fee is None


@pytest.mark.parametrize(
    ("details", "method"),
    [
        (
            {"card_details": {"card": {"card_brand": "AMERICAN_EXPRESS", "last_4": "0005"}}},
            "American Express •••• 0005",
        ),
        ({"card_details": {"card": {"card_brand": "JCB", "last_4": "0000"}}}, "JCB •••• 0000"),
        ({"card_details": {"card": {"last_4": "0000"}}}, "Card •••• 0000"),
        ({"card_details": {}, "source_type": "CARD"}, "Card"),
        ({"card_details": {}, "source_type": "WALLET", "wallet_details": {"brand": "CASH_APP"}}, "Cash App"),
        (
            {
                "card_details": {},
                "source_type": "BUY_NOW_PAY_LATER",
                "buy_now_pay_later_details": {"brand": "AFTERPAY"},
            },
            "Afterpay",
        ),
        ({"card_details": {}, "source_type": "BANK_ACCOUNT"}, "Bank Account"),
    ],
)
async def test_how_it_was_paid(rig: SquareRig, details, method):
    started = await start(rig)
    rig.square.pay(started.gateway_ref, "COMPLETED", **details)
    assert (await look(rig, started)).method == method


async def test_gf09_why_a_card_was_declined_where_square_shows_it(rig: SquareRig):
    started = await start(rig)
    error = {"category": "PAYMENT_METHOD_ERROR", "code": "INSUFFICIENT_FUNDS"}
    payment_id = rig.square.pay(started.gateway_ref, "PENDING", card_details={"errors": [error]})
    rig.square.payments[payment_id]["status"] = "FAILED"
    fact = await look(rig, started)
    assert (fact.kind, fact.decline_code) == (FactKind.REQUIRES_ACTION, "insufficient_funds")


async def test_a_tip_that_was_taken_all_the_same_is_seen(rig: SquareRig):
    started = await captured(rig)
    rig.square.payments["PAYMENT00001"]["tip_money"] = {"amount": 500, "currency": "USD"}
    rig.square.payments["PAYMENT00001"]["total_money"] = {"amount": 4_500, "currency": "USD"}
    assert (await look(rig, started)).amount == Money(4_500, "USD")


async def test_a_cancel_takes_three_calls_and_nobody_can_pay_after_it(rig: SquareRig):
    started = await start(rig)
    rig.wire.sent.clear()
    fact = await cancel(rig, started)
    assert (fact.kind, fact.vendor_status) == (FactKind.CANCELED, "CANCELED")
    assert [request.method for request in rig.wire.sent] == ["GET", "DELETE", "GET"]
    assert rig.square.links == {}


@pytest.mark.parametrize("refuses_paid", [True, False])
async def test_ll04_a_payer_who_is_faster_than_the_cancel_has_paid(rig: SquareRig, refuses_paid: bool):
    started = await start(rig)
    rig.square.refuses_paid = refuses_paid
    rig.square.before_delete = lambda order_id: void(rig.square.pay(order_id, "COMPLETED"))
    fact = await cancel(rig, started)
    assert (fact.kind, fact.amount) == (FactKind.CAPTURED, USD_40)


def void(_: object) -> None:
    """Nothing."""


@pytest.mark.parametrize("how", [How.SUCCESS, How.SLOW])
async def test_the_link_of_what_is_paid_is_not_deleted(rig: SquareRig, how: How):
    started = await start(rig)
    await rig.pay(started, how)
    rig.wire.sent.clear()
    await cancel(rig, started)
    assert {request.method for request in rig.wire.sent} == {"GET"}


async def test_square_s_word_that_the_order_is_canceled_counts_while_look_ups_lag(
    rig: SquareRig, monkeypatch
):
    started = await start(rig)
    deleted = rig.square._delete_link

    def lagging(ref: str):
        answer = deleted(ref)
        rig.square.orders[started.gateway_ref]["state"] = "DRAFT"
        return answer

    monkeypatch.setattr(rig.square, "_delete_link", lagging)
    assert (await cancel(rig, started)).kind is FactKind.CANCELED


async def test_money_outranks_square_s_word_that_the_order_is_canceled(rig: SquareRig, monkeypatch):
    started = await start(rig)
    deleted = rig.square._delete_link

    def crossed(ref: str):
        rig.square.pay(started.gateway_ref, "COMPLETED")
        tenders = rig.square.orders[started.gateway_ref].pop("tenders")
        answer = deleted(ref)
        rig.square.orders[started.gateway_ref]["tenders"] = tenders
        return answer

    monkeypatch.setattr(rig.square, "_delete_link", crossed)
    fact = await cancel(rig, started)
    assert (fact.kind, fact.vendor_status) == (FactKind.CAPTURED, "CANCELED, payment COMPLETED")


async def test_a_link_that_was_deleted_before_and_an_order_that_is_open_is_no_cancel(rig: SquareRig):
    started = await start(rig)
    rig.square.links.clear()
    assert (await cancel(rig, started)).kind is FactKind.REQUIRES_ACTION


async def test_without_its_address_the_link_is_looked_for_among_all(rig: SquareRig):
    for number in range(260):
        await start(rig, f"pay_x{number}")
    started = await start(rig)
    rig.wire.sent.clear()
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref)
    assert (await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")).kind is FactKind.CANCELED
    assert [request.method for request in rig.wire.sent] == ["GET", "GET", "GET", "DELETE", "GET"]
    assert len(rig.square.links) == 260


async def test_gf28_the_list_has_money_with_it(rig: SquareRig):
    await start(rig, "pay_0")
    started = await captured(rig)
    page = await rig.gateway.list_attempts(rig.account, since=rig.now() - 1_000_000, cursor=None)
    assert [fact.kind for fact in page.attempts] == [FactKind.REQUIRES_ACTION, FactKind.CAPTURED]
    assert page.attempts[1] == await look(rig, started)
    empty = await rig.gateway.list_attempts(rig.account, since=rig.now() + 1_000_000, cursor=None)
    assert empty.attempts == ()
