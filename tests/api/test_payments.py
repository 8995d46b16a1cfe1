"""Payments, refunds, events and books over the API, with the real sandbox company behind them."""

import asyncio
from dataclasses import replace
from typing import Any

from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.flows.record_payout import apply_payout_fact
from linktill.flows.services import moment_of
from tests.api.conftest import Paying
from tests.api.rig import Caller, problem
from tests.make import usd

NOBODYS = "pay_01kan4v0zqf7wv9h6m2s8d3r5t"


async def test_a_payment_is_read_as_it_is(paying: Paying):
    link = await paying.shop.link()
    attempt = await paying.shop.pay(link)
    listed = (await paying.bea.get("/v1/payments")).json()
    read = (await paying.bea.get(f"/v1/payments/{attempt.id}")).json()
    assert listed == {"object": "list", "data": [read], "next_cursor": None}
    expected = {
        "object": "payment",
        "id": attempt.id,
        "payment_link_id": link.id,
        "status": "captured",
        "amount_minor": 4_000,
        "captured_minor": 4_000,
        "refund_requested_minor": 0,
        "refunded_minor": 0,
        "fee_minor": attempt.fee_minor,
        "currency": "USD",
        "gateway": "sandbox",
        "payer_email": "ada@example.com",
        "is_surplus": False,
    }
    assert {name: read[name] for name in expected} == expected
    counted = (await paying.bea.get(f"/v1/payment_links/{link.id}")).json()
    assert (counted["status"], counted["captured_count"], counted["captured_minor"]) == (
        "completed",
        1,
        4_000,
    )


async def test_payments_are_found_by_link_and_status(paying: Paying):
    shop, bea = paying.shop, paying.bea
    one, two = await shop.link(), await shop.link()
    paid = await shop.pay(one)
    declined = await shop.pay(two, card="declined")

    async def found(**query: str) -> list[str]:
        return [payment["id"] for payment in (await bea.get("/v1/payments", **query)).json()["data"]]

    assert await found() == [declined.id, paid.id]
    assert await found(payment_link_id=one.id) == [paid.id]
    assert await found(status="captured") == [paid.id]
    assert await found(status="captured", payment_link_id=two.id) == []
    assert (await paying.cy.get("/v1/payments", payment_link_id=one.id)).json()["data"] == []
    assert problem(await paying.cy.get(f"/v1/payments/{paid.id}")) == (404, "not_found", "id")


async def test_part_of_a_payment_is_refunded_then_all_that_is_left(paying: Paying):
    shop, bea = paying.shop, paying.bea
    attempt = await shop.pay(await shop.link())
    asked = await bea.post("/v1/refunds", {"payment_id": attempt.id, "amount_minor": 1_500, "note": "Late"})
    assert asked.status_code == 201
    refund = asked.json()
    assert (refund["status"], refund["amount_minor"], refund["note"]) == ("pending", 1_500, "Late")
    assert refund["reason"] == "requested_by_customer"
    rest = (await bea.post("/v1/refunds", {"payment_id": attempt.id, "reason": "duplicate"})).json()
    assert (rest["amount_minor"], rest["reason"]) == (2_500, "duplicate")
    await shop.later(60)
    listed = (await bea.get("/v1/refunds")).json()["data"]
    assert [(one["id"], one["status"]) for one in listed] == [
        (rest["id"], "succeeded"),
        (refund["id"], "succeeded"),
    ]
    assert (await bea.get(f"/v1/refunds/{refund['id']}")).json() == listed[1]
    payment = (await bea.get(f"/v1/payments/{attempt.id}")).json()
    assert (payment["refund_requested_minor"], payment["refunded_minor"]) == (4_000, 4_000)
    nothing_left = await bea.post("/v1/refunds", {"payment_id": attempt.id})
    assert problem(nothing_left) == (409, "refund_too_large", "payment_id")


