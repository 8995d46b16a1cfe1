"""A link sent by mail over the API: once under one key, listed with its state, refused by name."""

from linktill.core.link_message import TO_ONE_MAX
from tests.api.conftest import Paying
from tests.api.rig import problem
from tests.flows.wishing import canceled

LINKS = "/v1/payment_links"
TO_ADA = {"to": ["ada@example.com"], "note": "Thank you"}


async def test_a_link_is_sent_once_and_listed(paying: Paying):
    link = await paying.shop.link()
    path = f"{LINKS}/{link.id}/send"
    sent = await paying.bea.post(path, TO_ADA, key="k1")
    [message] = sent.json()["data"]
    assert message == {
        "object": "link_message",
        "id": message["id"],
        "payment_link_id": link.id,
        "to": "ada@example.com",
        "note": "Thank you",
        "status": "pending",
        "error": None,
        "created_at": message["created_at"],
        "sent_at": None,
    }
    assert (await paying.bea.post(path, TO_ADA, key="k1")).content == sent.content
    await paying.bea.post(path, {"to": ["bo@example.com"]})
    page = (await paying.bea.get(f"{LINKS}/{link.id}/messages", limit=1)).json()
    assert [each["to"] for each in page["data"]] == ["bo@example.com"]
    rest = (await paying.bea.get(f"{LINKS}/{link.id}/messages", cursor=page["next_cursor"])).json()
    assert (rest["data"], rest["next_cursor"]) == ([message], None)


async def test_what_cannot_be_is_refused_by_name(paying: Paying):
    shop, bea, cy = paying.shop, paying.bea, paying.cy
    link, closed = await shop.link(), await canceled(shop)
    path = f"{LINKS}/{link.id}/send"
    for body, param in (
        ({}, "to"),
        ({"to": []}, "to"),
        ({"to": "ada@example.com"}, "to"),
        ({"to": ["ada"]}, "to.0"),
        ({**TO_ADA, "note": "x" * 2_001}, "note"),
        ({**TO_ADA, "from": "me"}, "from"),
    ):
        assert problem(await bea.post(path, body)) == (422, "field_invalid", param), body
    refused = await bea.post(f"{LINKS}/{closed.id}/send", TO_ADA)
    assert problem(refused) == (409, "transition_refused", None)
    for foreign in (await cy.post(path, TO_ADA), await cy.get(f"{LINKS}/{link.id}/messages")):
        assert problem(foreign)[:2] == (404, "not_found")
    for _ in range(TO_ONE_MAX):
        assert (await bea.post(path, TO_ADA)).status_code == 200
    assert problem(await bea.post(path, TO_ADA))[1] == "too_many"
