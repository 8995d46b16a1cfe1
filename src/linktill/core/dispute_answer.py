"""An answer to a dispute: evidence, or that the merchant gives in. Most gateways take one, so it is given once.

It is asked for first and sent then. What became of one whose answer was lost, only looking at the gateway tells.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from linktill.core.dispute import CLOSED, Dispute, DisputeFact, DisputeStatus
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid, TransitionRefused
from linktill.core.ids import AttemptId, DisputeAnswerId, DisputeId, MerchantId
from linktill.core.link_terms import clean_text

TEXT_MAX: Final = 2_000
SHORT_MAX: Final = 320
"""Of a name, an address or a date."""


class AnswerKind(StrEnum):
    """What is said to the gateway."""

    EVIDENCE = "evidence"
    ACCEPTANCE = "acceptance"
    """The payer shall have the money."""


class AnswerStatus(StrEnum):
    """Where an answer stands. Only a draft changes; whatever was asked for stays as it was asked."""

    DRAFTED = "drafted"
    SUBMITTING = "submitting"
    """Asked for. Whether the gateway has it is not known yet."""
    SUBMITTED = "submitted"
    REFUSED = "refused"
    """The gateway surely does not have it."""
    UNKNOWN = "unknown"
    """It was sent, no answer came, and the gateway does not show it: a person looks there."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a merchant can say. Each gateway has its own names for it; every one of these is text, and may be empty."""

    explanation: str = ""
    product_description: str = ""
    customer_name: str = ""
    customer_email: str = ""
    customer_ip: str = ""
    agreement: str = ""
    """What was agreed, and how the payer said so."""
    service_date: str = ""
    delivery_proof: str = ""
    refund_policy: str = ""
    communication: str = ""


FIELDS: Final = tuple(each.name for each in fields(Evidence))
SHORT: Final = frozenset({"customer_name", "customer_email", "customer_ip", "service_date"})
ARGUMENTS: Final = tuple(
    name for name in FIELDS if not name.startswith("customer_") and name != "service_date"
)
"""Who paid proves nothing by itself."""


@dataclass(frozen=True, slots=True)
class DisputeAnswer:
    """An answer as stored. `stage`: where the dispute stood then. An inquiry that becomes a dispute is answered anew.

    `asked_at` None: a draft. `sent_at` None: nothing has ever left this machine. `failure`: what the gateway last said.
    """

    merchant_id: MerchantId
    id: DisputeAnswerId
    dispute_id: DisputeId
    attempt_id: AttemptId
    kind: AnswerKind
    status: AnswerStatus
    stage: DisputeStatus
    evidence: Evidence
    by: str
    created_at: int
    updated_at: int
    asked_at: int | None = None
    sent_at: int | None = None
    poll_at: int | None = None
    failure_code: str | None = None
    failure: str | None = None

    def key(self) -> str:
        """The idempotency key for the gateway."""
        return f"answer-{self.id}"


S: Final = AnswerStatus
WAITS: Final = frozenset({DisputeStatus.INQUIRY, DisputeStatus.NEEDS_RESPONSE})
"""Where a dispute waits for the merchant."""
OPEN: Final = frozenset({S.SUBMITTING, S.UNKNOWN})
"""Asked for, and not at its end."""
LOST: Final = frozenset({DisputeStatus.LOST, DisputeStatus.ACCEPTED})

ANSWERED_ELSEWHERE: Final = "answered_elsewhere"
DISPUTE_CLOSED: Final = "dispute_closed"
DEADLINE_PASSED: Final = "deadline_passed"
NOT_SEEN: Final = "not_seen"
GIVEN_UP: Final = "given_up"
"""A person has looked at the gateway, and it was not there."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer, and why if it was refused."""

    status: AnswerStatus
    code: str | None = None


def checked_evidence(given: Evidence) -> Evidence:
    """Safe to keep and show. Raises FieldsInvalid, which names every field at fault."""
    cleaned: dict[str, str] = {}
    errors: list[FieldError] = []
    for name in FIELDS:
        limit = SHORT_MAX if name in SHORT else TEXT_MAX
        try:
            cleaned[name] = clean_text(
                getattr(given, name), name, max_length=limit, is_multiline=name not in SHORT
            )
        except FieldInvalid as error:
            errors.append(FieldError(name, str(error)))
    if errors:
        raise FieldsInvalid(tuple(errors))
    return Evidence(**cleaned)