async def test_cc11_a_refund_asked_for_twice_under_one_key_is_one(paying: Paying):
    shop, bea = paying.shop, paying.bea
    attempt = await shop.pay(await shop.link())
    body = {"payment_id": attempt.id, "amount_minor": 1_000}
    answers = await asyncio.gather(*(bea.post("/v1/refunds", body, key="k-1") for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await bea.count("/v1/refunds") == 1
    assert (await bea.get(f"/v1/payments/{attempt.id}")).json()["refund_requested_minor"] == 1_000


async def test_refunds_that_are_refused_move_nothing(paying: Paying):
    shop, bea = paying.shop, paying.bea
    attempt = await shop.pay(await shop.link())
    failed = await shop.pay(await shop.link(), card="declined")
    events = await bea.count()
    wrong = (422, "field_invalid")
    refusals: list[tuple[dict[str, Any], tuple[int, str, str | None]]] = [
        ({"payment_id": attempt.id, "amount_minor": 4_001}, (409, "refund_too_large", "amount_minor")),
        ({"payment_id": attempt.id, "amount_minor": 0}, (*wrong, "amount_minor")),
        ({"payment_id": attempt.id, "amount_minor": -1}, (*wrong, "amount_minor")),
        ({"payment_id": attempt.id, "amount_minor": 10.0}, (*wrong, "amount_minor")),
        ({"payment_id": attempt.id, "amount_minor": "10"}, (*wrong, "amount_minor")),
        ({"payment_id": attempt.id, "amount_minor": 2**63}, (*wrong, "amount_minor")),
        ({"payment_id": attempt.id, "reason": "surplus"}, (*wrong, "reason")),
        ({"payment_id": attempt.id, "note": "x" * 501}, (*wrong, "note")),
        ({"payment_id": attempt.id, "note": "4242424242424242"}, (*wrong, "note")),
        ({"payment_id": attempt.id, "currency": "EUR"}, (*wrong, "currency")),
        ({"payment_id": failed.id}, (409, "transition_refused", "payment_id")),
        ({"payment_id": NOBODYS}, (404, "not_found", "payment_id")),
        ({"payment_id": "pay_\x00"}, (*wrong, "payment_id")),
        ({"payment_id": 1}, (*wrong, "payment_id")),
        ({}, (*wrong, "payment_id")),
    ]
    for body, expected in refusals:
        assert problem(await bea.post("/v1/refunds", body)) == expected, body
        assert problem(await bea.post("/v1/refunds", body, key="k-1")) == expected, body
    theirs = await paying.cy.post("/v1/refunds", {"payment_id": attempt.id})
    assert problem(theirs) == (404, "not_found", "payment_id")
    assert await bea.count() == events
    assert await bea.count("/v1/refunds") == 0
    assert (await bea.get(f"/v1/payments/{attempt.id}")).json()["refund_requested_minor"] == 0


async def test_events_tell_the_story_of_a_payment(paying: Paying):
    link = await paying.shop.link()
    attempt = await paying.shop.pay(link)
    listed = (await paying.bea.get("/v1/events", payment_id=attempt.id)).json()["data"]
    types = [event["type"] for event in listed]
    assert types[0] == "payment.captured"
    assert "payment.started" in types
    captured = (await paying.bea.get("/v1/events", type="payment.captured")).json()["data"]
    assert [event["data"]["object"]["id"] for event in captured] == [attempt.id]
    event = (await paying.bea.get(f"/v1/events/{captured[0]['id']}")).json()
    assert event == captured[0]
    assert event["data"]["object"]["amount_minor"] == 4_000
    of_link = (await paying.bea.get("/v1/events", payment_link_id=link.id)).json()["data"]
    assert {"payment_link.created", "payment_link.completed", "payment.captured"} <= {
        event["type"] for event in of_link
    }


async def test_the_books_balance(paying: Paying):
    shop, bea = paying.shop, paying.bea
    attempt = await shop.pay(await shop.link())
    await bea.post("/v1/refunds", {"payment_id": attempt.id, "amount_minor": 1_500})
    await shop.later(60)
    listed = (await bea.get("/v1/ledger/transactions")).json()["data"]
    assert [one["kind"] for one in listed] == ["refund", "capture"]
    assert [sum(entry["amount_minor"] for entry in one["entries"]) for one in listed] == [0, 0]
    assert {one["payment_id"] for one in listed} == {attempt.id}
    balances = (await bea.get("/v1/ledger/balances")).json()["data"]
    by_account = {one["account"].split(":")[0]: one["amount_minor"] for one in balances}
    assert by_account == await shop.balances()
    assert (by_account["sales"], by_account["refunds"]) == (-4_000, 1_500)
    page = (await bea.get("/v1/ledger/transactions", limit=1)).json()
    assert page["next_cursor"] == listed[0]["id"]
    rest = (await bea.get("/v1/ledger/transactions", limit=1, cursor=page["next_cursor"])).json()
    assert (rest["data"], rest["next_cursor"]) == ([listed[1]], None)
    assert (await paying.cy.get("/v1/ledger/balances")).json()["data"] == []


async def test_a_dispute_is_listed_and_read(paying: Paying):
    shop, bea = paying.shop, paying.bea
    attempt = await shop.pay(await shop.link(), card="dispute_lost")
    await shop.running.step(3_600)
    await shop.deliver()
    listed = (await bea.get("/v1/disputes")).json()["data"]
    assert [one["payment_id"] for one in listed] == [attempt.id]
    assert (await bea.get(f"/v1/disputes/{listed[0]['id']}")).json() == listed[0]
    await _is_not_theirs(paying.cy, listed[0]["id"])


async def _is_not_theirs(cy: Caller, dispute_id: str) -> None:
    assert (await cy.get("/v1/disputes")).json()["data"] == []
    assert problem(await cy.get(f"/v1/disputes/{dispute_id}")) == (404, "not_found", "id")
    near = dispute_id[:-1] + ("0" if dispute_id[-1] != "0" else "1")
    assert problem(await cy.get(f"/v1/disputes/{near}")) == (404, "not_found", "id")


async def test_a_surplus_payment_is_kept_once(paying: Paying):
    shop, bea = paying.shop, paying.bea
    asked = MerchantSettings("Bea's Bikes", "bea@example.com", "USD", on_surplus="ask")
    await change_settings(shop.services, shop.id, asked)
    surplus = await shop.surplus()
    kept = await bea.post(f"/v1/payments/{surplus.id}/keep")
    assert kept.status_code == 200
    assert (kept.json()["is_surplus"], kept.json()["surplus_kept_at"] is None) == (True, False)
    assert (await bea.post(f"/v1/payments/{surplus.id}/keep")).json() == kept.json()
    paid = await shop.pay(await shop.link())
    assert problem(await bea.post(f"/v1/payments/{paid.id}/keep")) == (409, "transition_refused", None)
    assert problem(await bea.post(f"/v1/payments/{NOBODYS}/keep"))[:2] == (404, "not_found")


async def test_payouts_are_listed_and_read_by_their_own_merchant_only(paying: Paying):
    shop, bea, cy = paying.shop, paying.bea, paying.cy
    fact = PayoutFact("sbpo_1", PayoutFactKind.PAID, usd(3_854), 1_000)
    made = await shop.services.database.run(
        apply_payout_fact, moment_of(shop.services), shop.id, shop.account.id, fact
    )
    await shop.services.database.run(
        apply_payout_fact, moment_of(shop.services), shop.id, shop.account.id, replace(fact, gateway_ref="2")
    )
    newer, older = (await bea.get("/v1/payouts")).json()["data"]
    assert (older["object"], older["id"], older["status"], older["amount_minor"], older["made_at"]) == (
        "payout",
        made.id,
        "paid",
        3_854,
        "1970-01-01T00:00:00.001000Z",
    )
    assert newer["gateway_ref"] == "2"
    page = (await bea.get("/v1/payouts", limit=1)).json()
    assert (page["data"], page["next_cursor"]) == ([newer], newer["id"])
    assert (await bea.get(f"/v1/payouts/{made.id}")).json() == older
    assert (await cy.get("/v1/payouts")).json()["data"] == []
    assert problem(await cy.get(f"/v1/payouts/{made.id}")) == (404, "not_found", "id")
    assert problem(await bea.get("/v1/payouts/po_none")) == (404, "not_found", "id")
