"""The pretend company takes a merchant's answer to a dispute once, and rules on it."""

import pytest

from tests.sandbox.running import Running

SAID = {"explanation": "It was repaired.", "customer_name": "Ada"}


async def disputed(sandbox: Running, card: str = "4000000000040016") -> str:
    await sandbox.paid(card)
    await sandbox.step(6)
    [dispute] = (await sandbox.json("GET", "/v1/disputes"))["data"]
    assert (dispute["status"], dispute["has_evidence"]) == ("needs_response", False)
    return str(dispute["id"])


@pytest.mark.parametrize(
    ("card", "words", "end"),
    [
        ("4000000000040016", "I have winning_evidence.", "won"),
        ("4000000000040024", "I have losing_evidence.", "lost"),
    ],
)
async def test_evidence_with_the_word_decides_soon(sandbox: Running, card: str, words: str, end: str):
    ref = await disputed(sandbox, card)
    answer = await sandbox.json("POST", f"/v1/disputes/{ref}/evidence", {"explanation": words}, key="k")
    assert (answer["status"], answer["has_evidence"], answer["is_withdrawn"]) == ("under_review", True, True)
    await sandbox.step(5.1)
    assert (await sandbox.json("GET", f"/v1/disputes/{ref}"))["status"] == end
    assert sandbox.receiver.types()[-3:] == ["dispute.opened", "dispute.updated", "dispute.closed"]


async def test_other_evidence_is_decided_by_the_card(sandbox: Running):
    ref = await disputed(sandbox)
    await sandbox.json("POST", f"/v1/disputes/{ref}/evidence", SAID, key="k")
    await sandbox.step(30)
    assert (await sandbox.json("GET", f"/v1/disputes/{ref}"))["status"] == "under_review"
    await sandbox.step(31)
    assert (await sandbox.json("GET", f"/v1/disputes/{ref}"))["status"] == "lost"


async def test_an_answer_is_taken_once_and_replayed_under_its_key(sandbox: Running):
    ref = await disputed(sandbox)
    path = f"/v1/disputes/{ref}/evidence"
    first = await sandbox.call("POST", path, SAID, key="k")
    again = await sandbox.call("POST", path, SAID, key="k")
    assert (first.status, again.body) == (200, first.body)
    for other in (path, f"/v1/disputes/{ref}/accept"):
        refused = await sandbox.call("POST", other, SAID if other == path else {}, key=other[-8:])
        assert (refused.status, b"not_answerable" in refused.body) == (409, True)


async def test_giving_in_ends_it(sandbox: Running):
    ref = await disputed(sandbox)
    accepted = await sandbox.json("POST", f"/v1/disputes/{ref}/accept", {}, key="k")
    assert (accepted["status"], accepted["is_withdrawn"]) == ("accepted", True)
    await sandbox.step(61)
    assert (await sandbox.json("GET", f"/v1/disputes/{ref}"))["status"] == "accepted"


async def test_what_cannot_be_an_answer_is_refused(sandbox: Running):
    ref = await disputed(sandbox)
    path = f"/v1/disputes/{ref}/evidence"
    for body, status in (({}, 422), ({"explanation": "x" * 2_001}, 422), ({"proof": "x"}, 422), (b"{", 400)):
        assert (await sandbox.call("POST", path, body, key="k")).status == status
    assert (await sandbox.call("POST", path, SAID)).status == 400
    assert (await sandbox.call("POST", "/v1/disputes/sbdis_no/evidence", SAID, key="k")).status == 404
    assert (await sandbox.call("POST", "/v1/disputes/sbdis_no/accept", {}, key="k")).status == 404
    stranger = await sandbox.app.open_account("")
    answer = await sandbox.call("POST", path, SAID, key="k", secret=stranger.secret_key)
    assert answer.status == 404


async def test_after_the_deadline_nothing_is_taken(sandbox: Running):
    ref = await disputed(sandbox)
    sandbox.clock.advance(8 * 86_400)
    late = await sandbox.call("POST", f"/v1/disputes/{ref}/evidence", SAID, key="k")
    assert (late.status, b"too_late" in late.body) == (409, True)
    assert (await sandbox.call("POST", f"/v1/disputes/{ref}/accept", {}, key="a")).status == 200
