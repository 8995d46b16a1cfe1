"""Programs capture payments that are authorized, or let them go."""

from typing import Any

from linktill.core.ids import LinkId
from linktill.flows.manage_links import read_link
from tests.api.conftest import Paying
from tests.api.rig import Caller, problem

MANUAL = {
    "amount_minor": 4_000,
    "currency": "USD",
    "description": "A deposit",
    "capture_method": "manual",
}


async def held(paying: Paying) -> dict[str, Any]:
    made = (await paying.bea.post("/v1/payment_links", MANUAL)).json()
    assert made["capture_method"] == "manual"
    attempt = await paying.shop.pay(
        (await read_link(paying.shop.services, paying.shop.id, LinkId(made["id"]))).link
    )
    found: dict[str, Any] = (await paying.bea.get(f"/v1/payments/{attempt.id}")).json()
    assert (found["status"], found["capture_method"]) == ("authorized", "manual")
    assert found["capture_before"] is not None
    return found


async def test_a_capture_is_kept_once_and_carried_out(paying: Paying) -> None:
    payment = await held(paying)
    url = f"/v1/payments/{payment['id']}/capture"
    first = await paying.bea.post(url, key="packed-1")
    assert (first.status_code, first.json()["status"]) == (200, "authorized")
    assert first.json()["capture_requested_at"] is not None
    assert first.json()["decided_by"].startswith("key_")
    again = await paying.bea.post(url, key="packed-1")
    assert again.content == first.content
    assert (await paying.bea.post(url, key="packed-2")).status_code == 200
    refused = await paying.bea.post(f"/v1/payments/{payment['id']}/void")
    assert problem(refused) == (409, "transition_refused", None)
    await paying.shop.poll()
    done = (await paying.bea.get(f"/v1/payments/{payment['id']}")).json()
    assert (done["status"], done["captured_minor"]) == ("captured", 4_000)


async def test_a_void_is_carried_out(paying: Paying) -> None:
    payment = await held(paying)
    asked = (await paying.bea.post(f"/v1/payments/{payment['id']}/void")).json()
    assert asked["void_requested_at"] is not None
    assert asked["capture_requested_at"] is None
    await paying.shop.poll()
    done = (await paying.bea.get(f"/v1/payments/{payment['id']}")).json()
    assert (done["status"], done["decline_code"], done["captured_minor"]) == ("canceled", "voided", 0)


async def test_only_the_whole_amount_is_captured(paying: Paying) -> None:
    payment = await held(paying)
    url = f"/v1/payments/{payment['id']}/capture"
    for amount in (1, 3_999, 4_001):
        refused = await paying.bea.post(url, {"amount_minor": amount})
        assert problem(refused) == (422, "field_invalid", "amount_minor")
    still = (await paying.bea.get(f"/v1/payments/{payment['id']}")).json()
    assert (still["status"], still["capture_requested_at"]) == ("authorized", None)
    assert (await paying.bea.post(url, {"amount_minor": 4_000})).status_code == 200


async def test_what_is_not_held_is_refused(paying: Paying) -> None:
    plain = await paying.shop.pay(await paying.shop.link())
    for what in ("capture", "void"):
        refused = await paying.bea.post(f"/v1/payments/{plain.id}/{what}")
        assert problem(refused) == (409, "transition_refused", None)
        missing = await paying.bea.post(f"/v1/payments/pay_01kan4v0zqf7wv9h6m2s8d3r5t/{what}")
        assert problem(missing) == (404, "not_found", "id")


async def test_a_link_says_when_the_money_is_taken(bea: Caller) -> None:
    made = (await bea.post("/v1/payment_links", MANUAL)).json()
    url = f"/v1/payment_links/{made['id']}"
    back = (await bea.patch(url, {"capture_method": None})).json()
    assert (back["capture_method"], back["version"]) == ("automatic", 2)
    wrong = await bea.patch(url, {"capture_method": "later"})
    assert problem(wrong) == (422, "field_invalid", "capture_method")
    versions = (await bea.get(f"{url}/versions")).json()["data"]
    assert [each["changed"] for each in versions] == [["capture_method"], []]
