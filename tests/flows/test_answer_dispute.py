"""Answers to disputes: given once, whatever happens on the way, and never after the deadline. With the real sandbox company."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core.dispute import DisputeStatus
from linktill.core.dispute_answer import AnswerKind, AnswerStatus, Evidence
from linktill.core.errors import FieldInvalid, FieldsInvalid, TransitionRefused, VersionConflict
from linktill.flows import send_answers
from linktill.flows.answer_dispute import dispute_and_payment
from linktill.flows.prefill_evidence import prefilled
from linktill.flows.refund_payment import refund_payment
from linktill.flows.send_answers import poll_answers
from linktill.flows.services import moment_of
from linktill.gateways.contract import OutcomeUnknown, Rejected
from linktill.gateways.sandbox import SandboxGateway
from linktill.gateways.testing import Break
from linktill.sandbox.faults import FaultKind
from linktill.storage import recovery
from linktill.storage.dispute_answers import count_waiting
from tests.flows.answering import SAID, Disputed, disputed, turns
from tests.make import BASE_URL, Shop

FEE = 146
DISPUTE_FEE = 1_500
S = AnswerStatus
UNSURE = [FaultKind(each) for each in sorted(set(Break) - {Break.RATE_LIMITED})]


async def waiting(shop: Shop) -> int:
    return await shop.services.database.read(count_waiting, shop.id, now=shop.running.clock.now_us())


@pytest.mark.parametrize(
    ("words", "end", "kept"),
    [("winning_evidence", DisputeStatus.WON, 4_000), ("losing_evidence", DisputeStatus.LOST, 0)],
)
async def test_evidence_decides_a_dispute_and_the_books_say_so(
    shop: Shop, words: str, end: DisputeStatus, kept: int
) -> None:
    case = await disputed(shop, "dispute_lost" if end is DisputeStatus.WON else "dispute_won")
    assert await waiting(shop) == 1
    assert (await shop.balances())["clearing"] == -FEE - DISPUTE_FEE
    await case.draft(replace(SAID, explanation=words))
    assert (await case.submit()).status is S.SUBMITTING
    assert await waiting(shop) == 0
    await turns(shop)
    assert (await case.latest()).status is S.SUBMITTED
    assert (await case.dispute()).status is DisputeStatus.UNDER_REVIEW
    assert case.posts() == ["evidence"]
    await shop.running.step(6)
    await shop.deliver()
    assert (await case.dispute()).status is end
    expected = {"clearing": kept - FEE - DISPUTE_FEE, "gateway_fees": FEE, "sales": -4_000}
    expected |= {"dispute_fees": DISPUTE_FEE} | ({"disputes": 4_000} if end is DisputeStatus.LOST else {})
    assert {name: each for name, each in (await shop.balances()).items() if each} == expected
    assert await case.events() == [
        "dispute.opened",
        "dispute.answered",
        "dispute.updated",
        "dispute.closed",
    ]
    await shop.check()


async def test_giving_in_closes_the_dispute_and_the_money_is_gone(shop: Shop) -> None:
    case = await disputed(shop)
    await case.draft()
    assert (await case.accept()).kind is AnswerKind.ACCEPTANCE
    with pytest.raises(TransitionRefused):
        await case.submit()
    await turns(shop)
    assert (await case.latest()).status is S.SUBMITTED
    assert (await case.dispute()).status is DisputeStatus.ACCEPTED
    assert (await shop.balances())["disputes"] == 4_000
    assert case.posts() == ["accept"]
    await shop.check()


async def test_a_draft_is_rewritten_until_it_is_submitted_and_never_after(shop: Shop) -> None:
    case = await disputed(shop)
    first = await case.draft()
    again = await case.draft(replace(SAID, explanation="More words."))
    assert (first.id, again.evidence.explanation) == (again.id, "More words.")
    with pytest.raises(VersionConflict):
        await case.submit(seen_at=first.updated_at)
    await case.submit(seen_at=again.updated_at)
    for _ in range(2):
        with pytest.raises(TransitionRefused):
            await case.draft(SAID)
        await turns(shop)
    assert [each.evidence.explanation for each in await case.answers()] == ["More words."]
    with pytest.raises(TransitionRefused):
        await case.submit()
    with pytest.raises(TransitionRefused):
        await case.accept()
    assert case.posts() == ["evidence"]


async def test_evidence_that_says_nothing_or_too_much_is_refused_by_field(shop: Shop) -> None:
    case = await disputed(shop)
    with pytest.raises(FieldsInvalid) as wrong:
        await case.draft(Evidence(explanation="x" * 2_001, customer_ip="4242 4242 4242 4242"))
    assert [each.param for each in wrong.value.errors] == ["explanation", "customer_ip"]
    with pytest.raises(TransitionRefused, match="no evidence yet"):
        await case.submit()
    await case.draft(Evidence(customer_name="Ada", service_date="2026-11-03"))
    with pytest.raises(FieldInvalid) as empty:
        await case.submit()
    assert empty.value.param == "explanation"
    assert await case.events() == ["dispute.opened"]
    assert case.posts() == []


async def test_the_deadline_is_the_end_also_for_what_waits_to_be_sent(shop: Shop) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    shop.wire.is_plugged = False
    await turns(shop)
    # The bank would have decided long before: hold it, so that only the deadline is left to refuse.
    shop.running.clock.advance(7 * 86_400)
    shop.wire.is_plugged = True
    await turns(shop)
    found = await case.latest()
    assert (found.status, found.failure_code, found.sent_at) == (S.REFUSED, "deadline_passed", None)
    await case.draft()
    with pytest.raises(TransitionRefused, match="deadline is over"):
        await case.submit()
    assert case.posts() == []
    assert await waiting(shop) == 0


@pytest.mark.parametrize("fault", UNSURE)
@pytest.mark.parametrize("kind", AnswerKind)
async def test_gf02_gf15_an_answer_without_an_answer_is_resolved_by_looking(
    shop: Shop, fault: FaultKind, kind: AnswerKind
) -> None:
    case = await disputed(shop)
    await case.draft()
    await (case.submit() if kind is AnswerKind.EVIDENCE else case.accept())
    what = "evidence" if kind is AnswerKind.EVIDENCE else "accept"
    ref = (await case.dispute()).gateway_ref
    shop.running.app.faults.plan(fault, f"POST /v1/disputes/{ref}/{what}")
    await turns(shop)
    waits = await case.latest()
    assert (waits.status, waits.sent_at is not None) == (S.SUBMITTING, True)
    assert waits.failure
    await turns(shop, apart_s=20)
    assert (await case.latest()).status is S.SUBMITTED
    told = await case.at_vendor()
    assert (told["has_evidence"], told["status"]) == (
        (True, "under_review") if kind is AnswerKind.EVIDENCE else (False, "accepted")
    )
    assert (await case.events()).count("dispute.answered") == 1


async def test_gf07_what_was_surely_not_executed_is_sent_again(shop: Shop) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    ref = (await case.dispute()).gateway_ref
    shop.running.app.faults.plan(FaultKind.RATE_LIMITED, f"POST /v1/disputes/{ref}/evidence")
    await turns(shop)
    found = await case.latest()
    assert (found.status, found.sent_at) == (S.SUBMITTING, None)
    await turns(shop, apart_s=20)
    assert (await case.latest()).status is S.SUBMITTED


async def test_a_refusal_is_shown_in_the_gateway_s_words_and_can_be_mended(shop: Shop) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("linktill.gateways.sandbox.translate.evidence_body", lambda _: b'{"explanation": ""}')
        await turns(shop)
    found = await case.latest()
    assert (found.status, found.failure_code) == (S.REFUSED, "invalid")
    assert "Say something." in (found.failure or "")
    assert await waiting(shop) == 1
    with pytest.raises(TransitionRefused, match="change it first"):
        await case.submit()
    fresh = await case.draft()
    assert fresh.id != found.id
    await case.submit()
    await turns(shop)
    assert [each.status for each in await case.answers()] == [S.SUBMITTED, S.REFUSED]
    assert "dispute.answer_refused" in await case.events()


async def test_what_was_answered_in_the_gateway_s_own_pages_is_not_answered_again(shop: Shop) -> None:
    case = await disputed(shop)
    await case.draft()
    ref = (await case.dispute()).gateway_ref
    await shop.running.json("POST", f"/v1/disputes/{ref}/evidence", {"explanation": "By hand."}, key="hand")
    await case.submit()
    await turns(shop)
    found = await case.latest()
    assert (found.status, found.failure_code) == (S.REFUSED, "answered_elsewhere")
    assert case.posts() == []
    assert (await case.dispute()).status is DisputeStatus.UNDER_REVIEW


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_dispute_that_closes_before_its_answer_goes_out_stays_closed(
    shop: Shop, outcome: str
) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    ref = (await case.dispute()).gateway_ref
    await shop.running.json("POST", f"/v1/disputes/{ref}/close", {"outcome": outcome})
    await turns(shop)
    found = await case.latest()
    assert (found.status, found.failure_code) == (S.REFUSED, "dispute_closed")
    assert case.posts() == []
    assert (await case.dispute()).status is DisputeStatus(outcome)
    await shop.check()


async def test_a_dispute_that_closes_between_look_and_send_refuses_the_answer(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    ref = (await case.dispute()).gateway_ref
    send = SandboxGateway.submit_evidence

    async def after_it_closed(*args: object, **named: object) -> None:
        await shop.running.json("POST", f"/v1/disputes/{ref}/close", {"outcome": "won"})
        await send(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(SandboxGateway, "submit_evidence", after_it_closed)
    await turns(shop)
    found = await case.latest()
    assert (found.status, found.failure_code) == (S.REFUSED, "not_answerable")
    assert (await case.at_vendor())["has_evidence"] is False


async def test_two_who_submit_at_once_submit_once(shop: Shop) -> None:
    case = await disputed(shop)
    await case.draft()
    asked = await asyncio.gather(*(case.submit() for _ in range(5)))
    assert {each.id for each in asked} == {(await case.latest()).id}
    await asyncio.gather(*(poll_answers(shop.services) for _ in range(5)))
    assert case.posts() == ["evidence"]
    assert (await case.events()).count("dispute.answered") == 1


async def test_who_submits_and_who_gives_in_at_once_do_one_of_the_two(shop: Shop) -> None:
    case = await disputed(shop)
    await case.draft()
    outcomes = await asyncio.gather(
        *(case.submit(), case.accept(), case.submit(), case.accept()), return_exceptions=True
    )
    assert any(isinstance(each, TransitionRefused) for each in outcomes)
    kinds = {each.kind for each in outcomes if not isinstance(each, BaseException)}
    assert len(kinds) == 1
    await asyncio.gather(*(poll_answers(shop.services) for _ in range(3)))
    assert len(case.posts()) == 1


@pytest.mark.parametrize("is_after", [False, True])
async def test_a_crash_between_sending_and_writing_it_down_sends_nothing_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_after: bool
) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    send = send_answers._send

    async def crash(*args: object) -> None:
        if is_after:
            await send(*args)  # type: ignore[arg-type]
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(send_answers, "_send", crash)
        with pytest.raises(asyncio.CancelledError):
            await turns(shop)
    assert (await case.latest()).status is S.SUBMITTING
    await turns(shop, apart_s=20)
    assert (await case.latest()).status is S.SUBMITTED
    assert case.posts() == ["evidence"]
    assert (await case.at_vendor())["status"] == "under_review"


async def test_cc17_a_refusal_from_before_says_nothing_of_what_was_sent_since(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    send, calls = send_answers._send, 0

    async def refused_first(*args: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            await turns(shop, apart_s=200)  # its process stands still, and another one goes on
            raise Rejected("Not now.", code="not_answerable")
        await send(*args)  # type: ignore[arg-type]
        raise OutcomeUnknown("The sandbox did not answer.")

    monkeypatch.setattr(send_answers, "_send", refused_first)
    await turns(shop)
    assert (calls, (await case.latest()).status) == (2, S.SUBMITTING)
    await turns(shop, apart_s=200)
    assert (calls, (await case.latest()).status) == (2, S.SUBMITTED)


async def lost_on_the_way(case: Disputed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent, never arrived, and nobody will ever say so; the gateway knows no keys."""

    async def vanish(*_: object, **__: object) -> None:
        raise OutcomeUnknown("The sandbox did not answer.")

    monkeypatch.setattr(SandboxGateway, "answer_key_valid_s", 0)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "submit_evidence", vanish)
        await turns(case.shop)


