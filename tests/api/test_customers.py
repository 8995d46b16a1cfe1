"""Customers over the API."""

from typing import Any

import pytest

from linktill.core.customer import NAME_MAX, NOTE_MAX
from linktill.core.link_terms import METADATA_MAX
from linktill.flows.file_payers import file_payers
from tests.api.conftest import Paying
from tests.api.rig import Caller, Rig, problem

CUSTOMERS = "/v1/customers"
ADA = {"name": "Ada Byron", "email": "Ada@Example.com"}
NOBODY = "cus_00000000000000000000000000"


async def kept(bea: Caller, **fields: Any) -> dict[str, Any]:
    made = await bea.post(CUSTOMERS, {**ADA, **fields})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def found(bea: Caller, **params: Any) -> list[str]:
    return [each["id"] for each in (await bea.get(CUSTOMERS, **params)).json()["data"]]


async def test_a_customer_is_made_read_and_edited(bea: Caller):
    customer = await kept(
        bea, phone="+1 555 0100", company="Engines", note="Pays late.\nAsk.", metadata={"a": "1", "b": "2"}
    )
    path = f"{CUSTOMERS}/{customer['id']}"
    assert customer == {
        "object": "customer",
        "id": customer["id"],
        "name": "Ada Byron",
        "email": "Ada@example.com",
        "phone": "+1 555 0100",
        "company": "Engines",
        "note": "Pays late.\nAsk.",
        "metadata": {"a": "1", "b": "2"},
        "merged_into": None,
        "created_at": customer["created_at"],
        "updated_at": customer["created_at"],
    }
    assert customer["id"].startswith("cus_")
    assert (await bea.get(path)).json() == customer
    assert (await bea.get(CUSTOMERS)).json() == {"object": "list", "data": [customer], "next_cursor": None}
    changes = {"name": "Ada King", "phone": None, "note": None, "metadata": {"a": None, "c": "3"}}
    edited = (await bea.patch(path, changes)).json()
    assert edited == {
        **customer,
        "name": "Ada King",
        "phone": "",
        "note": "",
        "metadata": {"b": "2", "c": "3"},
        "updated_at": edited["updated_at"],
    }
    assert (await bea.patch(path, {})).json() == edited
    cleared = (await bea.patch(path, {"email": None, "company": None, "metadata": None})).json()
    assert (cleared["email"], cleared["company"], cleared["metadata"]) == ("", "", {})
    assert (await bea.get(path)).json() == cleared


