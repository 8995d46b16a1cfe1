"""Webhook endpoints over the API: made, changed, renewed, removed, and what they were told."""

import pytest

from linktill.core.ids import DeliveryId, EndpointId, EventId
from linktill.storage.database import Tx
from linktill.storage.webhook_deliveries import DEAD, Tried, insert_delivery, record_try
from tests.api.rig import Caller, Rig, problem

ENDPOINTS = "/v1/webhook_endpoints"
URL = {"url": "https://example.com/hooks"}


async def made(bea: Caller, **fields: object) -> dict[str, object]:
    answer = await bea.post(ENDPOINTS, {**URL, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_the_secret_is_shown_once(bea: Caller):
    endpoint = await made(bea, description="Orders", event_types=["payment.captured"])
    assert str(endpoint.pop("secret")).startswith("whsec_")
    assert (await bea.get(f"{ENDPOINTS}/{endpoint['id']}")).json() == endpoint
    assert (await bea.get(ENDPOINTS)).json() == {"object": "list", "data": [endpoint], "next_cursor": None}
    assert endpoint["event_types"] == ["payment.captured"]
    assert endpoint["status"] == "enabled"


async def test_an_endpoint_is_edited(bea: Caller):
    endpoint = await made(bea, description="Orders", event_types=["payment.captured"])
    path = f"{ENDPOINTS}/{endpoint['id']}"
    off = (await bea.patch(path, {"status": "disabled"})).json()
    assert (off["status"], off["description"], off["url"]) == ("disabled", "Orders", URL["url"])
    on = await bea.patch(path, {"status": "enabled", "description": None, "event_types": None})
    assert (on.json()["status"], on.json()["description"], on.json()["event_types"]) == ("enabled", "", [])
    assert on.json()["disabled_reason"] is None


async def test_a_secret_is_renewed(bea: Caller):
    endpoint = await made(bea)
    path = f"{ENDPOINTS}/{endpoint['id']}/rotate_secret"
    first = await bea.post(path, key="k-1")
    again = await bea.post(path, key="k-1")
    third = await bea.post(path)
    assert first.content == again.content
    assert len({endpoint["secret"], first.json()["secret"], third.json()["secret"]}) == 3


async def test_a_deleted_endpoint_is_gone(bea: Caller):
    endpoint = await made(bea)
    path = f"{ENDPOINTS}/{endpoint['id']}"
    gone = await bea.call("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    for again in (await bea.call("DELETE", path), await bea.get(path), await bea.get(f"{path}/deliveries")):
        assert problem(again)[:2] == (404, "not_found")
    assert (await bea.get(ENDPOINTS)).json()["data"] == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://example.com:8443/"}, "url"),
        ({"url": "https://user:pw@example.com/"}, "url"),
        ({"url": "https://exa\x00mple.com/"}, "url"),
        ({"url": "https://пример.рф/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": 1}, "url"),
        ({**URL, "event_types": ["payment.done"]}, "event_types"),
        ({**URL, "event_types": "payment.captured"}, "event_types"),
        ({**URL, "event_types": [1]}, "event_types.0"),
        ({**URL, "description": "x" * 201}, "description"),
        ({**URL, "description": "4242 4242 4242 4242"}, "description"),
        ({**URL, "secret": "whsec_mine"}, "secret"),
        ({"description": "No address"}, "url"),
    ],
)
async def test_a_bad_endpoint_is_refused_by_name(bea: Caller, fields: dict[str, object], name: str):
    assert problem(await bea.post(ENDPOINTS, fields)) == (422, "field_invalid", name)
    assert (await bea.get(ENDPOINTS)).json()["data"] == []


async def test_there_are_at_most_twenty(bea: Caller):
    for _ in range(20):
        await made(bea)
    assert problem(await bea.post(ENDPOINTS, URL)) == (429, "too_many", None)
    assert problem(await bea.post(ENDPOINTS, URL, key="k-1")) == (429, "too_many", None)
    assert await bea.count(ENDPOINTS) == 20


async def test_deliveries_are_listed_and_replayed(rig: Rig):
    bea, cy = rig.bea, rig.cy
    endpoint = await made(bea)
    await bea.link()
    await bea.link()
    events = (await bea.get("/v1/events")).json()["data"]
    ids = [DeliveryId(rig.services.ids.new("whd_")) for _ in events]

    async def told(tx: Tx) -> None:
        now = rig.services.clock.now_us()
        for delivery_id, event in zip(ids, events, strict=True):
            await insert_delivery(
                tx,
                bea.merchant_id,
                delivery_id,
                endpoint_id=EndpointId(str(endpoint["id"])),
                event_id=EventId(event["id"]),
                now=now,
            )
        await record_try(tx, bea.merchant_id, Tried(ids[0], DEAD, 1, 500, "<b>no</b>", "500"), now=now)

    await rig.services.database.run(told)
    path = f"{ENDPOINTS}/{endpoint['id']}/deliveries"
    page = (await bea.get(path, limit=1)).json()
    assert [(one["id"], one["event_id"]) for one in page["data"]] == [(ids[0], events[0]["id"])]
    dead = page["data"][0]
    assert (dead["status"], dead["tries"], dead["response_status"], dead["response_body"]) == (
        "dead",
        1,
        500,
        "<b>no</b>",
    )
    rest = (await bea.get(path, limit=1, cursor=page["next_cursor"])).json()
    assert ([one["id"] for one in rest["data"]], rest["next_cursor"]) == ([ids[1]], None)

    one = f"/v1/webhook_deliveries/{ids[0]}"
    assert (await bea.get(one)).json() == dead
    replayed = await bea.post(f"{one}/replay", key="k-1")
    assert (replayed.status_code, replayed.json()["status"]) == (200, "pending")
    assert (await bea.post(f"{one}/replay", key="k-1")).content == replayed.content

    missing = (404, "not_found")
    assert problem(await cy.get(path))[:2] == missing
    assert problem(await cy.get(one))[:2] == missing
    assert problem(await cy.post(f"{one}/replay"))[:2] == missing
    for action in (
        cy.get(f"{ENDPOINTS}/{endpoint['id']}"),
        cy.patch(f"{ENDPOINTS}/{endpoint['id']}", {"status": "disabled"}),
        cy.call("DELETE", f"{ENDPOINTS}/{endpoint['id']}"),
        cy.post(f"{ENDPOINTS}/{endpoint['id']}/rotate_secret"),
    ):
        assert problem(await action)[:2] == missing
    await bea.patch(f"{ENDPOINTS}/{endpoint['id']}", {"status": "disabled"})
    assert problem(await bea.post(f"{one}/replay")) == (409, "transition_refused", None)
