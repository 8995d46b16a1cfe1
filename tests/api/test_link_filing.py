"""Links kept in order over the API: archived, tagged, with a note that payers never see."""

from typing import Any

import pytest

from linktill.core.link_filing import TAGS_MAX
from tests.api.rig import LINK, Caller, Rig, problem

LINKS = "/v1/payment_links"
FILED = {"tags": ["Wholesale", "spring 2027"], "internal_note": "Called twice.\nPays by transfer."}


async def ids(bea: Caller, **params: str) -> list[str]:
    return [link["id"] for link in (await bea.get(LINKS, **params)).json()["data"]]


async def test_ll14_archived_links_are_listed_only_where_they_are_asked_for(bea: Caller):
    link, other = await bea.link(), await bea.link()
    put_away = await bea.post(f"{LINKS}/{link['id']}/archive")
    assert (put_away.status_code, put_away.json()["status"]) == (200, "archived")
    assert put_away.headers["etag"] == '"1"'
    assert await ids(bea) == await ids(bea, search="bicycle") == [other["id"]]
    assert await ids(bea, status="archived") == [link["id"]]
    assert (await bea.get(f"{LINKS}/{link['id']}")).json()["status"] == "archived"
    assert problem(await bea.post(f"{LINKS}/{link['id']}/cancel")) == (409, "transition_refused", None)
    assert problem(await bea.patch(f"{LINKS}/{link['id']}", {"note": "x"})) == (
        409,
        "transition_refused",
        None,
    )
    back = await bea.post(f"{LINKS}/{link['id']}/unarchive")
    assert (back.status_code, back.json()["status"]) == (200, "active")
    assert await ids(bea) == [other["id"], link["id"]]
    types = [
        event["type"] for event in (await bea.get("/v1/events", payment_link_id=link["id"])).json()["data"]
    ]
    assert types == ["payment_link.unarchived", "payment_link.archived", "payment_link.created"]


async def test_archiving_is_done_once_per_key(bea: Caller):
    link = await bea.link()
    first = await bea.post(f"{LINKS}/{link['id']}/archive", key="k1")
    await bea.post(f"{LINKS}/{link['id']}/unarchive")
    again = await bea.post(f"{LINKS}/{link['id']}/archive", key="k1")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (await bea.get(f"{LINKS}/{link['id']}")).json()["status"] == "active"


async def test_nobody_archives_what_others_have(rig: Rig):
    link = await rig.bea.link()
    for action in ("archive", "unarchive"):
        assert problem(await rig.cy.post(f"{LINKS}/{link['id']}/{action}"))[:2] == (404, "not_found")
    assert (await rig.bea.get(f"{LINKS}/{link['id']}")).json()["status"] == "active"


async def test_a_link_carries_its_tags_and_note_wherever_it_is_shown(bea: Caller):
    link = await bea.link(**FILED)
    plain = await bea.link()
    assert {name: link[name] for name in FILED} == FILED
    assert (plain["tags"], plain["internal_note"]) == ([], "")
    assert (await bea.get(f"{LINKS}/{link['id']}")).json() == link
    assert (await bea.get(LINKS)).json()["data"] == [plain, link]
    assert (await bea.get(LINKS, tag="WHOLESALE")).json()["data"] == [link]
    assert (await bea.get(LINKS, search="transfer")).json()["data"] == [link]
    paused = await bea.post(f"{LINKS}/{link['id']}/pause")
    assert {name: paused.json()[name] for name in FILED} == FILED
    copy = (await bea.post(f"{LINKS}/{link['id']}/duplicate")).json()
    assert (copy["tags"], copy["internal_note"]) == (FILED["tags"], "")
    events = (await bea.get("/v1/events", payment_link_id=link["id"])).json()["data"]
    assert [event["data"]["object"]["tags"] for event in events] == [FILED["tags"]] * 2


async def test_filing_is_changed_and_cleared_without_a_new_version(bea: Caller):
    link = await bea.link(**FILED)
    path = f"{LINKS}/{link['id']}"
    tagged = await bea.patch(path, {"tags": ["new"]}, headers={"if-match": '"1"'})
    assert (tagged.json()["tags"], tagged.json()["version"]) == (["new"], 1)
    assert tagged.json()["internal_note"] == FILED["internal_note"]
    stale = await bea.patch(path, {"tags": []}, headers={"if-match": '"7"'})
    assert problem(stale) == (412, "version_conflict", None)
    cleared = (await bea.patch(path, {"tags": None, "internal_note": None})).json()
    assert (cleared["tags"], cleared["internal_note"], cleared["version"]) == ([], "", 1)
    both = (await bea.patch(path, {"tags": ["a"], "amount_minor": 5_000})).json()
    assert (both["tags"], both["amount_minor"], both["version"]) == (["a"], 5_000, 2)
    await bea.post(f"{path}/cancel")
    assert (await bea.patch(path, {"tags": ["over"]})).json()["tags"] == ["over"]
    assert problem(await bea.patch(path, {"tags": ["x"], "note": "y"})) == (409, "transition_refused", None)
    assert (await bea.get(path)).json()["tags"] == ["over"], "nothing of what was refused"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tags", ["a,b"]),
        ("tags", [""]),
        ("tags", ["x" * 41]),
        ("tags", [str(number) for number in range(TAGS_MAX + 1)]),
        ("tags", ["4242424242424242"]),
        ("tags", "wholesale"),
        ("internal_note", "x" * 2_001),
        ("internal_note", "card 4242 4242 4242 4242"),
        ("internal_note", ["a"]),
    ],
)
async def test_what_cannot_be_filed_is_refused_by_its_field_and_nothing_is_kept(
    bea: Caller, field: str, value: object
):
    link = await bea.link()
    events = await bea.count()
    made = problem(await bea.post(LINKS, {**LINK, field: value}))
    edited = problem(await bea.patch(f"{LINKS}/{link['id']}", {field: value}))
    assert made == edited == (422, "field_invalid", field)
    assert await bea.count() == events