async def test_an_answer_that_is_never_seen_goes_to_a_person_who_looks(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    await lost_on_the_way(case, monkeypatch)
    await turns(shop, 10, apart_s=200)
    assert (await case.latest()).status is S.SUBMITTING
    await turns(shop, 15, apart_s=200)
    doubted = await case.latest()
    assert (doubted.status, doubted.failure_code) == (S.UNKNOWN, "not_seen")
    assert case.posts() == []
    with pytest.raises(TransitionRefused, match="Look there first"):
        await case.draft()
    await case.draft(is_not_there=True)
    await case.submit()
    await turns(shop)
    assert [each.status for each in await case.answers()] == [S.SUBMITTED, S.REFUSED]
    assert case.posts() == ["evidence"]


async def test_an_answer_in_doubt_that_is_seen_later_was_given(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await disputed(shop)
    await case.draft()
    await case.submit()
    await lost_on_the_way(case, monkeypatch)
    await turns(shop, 25, apart_s=200)
    assert (await case.latest()).status is S.UNKNOWN
    ref = (await case.dispute()).gateway_ref
    await shop.running.json("POST", f"/v1/disputes/{ref}/evidence", {"explanation": "Late."}, key="late")
    await turns(shop, 5, apart_s=2_000)
    assert (await case.latest()).status is S.SUBMITTED


async def test_after_a_restore_an_answer_is_looked_for_before_it_is_sent(shop: Shop) -> None:
    """The backup is from before the worker's turn; at the gateway it has been taken since."""
    case = await disputed(shop)
    await case.draft()
    asked = await case.submit()
    ref = (await case.dispute()).gateway_ref
    await shop.running.json("POST", f"/v1/disputes/{ref}/evidence", {"explanation": "It."}, key=asked.key())
    now = moment_of(shop.services).now
    await shop.services.database.run(recovery.look_at_everything, shop.id, now=now)
    await turns(shop)
    assert (await case.latest()).status is S.SUBMITTED
    assert case.posts() == []


async def test_what_our_records_know_is_written_down_already(shop: Shop) -> None:
    payment = await shop.pay(
        await shop.link(reference="INV-7", note="Fetch it until Friday."), card="dispute_lost"
    )
    await refund_payment(shop.services, shop.id, payment.id, amount_minor=1_000)
    await shop.poll()
    await shop.running.step(6)
    await shop.deliver()
    case = Disputed(shop, payment)
    dispute, attempt = await shop.services.database.read(
        dispute_and_payment, shop.id, (await case.dispute()).id
    )
    said = await shop.services.database.read(prefilled, dispute, attempt, BASE_URL)
    assert (said.customer_name, said.customer_email) == ("Ada", "ada@example.com")
    assert said.product_description == "A bicycle repair\nOur reference: INV-7"
    assert said.explanation.startswith("$40.00 was paid with Visa •••• 0016 on ")
    assert "$10.00 was refunded on " in said.explanation
    assert "/p/" in said.agreement
    assert said.agreement.endswith("The page also said: Fetch it until Friday.")
    unknown = replace(attempt, method=None)
    said = await shop.services.database.read(prefilled, dispute, unknown, BASE_URL)
    assert said.explanation.startswith("$40.00 was paid on ")
