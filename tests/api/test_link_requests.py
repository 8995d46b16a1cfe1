"""Requests for a new link over the API: listed, read, answered and dismissed; the switch of a link."""

from typing import Any

from linktill.flows.link_templates import list_templates
from tests.api.conftest import Paying
from tests.api.rig import problem
from tests.flows.wishing import ask, asked, canceled

REQUESTS = "/v1/link_requests"
LINKS = "/v1/payment_links"
BIKE = {"amount_minor": 4_000, "currency": "USD", "description": "Bike"}


async def test_requests_are_listed_and_answered_once(paying: Paying):
    shop, bea = paying.shop, paying.bea
    old, other, new = await canceled(shop), await canceled(shop), await shop.link()
    await ask(shop, old, name="Ada", message="May I?")
    await ask(shop, other, "bo@example.com")
    second, first = (await bea.get(REQUESTS)).json()["data"]
    assert first == {
        "object": "link_request",
        "id": first["id"],
        "payment_link_id": old.id,
        "status": "open",
        "email": "ada@example.com",
        "name": "Ada",
        "message": "May I?",
        "answer_link_id": None,
        "created_at": first["created_at"],
        "closed_at": None,
        "language": "en",
    }
    assert (await bea.get(f"{REQUESTS}/{first['id']}")).json() == first
    page = (await bea.get(REQUESTS, limit=1)).json()
    assert (page["data"], page["next_cursor"]) == ([second], second["id"])
    assert (await bea.get(REQUESTS, limit=1, cursor=second["id"])).json()["data"] == [first]
    assert (await bea.get(REQUESTS, payment_link=old.id)).json()["data"] == [first]
    path, body = f"{REQUESTS}/{first['id']}/answer", {"payment_link": new.id}
    answered = await bea.post(path, body, key="k1")
    assert (answered.json()["status"], answered.json()["answer_link_id"]) == ("answered", new.id)
    assert (await bea.post(path, body, key="k1")).content == answered.content
    assert (await bea.post(path, body)).json() == answered.json()
    gone = (await bea.post(f"{REQUESTS}/{second['id']}/dismiss")).json()
    assert gone["status"] == "dismissed"
    assert (await bea.get(REQUESTS, status="dismissed")).json()["data"] == [gone]
    assert (await bea.get(REQUESTS, status="open")).json()["data"] == []
    events = [each["type"] for each in (await bea.get("/v1/events", limit=100)).json()["data"]]
    assert [each for each in events if "request" in each] == [
        "link_request.dismissed",
        "link_request.answered",
        "payment_link.requested",
        "payment_link.requested",
    ]


async def test_what_cannot_be_is_refused_by_name(paying: Paying):
    shop, bea, cy = paying.shop, paying.bea, paying.cy
    old, new = await canceled(shop), await shop.link()
    await ask(shop, old)
    [request] = await asked(shop)
    path = f"{REQUESTS}/{request.id}"
    unknown = {"payment_link": "plink_00000000000000000000000000"}
    assert problem(await bea.post(f"{path}/answer", unknown)) == (422, "field_invalid", "payment_link")
    assert problem(await bea.post(f"{path}/answer", {})) == (422, "field_invalid", "payment_link")
    assert problem(await bea.post(f"{path}/answer", {"payment_link": "x"})) == (
        422,
        "field_invalid",
        "payment_link",
    )
    assert problem(await bea.post(f"{path}/answer", {"payment_link": old.id})) == (
        409,
        "transition_refused",
        None,
    )
    assert problem(await bea.get(REQUESTS, status="new")) == (422, "field_invalid", "status")
    assert problem(await bea.get(REQUESTS, payment_link="x")) == (422, "field_invalid", "payment_link")
    body = {"payment_link": new.id}
    for answer in (
        await cy.get(path),
        await cy.post(f"{path}/answer", body),
        await cy.post(f"{path}/dismiss"),
        await bea.get(f"{REQUESTS}/lrq_00000000000000000000000000"),
    ):
        assert answer.status_code == 404
    await bea.post(f"{path}/dismiss")
    assert problem(await bea.post(f"{path}/answer", body)) == (409, "transition_refused", None)
    assert [each.answer_link_id for each in await asked(shop)] == [None]


async def test_a_link_and_a_template_can_take_none(paying: Paying):
    bea = paying.bea

    async def takes(made: dict[str, Any]) -> bool:
        return bool((await bea.get(f"{LINKS}/{made['id']}")).json()["takes_requests"])

    link = (await bea.post(LINKS, {**BIKE, "takes_requests": False})).json()
    assert link["takes_requests"] is False
    assert not await takes(link)
    edited = await bea.patch(f"{LINKS}/{link['id']}", {"takes_requests": True})
    assert (edited.json()["takes_requests"], edited.json()["version"]) == (True, 1)
    await bea.patch(f"{LINKS}/{link['id']}", {"takes_requests": False, "tags": ["a"]})
    await bea.patch(f"{LINKS}/{link['id']}", {"tags": ["b"]})
    assert not await takes(link)
    copy = (await bea.post(f"{LINKS}/{link['id']}/duplicate")).json()
    assert copy["takes_requests"] is False
    cleared = await bea.patch(f"{LINKS}/{link['id']}", {"takes_requests": None})
    assert cleared.json()["takes_requests"] is True
    assert problem(await bea.post(LINKS, {**BIKE, "takes_requests": "no"}))[2] == "takes_requests"
    template = await bea.post("/v1/payment_link_templates", {**BIKE, "name": "Bike", "takes_requests": False})
    assert template.json()["takes_requests"] is False
    [kept] = await list_templates(paying.shop.services, paying.shop.id)
    assert not kept.filing.takes_requests
    used = await bea.post(f"/v1/payment_link_templates/{kept.id}/use", {})
    assert used.json()["takes_requests"] is False
    edited = await bea.patch(f"/v1/payment_link_templates/{kept.id}", {"takes_requests": True})
    assert edited.json()["takes_requests"] is True
    listed = (await bea.get(LINKS)).json()["data"]
    assert {each["takes_requests"] for each in listed} == {True, False}
