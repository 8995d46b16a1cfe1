"""Programs say that money came: idempotently, in part, taken back, given back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from tests.api.rig import Caller, rig_on
from tests.offline import Counter, counter

__all__ = ["counter"]


@dataclass
class Till:
    counter: Counter
    bea: Caller
    cy: Caller

    async def waiting(self) -> dict[str, Any]:
        """A payment that waits for 40 euros."""
        attempt = await self.counter.chosen(await self.counter.link())
        return (await self.bea.get(f"/v1/payments/{attempt.id}")).json()


@pytest_asyncio.fixture
async def till(counter: Counter) -> AsyncIterator[Till]:
    async with rig_on(counter.services, counter.id) as made:
        yield Till(counter, made.bea, made.cy)


async def test_cc04_a_part_recorded_twice_with_one_key_counts_once(till: Till) -> None:
    path = f"/v1/payments/{(await till.waiting())['id']}/mark_paid"
    body = {"way": "cash", "amount_minor": 1_500, "note": "At the counter"}
    first, second = [await till.bea.post(path, body, key="k1") for _ in range(2)]
    assert (first.status_code, second.content) == (200, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    paid = first.json()
    assert (paid["status"], paid["received_minor"], paid["captured_minor"]) == ("requires_action", 1_500, 0)
    other = await till.bea.post(path, {**body, "amount_minor": 100}, key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    done = (await till.bea.post(path, {"way": "transfer", "received_on": "2026-02-01"})).json()
    assert (done["status"], done["captured_minor"], done["method"]) == (
        "captured",
        4_000,
        "Cash, Bank transfer",
    )
    again = await till.bea.post(path, {"way": "transfer"})
    assert (again.status_code, again.json()["code"]) == (409, "transition_refused")


async def test_who_looked_before_somebody_else_recorded_is_refused(till: Till) -> None:
    path = f"/v1/payments/{(await till.waiting())['id']}/mark_paid"
    asked = {"way": "cash", "amount_minor": 4_000, "seen_minor": 0}
    assert (await till.bea.post(path, asked)).status_code == 200
    late = await till.bea.post(path, asked)
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")


async def test_a_receipt_is_listed_and_taken_back(till: Till) -> None:
    payment = await till.waiting()
    path = f"/v1/payments/{payment['id']}"
    await till.bea.post(f"{path}/mark_paid", {"way": "check"})
    (receipt,) = (await till.bea.get(f"{path}/receipts")).json()["data"]
    assert (receipt["amount_minor"], receipt["way"], receipt["taken_back_at"]) == (4_000, "check", None)
    assert receipt["recorded_by"].startswith("key_")
    refused = await till.bea.post(f"{path}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "transition_refused")
    taken = await till.bea.post(f"{path}/take_back", {"receipt_id": receipt["id"], "reason": "bounced"})
    assert (taken.json()["status"], taken.json()["received_minor"]) == ("requires_action", 0)
    (kept,) = (await till.bea.get(f"{path}/receipts")).json()["data"]
    assert kept["taken_back_reason"] == "bounced"
    assert (await till.bea.post(f"{path}/cancel")).json()["status"] == "canceled"


async def test_cash_in_the_shop_and_its_refund(till: Till) -> None:
    link = await till.counter.link()
    made = await till.bea.post(f"/v1/payment_links/{link.id}/record_payment", {"way": "cash"})
    assert (made.status_code, made.json()["status"]) == (201, "captured")
    refund = (
        await till.bea.post("/v1/refunds", {"payment_id": made.json()["id"], "amount_minor": 500})
    ).json()
    assert refund["status"] == "pending"
    sent = await till.bea.post(f"/v1/refunds/{refund['id']}/mark_sent", {"way": "cash"})
    assert sent.json()["status"] == "succeeded"
    late = await till.bea.post(f"/v1/refunds/{refund['id']}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "transition_refused")


async def test_at03_another_merchant_finds_nothing(till: Till) -> None:
    payment = await till.waiting()
    link = await till.counter.link()
    asked: tuple[tuple[str, Any], ...] = (
        (f"/v1/payments/{payment['id']}/mark_paid", {"way": "cash"}),
        (f"/v1/payments/{payment['id']}/cancel", None),
        (f"/v1/payments/{payment['id']}/take_back", {"receipt_id": "rcp_" + "0" * 26, "reason": "mistake"}),
    )
    for path, body in asked:
        answer = await till.cy.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert (await till.cy.get(f"/v1/payments/{payment['id']}/receipts")).status_code == 404
    mine = await till.cy.post(f"/v1/payment_links/{link.id}/record_payment", {"way": "cash"})
    assert mine.json()["code"] == "transition_refused", "not set up: nothing is told of the link"
    assert await till.counter.balances() == {}


async def test_bad_input_names_the_field(till: Till) -> None:
    path = f"/v1/payments/{(await till.waiting())['id']}/mark_paid"
    for body, param in (
        ({"way": "bitcoin"}, "way"),
        ({}, "way"),
        ({"way": "cash", "amount_minor": 0}, "amount_minor"),
        ({"way": "cash", "amount_minor": "5"}, "amount_minor"),
        ({"way": "cash", "received_on": "tomorrow"}, "received_on"),
        ({"way": "cash", "note": "x" * 501}, "note"),
    ):
        answer = await till.bea.post(path, body)
        assert (answer.status_code, answer.json()["param"]) == (422, param), answer.text
    assert await till.counter.balances() == {}
