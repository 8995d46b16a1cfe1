"""Templates over the API."""

import pytest

from linktill.core.link_template import TEMPLATES_MAX
from tests.api.rig import LINK, Caller, Rig, problem

TEMPLATES = "/v1/payment_link_templates"
LESSON = {
    "name": "Guitar lesson",
    "amount_minor": 4_000,
    "currency": "USD",
    "description": "Guitar lesson",
    "note": "See you",
    "metadata": {"room": "2"},
    "tags": ["lessons"],
    "internal_note": "Bring the amp.",
}


async def kept(bea: Caller, **fields: object) -> dict[str, object]:
    made = await bea.post(TEMPLATES, {**LESSON, **fields})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_template_is_kept_read_changed_used_and_deleted(bea: Caller):
    template = await kept(bea)
    path = f"{TEMPLATES}/{template['id']}"
    assert str(template["id"]).startswith("tpl_")
    assert {name: template[name] for name in LESSON} == LESSON
    assert (await bea.get(path)).json() == template
    assert (await bea.get(TEMPLATES)).json() == {"object": "list", "data": [template], "next_cursor": None}
    used = await bea.post(f"{path}/use", {"description": "Lesson on Friday", "note": None, "slug": "friday"})
    link = used.json()
    assert (used.status_code, used.headers["etag"], link["object"]) == (201, '"1"', "payment_link")
    assert link["url"].endswith("/p/friday")
    assert (link["description"], link["note"], link["metadata"]) == ("Lesson on Friday", "", {"room": "2"})
    assert (link["tags"], link["internal_note"]) == (["lessons"], "Bring the amp.")
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json() == link
    plain = (await bea.post(f"{path}/use")).json()
    assert {name: plain[name] for name in LESSON if name != "name"} == {
        name: value for name, value in LESSON.items() if name != "name"
    }
    edited = await bea.patch(path, {"name": "An hour", "amount_minor": 4_500, "tags": None})
    assert (edited.json()["name"], edited.json()["amount_minor"], edited.json()["tags"]) == (
        "An hour",
        4_500,
        [],
    )
    assert edited.json()["note"] == "See you"
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json() == link
    assert (await bea.call("DELETE", path)).status_code == 204
    assert problem(await bea.get(path)) == (404, "not_found", "id")
    assert problem(await bea.call("DELETE", path)) == (404, "not_found", "id")
    assert problem(await bea.post(f"{path}/use")) == (404, "not_found", "id")
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json() == link


async def test_a_template_and_its_link_are_made_once_per_key(bea: Caller):
    first = await bea.post(TEMPLATES, LESSON, key="k1")
    again = await bea.post(TEMPLATES, LESSON, key="k1")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    path = f"{TEMPLATES}/{first.json()['id']}"
    used = await bea.post(f"{path}/use", key="k2")
    await bea.call("DELETE", path)
    replayed = await bea.post(f"{path}/use", key="k2")
    assert replayed.content == used.content, "what was made is told, though the template is gone"
    assert len((await bea.get("/v1/payment_links")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "4242 4242 4242 4242"),
        ("name", 7),
        ("amount_minor", 0),
        ("currency", "XXX"),
        ("description", " "),
        ("tags", ["a,b"]),
        ("internal_note", "x" * 2_001),
        ("slug", "guitar"),
        ("expires_at", "2020-01-01T00:00:00Z"),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_its_field(bea: Caller, field: str, value: object):
    template = await kept(bea, name="Other")
    assert problem(await bea.post(TEMPLATES, {**LESSON, field: value})) == (422, "field_invalid", field)
    edited = await bea.patch(f"{TEMPLATES}/{template['id']}", {field: value})
    assert problem(edited) == (422, "field_invalid", field)
    assert (await bea.get(TEMPLATES)).json()["data"] == [template]


async def test_names_are_taken_once(bea: Caller):
    await kept(bea)
    assert problem(await bea.post(TEMPLATES, {**LESSON, "name": "GUITAR LESSON"})) == (
        422,
        "field_invalid",
        "name",
    )
    other = await kept(bea, name="Other")
    renamed = await bea.patch(f"{TEMPLATES}/{other['id']}", {"name": "guitar lesson"})
    assert problem(renamed) == (422, "field_invalid", "name")


async def test_a_link_of_a_template_is_checked_like_any_other(bea: Caller):
    path = f"{TEMPLATES}/{(await kept(bea))['id']}/use"
    await bea.link(slug="taken")
    for body, param in (
        ({"slug": "taken"}, "slug"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"tags": ["a,b"]}, "tags"),
        ({"name": "x"}, "name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ):
        assert problem(await bea.post(path, body)) == (422, "field_invalid", param)
    assert len((await bea.get("/v1/payment_links")).json()["data"]) == 1


async def test_others_see_none_of_it(rig: Rig):
    template = await kept(rig.bea)
    path = f"{TEMPLATES}/{template['id']}"
    assert (await rig.cy.get(TEMPLATES)).json()["data"] == []
    for answer in (
        await rig.cy.get(path),
        await rig.cy.patch(path, {"name": "x"}),
        await rig.cy.call("DELETE", path),
        await rig.cy.post(f"{path}/use"),
    ):
        assert problem(answer) == (404, "not_found", "id")
    assert (await rig.bea.get(path)).json() == template
    assert problem(await rig.bea.get(f"{TEMPLATES}/plink_1"))[1] == "not_found"


async def test_there_is_a_limit_and_it_says_so(bea: Caller):
    for number in range(TEMPLATES_MAX):
        await kept(bea, name=f"Lesson {number}")
    assert problem(await bea.post(TEMPLATES, {**LINK, "name": "One more"})) == (429, "too_many", None)