async def test_a_customer_is_made_once_per_key(bea: Caller):
    first = await bea.post(CUSTOMERS, ADA, key="k1")
    again = await bea.post(CUSTOMERS, ADA, key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert problem(await bea.post(CUSTOMERS, {"name": "Cy"}, key="k1")) == (422, "idempotency_mismatch", None)
    assert len(await found(bea)) == 1


async def test_an_address_belongs_to_one_customer(bea: Caller):
    ada = await kept(bea)
    taken = await bea.post(CUSTOMERS, {"email": "ADA@EXAMPLE.COM"})
    assert problem(taken) == (422, "field_invalid", "email")
    assert ada["id"] in taken.json()["detail"]
    other = await kept(bea, email="bo@example.com")
    path = f"{CUSTOMERS}/{other['id']}"
    assert problem(await bea.patch(path, {"email": "ada@example.com"})) == (422, "field_invalid", "email")
    assert (await bea.get(path)).json() == other
    mine = await bea.patch(f"{CUSTOMERS}/{ada['id']}", {"email": "ada@EXAMPLE.com"})
    assert mine.json()["email"] == "ada@example.com", "its own address, written otherwise"
    assert len({(await kept(bea, email=""))["id"] for _ in range(2)}) == 2, "many may have none"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * (NAME_MAX + 1)),
        ("name", "4242 4242 4242 4242"),
        ("name", 7),
        ("email", "nobody"),
        ("email", "a@b@c"),
        ("email", "x" * 250 + "@example.com"),
        ("email", "4242424242424242@example.com"),
        ("phone", "1" * 41),
        ("company", "x" * 201),
        ("note", "x" * (NOTE_MAX + 1)),
        ("metadata", {"k": 1}),
        ("metadata", {f"k{number}": "v" for number in range(METADATA_MAX + 1)}),
        ("merged_into", None),
        ("id", "cus_1"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(bea: Caller, field: str, value: object):
    refused = await bea.post(CUSTOMERS, {**ADA, field: value})
    assert refused.status_code == 422
    assert (refused.json()["param"] or "").partition(".")[0] == field
    assert await found(bea) == []


async def test_all_fields_at_fault_are_named_and_a_customer_has_something(bea: Caller):
    refused = await bea.post(CUSTOMERS, {"email": "nobody", "phone": "1" * 41, "company": "x" * 201})
    assert [error["param"] for error in refused.json()["errors"]] == ["email", "phone", "company"]
    assert problem(await bea.post(CUSTOMERS, {"note": "Somebody."})) == (422, "field_invalid", "name")
    assert (await bea.post(CUSTOMERS, {"company": "Engines"})).status_code == 201


async def test_they_are_listed_found_and_filtered(bea: Caller):
    ada = await kept(bea)
    bob = await kept(bea, name="Bob Ärger", email="bob.byron@example.org", company="Räder GmbH")
    cy = await kept(bea, name="Cy", email="", phone="+49 30 1234")
    assert await found(bea) == [cy["id"], bob["id"], ada["id"]]
    for text, ids in {
        "byron": [bob["id"], ada["id"]],
        "arger rader": [bob["id"]],
        "ada@example.com": [ada["id"]],
        "bob.byron@exam": [bob["id"]],
        "1234": [cy["id"]],
        "yron": [],
        "%": [],
    }.items():
        assert await found(bea, search=text) == ids, text
    assert await found(bea, email="ADA@example.com") == [ada["id"]]
    assert await found(bea, email="ada@example") == []
    first = (await bea.get(CUSTOMERS, limit=2)).json()
    assert first["next_cursor"] == bob["id"]
    assert await found(bea, cursor=first["next_cursor"]) == [ada["id"]]
    await bea.patch(f"{CUSTOMERS}/{cy['id']}", {"name": "Dee"})
    assert (await found(bea, search="cy"), await found(bea, search="dee")) == ([], [cy["id"]])
    for params, param in (
        ({"search": "x" * 201}, "search"),
        ({"email": ""}, "email"),
        ({"email": "a\x00b"}, "email"),
        ({"cursor": "tpl_1"}, "cursor"),
        ({"name": "Ada"}, "name"),
    ):
        assert problem(await bea.get(CUSTOMERS, **params)) == (422, "field_invalid", param)


async def test_a_link_names_its_customer(bea: Caller):
    ada, bo = await kept(bea), await kept(bea, email="bo@example.com")
    link, other = await bea.link(customer=ada["id"], tags=["a"]), await bea.link()
    path = f"/v1/payment_links/{link['id']}"
    assert (link["customer"], other["customer"]) == (ada["id"], None)
    assert (await bea.get(path)).json() == link

    async def links(customer: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        answer = await bea.get("/v1/payment_links", customer=customer["id"], **more)
        return list(answer.json()["data"])

    assert await links(ada) == [link]
    assert (await bea.get("/v1/payment_links")).json()["data"] == [other, link]
    moved = (await bea.patch(path, {"customer": bo["id"]})).json()
    assert moved == {**link, "customer": bo["id"], "updated_at": moved["updated_at"]}
    assert (await links(ada), await links(bo, tag="a"), await links(bo, tag="b")) == ([], [moved], [])
    tagged = (await bea.patch(path, {"tags": None})).json()
    assert tagged["customer"] == bo["id"], "what is left out stays"
    assert (await bea.patch(path, {"customer": None})).json()["customer"] is None
    assert await links(bo) == []
    copy = (await bea.post(f"/v1/payment_links/{link['id']}/duplicate")).json()
    assert copy["customer"] is None
    for wrong in (NOBODY, "plink_1", ""):
        refused = await bea.post(
            "/v1/payment_links", {"amount_minor": 1, "currency": "USD", "description": "x", "customer": wrong}
        )
        assert problem(refused) == (422, "field_invalid", "customer")
        assert problem(await bea.patch(path, {"customer": wrong})) == (422, "field_invalid", "customer")
    template = (
        await bea.post(
            "/v1/payment_link_templates",
            {"name": "t", "amount_minor": 1, "currency": "USD", "description": "x"},
        )
    ).json()
    assert "customer" not in template
    made = await bea.post(f"/v1/payment_link_templates/{template['id']}/use", {"customer": bo["id"]})
    assert (made.status_code, made.json()["customer"]) == (201, bo["id"])


async def test_two_become_one(bea: Caller):
    ada = await kept(bea, company="", note="Old.", metadata={"a": "1", "b": "1"})
    bo = await kept(bea, email="", name="Bo", company="Bo & Co", metadata={"b": "2"})
    link = await bea.link(customer=ada["id"])
    answer = await bea.post(f"{CUSTOMERS}/{ada['id']}/merge", {"into": bo["id"]}, key="m1")
    gone = answer.json()
    assert (answer.status_code, gone["merged_into"]) == (200, bo["id"])
    assert gone == {**ada, "merged_into": bo["id"], "updated_at": gone["updated_at"]}
    stays = (await bea.get(f"{CUSTOMERS}/{bo['id']}")).json()
    assert stays == {
        **bo,
        "email": "Ada@example.com",
        "note": "Old.",
        "metadata": {"b": "2", "a": "1"},
        "updated_at": stays["updated_at"],
    }
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json()["customer"] == bo["id"]
    assert (await bea.get(f"{CUSTOMERS}/{ada['id']}")).json() == gone
    assert (await found(bea), await found(bea, search="ada")) == ([bo["id"]], [bo["id"]])
    events = await bea.count()
    again = await bea.post(f"{CUSTOMERS}/{ada['id']}/merge", {"into": bo["id"]})
    assert (again.json(), await bea.count()) == (gone, events), "once more changes nothing"
    replayed = await bea.post(f"{CUSTOMERS}/{ada['id']}/merge", {"into": bo["id"]}, key="m1")
    assert replayed.content == answer.content
    told = [each["type"] for each in (await bea.get("/v1/events", limit=2)).json()["data"]]
    assert told == ["customer.updated", "customer.merged"]
    for path, body in ((ada["id"], {"name": "x"}),):
        refused = await bea.patch(f"{CUSTOMERS}/{path}", body)
        assert problem(refused) == (409, "transition_refused", "id")
    named = await bea.patch(f"/v1/payment_links/{link['id']}", {"customer": ada["id"]})
    assert problem(named) == (422, "field_invalid", "customer")
    assert bo["id"] in named.json()["detail"], "it says whom to name instead"


async def test_a_merge_that_cannot_be_changes_nothing(rig: Rig):
    bea = rig.bea
    ada, bo, cy = [await kept(bea, email=f"{name}@example.com") for name in ("ada", "bo", "cy")]
    theirs = await kept(rig.cy)

    async def merged(gone: dict[str, Any], into: str) -> Any:
        return await bea.post(f"{CUSTOMERS}/{gone['id']}/merge", {"into": into})

    before = (await bea.get(CUSTOMERS)).json()
    for into in (ada["id"], NOBODY, theirs["id"], "plink_1", ""):
        assert problem(await merged(ada, into)) == (422, "field_invalid", "into")
    assert problem(await merged(theirs, ada["id"])) == (404, "not_found", "id")
    assert (await bea.get(CUSTOMERS)).json() == before
    assert (await merged(ada, bo["id"])).status_code == 200
    circle = await merged(bo, ada["id"])
    assert problem(circle) == (422, "field_invalid", "into")
    assert problem(await merged(cy, ada["id"])) == (422, "field_invalid", "into")
    assert problem(await merged(ada, cy["id"])) == (409, "transition_refused", None)
    assert (await merged(bo, cy["id"])).status_code == 200
    assert (await bea.get(f"{CUSTOMERS}/{ada['id']}")).json()["merged_into"] == cy["id"], "no chains"
    assert (await merged(ada, bo["id"])).json()["merged_into"] == cy["id"], "the same merge, later"


async def test_only_one_on_which_nothing_hangs_is_deleted(bea: Caller):
    ada, bo, cy = [await kept(bea, name=name, email=f"{name}@example.com") for name in ("ada", "bo", "cy")]
    link = await bea.link(customer=ada["id"])
    await bea.post(f"{CUSTOMERS}/{bo['id']}/merge", {"into": cy["id"]})
    for customer in (ada, bo, cy):
        refused = await bea.call("DELETE", f"{CUSTOMERS}/{customer['id']}")
        assert problem(refused)[:2] == (409, "transition_refused")
    await bea.patch(f"/v1/payment_links/{link['id']}", {"customer": None})
    assert (await bea.call("DELETE", f"{CUSTOMERS}/{ada['id']}")).status_code == 204
    assert problem(await bea.get(f"{CUSTOMERS}/{ada['id']}")) == (404, "not_found", "id")
    assert problem(await bea.call("DELETE", f"{CUSTOMERS}/{ada['id']}")) == (404, "not_found", "id")
    assert await found(bea, search="ada") == []
    assert (await bea.get("/v1/events", limit=1)).json()["data"][0]["type"] == "customer.deleted"
    assert (await kept(bea, email="ada@example.com"))["id"] != ada["id"], "its address is free again"


async def test_others_see_none_of_it(rig: Rig):
    ada = await kept(rig.bea)
    path = f"{CUSTOMERS}/{ada['id']}"
    link = await rig.bea.link(customer=ada["id"])
    theirs = await kept(rig.cy)
    for answer in (
        await rig.cy.get(path),
        await rig.cy.get(f"{path}/export"),
        await rig.cy.patch(path, {"name": "x"}),
        await rig.cy.call("DELETE", path),
        await rig.cy.post(f"{path}/merge", {"into": theirs["id"]}),
    ):
        assert problem(answer) == (404, "not_found", "id")
    assert await found(rig.cy) == [theirs["id"]]
    assert await found(rig.cy, search="ada") == [theirs["id"]]
    for listed in ("/v1/payment_links", "/v1/payments"):
        assert (await rig.cy.get(listed, customer=ada["id"])).json()["data"] == []
    named = await rig.cy.post(
        "/v1/payment_links", {"amount_minor": 1, "currency": "USD", "description": "x", "customer": ada["id"]}
    )
    assert problem(named) == (422, "field_invalid", "customer")
    assert (await rig.bea.get(path)).json() == ada
    assert (await rig.bea.get(f"/v1/payment_links/{link['id']}")).json() == link


async def test_who_pays_is_on_file_and_taken_along(paying: Paying):
    bea, shop = paying.bea, paying.shop
    link = await shop.link()
    attempt = await shop.pay(link)
    payment = (await bea.get(f"/v1/payments/{attempt.id}")).json()
    assert (payment["status"], payment["customer"]) == ("captured", None)
    assert await file_payers(shop.services) == 1
    [ada] = (await bea.get(CUSTOMERS)).json()["data"]
    assert (ada["name"], ada["email"]) == ("Ada", "ada@example.com")
    payment = (await bea.get(f"/v1/payments/{attempt.id}")).json()
    assert payment["customer"] == ada["id"]
    assert (await bea.get("/v1/payments", customer=ada["id"])).json()["data"] == [payment]
    assert (await bea.get("/v1/payments", customer=ada["id"], status="failed")).json()["data"] == []
    bill = await bea.link(customer=ada["id"])
    refund = (await bea.post("/v1/refunds", {"payment_id": attempt.id, "amount_minor": 1_500})).json()
    export = (await bea.get(f"{CUSTOMERS}/{ada['id']}/export")).json()
    assert export == {
        "object": "customer_export",
        "customer": ada,
        "totals": [{"currency": "USD", "payments": 1, "captured_minor": 4_000, "refunded_minor": 0}],
        "payment_links": [bill],
        "payments": [(await bea.get(f"/v1/payments/{attempt.id}")).json()],
        "refunds": [refund],
        "receipts": [],
        "link_requests": [],
        "link_messages": [],
        "is_complete": True,
        "exported_at": export["exported_at"],
    }
    assert problem(await bea.call("DELETE", f"{CUSTOMERS}/{ada['id']}"))[:2] == (409, "transition_refused")
