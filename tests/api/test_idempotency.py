"""A POST may be repeated under its key: carried out once, answered alike."""

import asyncio
from datetime import UTC, datetime

import pytest

from linktill.storage.database import Database
from linktill.storage.idempotency import get_answer
from tests.api.rig import LINK, Caller, Rig, problem

LINKS = "/v1/payment_links"


async def test_cc04_the_same_request_at_once_is_carried_out_once(bea: Caller):
    answers = await asyncio.gather(*(bea.post(LINKS, LINK, key="k-1") for _ in range(20)))
    # On a busy machine some may find no free connection: they are told to come again, and may.
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    answers.append(await bea.post(LINKS, LINK, key="k-1"))
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert len([answer for answer in made if "idempotent-replayed" not in answer.headers]) == 1
    assert await bea.count(LINKS) == 1


async def test_cc04_a_replay_is_equal_byte_for_byte(rig: Rig):
    bea = rig.bea
    first = await bea.post(LINKS, LINK, key="k-1")
    await bea.patch(f"{LINKS}/{first.json()['id']}", {"amount_minor": 9})
    again = await bea.post(LINKS, LINK, key="k-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert await bea.count(LINKS) == 1


async def test_cc05_another_body_under_the_same_key_is_refused(bea: Caller):
    await bea.post(LINKS, LINK, key="k-1")
    for body in ({**LINK, "amount_minor": 4_001}, {**LINK, "note": ""}):
        assert problem(await bea.post(LINKS, body, key="k-1")) == (422, "idempotency_mismatch", None)
    assert await bea.count(LINKS) == 1


async def test_cc05_nor_at_another_address(bea: Caller):
    link = await bea.link()
    await bea.post(f"{LINKS}/{link['id']}/pause", key="k-1")
    refused = await bea.post(f"{LINKS}/{link['id']}/cancel", key="k-1")
    assert problem(refused) == (422, "idempotency_mismatch", None)
    assert (await bea.get(f"{LINKS}/{link['id']}")).json()["status"] == "paused"


async def test_cc06_another_merchants_key_is_another_key(rig: Rig):
    mine = await rig.bea.post(LINKS, LINK, key="k-1")
    theirs = await rig.cy.post(LINKS, {**LINK, "amount_minor": 1}, key="k-1")
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


async def test_a_refusal_is_not_kept(bea: Caller):
    assert problem(await bea.post(LINKS, {**LINK, "amount_minor": 0}, key="k-1"))[0] == 422
    assert (await bea.post(LINKS, LINK, key="k-1")).status_code == 201


async def test_a_replay_comes_even_when_the_rules_would_refuse_today(rig: Rig):
    assert rig.clock is not None
    at = datetime.fromtimestamp(rig.clock.now_us() // 1_000_000 + 60, UTC).isoformat()
    body = {**LINK, "expires_at": at}
    first = await rig.bea.post(LINKS, body, key="k-1")
    assert first.status_code == 201
    rig.clock.ahead_s = 3_600
    again = await rig.bea.post(LINKS, body, key="k-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert problem(await rig.bea.post(LINKS, body, key="k-2")) == (422, "field_invalid", "expires_at")
    assert problem(await rig.bea.post(LINKS, body)) == (422, "field_invalid", "expires_at")


async def test_a_replayed_action_does_not_act_again(bea: Caller):
    link = await bea.link()
    path = f"{LINKS}/{link['id']}"
    paused = await bea.post(f"{path}/pause", key="k-1")
    await bea.post(f"{path}/resume")
    events = await bea.count()
    again = await bea.post(f"{path}/pause", key="k-1")
    assert again.content == paused.content
    assert (await bea.get(path)).json()["status"] == "active"
    assert await bea.count() == events


async def test_a_replayed_duplicate_is_the_same_link(bea: Caller):
    link = await bea.link()
    first = await bea.post(f"{LINKS}/{link['id']}/duplicate", key="k-1")
    again = await bea.post(f"{LINKS}/{link['id']}/duplicate", key="k-1")
    assert again.content == first.content
    assert await bea.count(LINKS) == 2


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ü", "\t"])
async def test_a_key_that_is_none_is_refused_by_name(bea: Caller, key: str):
    authorization = f"Bearer {bea.key}".encode()
    headers = [(b"authorization", authorization), (b"idempotency-key", key.encode("latin-1"))]
    refused = await bea.http.post(LINKS, json=LINK, headers=headers)
    assert problem(refused) == (422, "field_invalid", "Idempotency-Key")
    assert await bea.count(LINKS) == 0


async def test_two_keys_are_one_too_many(bea: Caller):
    headers = [("authorization", f"Bearer {bea.key}"), ("idempotency-key", "a"), ("idempotency-key", "b")]
    refused = await bea.http.post(LINKS, json=LINK, headers=headers)
    assert problem(refused) == (422, "field_invalid", "Idempotency-Key")


async def test_a_secret_is_replayed_but_stands_nowhere_in_the_clear(rig: Rig, database: Database):
    body = {"url": "https://example.com/hooks"}
    first = await rig.bea.post("/v1/webhook_endpoints", body, key="k-1")
    again = await rig.bea.post("/v1/webhook_endpoints", body, key="k-1")
    assert first.status_code == 201
    assert again.content == first.content
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    kept = await database.read(get_answer, rig.bea.merchant_id, "k-1")
    assert kept is not None
    assert kept.body is not None
    assert secret.encode() not in kept.body
    assert await rig.bea.count("/v1/webhook_endpoints") == 1
