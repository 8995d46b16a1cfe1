"""What only PayPal has: orders that must be captured, no call to cancel, tokens, and its own words for everything."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest

from linktill.core.ids import AttemptId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import AttemptRef, OutcomeUnknown, RefundOrder, RefundRef, Rejected, Started
from linktill.gateways.paypal import shapes, translate
from linktill.gateways.paypal.gateway import DECLINES
from linktill.gateways.testing import How
from linktill.gateways.testing.steps import captured, look, order, refund_of, start
from tests.gateways.paypal_rig import PayPalRig, paypal_rig


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as running:
        yield running


def ref_of(started: Started) -> AttemptRef:
    return AttemptRef(AttemptId("pay_1"), started.gateway_ref)


async def capture(rig: PayPalRig, started: Started) -> AttemptFact:
    return await rig.gateway.capture(rig.account, ref_of(started), key="capture-pay_1")


def shown(rig: PayPalRig, started: Started) -> dict:
    return rig.company.orders[started.gateway_ref]["shown"]


def capture_id(rig: PayPalRig, started: Started) -> str:
    return shown(rig, started)["purchase_units"][0]["payments"]["captures"][0]["id"]


async def test_an_order_asks_for_what_was_displayed_and_for_nothing_else(paypal: PayPalRig):
    await start(paypal)
    (request,) = paypal.wire.sent
    assert json.loads(request.body) == {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "custom_id": "pay_1",
                "invoice_id": "pay_1",
                "amount": {"currency_code": "USD", "value": "40.00"},
                "description": "A bicycle repair, with “quotes” & <tags>",
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING",
                    "return_url": "http://127.0.0.1:9/c/cs_1?k=token",
                    "cancel_url": "http://127.0.0.1:9/p/repair",
                }
            }
        },
    }
    assert request.headers["paypal-request-id"] == "start-pay_1"


async def test_a_long_description_is_cut_and_an_empty_one_left_out(paypal: PayPalRig):
    asked = replace(order(paypal), description="  two\nlines\t" + "é" * 300)
    await paypal.gateway.start(paypal.account, asked, key="k1")
    blank = replace(order(paypal, "pay_2"), description=" \n ")
    await paypal.gateway.start(paypal.account, blank, key="k2")
    long, empty = (each["shown"]["purchase_units"][0] for each in paypal.company.orders.values())
    assert long["description"] == "two lines " + "é" * 117
    assert "description" not in empty


async def test_what_the_payer_approved_is_authorized_until_it_is_captured(paypal: PayPalRig):
    started = await start(paypal)
    paypal.company.approve(started.gateway_ref)
    fact = await look(paypal, started)
    assert (fact.kind, fact.amount, fact.vendor_status) == (FactKind.AUTHORIZED, None, "APPROVED")
    fact = await capture(paypal, started)
    assert (fact.kind, fact.amount, fact.fee) == (FactKind.CAPTURED, Money(4_000, "USD"), Money(120, "USD"))
    assert (fact.reference, fact.method) == ("pay_1", "PayPal")
    assert fact == await look(paypal, started)


async def test_cc04_captures_at_once_or_again_take_the_money_once(paypal: PayPalRig):
    started = await start(paypal)
    paypal.company.approve(started.gateway_ref)
    facts = await asyncio.gather(*(capture(paypal, started) for _ in range(5)))
    again = await paypal.gateway.capture(paypal.account, ref_of(started), key="another-key")
    assert {fact.kind for fact in (*facts, again)} == {FactKind.CAPTURED}
    assert len(paypal.company.captures) == 1


async def test_a_capture_before_the_approval_tells_how_it_stands(paypal: PayPalRig):
    started = await start(paypal)
    assert (await capture(paypal, started)).kind is FactKind.REQUIRES_ACTION
    gone = Started("ORDUNKNOWN", "")
    assert (await capture(paypal, gone)).kind is FactKind.NOT_FOUND
    nothing = AttemptRef(AttemptId("pay_1"), None)
    paypal.wire.sent.clear()
    assert (await paypal.gateway.capture(paypal.account, nothing, key="k")).kind is FactKind.NOT_FOUND
    assert paypal.wire.sent == []


@pytest.mark.parametrize("issue", sorted(DECLINES))
async def test_gf09_what_paypal_will_not_take_has_failed(paypal: PayPalRig, issue: str):
    started = await start(paypal)
    paypal.company.approve(started.gateway_ref, issue)
    fact = await capture(paypal, started)
    assert (fact.kind, fact.decline_code, fact.amount) == (FactKind.FAILED, issue, None)
    assert (fact.gateway_ref, fact.reference) == (started.gateway_ref, "pay_1")


async def test_trouble_with_the_merchants_account_is_no_decline(paypal: PayPalRig):
    started = await start(paypal)
    paypal.company.approve(started.gateway_ref, "PAYEE_FX_RATE_ID_EXPIRED")
    with pytest.raises(Rejected) as refused:
        await capture(paypal, started)
    assert refused.value.code == "PAYEE_FX_RATE_ID_EXPIRED"
    assert "(debug id d)" in str(refused.value)


async def test_an_invoice_that_was_paid_before_may_be_this_very_payment(paypal: PayPalRig):
    started = await start(paypal)
    paypal.company.approve(started.gateway_ref, "DUPLICATE_INVOICE_ID")
    with pytest.raises(OutcomeUnknown):
        await capture(paypal, started)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("COMPLETED", FactKind.CAPTURED),
        ("REFUNDED", FactKind.CAPTURED),
        ("PARTIALLY_REFUNDED", FactKind.CAPTURED),
        ("PENDING", FactKind.PROCESSING),
        ("DECLINED", FactKind.FAILED),
        ("FAILED", FactKind.FAILED),
    ],
)
async def test_a_completed_order_is_only_as_good_as_its_capture(
    paypal: PayPalRig, status: str, kind: FactKind
):
    started = await captured(paypal)
    shown(paypal, started)["purchase_units"][0]["payments"]["captures"][0]["status"] = status
    fact = await look(paypal, started)
    assert (fact.kind, fact.vendor_status) == (kind, f"COMPLETED/{status}")
    assert fact.amount == (Money(4_000, "USD") if kind is FactKind.CAPTURED else None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("CREATED", FactKind.REQUIRES_ACTION),
        ("SAVED", FactKind.REQUIRES_ACTION),
        ("PAYER_ACTION_REQUIRED", FactKind.REQUIRES_ACTION),
        ("APPROVED", FactKind.AUTHORIZED),
        ("VOIDED", FactKind.CANCELED),
        ("COMPLETED", FactKind.UNKNOWN),
    ],
)
async def test_wi20_an_order_without_a_capture_is_never_paid(paypal: PayPalRig, status: str, kind: FactKind):
    started = await start(paypal)
    shown(paypal, started)["status"] = status
    fact = await look(paypal, started)
    assert (fact.kind, fact.amount, fact.vendor_status) == (kind, None, status)


def test_wi20_words_of_tomorrow_stay_unknown():
    order_of = {"id": "O", "status": "SETTLED_MAYBE", "new": [1]}
    fact = translate.attempt_fact(msgspec.convert(order_of, shapes.Order))
    assert (fact.kind, fact.amount, fact.vendor_status) == (FactKind.UNKNOWN, None, "SETTLED_MAYBE")
    capture_of = {"id": "C", "status": "REVERSED", "amount": {"currency_code": "USD", "value": "1.00"}}
    told = {**order_of, "status": "COMPLETED", "purchase_units": [{"payments": {"captures": [capture_of]}}]}
    fact = translate.attempt_fact(msgspec.convert(told, shapes.Order))
    assert (fact.kind, fact.amount, fact.vendor_status) == (FactKind.UNKNOWN, None, "COMPLETED/REVERSED")
    refund = translate.refund_fact(msgspec.convert({"id": "R", "status": "HELD"}, shapes.Refund), None)
    assert (refund.kind, refund.vendor_status) == (RefundFactKind.UNKNOWN, "HELD")


async def test_a_decline_tells_what_the_bank_said(paypal: PayPalRig):
    started = await start(paypal)
    await paypal.pay(started, How.DECLINED)
    assert (await look(paypal, started)).decline_code == "0500"
    slow = await start(paypal, "pay_2")
    await paypal.pay(slow, How.SLOW)
    assert (await look(paypal, slow, "pay_2")).vendor_status == "COMPLETED/PENDING/ECHECK"


async def test_of_several_captures_the_one_that_moved_money_counts(paypal: PayPalRig):
    started = await captured(paypal)
    captures = shown(paypal, started)["purchase_units"][0]["payments"]["captures"]
    captures.insert(0, {**captures[0], "id": "CAP0", "status": "DECLINED"})
    fact = await look(paypal, started)
    assert (fact.kind, fact.amount) == (FactKind.CAPTURED, Money(4_000, "USD"))


async def test_a_card_on_paypals_page_is_named(paypal: PayPalRig):
    started = await captured(paypal)
    shown(paypal, started)["payment_source"] = {"card": {"brand": "VISA", "last_digits": "4242"}}
    assert (await look(paypal, started)).method == "Visa •••• 4242"


async def test_ll04_canceling_costs_one_look_and_says_that_no_money_will_come(paypal: PayPalRig):
    """PayPal has no call to cancel an order, and takes nothing that is not captured."""
    started = await start(paypal)
    paypal.wire.sent.clear()
    fact = await paypal.gateway.cancel(paypal.account, ref_of(started), key="cancel-pay_1")
    assert (fact.kind, fact.gateway_ref, fact.reference) == (FactKind.CANCELED, started.gateway_ref, "pay_1")
    assert [request.method for request in paypal.wire.sent] == ["GET"]
    paypal.company.approve(started.gateway_ref)
    fact = await paypal.gateway.cancel(paypal.account, ref_of(started), key="cancel-pay_1")
    assert (fact.kind, fact.vendor_status) == (FactKind.CANCELED, "APPROVED")
    assert (await look(paypal, started)).kind is FactKind.AUTHORIZED
    assert paypal.company.captures == {}


async def test_gf13_a_start_whose_order_was_paid_meanwhile_still_tells_its_id(paypal: PayPalRig):
    """As after a backup: the same key names the order, though its page is over."""
    started = await captured(paypal)
    again = await start(paypal)
    assert again == started
    assert (await look(paypal, again)).kind is FactKind.CAPTURED


async def test_a_look_up_by_our_reference_alone_asks_nobody(paypal: PayPalRig):
    await captured(paypal)
    paypal.wire.sent.clear()
    assert (await look(paypal, None)).kind is FactKind.NOT_FOUND
    assert paypal.wire.sent == []


@pytest.mark.parametrize("amount", [Money(100_050, "HUF"), Money(1_250, "KWD")])
async def test_an_amount_that_paypal_does_not_take_never_leaves(paypal: PayPalRig, amount: Money):
    with pytest.raises(Rejected) as refused:
        await paypal.gateway.start(paypal.account, order(paypal, amount=amount), key="k")
    assert refused.value.code == "amount_not_accepted"
    asked = RefundOrder(RefundId("re_1"), "ORD1", amount, "other")
    with pytest.raises(Rejected):
        await paypal.gateway.refund(paypal.account, asked, key="k")
    assert paypal.wire.sent == []


async def test_a_pending_payment_is_not_refunded(paypal: PayPalRig):
    started = await start(paypal)
    await paypal.pay(started, How.SLOW)
    with pytest.raises(Rejected) as refused:
        await paypal.gateway.refund(paypal.account, refund_of(paypal, started, 1), key="k")
    assert refused.value.code == "PENDING_CAPTURE"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("COMPLETED", RefundFactKind.SUCCEEDED),
        ("PENDING", RefundFactKind.PENDING),
        ("FAILED", RefundFactKind.FAILED),
        ("CANCELLED", RefundFactKind.CANCELED),
    ],
)
async def test_gf16_a_refund_in_our_words(paypal: PayPalRig, status: str, kind: RefundFactKind):
    started = await captured(paypal)
    fact = await paypal.gateway.refund(paypal.account, refund_of(paypal, started, 1_500), key="refund-re_1")
    paypal.company.refunds[fact.gateway_ref or ""]["shown"]["status"] = status
    # The webhook's way: nothing is known but the refund's id. It leads back to the order.
    found = await paypal.gateway.look_up_refund(paypal.account, RefundRef(RefundId(""), fact.gateway_ref, ""))
    assert (found.kind, found.payment_ref, found.reference) == (kind, started.gateway_ref, "re_1")
    assert found.failure_code == ("FAILED" if kind is RefundFactKind.FAILED else None)


async def test_a_refund_under_the_same_key_of_another_amount_proves_that_something_was_done(
    paypal: PayPalRig,
):
    started = await captured(paypal)
    await paypal.gateway.refund(paypal.account, refund_of(paypal, started, 1_500), key="refund-re_1")
    with pytest.raises(OutcomeUnknown):
        await paypal.gateway.refund(paypal.account, refund_of(paypal, started, 1_501), key="refund-re_1")
    assert len(paypal.company.refunds) == 1
