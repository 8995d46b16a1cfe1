"""What may be answered, and what the gateway's look says of an answer: every stage, every kind, sent or not."""

from dataclasses import replace
from itertools import product

import pytest

from linktill.core.dispute import CLOSED, DisputeFact, DisputeStatus
from linktill.core.dispute_answer import (
    FIELDS,
    LOST,
    WAITS,
    AnswerKind,
    AnswerStatus,
    DisputeAnswer,
    Evidence,
    check_complete,
    check_may_accept,
    check_may_draft,
    check_may_submit,
    checked_evidence,
    verdict,
)
from linktill.core.errors import FieldInvalid, FieldsInvalid, TransitionRefused
from linktill.core.ids import DisputeAnswerId
from linktill.core.money import Money
from tests.core.made import DISPUTE

A = AnswerStatus
D = DisputeStatus
ANSWER = DisputeAnswer(
    merchant_id=DISPUTE.merchant_id,
    id=DisputeAnswerId("dpa_1"),
    dispute_id=DISPUTE.id,
    attempt_id=DISPUTE.attempt_id,
    kind=AnswerKind.EVIDENCE,
    status=A.SUBMITTING,
    stage=D.NEEDS_RESPONSE,
    evidence=Evidence(explanation="x"),
    by="mem_1",
    created_at=1,
    updated_at=1,
    asked_at=1,
)
FACT = DisputeFact(
    "d_1", None, None, None, Money(1, "USD"), None, is_withdrawn=True, reason="", respond_by=None
)


def told(kind: AnswerKind, status: DisputeStatus, *, is_sent: bool, is_answered: bool | None) -> str | None:
    answer = replace(ANSWER, kind=kind, sent_at=2 if is_sent else None)
    said = verdict(answer, replace(FACT, status=status, is_answered=is_answered), status)
    return None if said is None else said.status.value


@pytest.mark.parametrize(
    ("status", "is_answered", "is_sent"), list(product(DisputeStatus, (True, False, None), (True, False)))
)
def test_evidence_is_there_when_the_gateway_says_so_and_only_then(
    status: DisputeStatus, is_answered: bool | None, is_sent: bool
):
    said = told(AnswerKind.EVIDENCE, status, is_sent=is_sent, is_answered=is_answered)
    if is_answered:
        assert said == ("submitted" if is_sent else "refused")
    elif status in CLOSED:
        assert said == ("unknown" if is_sent and is_answered is None else "refused")
    elif status in WAITS or is_sent:
        assert said is None
    else:
        assert said == "refused"


@pytest.mark.parametrize(("status", "is_sent"), list(product(DisputeStatus, (True, False))))
def test_giving_in_is_done_when_the_dispute_is_lost(status: DisputeStatus, is_sent: bool):
    said = told(AnswerKind.ACCEPTANCE, status, is_sent=is_sent, is_answered=False)
    if status in LOST:
        assert said == ("submitted" if is_sent else "refused")
    elif status in CLOSED:
        assert said == "refused"
    elif status in WAITS or is_sent:
        assert said is None
    else:
        assert said == "refused"


def may(check: object, *args: object, **named: object) -> bool:
    assert callable(check)
    try:
        check(*args, **named)
    except TransitionRefused:
        return False
    return True


@pytest.mark.parametrize(("stage", "status"), list(product(DisputeStatus, (None, *AnswerStatus))))
def test_what_may_be_done_where(stage: DisputeStatus, status: AnswerStatus | None):
    dispute = replace(DISPUTE, status=stage, respond_by=10)
    latest = None if status is None else replace(ANSWER, status=status, stage=stage)
    is_open = stage in WAITS
    free = {None, A.DRAFTED, A.REFUSED}
    assert may(check_may_draft, dispute, latest, is_not_there=False) is (is_open and status in free)
    assert may(check_may_draft, dispute, latest, is_not_there=True) is (
        is_open and status in {*free, A.UNKNOWN}
    )
    assert may(check_may_submit, dispute, latest, now=10) is (is_open and status is A.DRAFTED)
    assert not may(check_may_submit, dispute, latest, now=11)
    assert may(check_may_accept, dispute, latest) is (is_open and status in {*free, A.UNKNOWN})


def test_an_inquiry_that_becomes_a_dispute_is_answered_anew():
    dispute = replace(DISPUTE, status=D.NEEDS_RESPONSE, respond_by=None)
    before = replace(ANSWER, status=A.SUBMITTED, stage=D.INQUIRY)
    assert may(check_may_draft, dispute, before, is_not_there=False)
    assert may(check_may_accept, dispute, before)
    assert not may(check_may_submit, dispute, before, now=1)
    assert not may(check_may_draft, dispute, replace(before, status=A.SUBMITTING), is_not_there=True)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_cleaned_and_bounded(name: str):
    assert getattr(checked_evidence(Evidence(**{name: "  Words\u202e \0"})), name) == "Words"
    for wrong in ("x" * 2_001, "4242 4242 4242 4242"):
        with pytest.raises(FieldsInvalid) as refused:
            checked_evidence(Evidence(**{name: wrong}))
        assert [each.param for each in refused.value.errors] == [name]


def test_evidence_must_say_something_and_fit():
    for name in FIELDS:
        said = Evidence(**{name: "words"})
        is_enough = name not in {"customer_name", "customer_email", "customer_ip", "service_date"}
        if is_enough:
            check_complete(said, chars_max=5)
            with pytest.raises(FieldsInvalid):
                check_complete(said, chars_max=4)
        else:
            with pytest.raises(FieldInvalid, match="why the money is yours"):
                check_complete(said, chars_max=5)


def test_of_a_decided_dispute_nobody_is_asked_for_evidence():
    with pytest.raises(TransitionRefused, match="The dispute is decided"):
        check_may_submit(replace(DISPUTE, status=D.LOST), None, now=1)
