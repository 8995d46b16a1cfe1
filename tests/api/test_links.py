"""Payment links over the API: made, found, edited, moved."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.conftest import Paying
from tests.api.rig import BASE_URL, LINK, Caller, Rig, problem


async def test_a_link_is_made_with_three_fields(bea: Caller):
    made = await bea.post("/v1/payment_links", LINK)
    assert made.status_code == 201
    link = made.json()
    assert re.fullmatch(r"plink_[0-9a-z]{26}", link.pop("id"))
    assert re.fullmatch(re.escape(BASE_URL) + r"/p/[\w-]{11}", link.pop("url"))
    assert link.pop("created_at") == link.pop("updated_at")
    assert link == {
        "object": "payment_link",
        "status": "active",
        "version": 1,
        "amount_minor": 4_000,
        "total_minor": 4_000,
        "currency": "USD",
        "description": "A bicycle repair",
        "note": "",
        "reference": "",
        "payments_max": 1,
        "starts_at": None,
        "due_at": None,
        "expires_at": None,
        "redirect_url": None,
        "closed_message": "",
        "metadata": {},
        "allowed_gateways": [],
        "denied_gateways": [],
        "line_items": [],
        "open_amount": None,
        "tax_rates": [],
        "discounts": [],
        "tips": None,
        "partial_payments": None,
        "amount_limit_minor": None,
        "goal_minor": None,
        "takes_codes": False,
        "shipping_rates": [],
        "merchant_country": None,
        "currency_options": [],
        "custom_fields": [],
        "collects": None,
        "consents": [],
        "capture_method": "automatic",
        "locale": "auto",
        "translations": {},
        "captured_count": 0,
        "captured_minor": 0,
        "refunded_minor": 0,
        "left_minor": None,
        "tags": [],
        "internal_note": "",
        "customer": None,
        "takes_requests": True,
    }
    assert made.headers["etag"] == '"1"'
    assert made.headers["cache-control"] == "no-store"


async def test_a_link_keeps_every_field(bea: Caller):
    fields = {
        "note": "Thank you.\nSee you soon.",
        "reference": "INV-7",
        "payments_max": None,
        "starts_at": "2030-01-01T09:00:00+02:00",
        "due_at": "2030-02-01T00:00:00Z",
        "expires_at": "2030-03-01T00:00:00.5Z",
        "redirect_url": "https://example.com/thanks?x=1",
        "closed_message": "We are on holiday.",
        "metadata": {"order": "17", "färbe": "grün 🚲"},
    }
    link = await bea.link(**fields)
    assert link["status"] == "scheduled"
    read = (await bea.get(f"/v1/payment_links/{link['id']}")).json()
    assert read == link
    assert {name: read[name] for name in fields} == {
        **fields,
        "starts_at": "2030-01-01T07:00:00Z",
        "expires_at": "2030-03-01T00:00:00.500000Z",
    }


async def test_a_list_comes_in_pages(bea: Caller):
    made = [(await bea.link(description=f"Link {number}"))["id"] for number in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        page = (await bea.get("/v1/payment_links", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        assert page["object"] == "list"
        seen.append([link["id"] for link in page["data"]])
        cursor = page["next_cursor"]
    made.reverse()
    assert seen == [made[:2], made[2:4], made[4:]]
    assert cursor is None


async def test_a_full_last_page_ends_the_list(bea: Caller):
    await bea.link()
    await bea.link()
    assert (await bea.get("/v1/payment_links", limit=2)).json()["next_cursor"] is None


async def test_links_are_found_by_status_and_words(bea: Caller):
    red = await bea.link(description="A red bicycle", reference="INV-1")
    blue = await bea.link(description="A blue car", reference="INV-2")
    await bea.post(f"/v1/payment_links/{blue['id']}/pause")

    async def found(**query: str) -> list[str]:
        return [link["id"] for link in (await bea.get("/v1/payment_links", **query)).json()["data"]]

    assert await found(status="paused") == [blue["id"]]
    assert await found(status="active") == [red["id"]]
    assert await found(search="bicyc") == [red["id"]]
    assert await found(search="A inv") == [blue["id"], red["id"]]
    assert await found(search="INV-2", status="paused") == [blue["id"]]
    assert await found(search="train") == []
    assert await found(search="\x00'\"%") == []


async def test_patch_changes_what_is_sent(bea: Caller):
    link = await bea.link(note="Old", reference="R-1", metadata={"a": "1", "b": "2"})
    edited = await bea.patch(
        f"/v1/payment_links/{link['id']}", {"amount_minor": 4_500, "metadata": {"b": None, "c": "3"}}
    )
    assert edited.status_code == 200
    assert edited.headers["etag"] == '"2"'
    told = edited.json()
    assert told.pop("updated_at") > link["updated_at"]
    expected = {
        **link,
        "amount_minor": 4_500,
        "total_minor": 4_500,
        "metadata": {"a": "1", "c": "3"},
        "version": 2,
    }
    del expected["updated_at"]
    assert told == expected


async def test_patch_with_null_clears(bea: Caller):
    fields = {
        "note": "Old",
        "reference": "R-1",
        "payments_max": 3,
        "starts_at": "2030-01-01T00:00:00Z",
        "due_at": "2030-02-01T00:00:00Z",
        "expires_at": "2030-03-01T00:00:00Z",
        "redirect_url": "https://example.com/",
        "closed_message": "Closed",
        "metadata": {"a": "1"},
    }
    link = await bea.link(**fields)
    cleared = (await bea.patch(f"/v1/payment_links/{link['id']}", dict.fromkeys(fields))).json()
    assert {name: cleared[name] for name in fields} == {
        "note": "",
        "reference": "",
        "payments_max": None,
        "starts_at": None,
        "due_at": None,
        "expires_at": None,
        "redirect_url": None,
        "closed_message": "",
        "metadata": {},
    }
    assert cleared["status"] == "active"


@pytest.mark.parametrize("name", ["amount_minor", "currency", "description"])
async def test_patch_cannot_clear_what_a_link_needs(bea: Caller, name: str):
    link = await bea.link()
    refused = await bea.patch(f"/v1/payment_links/{link['id']}", {name: None})
    assert problem(refused) == (422, "field_invalid", name)
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json() == link


async def test_an_empty_patch_makes_no_version(bea: Caller):
    link = await bea.link()
    assert (await bea.patch(f"/v1/payment_links/{link['id']}", {})).json() == link


async def test_a_patch_of_an_old_version_is_refused(bea: Caller):
    link = await bea.link()
    path = f"/v1/payment_links/{link['id']}"
    first = await bea.patch(path, {"amount_minor": 4_100}, headers={"if-match": '"1"'})
    assert first.status_code == 200
    second = await bea.patch(path, {"amount_minor": 4_200}, headers={"if-match": '"1"'})
    assert problem(second) == (412, "version_conflict", None)
    assert (await bea.get(path)).json()["amount_minor"] == 4_100
    anyway = await bea.patch(path, {"amount_minor": 4_300}, headers={"if-match": "*"})
    assert anyway.json()["amount_minor"] == 4_300
    nonsense = await bea.patch(path, {"amount_minor": 4_400}, headers={"if-match": "1"})
    assert problem(nonsense) == (422, "field_invalid", "If-Match")


async def test_a_link_is_paused_resumed_and_canceled(bea: Caller):
    link = await bea.link()
    path = f"/v1/payment_links/{link['id']}"
    for action, status in (("pause", "paused"), ("resume", "active"), ("cancel", "canceled")):
        for _ in range(2):
            moved = await bea.post(f"{path}/{action}")
            assert (moved.status_code, moved.json()["status"]) == (200, status)
    refused = await bea.post(f"{path}/resume")
    assert problem(refused) == (409, "transition_refused", None)
    assert problem(await bea.patch(path, {"amount_minor": 1})) == (409, "transition_refused", None)
    types = [
        event["type"] for event in (await bea.get("/v1/events", payment_link_id=link["id"])).json()["data"]
    ]
    assert types == [
        "payment_link.canceled",
        "payment_link.resumed",
        "payment_link.paused",
        "payment_link.created",
    ]


async def test_an_action_takes_no_fields(bea: Caller):
    link = await bea.link()
    path = f"/v1/payment_links/{link['id']}/cancel"
    assert problem(await bea.post(path, {"status": "paid"})) == (422, "field_invalid", "status")
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json()["status"] == "active"
    assert (await bea.post(path, {})).json()["status"] == "canceled"


async def test_a_duplicate_is_a_new_link_with_the_same_terms(bea: Caller):
    link = await bea.link(note="Hello", metadata={"a": "1"})
    await bea.post(f"/v1/payment_links/{link['id']}/cancel")
    copied = await bea.post(f"/v1/payment_links/{link['id']}/duplicate")
    assert copied.status_code == 201
    copy = copied.json()
    assert copy["status"] == "active"
    new = {"id", "url", "created_at", "updated_at"}
    assert all(copy[name] != link[name] for name in new)
    assert {name: copy[name] for name in copy if name not in new} == {
        name: link[name] for name in link if name not in new
    }


async def test_ids_that_are_none_are_not_found(bea: Caller):
    for text in (
        "1",
        "plink_",
        "plink_%00",
        "pay_01kan4v0zqf7wv9h6m2s8d3r5t",
        "..%2f..",
        "plink_" + "z" * 400,
    ):
        assert problem(await bea.get(f"/v1/payment_links/{text}"))[:2] == (404, "not_found"), text


async def test_at06_what_another_merchant_has_is_not_found(rig: Rig):
    """LL18, AT02, AT06: and nothing moves."""
    bea, cy = rig.bea, rig.cy
    link = await bea.link()
    path = f"/v1/payment_links/{link['id']}"
    before = await bea.count()
    missing = (404, "not_found", "id")
    assert problem(await cy.get(path)) == missing
    assert problem(await cy.patch(path, {"amount_minor": 1})) == missing
    for action in ("pause", "resume", "cancel", "duplicate"):
        assert problem(await cy.post(f"{path}/{action}")) == missing
        assert problem(await cy.post(f"{path}/{action}", key=f"key-{action}")) == missing
    assert (await cy.get("/v1/payment_links")).json()["data"] == []
    assert (await cy.get("/v1/payment_links", search="bicycle")).json()["data"] == []
    assert (await cy.get("/v1/payment_links", cursor=link["id"])).json()["data"] == []
    assert (await cy.get("/v1/events", payment_link_id=link["id"])).json()["data"] == []
    event = (await bea.get("/v1/events")).json()["data"][0]
    assert problem(await cy.get(f"/v1/events/{event['id']}")) == missing
    assert (await bea.get(path)).json() == link
    assert await bea.count() == before
    # a header or parameter that names another merchant changes nothing
    named = await cy.call("GET", "/v1/payment_links", headers={"x-merchant-id": bea.merchant_id})
    assert named.json()["data"] == []


async def test_an_expired_link_says_so_by_itself(rig: Rig):
    assert rig.clock is not None
    soon = rig.clock.now_us() // 1_000_000 + 60
    at = datetime.fromtimestamp(soon, UTC)
    link = await rig.bea.link(expires_at=at.isoformat())
    assert link["status"] == "active"
    rig.clock.ahead_s = 61
    assert (await rig.bea.get(f"/v1/payment_links/{link['id']}")).json()["status"] == "expired"


async def test_a_link_names_its_gateways_and_null_takes_the_names_away(paying: Paying):
    bea = paying.bea
    made = (await bea.post("/v1/payment_links", {**LINK, "allowed_gateways": ["sandbox"]})).json()
    assert (made["allowed_gateways"], made["denied_gateways"]) == (["sandbox"], [])
    url = f"/v1/payment_links/{made['id']}"
    refused = await bea.patch(url, {"denied_gateways": ["paypal_"], "note": "Hello"})
    assert problem(refused) == (422, "field_invalid", "denied_gateways")
    edited = (await bea.patch(url, {"allowed_gateways": None, "note": "Hello"})).json()
    assert (edited["allowed_gateways"], edited["version"]) == ([], 2)
    wrong = await bea.post("/v1/payment_links", {**LINK, "allowed_gateways": "sandbox"})
    assert problem(wrong) == (422, "field_invalid", "allowed_gateways")


async def test_a_link_has_the_address_that_was_chosen(bea: Caller):
    link = await bea.link(slug="Cake-Order")
    assert link["url"] == f"{BASE_URL}/p/cake-order"
    taken = problem(await bea.post("/v1/payment_links", {**LINK, "slug": "cake-order"}))
    assert taken == (422, "field_invalid", "slug")
    copy = (await bea.post(f"/v1/payment_links/{link['id']}/duplicate", {})).json()
    assert re.fullmatch(re.escape(BASE_URL) + r"/p/[\w-]{11}", copy["url"])
    await bea.post(f"/v1/payment_links/{link['id']}/cancel", {})
    assert problem(await bea.post("/v1/payment_links", {**LINK, "slug": "cake-order"})) == taken
    assert problem(await bea.post("/v1/payment_links", {**LINK, "slug": "cake order"})) == taken
    assert problem(await bea.patch(f"/v1/payment_links/{copy['id']}", {"slug": "cake"}))[0] == 422


async def test_of_those_who_take_an_address_at_once_one_has_it(bea: Caller):
    answers = await asyncio.gather(
        *(bea.post("/v1/payment_links", {**LINK, "slug": "one-of-us"}) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]


async def test_a_repeated_request_finds_the_link_with_its_address(bea: Caller):
    body = {**LINK, "slug": "asked-twice"}
    first = await bea.post("/v1/payment_links", body, key="once")
    again = await bea.post("/v1/payment_links", body, key="once")
    assert (first.status_code, again.json()) == (201, first.json())


async def test_each_edit_is_kept_with_what_it_changed(bea: Caller, rig: Rig):
    link = await bea.link(reference="INV-7", metadata={"order": "17"}, slug="cake-order")
    path = f"/v1/payment_links/{link['id']}"
    for patch in (
        {"amount_minor": 4_500, "note": "Thank you"},
        {"currency": "EUR", "reference": None},
        {"metadata": {"order": None, "shop": "north"}, "expires_at": "2030-03-01T00:00:00Z"},
        {"payments_max": None},
    ):
        assert (await bea.patch(path, patch)).status_code == 200
    assert (await bea.patch(path, {"note": "Thank you"})).status_code == 200, "nothing new is no version"
    page = (await bea.get(f"{path}/versions")).json()
    assert page["next_cursor"] is None
    assert [(each["version"], each["changed"]) for each in page["data"]] == [
        (5, ["payments_max"]),
        (4, ["expires_at", "metadata"]),
        (3, ["currency", "reference"]),
        (2, ["amount_minor", "note"]),
        (1, []),
    ]
    newest, *_, first = page["data"]
    now = (await bea.get(path)).json()
    assert {name: newest[name] for name in newest.keys() & now.keys() - {"object", "created_at"}} == {
        name: now[name] for name in newest.keys() & now.keys() - {"object", "created_at"}
    }
    assert (first["amount_minor"], first["currency"], first["reference"]) == (4_000, "USD", "INV-7")
    assert (first["metadata"], first["payment_link_id"]) == ({"order": "17"}, link["id"])
    assert first["created_by"].startswith("key_")


async def test_versions_come_in_pages_and_only_to_their_merchant(bea: Caller, rig: Rig):
    link = await bea.link()
    path = f"/v1/payment_links/{link['id']}"
    for number in range(5):
        await bea.patch(path, {"amount_minor": 100 + number})
    seen: list[tuple[int, list[str]]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await bea.get(f"{path}/versions?limit=2{cursor and f'&cursor={cursor}'}")).json()
        seen += [(each["version"], each["changed"]) for each in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [*((number, ["amount_minor"]) for number in (6, 5, 4, 3, 2)), (1, [])]
    assert (await bea.get(f"{path}/versions?cursor=1")).json()["data"] == []
    assert problem(await bea.get(f"{path}/versions?cursor=none")) == (422, "field_invalid", "cursor")
    for caller in (rig.cy, bea):
        where = path if caller is not bea else f"/v1/payment_links/plink_{'0' * 26}"
        assert problem(await caller.get(f"{where}/versions"))[:2] == (404, "not_found")


async def test_canceling_says_what_becomes_of_a_part_that_is_paid(bea: Caller):
    made = await bea.link(amount_minor=5_000, payments_max=None, partial_payments={"minimum_minor": 500})
    path = f"/v1/payment_links/{made['id']}/cancel"
    assert problem(await bea.post(path, {"payments": "burn"})) == (422, "field_invalid", "payments")
    assert (await bea.post(path, {"payments": "refund"})).json()["status"] == "canceled"


async def test_a_draft_is_published(bea: Caller):
    made = await bea.link(is_draft=True)
    assert made["status"] == "draft"
    path = f"/v1/payment_links/{made['id']}"
    assert (await bea.post(f"{path}/pause")).status_code == 409
    for _ in range(2):
        assert (await bea.post(f"{path}/publish")).json()["status"] == "active"
    await bea.post(f"{path}/cancel")
    assert problem(await bea.post(f"{path}/publish"))[:2] == (409, "transition_refused")


async def test_a_links_texts_in_other_languages_are_sent_whole_checked_and_cleared(bea: Caller):
    german = {"description": "Gitarrenstunde", "note": "", "closed_message": "Vorbei."}
    link = await bea.link(locale="de", translations={"de": german})
    assert (link["locale"], link["translations"]) == ("de", {"de": german})
    path = f"/v1/payment_links/{link['id']}"
    french = {"fr": {"note": " À vendredi. "}, "es": {}}
    changed = (await bea.patch(path, {"translations": french})).json()
    assert changed["translations"] == {"fr": {"description": "", "note": "À vendredi.", "closed_message": ""}}
    [newest, _] = (await bea.get(f"{path}/versions")).json()["data"]
    assert newest["changed"] == ["translations"]
    cleared = (await bea.patch(path, {"translations": None, "locale": None})).json()
    assert (cleared["locale"], cleared["translations"]) == ("auto", {})


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"locale": "tlh"}, "locale"),
        ({"translations": {"tlh": {"note": "Qapla"}}}, "translations"),
        ({"translations": {"de": {"note": "4242 4242 4242 4242"}}}, "translations.de.note"),
        ({"translations": {"de": {"description": "x" * 501}}}, "translations.de.description"),
    ],
)
async def test_texts_in_other_languages_are_held_to_the_same_rules(
    bea: Caller, sent: dict[str, Any], param: str
):
    link = await bea.link()
    refused = await bea.patch(f"/v1/payment_links/{link['id']}", sent)
    assert problem(refused) == (422, "field_invalid", param)
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json() == link