def check_complete(evidence: Evidence, *, chars_max: int) -> None:
    """Raises FieldsInvalid unless the evidence says something, and nothing that is longer than the gateway takes."""
    if not any(getattr(evidence, name) for name in ARGUMENTS):
        raise FieldInvalid("explanation", "Say at least why the money is yours: nothing else can be judged.")
    errors = [
        FieldError(name, f"This gateway takes at most {chars_max} characters here.")
        for name in FIELDS
        if len(getattr(evidence, name)) > chars_max
    ]
    if errors:
        raise FieldsInvalid(tuple(errors))


def check_may_draft(dispute: Dispute, latest: DisputeAnswer | None, *, is_not_there: bool) -> None:
    """Raises TransitionRefused where evidence cannot be written. `is_not_there`: a person has looked at the gateway."""
    _check_waits(dispute)
    if latest is None or latest.status in {S.DRAFTED, S.REFUSED}:
        return
    if latest.status is S.UNKNOWN and is_not_there:
        return
    _check_not_answered(dispute, latest)


def check_may_submit(dispute: Dispute, draft: DisputeAnswer | None, *, now: int) -> None:
    """Raises TransitionRefused unless the draft may be submitted now."""
    _check_waits(dispute)
    if draft is None:
        raise TransitionRefused("There is no evidence yet: write it first.")
    _check_not_answered(dispute, draft)
    if draft.status is not S.DRAFTED:
        raise TransitionRefused("The gateway has refused this evidence: change it first.")
    if is_late(dispute.respond_by, now):
        raise TransitionRefused("The deadline is over: the gateway takes no more evidence.")


def check_may_accept(dispute: Dispute, latest: DisputeAnswer | None) -> None:
    """Raises TransitionRefused where giving in is not possible any more. The deadline does not count for it."""
    _check_waits(dispute)
    if latest is not None and latest.status is not S.UNKNOWN:
        _check_not_answered(dispute, latest)


def is_late(respond_by: int | None, now: int) -> bool:
    """Whether the deadline is over."""
    return respond_by is not None and now > respond_by


def verdict(answer: DisputeAnswer, fact: DisputeFact, status: DisputeStatus) -> Verdict | None:
    """What the gateway's look of the dispute says of an answer that was asked for; None: it waits for one.

    `status`: our dispute's, with the fact applied. Was it never sent, what the gateway has is somebody else's.
    """
    was_sent = answer.sent_at is not None
    is_there: bool | None
    if answer.kind is AnswerKind.ACCEPTANCE:
        is_there = status in LOST
    else:
        is_there = fact.is_answered
    if is_there:
        return Verdict(S.SUBMITTED) if was_sent else Verdict(S.REFUSED, _elsewhere(status))
    if status not in CLOSED and (status in WAITS or was_sent):
        return None
    if was_sent and is_there is None:
        return Verdict(S.UNKNOWN, DISPUTE_CLOSED)
    return Verdict(S.REFUSED, _elsewhere(status))


def _elsewhere(status: DisputeStatus) -> str:
    return DISPUTE_CLOSED if status in CLOSED else ANSWERED_ELSEWHERE


def _check_waits(dispute: Dispute) -> None:
    if dispute.status in CLOSED:
        raise TransitionRefused("The dispute is decided: nothing can be answered any more.")
    if dispute.status not in WAITS:
        raise TransitionRefused("The dispute does not wait for your answer now.")


def _check_not_answered(dispute: Dispute, latest: DisputeAnswer) -> None:
    if latest.status is S.SUBMITTING:
        raise TransitionRefused("An answer is on its way to the gateway: wait until it has arrived.")
    if latest.status is S.UNKNOWN:
        raise TransitionRefused(
            "Nobody knows whether the gateway has the last answer. Look there first, then say that it is not there."
        )
    if latest.status is S.SUBMITTED and latest.stage is dispute.status:
        raise TransitionRefused("The dispute is answered already, and gateways take one answer.")
