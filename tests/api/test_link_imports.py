"""A file of links over the API: sent, checked, started, followed, repeated."""

from typing import Any

import pytest

from linktill.core.link_import import FILE_MAX_BYTES
from linktill.flows.import_links import import_links
from tests.api.rig import Caller, Rig, problem

PATH = "/v1/payment_link_imports"
HEAD = "key,amount,currency,description\n"
GOOD = HEAD + "A,40.00,USD,Guitar lesson\nB,41.00,USD,Piano lesson\n"
BAD = HEAD + "A,40.00,USD,Guitar lesson\nB,free,USD,\n"


async def send(caller: Caller, text: str | bytes = GOOD, query: str = "", **more: Any) -> Any:
    headers = {"content-type": "text/csv", **more.pop("headers", {})}
    return await caller.post(
        PATH + query, content=text if isinstance(text, bytes) else text.encode(), headers=headers, **more
    )


async def followed(rig: Rig, caller: Caller, import_id: str) -> dict[str, Any]:
    while True:
        found = (await caller.get(f"{PATH}/{import_id}")).json()
        if found["status"] in {"checked", "done", "stopped"}:
            return dict(found)
        await import_links(rig.services, gives_way=False)


async def test_a_file_is_checked_started_and_followed(rig: Rig):
    sent = await send(rig.bea, BAD, "?file_name=lessons.csv")
    assert sent.status_code == 201, sent.text
    told = sent.json()
    assert (told["status"], told["rows_count"], told["file_name"]) == ("checking", 2, "lessons.csv")
    assert told["created_by"].startswith("key_")
    here = f"{PATH}/{told['id']}"
    assert (await rig.bea.get(f"{here}/rows")).json()["data"] == []
    checked = await followed(rig, rig.bea, told["id"])
    assert (checked["status"], checked["ready_count"], checked["failed_count"]) == ("checked", 1, 1)
    assert await rig.bea.count("/v1/payment_links") == 0
    assert (await rig.bea.get(PATH)).json()["data"] == [checked]
    first, second = (await rig.bea.get(f"{here}/rows")).json()["data"]
    assert (first["row"], first["status"], first["about"]) == (2, "ready", "40.00 USD, Guitar lesson")
    assert (second["row"], second["status"], second["url"]) == (3, "failed", None)
    assert sorted(error["column"] for error in second["errors"]) == ["amount", "description"]
    started = await rig.bea.post(f"{here}/start", key="go")
    assert (started.status_code, started.json()["status"]) == (200, "running")
    assert (await rig.bea.post(f"{here}/start", key="go")).headers["idempotent-replayed"] == "true"
    done = await followed(rig, rig.bea, told["id"])
    assert (done["status"], done["link_count"], done["failed_count"]) == ("done", 1, 1)
    [link] = (await rig.bea.get("/v1/payment_links")).json()["data"]
    [made] = (await rig.bea.get(f"{here}/rows", limit=1)).json()["data"]
    assert (made["status"], made["payment_link_id"], made["url"]) == ("created", link["id"], link["url"])


async def test_the_links_can_be_made_at_once_and_only_once(rig: Rig):
    for known in (0, 2):
        sent = await send(rig.bea, query="?start=true")
        assert sent.json()["status"] == "running"
        done = await followed(rig, rig.bea, sent.json()["id"])
        assert (done["link_count"], done["existing_count"]) == (2 - known, known)
    assert await rig.bea.count("/v1/payment_links") == 2


async def test_an_idempotency_key_makes_one_import(rig: Rig):
    first, second = await send(rig.bea, key="january"), await send(rig.bea, key="january")
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    assert len((await rig.bea.get(PATH)).json()["data"]) == 1
    assert problem(await send(rig.bea, BAD, key="january"))[1] == "idempotency_mismatch"
    assert problem(await send(rig.bea, query="?start=true", key="january"))[1] == "idempotency_mismatch"


async def test_rows_come_in_pages(rig: Rig):
    text = HEAD + "".join(f"{key},{'x' if key % 10 == 7 else 1},USD,Lesson\n" for key in range(55))
    sent = await send(rig.bea, text)
    await followed(rig, rig.bea, sent.json()["id"])
    here, seen = f"{PATH}/{sent.json()['id']}/rows", list[int]()
    cursor: dict[str, str] = {}
    while True:
        page = (await rig.bea.get(here, limit=20, **cursor)).json()
        seen += [row["row"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == list(range(2, 57))
    failed = (await rig.bea.get(here, status="failed")).json()["data"]
    assert [row["row"] for row in failed] == [9, 19, 29, 39, 49]


async def test_it_can_be_stopped(rig: Rig):
    import_id = (await send(rig.bea)).json()["id"]
    assert (await rig.bea.post(f"{PATH}/{import_id}/stop")).json()["status"] == "stopped"
    assert problem(await rig.bea.post(f"{PATH}/{import_id}/start")) == (409, "transition_refused", None)
    assert await import_links(rig.services, gives_way=False) == 0


@pytest.mark.parametrize(
    ("text", "headers", "query", "told"),
    [
        ("", {}, "", (422, "field_invalid", "file")),
        (HEAD, {}, "", (422, "field_invalid", "file")),
        ("amount,price\n1,2\n", {}, "", (422, "field_invalid", "file")),
        (GOOD, {"content-type": "application/json"}, "", (415, "media_type_unsupported", None)),
        (GOOD, {"content-type": "text/csv; charset=latin-1"}, "", (415, "media_type_unsupported", None)),
        (GOOD, {}, "?start=yes", (422, "field_invalid", "start")),
        (GOOD, {}, "?file_name=" + "x" * 201, (422, "field_invalid", "file_name")),
        (GOOD, {}, "?file_name=4242424242424242", (422, "field_invalid", "file_name")),
        ("x" * (FILE_MAX_BYTES + 1), {}, "", (413, "too_large", None)),
    ],
)
async def test_what_is_no_file_of_links_is_refused(
    bea: Caller, text: str, headers: dict[str, str], query: str, told: tuple[int, str, str | None]
):
    assert problem(await send(bea, text, query, headers=headers)) == told
    assert (await bea.get(PATH)).json()["data"] == []


async def test_every_fault_of_the_heading_is_told(bea: Caller):
    errors = (await send(bea, "amount,price\n1,2\n")).json()["errors"]
    assert [error["param"] for error in errors] == ["file", "file", "file"]


async def test_charsets_that_a_file_can_say_itself_are_taken(bea: Caller):
    assert (await send(bea, headers={"content-type": "text/csv; charset=UTF-8"})).status_code == 201
    wide = GOOD.replace(",", "\t").encode("utf-16")
    assert (await send(bea, wide, headers={"content-type": "text/csv;charset=utf-16"})).json()[
        "rows_count"
    ] == 2


async def test_at_the_imports_of_another_merchant_are_not_there(rig: Rig):
    import_id = (await send(rig.bea)).json()["id"]
    for method, path in (("GET", ""), ("GET", "/rows"), ("POST", "/start"), ("POST", "/stop")):
        refused = await rig.cy.call(method, f"{PATH}/{import_id}{path}")
        assert problem(refused) == (404, "not_found", "id"), path
    assert (await rig.cy.get(PATH)).json()["data"] == []


async def test_a_stranger_is_heard_before_a_file(bea: Caller):
    refused = await bea.http.post(PATH, content=b"x" * 2_000_000, headers={"content-type": "text/csv"})
    assert problem(refused) == (401, "unauthorized", None)
