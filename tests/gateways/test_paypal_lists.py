"""What PayPal has: its account's list, its disputes, and what events say about them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from linktill.core.dispute import DisputeStatus
from linktill.core.ids import RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.answers import read
from linktill.gateways.contract import RefundRef, Rejected, SignatureRefused
from linktill.gateways.paypal import disputes, shapes, translate
from linktill.gateways.testing import How
from linktill.gateways.testing.steps import captured, refund_of, start
from tests.gateways.openapi import SHARED, described
from tests.gateways.paypal_rig import PayPalRig, paypal_rig
from tests.gateways.test_paypal_adapter import capture_id

USD_40 = Money(4_000, "USD")
DAY = 86_400_000_000


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as running:
        yield running


async def pages(rig: PayPalRig, what: str, since: int) -> list[Any]:
    """Everything, and that each page but the last has a next one."""
    found: list[Any] = []
    cursor = None
    for _ in range(1_000):
        page = await getattr(rig.gateway, f"list_{what}")(rig.account, since=since, cursor=cursor)
        found += getattr(page, what)
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the list comes to an end")


async def test_gf28_the_list_has_all_money_that_came_in_as_look_ups_tell_it(paypal: PayPalRig):
    since = paypal.now()
    started = []
    for number in range(3):
        started.append(await captured(paypal, f"pay_{number}"))
        paypal.company.clock.at += 4 * DAY
    slow = await start(paypal, "pay_slow")
    await paypal.pay(slow, How.SLOW)
    await start(paypal, "pay_nobody_pays")
    facts = await pages(paypal, "attempts", since)
    assert [fact.gateway_ref for fact in facts] == [each.gateway_ref for each in (*started, slow)]
    assert [fact.reference for fact in facts] == ["pay_0", "pay_1", "pay_2", "pay_slow"]
    assert [fact.kind for fact in facts] == [FactKind.CAPTURED] * 3 + [FactKind.PROCESSING]
    assert (facts[0].amount, facts[0].fee) == (USD_40, Money(120, "USD"))
    assert [fact.reference for fact in await pages(paypal, "attempts", since + 5 * DAY)] == [
        "pay_2",
        "pay_slow",
    ]


async def test_gf28_long_lists_come_in_pages(paypal: PayPalRig):
    for number in range(130):
        await captured(paypal, f"pay_{number:03}")
    paypal.wire.sent.clear()
    facts = await pages(paypal, "attempts", paypal.now() - DAY)
    assert [fact.reference for fact in facts] == [f"pay_{number:03}" for number in range(130)]
    lists = [request for request in paypal.wire.sent if "/reporting/" in request.url]
    assert len(lists) == 2


async def test_wi12_money_that_came_otherwise_is_in_the_list_too(paypal: PayPalRig):
    row = {
        "transaction_id": "INV1",
        "transaction_event_code": "T0007",
        "transaction_status": "S",
        "transaction_amount": {"currency_code": "EUR", "value": "12.50"},
    }
    for code, value in (("T0007", "12.50"), ("T0001", "-9.00"), ("T0400", "5.00")):
        changed = {
            **row,
            "transaction_event_code": code,
            "transaction_amount": {"currency_code": "EUR", "value": value},
        }
        paypal.company.rows.append({"row": changed, "at": paypal.now()})
    (fact,) = await pages(paypal, "attempts", paypal.now() - DAY)
    assert (fact.kind, fact.gateway_ref, fact.amount) == (FactKind.CAPTURED, "INV1", Money(1_250, "EUR"))
    assert fact.reference is None


async def test_all_refunds_are_listed_with_their_payment(paypal: PayPalRig):
    started = await captured(paypal)
    await paypal.gateway.refund(paypal.account, refund_of(paypal, started, 1_500), key="refund-re_1")
    row = {
        "transaction_id": "OLDREFUND",
        "transaction_event_code": "T1107",
        "transaction_status": "S",
        "transaction_amount": {"currency_code": "USD", "value": "-3.00"},
    }
    paypal.company.rows.append({"row": row, "at": paypal.now()})
    ours, other = await pages(paypal, "refunds", paypal.now() - DAY)
    assert (ours.kind, ours.reference, ours.payment_ref) == (
        RefundFactKind.SUCCEEDED,
        "re_1",
        started.gateway_ref,
    )
    assert ours.amount == Money(1_500, "USD")
    assert (other.gateway_ref, other.payment_ref, other.amount) == ("OLDREFUND", None, Money(300, "USD"))


async def test_a_place_that_is_none_of_the_list_is_refused(paypal: PayPalRig):
    for cursor in ("", "x", "1", "1.x", "-1.1"):
        with pytest.raises(Rejected):
            await paypal.gateway.list_attempts(paypal.account, since=0, cursor=cursor)
    assert paypal.wire.sent == []


OPENED: dict[str, Any] = {"status": "OPEN", "dispute_life_cycle_stage": "CHARGEBACK"}


def resolved(code: str, **more: Any) -> dict[str, Any]:
    return {
        "status": "RESOLVED",
        "dispute_life_cycle_stage": "CHARGEBACK",
        "dispute_outcome": {"outcome_code": code, **more},
    }


def usd(value: str) -> dict[str, str]:
    return {"currency_code": "USD", "value": value}


def moved(kind: str, value: str, reason: str = "DISPUTE_SETTLEMENT", party: str = "SELLER") -> dict[str, Any]:
    return {"affected_party": party, "type": kind, "reason": reason, "amount": usd(value)}


D = DisputeStatus


@pytest.mark.parametrize(
    ("told", "status", "withdrawn", "fee"),
    [
        ({"status": "OPEN", "dispute_life_cycle_stage": "INQUIRY"}, D.INQUIRY, None, None),
        ({"status": "WAITING_FOR_SELLER_RESPONSE", "dispute_life_cycle_stage": "INQUIRY"}, D.INQUIRY, None, None),
        (OPENED, D.NEEDS_RESPONSE, None, None),
        (OPENED | {"status": "WAITING_FOR_SELLER_RESPONSE"}, D.NEEDS_RESPONSE, None, None),
        (OPENED | {"status": "WAITING_FOR_BUYER_RESPONSE"}, D.UNDER_REVIEW, None, None),
        (OPENED | {"status": "UNDER_REVIEW", "dispute_life_cycle_stage": "ARBITRATION"}, D.UNDER_REVIEW, None, None),
        (OPENED | {"dispute_channel": "ALERT"}, D.EARLY_WARNING, None, None),
        (OPENED | {"status": "OTHER"}, None, None, None),
        (resolved("RESOLVED_SELLER_FAVOUR"), D.WON, None, None),
        (resolved("CANCELED_BY_BUYER"), D.WON, None, None),
        (resolved("DENIED"), D.WON, None, None),
        (resolved("RESOLVED_WITH_PAYOUT"), D.WON, None, None),
        (resolved("NONE"), None, None, None),
        (resolved("RESOLVED_BUYER_FAVOUR"), D.LOST, 4_000, None),
        (resolved("RESOLVED_BUYER_FAVOUR", amount_refunded=usd("12.50")), D.LOST, 1_250, None),
        (resolved("ACCEPTED", amount_refunded={"currency_code": "EUR", "value": "1.00"}), D.ACCEPTED, 4_000, None),
        (
            resolved("RESOLVED_BUYER_FAVOUR")
            | {"money_movements": [moved("DEBIT", "40.00"), moved("DEBIT", "15.00", "CHARGEBACK_FEE")]},
            D.LOST,
            4_000,
            1_500,
        ),
        (
            OPENED | {"money_movements": [moved("DEBIT", "40.00"), moved("DEBIT", "20.00", "DISPUTE_FEE")]},
            D.NEEDS_RESPONSE,
            4_000,
            2_000,
        ),
        (
            resolved("RESOLVED_SELLER_FAVOUR") | {"money_movements": [moved("DEBIT", "40.00"), moved("CREDIT", "40.00")]},
            D.WON,
            None,
            None,
        ),
        (resolved("RESOLVED_WITH_PAYOUT") | {"money_movements": [moved("CREDIT", "40.00", party="BUYER")]}, D.WON, None, None),
    ],
)  # fmt: skip
async def test_wi26_a_dispute_in_our_words(
    paypal: PayPalRig, told: dict[str, Any], status: D | None, withdrawn: int | None, fee: int | None
):
    started = await captured(paypal)
    due = {"seller_response_due_date": "2026-02-20T00:00:00Z"}
    ref = paypal.company.dispute(capture_id(paypal, started), **told, **due)
    fact = await paypal.gateway.look_up_dispute(paypal.account, ref)
    assert (fact.status, fact.payment_ref, fact.reference) == (status, started.gateway_ref, "pay_1")
    assert fact.is_withdrawn is (withdrawn is not None)
    assert fact.amount == Money(withdrawn or 4_000, "USD")
    assert fact.fee == (None if fee is None else Money(fee, "USD"))
    assert fact.respond_by == 1_771_545_600_000_000
    assert fact.reason == "merchandise_or_service_not_received"
    assert fact.vendor_status.startswith(told["status"])


async def test_a_dispute_about_something_that_is_no_order_of_ours_is_told(paypal: PayPalRig):
    started = await captured(paypal)
    ref = paypal.company.dispute(
        capture_id(paypal, started),
        disputed_transactions=[{"seller_transaction_id": "CLASSIC1", "custom": "x"}],
    )
    fact = await paypal.gateway.look_up_dispute(paypal.account, ref)
    assert (fact.payment_ref, fact.reference) == (None, "x")
    with pytest.raises(Rejected):
        await paypal.gateway.look_up_dispute(paypal.account, "PP-D-0")


async def test_all_disputes_are_listed_in_pages(paypal: PayPalRig):
    started = await captured(paypal)
    refs = [paypal.company.dispute(capture_id(paypal, started)) for _ in range(45)]
    facts = await pages(paypal, "disputes", 0)
    assert sorted(fact.gateway_ref for fact in facts) == sorted(refs)
    assert {fact.payment_ref for fact in facts} == {started.gateway_ref}
    lists = [request.url for request in paypal.wire.sent if "/disputes?" in request.url]
    assert len(lists) == 3
    assert "update_time_after=2025-08-07T" in lists[0]


async def test_the_events_of_a_whole_life_hint_at_what_to_look_up(paypal: PayPalRig):
    started = await captured(paypal)
    refund = await paypal.gateway.refund(paypal.account, refund_of(paypal, started, 100), key="refund-re_1")
    dispute = paypal.company.dispute(capture_id(paypal, started))
    paypal.company.deliver("CUSTOMER.DISPUTE.RESOLVED", "dispute", paypal.company.disputes[dispute]["shown"])
    hints = [
        paypal.gateway.verify(paypal.account, headers, body, now=paypal.now())
        for headers, body in paypal.webhooks()
    ]
    approved, completed, refunded, opened, closed = hints
    assert (approved.payment_ref, approved.payment_end) == (started.gateway_ref, None)
    assert (completed.payment_ref, completed.payment_end) == (started.gateway_ref, FactKind.CAPTURED)
    assert (refunded.refund_ref, refunded.refund_end) == (refund.gateway_ref, RefundFactKind.SUCCEEDED)
    assert (opened.dispute_ref, opened.is_dispute_closed) == (dispute, False)
    assert (closed.dispute_ref, closed.is_dispute_closed) == (dispute, True)
    for hint in hints:
        assert sum(ref is not None for ref in (hint.payment_ref, hint.refund_ref, hint.dispute_ref)) == 1
    found = await paypal.gateway.look_up_refund(
        paypal.account, RefundRef(RefundId(""), refunded.refund_ref, "")
    )
    assert found.payment_ref == started.gateway_ref


SAMPLES = sorted((SHARED / "samples/paypal").glob("*/*.*.json"))
ORDER = "4K5112848U951142F"
OURS = "{my-local-db-purchase-id}"
DISPUTE = "PP-000-042-663-135"
HINTS = {
    "CHECKOUT.ORDER.APPROVED": (ORDER, None, OURS, None, False),
    "PAYMENT.CAPTURE.COMPLETED": (ORDER, None, OURS, FactKind.CAPTURED, False),
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": ("5O190127TN364715T", None, "link_1", None, False),
    "CUSTOMER.DISPUTE.CREATED": (None, DISPUTE, None, None, False),
    "CUSTOMER.DISPUTE.UPDATED": (None, DISPUTE, None, None, False),
    "CUSTOMER.DISPUTE.RESOLVED": (None, DISPUTE, None, None, True),
}
OUTCOMES = {
    "won": (D.WON, False),
    "lost": (D.LOST, True),
    "accepted": (D.ACCEPTED, True),
    "canceled": (D.WON, False),
}


def test_every_event_from_a_real_sandbox_is_understood():
    described("samples/paypal")
    seen = set()
    for path in SAMPLES:
        body = path.read_bytes()
        event = json.loads(body)
        hint = translate.hint(body, sent_at=1)
        told = (hint.payment_ref, hint.dispute_ref, hint.reference, hint.payment_end, hint.is_dispute_closed)
        assert told == HINTS[event["event_type"]], path.name
        assert (hint.event_id, hint.event_type) == (event["id"], event["event_type"])
        seen.add(event["event_type"])
    assert seen == set(HINTS)


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_every_end_of_a_dispute_from_a_real_sandbox_is_understood(name: str):
    body = described(f"samples/paypal/derived/CUSTOMER.DISPUTE.RESOLVED.{name}.json").read_bytes()
    dispute = read(json.dumps(json.loads(body)["resource"]).encode(), shapes.Dispute)
    fact = disputes.dispute_fact(dispute, None, None)
    assert (fact.status, fact.is_withdrawn) == OUTCOMES[name]
    assert fact.amount == Money(300, "USD")


@pytest.mark.parametrize("kind", ["PAYMENT.CAPTURE.DENIED", "PAYMENT.CAPTURE.DECLINED"])
def test_both_words_for_a_refused_capture_are_known(kind: str):
    resource = {"id": "C", "supplementary_data": {"related_ids": {"order_id": "O"}}}
    event = {
        "id": "WH-1",
        "event_type": kind,
        "create_time": "2026-01-01T00:00:00Z",
        "resource_type": "capture",
    }
    hint = translate.hint(json.dumps({**event, "resource": resource}).encode(), sent_at=1)
    assert (hint.payment_ref, hint.payment_end) == ("O", FactKind.FAILED)


@pytest.mark.parametrize(
    ("href", "order_id"),
    [
        ("https://api.paypal.com/v2/checkout/orders/8PR65097T8571330M", "8PR65097T8571330M"),
        ("https://api.paypal.com/v2/payments/authorizations/24B76447NN600461P", None),
        ("https://api.paypal.com/v2/checkout/orders/", None),
        ("", None),
    ],
)
def test_an_event_that_names_its_order_in_a_link_only_is_understood(href: str, order_id: str | None):
    """As PayPal's simulator sends PAYMENT.CAPTURE.PENDING."""
    resource = {"id": "C", "links": [{"href": "x", "rel": "self"}, {"href": href, "rel": "up"}]}
    event = {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.PENDING", "resource_type": "capture"}
    hint = translate.hint(json.dumps({**event, "resource": resource}).encode(), sent_at=7)
    assert (hint.payment_ref, hint.payment_end, hint.created_at) == (order_id, None, 7)


def test_wi20_an_event_of_another_kind_is_of_no_interest():
    event = {
        "id": "WH-1",
        "event_type": "X.Y",
        "create_time": "2026-01-01T00:00:00Z",
        "resource": [1],
        "resource_type": "y",
    }
    hint = translate.hint(json.dumps(event).encode(), sent_at=1)
    assert (hint.payment_ref, hint.refund_ref, hint.dispute_ref, hint.payment_end) == (None, None, None, None)
    with pytest.raises(SignatureRefused):
        translate.hint(json.dumps({**event, "resource_type": "capture"}).encode(), sent_at=1)
