"""Disputes are answered over the API: a draft, submitted once, or given in; repeated under one key, byte for byte."""

import asyncio

import pytest

from linktill.core.ids import AttemptId
from tests.api.conftest import Paying
from tests.api.rig import Caller, problem
from tests.flows.answering import Disputed, disputed, turns

SAID = {"explanation": "It was fetched.", "service_date": "2026-11-03"}


async def opened(paying: Paying) -> tuple[Disputed, str]:
    case = await disputed(paying.shop)
    return case, f"/v1/disputes/{(await case.dispute()).id}"


async def test_evidence_is_drafted_submitted_and_followed(paying: Paying):
    case, url = await opened(paying)
    bea = paying.bea
    assert problem(await bea.get(f"{url}/answer")) == (404, "not_found", "id")
    draft = (await bea.post(f"{url}/evidence", SAID)).json()
    assert (draft["status"], draft["asked_at"], draft["evidence"]["explanation"]) == (
        "drafted",
        None,
        "It was fetched.",
    )
    again = (await bea.post(f"{url}/evidence", {"explanation": "winning_evidence"})).json()
    assert (again["id"], again["evidence"]["service_date"]) == (draft["id"], "")
    asked = await bea.post(f"{url}/submit", {})
    assert (asked.status_code, asked.json()["status"]) == (200, "submitting")
    await turns(paying.shop)
    told = (await bea.get(f"{url}/answer")).json()
    assert (told["id"], told["status"], told["failure"]) == (draft["id"], "submitted", None)
    assert case.posts() == ["evidence"]
    assert problem(await bea.post(f"{url}/submit", {})) == (409, "transition_refused", None)
    assert problem(await bea.post(f"{url}/evidence", SAID)) == (409, "transition_refused", None)
    await paying.shop.running.step(6)
    await paying.shop.deliver()
    assert (await bea.get(url)).json()["status"] == "won"


async def test_giving_in(paying: Paying):
    case, url = await opened(paying)
    asked = await paying.bea.post(f"{url}/accept", {})
    assert (asked.json()["kind"], asked.json()["evidence"], asked.json()["status"]) == (
        "acceptance",
        None,
        "submitting",
    )
    await turns(paying.shop)
    assert (await paying.bea.get(url)).json()["status"] == "accepted"
    assert case.posts() == ["accept"]


async def test_the_same_key_answers_alike_and_once_even_at_once(paying: Paying):
    case, url = await opened(paying)
    await paying.bea.post(f"{url}/evidence", SAID)
    answers = await asyncio.gather(*(paying.bea.post(f"{url}/submit", {}, key="k-1") for _ in range(4)))
    assert len({each.content for each in answers}) == 1
    await turns(paying.shop)
    replay = await paying.bea.post(f"{url}/submit", {}, key="k-1")
    assert (replay.status_code, replay.content) == (200, answers[0].content)
    assert case.posts() == ["evidence"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"explanation": 5}, "explanation"),
        ({"proof": "x"}, "proof"),
        ({"agreement": "x" * 2_001}, "agreement"),
        ({"customer_name": "4242 4242 4242 4242"}, "customer_name"),
        ({"is_not_there": "yes"}, "is_not_there"),
    ],
)
async def test_bad_evidence_is_refused_by_field(paying: Paying, body: dict[str, object], param: str):
    case, url = await opened(paying)
    assert problem(await paying.bea.post(f"{url}/evidence", body)) == (422, "field_invalid", param)
    assert await case.answers() == []


async def test_what_is_not_complete_is_not_submitted(paying: Paying):
    case, url = await opened(paying)
    assert problem(await paying.bea.post(f"{url}/submit", {})) == (409, "transition_refused", None)
    await paying.bea.post(f"{url}/evidence", {"customer_name": "Ada"})
    assert problem(await paying.bea.post(f"{url}/submit", {})) == (422, "field_invalid", "explanation")
    assert (await case.latest()).asked_at is None


async def test_at02_another_merchant_answers_nothing(paying: Paying):
    case, url = await opened(paying)
    cy: Caller = paying.cy
    for name, body in (("evidence", SAID), ("submit", {}), ("accept", {})):
        assert problem(await cy.post(f"{url}/{name}", body)) == (404, "not_found", "id")
    assert problem(await cy.get(f"{url}/answer")) == (404, "not_found", "id")
    assert await case.answers() == []
    assert case.payment.id == AttemptId(case.payment.id)
