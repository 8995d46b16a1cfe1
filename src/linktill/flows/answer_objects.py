"""Answers to disputes as programs see them."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.dispute_answer import AnswerKind, DisputeAnswer
from linktill.flows.representations import time_of, time_or_none


class EvidenceObject(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to the gateway of a dispute; what is not said is an empty text."""

    explanation: str
    product_description: str
    customer_name: str
    customer_email: str
    customer_ip: str
    agreement: str
    service_date: str
    delivery_proof: str
    refund_policy: str
    communication: str


class DisputeAnswerObject(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to a dispute: evidence, or that the merchant gives in."""

    object: Literal["dispute_answer"] = "dispute_answer"
    id: str
    dispute_id: str
    payment_id: str
    kind: str
    status: str
    evidence: EvidenceObject | None
    failure_code: str | None
    failure: str | None
    created_at: datetime
    updated_at: datetime
    asked_at: datetime | None


def answer_object(answer: DisputeAnswer) -> DisputeAnswerObject:
    """The answer as stored. Who gives in gives no evidence."""
    is_evidence = answer.kind is AnswerKind.EVIDENCE
    return DisputeAnswerObject(
        id=answer.id,
        dispute_id=answer.dispute_id,
        payment_id=answer.attempt_id,
        kind=answer.kind.value,
        status=answer.status.value,
        evidence=EvidenceObject(**asdict(answer.evidence)) if is_evidence else None,
        failure_code=answer.failure_code,
        failure=answer.failure,
        created_at=time_of(answer.created_at),
        updated_at=time_of(answer.updated_at),
        asked_at=time_or_none(answer.asked_at),
    )