@pytest.mark.parametrize("tag", ["", "a,b", "x" * 41, "%00"])
async def test_a_tag_that_cannot_be_is_not_looked_for(bea: Caller, tag: str):
    refused = await bea.call("GET", f"{LINKS}?tag={tag}")
    assert problem(refused) == (422, "field_invalid", "tag")


async def test_lists_by_tag_go_page_by_page_and_take_other_filters(rig: Rig):
    bea = rig.bea
    made = [(await bea.link(tags=["all", f"n{number % 2}"]))["id"] for number in range(5)]
    first = (await bea.get(LINKS, tag="all", limit="2")).json()
    assert [link["id"] for link in first["data"]] == [made[4], made[3]]
    assert await ids(bea, tag="all", cursor=first["next_cursor"]) == made[2::-1]
    await bea.post(f"{LINKS}/{made[2]}/pause")
    assert await ids(bea, tag="n0", status="paused") == [made[2]]
    assert await ids(bea, tag="n0", search="bicycle") == [made[4], made[2], made[0]]
    await bea.post(f"{LINKS}/{made[0]}/archive")
    assert await ids(bea, tag="n0") == [made[4], made[2]]
    assert await ids(rig.cy, tag="all") == []


async def controlled(caller: Caller, action: str, *ids: str, **more: object) -> dict[str, Any]:
    answer = await caller.post(f"{LINKS}/control", {"action": action, "payment_links": list(ids), **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_several_are_paused_at_once_and_each_says_what_came_of_it(rig: Rig):
    bea = rig.bea
    one, other, over = [(await bea.link())["id"] for _ in range(3)]
    theirs = (await rig.cy.link())["id"]
    await bea.post(f"{LINKS}/{over}/cancel")
    told = await controlled(bea, "pause", one, over, theirs, one, other, "nonsense")
    assert (told["action"], told["done"], told["refused"]) == ("pause", 2, 3)
    assert [(each["payment_link_id"], each["is_done"], each["status"]) for each in told["results"]] == [
        (one, True, "paused"),
        (over, False, "canceled"),
        (theirs, False, None),
        (other, True, "paused"),
        ("nonsense", False, None),
    ]
    assert [bool(each["message"]) for each in told["results"]] == [False, True, True, False, True]
    assert (await rig.cy.get(f"{LINKS}/{theirs}")).json()["status"] == "active"
    assert (await controlled(bea, "resume", one, other))["done"] == 2
    assert (await controlled(bea, "archive", one, over))["done"] == 2
    assert await ids(bea) == [other]
    assert (await controlled(bea, "unarchive", one, over))["done"] == 2
    assert [(await bea.get(f"{LINKS}/{each}")).json()["status"] for each in (one, over)] == [
        "active",
        "canceled",
    ]
    draft = (await bea.link(is_draft=True))["id"]
    assert (await controlled(bea, "publish", draft))["results"][0]["status"] == "active"


async def test_what_is_done_with_several_is_done_once_per_key(bea: Caller):
    link = (await bea.link())["id"]
    body = {"action": "cancel", "payment_links": [link, "plink_0"]}
    first = await bea.post(f"{LINKS}/control", body, key="k1")
    again = await bea.post(f"{LINKS}/control", body, key="k1")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (await bea.get(f"{LINKS}/{link}")).json()["status"] == "canceled"
    events = (await bea.get("/v1/events", payment_link_id=link)).json()["data"]
    assert [event["type"] for event in events] == ["payment_link.canceled", "payment_link.created"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"action": "pause", "payment_links": []}, "payment_links"),
        ({"action": "pause", "payment_links": ["plink_0"] * 101}, "payment_links"),
        ({"action": "pause", "payment_links": "plink_0"}, "payment_links"),
        ({"action": "pause"}, "payment_links"),
        ({"action": "burn", "payment_links": ["plink_0"]}, "action"),
        ({"action": "pause", "payment_links": ["plink_0"], "payments": "keep"}, "payments"),
        ({"action": "cancel", "payment_links": ["plink_0"], "payments": "refund"}, "payments"),
    ],
)
async def test_what_cannot_be_done_with_several_is_refused_by_its_field(
    bea: Caller, body: dict[str, object], param: str
):
    assert problem(await bea.post(f"{LINKS}/control", body))[1:] == ("field_invalid", param)
