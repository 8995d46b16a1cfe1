"""Makes the page of one dispute."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.dispute import Dispute
from linktill.core.dispute_answer import (
    AnswerKind,
    AnswerStatus,
    DisputeAnswer,
    Evidence,
    check_may_accept,
    check_may_draft,
    check_may_submit,
    is_late,
)
from linktill.core.errors import TransitionRefused
from linktill.core.events import Event
from linktill.core.ids import DisputeId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.answer_dispute import Reach, dispute_and_payment, reach_at
from linktill.flows.prefill_evidence import prefilled
from linktill.storage.database import Tx
from linktill.storage.dispute_answers import answers_of
from linktill.storage.events import list_events
from linktill.storage.ledger import Sealed, transactions_of
from linktill.storage.members import emails_of
from linktill.storage.overview import descriptions_of
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.dispute.fields import asked_fields, said_fields
from linktill.web.dashboard.dispute.view import DisputePage, EvidenceForm, SavedDraft, SentAnswer
from linktill.web.dashboard.disputes.state import shown_state
from linktill.web.dashboard.rows import entry_rows, timeline, who
from linktill.web.dashboard.shell import LedgerRow

HISTORY: Final = 50


@dataclass(frozen=True, slots=True)
class Found:
    """What the page is made of. `people`: members' ids → e-mail addresses."""

    dispute: Dispute
    attempt: PaymentAttempt
    description: str
    answers: Sequence[DisputeAnswer]
    known: Evidence
    """What our records say."""
    ledger: Sequence[Sealed]
    events: Sequence[Event]
    people: Mapping[str, str]

    @property
    def latest(self) -> DisputeAnswer | None:
        return self.answers[0] if self.answers else None


async def load_dispute(tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId, base_url: str) -> Found:
    """Unit: raises NotFound."""
    dispute, attempt = await dispute_and_payment(tx, merchant_id, dispute_id)
    words = await descriptions_of(tx, merchant_id, [attempt.session_id])
    booked = await transactions_of(tx, merchant_id, attempt.id)
    events = await list_events(tx, merchant_id, limit=HISTORY, attempt_id=attempt.id)
    return Found(
        dispute,
        attempt,
        words.get(attempt.session_id, ""),
        await answers_of(tx, merchant_id, dispute_id),
        await prefilled(tx, dispute, attempt, base_url),
        [each for each in booked if each.transaction.business_key.startswith(f"dispute:{dispute.id}:")],
        [each for each in events if each.type.startswith("dispute.")],
        await emails_of(tx, merchant_id),
    )


def dispute_page(
    desk: Desk, visitor: Visitor, found: Found, typed: Evidence | None, errors: Mapping[str, str]
) -> DisputePage:
    """`typed`: evidence as it was sent and refused, instead of what is saved."""
    dispute, attempt, now = found.dispute, found.attempt, desk.services.clock.now_us()
    reach = reach_at(desk.services, attempt.gateway)
    form = _form(found, reach, typed) if not is_late(dispute.respond_by, now) else None
    return DisputePage(
        shell=desk.shell(visitor),
        id=dispute.id,
        state=shown_state(dispute, found.latest, now),
        status=dispute.status.value,
        amount=dispute.amount,
        fee=Money(dispute.fee_minor, dispute.amount.currency),
        is_withdrawn=dispute.is_withdrawn,
        reason=dispute.reason,
        respond_by=dispute.respond_by,
        opened_at=dispute.created_at,
        gateway_name=reach.label,
        gateway_reference=dispute.gateway_ref,
        payment_id=attempt.id,
        description=found.description,
        payer=attempt.payer_email or attempt.payer_name,
        form=form,
        draft=_draft(found, now) if form is not None else None,
        may_accept=reach.may_accept and _may(lambda: check_may_accept(dispute, found.latest)),
        is_by_hand=reach.evidence_chars_max == 0,
        answers=tuple(_sent(each, found.people) for each in found.answers if each.asked_at is not None),
        ledger=tuple(_ledger_row(each) for each in found.ledger),
        timeline=timeline(found.events, has_links=False),
        errors=errors,
    )


def _form(found: Found, reach: Reach, typed: Evidence | None) -> EvidenceForm | None:
    latest = found.latest
    may_draft = _may(lambda: check_may_draft(found.dispute, latest, is_not_there=True))
    if reach.evidence_chars_max == 0 or not may_draft:
        return None
    kept = next((each.evidence for each in found.answers if each.kind is AnswerKind.EVIDENCE), None)
    saved = kept or found.known
    return EvidenceForm(
        asked_fields(typed or saved, chars_max=reach.evidence_chars_max),
        is_prefilled=typed is None and kept is None,
        is_after_doubt=latest is not None and latest.status is AnswerStatus.UNKNOWN,
    )


def _draft(found: Found, now: int) -> SavedDraft | None:
    latest = found.latest
    if latest is None or not _may(lambda: check_may_submit(found.dispute, latest, now=now)):
        return None
    return SavedDraft(latest.updated_at, said_fields(latest.evidence))


def _may(check: Callable[[], None]) -> bool:
    try:
        check()
    except TransitionRefused:
        return False
    return True


def _sent(answer: DisputeAnswer, people: Mapping[str, str]) -> SentAnswer:
    assert answer.asked_at is not None, "drafts were not sent"
    by = who(answer.by, people)
    return SentAnswer(
        answer.kind.value,
        answer.status.value,
        answer.asked_at,
        by,
        answer.failure,
        said_fields(answer.evidence),
    )


def _ledger_row(sealed: Sealed) -> LedgerRow:
    booked = sealed.transaction
    return LedgerRow(
        id=booked.id,
        at=booked.created_at,
        kind=booked.kind,
        entries=entry_rows(booked.entries, booked.currency),
        payment_id=booked.attempt_id,
    )
