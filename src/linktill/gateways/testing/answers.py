"""What every adapter must do with an answer to a dispute: given once, never taken for given, and found by looking."""

from dataclasses import replace
from typing import Final

import pytest

from linktill.core.dispute import CLOSED, DisputeFact, DisputeStatus
from linktill.core.dispute_answer import FIELDS, LOST, Evidence
from linktill.gateways.contract import EvidenceOrder, OutcomeUnknown, Rejected, Unavailable
from linktill.gateways.testing.base import Base, needs
from linktill.gateways.testing.rig import Ability, Break, DisputeRig
from linktill.gateways.testing.steps import captured

SAID: Final = Evidence(explanation="The bicycle was repaired and fetched.", customer_email="ada@example.com")
EVERYTHING: Final = Evidence(
    **{name: f"All about {name.replace('_', ' ')} – “quoted” & <marked>." for name in FIELDS}
)
EXECUTED: Final = {Break.CUT_AFTER, Break.ERROR_AFTER, Break.NONSENSE_AFTER}
UNSURE: Final = sorted(set(Break) - {Break.RATE_LIMITED})


@needs(Ability.VENDOR, Ability.ANSWERS)
class Answers(Base):
    """Evidence, and giving in."""

    async def test_an_open_dispute_waits_for_an_answer(self, rig: DisputeRig) -> None:
        fact = await look(rig, await disputed(rig))
        assert (fact.status, fact.is_answered) == (DisputeStatus.NEEDS_RESPONSE, False)
        assert rig.gateway.evidence_chars_max >= 500

    @pytest.mark.parametrize("evidence", [SAID, EVERYTHING, Evidence(explanation="x")])
    async def test_evidence_is_submitted_and_seen(self, rig: DisputeRig, evidence: Evidence) -> None:
        ref = await disputed(rig)
        await submit(rig, ref, evidence)
        fact = await look(rig, ref)
        assert fact.is_answered is True
        assert fact.status is DisputeStatus.UNDER_REVIEW

    async def test_the_longest_evidence_that_is_taken_is_taken(self, rig: DisputeRig) -> None:
        ref = await disputed(rig)
        longest = "é" * rig.gateway.evidence_chars_max
        await submit(
            rig, ref, replace(EVERYTHING, explanation=longest, agreement=longest, communication=longest)
        )
        assert (await look(rig, ref)).is_answered is True

    async def test_who_gives_in_loses(self, rig: DisputeRig) -> None:
        ref = await disputed(rig)
        assert rig.gateway.may_accept_disputes
        await accept(rig, ref)
        fact = await look(rig, ref)
        assert fact.status in LOST & CLOSED
        assert fact.is_withdrawn

    async def test_what_is_answered_or_closed_is_not_answered_again(self, rig: DisputeRig) -> None:
        answered, closed = await disputed(rig), await disputed(rig, "pay_2")
        await submit(rig, answered)
        await rig.gateway.accept_dispute(rig.account, closed, key="answer-dpa_2")
        with pytest.raises(Rejected):
            await submit(rig, answered, replace(SAID, explanation="More."), key="answer-dpa_3")
        for ref in (closed, "PP-D-999"):
            with pytest.raises(Rejected):
                await submit(rig, ref, key="answer-dpa_4")
            with pytest.raises(Rejected):
                await rig.gateway.accept_dispute(rig.account, ref, key="answer-dpa_5")

    @needs(Ability.ANSWER_KEYS)
    async def test_the_same_key_answers_once(self, rig: DisputeRig) -> None:
        assert rig.gateway.answer_key_valid_s > 0
        ref = await disputed(rig)
        await submit(rig, ref)
        await submit(rig, ref)
        assert (await look(rig, ref)).is_answered is True

    @pytest.mark.parametrize("how", UNSURE)
    async def test_gf02_gf04_evidence_without_an_answer_is_unknown_and_looking_tells(
        self, rig: DisputeRig, how: Break
    ) -> None:
        ref = await disputed(rig)
        rig.break_answer(how, ref)
        with pytest.raises(OutcomeUnknown):
            await submit(rig, ref)
        assert (await look(rig, ref)).is_answered is (how in EXECUTED)
        if how not in EXECUTED:
            await submit(rig, ref)
        assert (await look(rig, ref)).is_answered is True

    @pytest.mark.parametrize("how", UNSURE)
    async def test_gf02_gf04_giving_in_without_an_answer_is_unknown_and_looking_tells(
        self, rig: DisputeRig, how: Break
    ) -> None:
        ref = await disputed(rig)
        rig.break_answer(how, ref)
        with pytest.raises(OutcomeUnknown):
            await accept(rig, ref)
        assert ((await look(rig, ref)).status in LOST) is (how in EXECUTED)
        if how not in EXECUTED:
            await accept(rig, ref)
        assert (await look(rig, ref)).status in LOST

    async def test_gf07_a_rate_limit_and_no_connection_prove_that_nothing_was_done(
        self, rig: DisputeRig
    ) -> None:
        ref = await disputed(rig)
        rig.break_answer(Break.RATE_LIMITED, ref)
        with pytest.raises(Unavailable) as trouble:
            await submit(rig, ref)
        assert trouble.value.retry_after_s == 1
        rig.wire.is_plugged = False
        for call in (submit(rig, ref), accept(rig, ref)):
            with pytest.raises(Unavailable):
                await call
        rig.wire.is_plugged = True
        assert (await look(rig, ref)).is_answered is False

    async def test_another_account_answers_nothing(self, rig: DisputeRig) -> None:
        ref = await disputed(rig)
        wrong = rig.wrong_account()
        for call in (
            rig.gateway.submit_evidence(wrong, EvidenceOrder(ref, SAID), key="k"),
            rig.gateway.accept_dispute(wrong, ref, key="k"),
        ):
            with pytest.raises(Rejected) as refused:
                await call
            assert refused.value.is_account_trouble
        assert (await look(rig, ref)).is_answered is False


async def disputed(rig: DisputeRig, reference: str = "pay_1") -> str:
    ref = await rig.dispute(await captured(rig, reference))
    rig.wire.sent.clear()
    return ref


async def look(rig: DisputeRig, ref: str) -> DisputeFact:
    return await rig.gateway.look_up_dispute(rig.account, ref)


async def submit(rig: DisputeRig, ref: str, evidence: Evidence = SAID, key: str = "answer-dpa_1") -> None:
    await rig.gateway.submit_evidence(rig.account, EvidenceOrder(ref, evidence), key=key)


async def accept(rig: DisputeRig, ref: str) -> None:
    await rig.gateway.accept_dispute(rig.account, ref, key="answer-dpa_1")
