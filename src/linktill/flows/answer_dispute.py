"""Takes a merchant's answer to a dispute: evidence is drafted and then submitted once, or the merchant gives in.

Only the intent is written here. The worker sends it (`send_answers`), and finds it there after every crash.
"""

from dataclasses import dataclass, replace

from linktill.core import ids as prefixes
from linktill.core.dispute import Dispute
from linktill.core.dispute_answer import (
    GIVEN_UP,
    AnswerKind,
    AnswerStatus,
    DisputeAnswer,
    Evidence,
    check_complete,
    check_may_accept,
    check_may_draft,
    check_may_submit,
    checked_evidence,
)
from linktill.core.errors import NotFound, TransitionRefused, VersionConflict
from linktill.core.ids import DisputeAnswerId, DisputeId, MerchantId
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.services import Moment, Services
from linktill.storage import attempts, disputes
from linktill.storage.database import Tx
from linktill.storage.dispute_answers import answers_of, insert_answer, move_answer, rewrite_draft


@dataclass(frozen=True, slots=True)
class Drafting:
    """Evidence that somebody wrote. `id` is for a new draft, drawn outside the unit so that a second run knows its own.

    `is_not_there`: a person has looked at the gateway, and the answer in doubt is not there.
    """

    id: DisputeAnswerId
    dispute_id: DisputeId
    evidence: Evidence
    by: str
    is_not_there: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What the dispute's gateway takes from us."""

    gateway: str
    label: str
    evidence_chars_max: int
    may_accept: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """An answer that somebody wants to be given. `seen_at`: when the draft that they have seen was changed last; None: any."""

    id: DisputeAnswerId
    """For an acceptance."""
    dispute_id: DisputeId
    reach: Reach
    by: str
    seen_at: int | None = None


def new_answer_id(services: Services) -> DisputeAnswerId:
    """The id of an answer. Raises GatewayTrouble in a copy, where it would wait for nobody knows what."""
    services.standing.check()
    return DisputeAnswerId(services.ids.new(prefixes.DISPUTE_ANSWER))


async def reach_of(services: Services, merchant_id: MerchantId, dispute_id: DisputeId) -> Reach:
    """What can be done about the dispute from here. Raises NotFound."""
    _, attempt = await services.database.read(dispute_and_payment, merchant_id, dispute_id)
    return reach_at(services, attempt.gateway)


def reach_at(services: Services, name: str) -> Reach:
    """What that gateway takes from us; nothing, where this installation does not have it."""
    label, gateway = services.gateways.label(name), services.gateways.get(name)
    if gateway is None:
        return Reach(name, label, 0, may_accept=False)
    return Reach(name, label, gateway.evidence_chars_max, gateway.may_accept_disputes)


async def dispute_and_payment(
    tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId
) -> tuple[Dispute, PaymentAttempt]:
    """Unit: raises NotFound."""
    dispute = await disputes.get_dispute(tx, merchant_id, dispute_id)
    if dispute is None:
        raise NotFound(f"There is no dispute {dispute_id}.", param="id")
    attempt = await attempts.get_attempt(tx, merchant_id, dispute.attempt_id)
    assert attempt is not None, "a dispute belongs to a payment"
    return dispute, attempt


async def save_draft(tx: Tx, moment: Moment, merchant_id: MerchantId, wanted: Drafting) -> DisputeAnswer:
    """Unit: keeps evidence that is not submitted yet, in place of the draft that was there.

    Raises NotFound, FieldsInvalid and TransitionRefused.
    """
    evidence = checked_evidence(wanted.evidence)
    dispute, latest = await _locked(tx, merchant_id, wanted.dispute_id)
    check_may_draft(dispute, latest, is_not_there=wanted.is_not_there)
    if latest is not None and latest.status is AnswerStatus.DRAFTED:
        draft = replace(latest, evidence=evidence, by=wanted.by, updated_at=moment.now)
        if not await rewrite_draft(tx, draft):
            raise VersionConflict("The draft was submitted in this moment.")
        return draft
    if latest is not None and latest.id == wanted.id:
        return latest
    if latest is not None and latest.status is AnswerStatus.UNKNOWN:
        gone = replace(
            latest,
            status=AnswerStatus.REFUSED,
            updated_at=moment.now,
            poll_at=None,
            failure_code=GIVEN_UP,
            failure="Somebody looked at the gateway, and it was not there.",
        )
        if not await move_answer(tx, gone, before=AnswerStatus.UNKNOWN):
            raise VersionConflict("The answer has arrived after all.")
    draft = _answer(moment, dispute, wanted.id, AnswerKind.EVIDENCE, wanted.by, evidence)
    await insert_answer(tx, draft)
    return draft


async def ask_submission(tx: Tx, moment: Moment, merchant_id: MerchantId, wanted: Asking) -> DisputeAnswer:
    """Unit: has the draft submitted, as it is now. Asked twice, it is submitted once.

    Raises NotFound, FieldsInvalid, TransitionRefused, and VersionConflict where the draft is not the one that was seen.
    """
    dispute, latest = await _locked(tx, merchant_id, wanted.dispute_id)
    if _is_same(moment, latest, AnswerKind.EVIDENCE):
        assert latest is not None, "nothing is not the same"
        return latest
    if wanted.reach.evidence_chars_max == 0:
        raise TransitionRefused(f"{wanted.reach.label} takes no evidence from Linktill: answer it there.")
    check_may_submit(dispute, latest, now=moment.now)
    assert latest is not None, "a draft may be submitted"
    if wanted.seen_at is not None and wanted.seen_at != latest.updated_at:
        raise VersionConflict("The draft was changed since you saw it. Read it again, then submit it.")
    check_complete(latest.evidence, chars_max=wanted.reach.evidence_chars_max)
    asked = replace(
        latest,
        status=AnswerStatus.SUBMITTING,
        stage=dispute.status,
        by=wanted.by,
        updated_at=moment.now,
        asked_at=moment.now,
        poll_at=moment.now,
    )
    if not await move_answer(tx, asked, before=AnswerStatus.DRAFTED):
        raise VersionConflict("Somebody else submitted it in this moment.")
    return asked


async def ask_acceptance(tx: Tx, moment: Moment, merchant_id: MerchantId, wanted: Asking) -> DisputeAnswer:
    """Unit: has the gateway told that the merchant gives in. Raises NotFound and TransitionRefused."""
    dispute, latest = await _locked(tx, merchant_id, wanted.dispute_id)
    if _is_same(moment, latest, AnswerKind.ACCEPTANCE):
        assert latest is not None, "nothing is not the same"
        return latest
    if not wanted.reach.may_accept:
        raise TransitionRefused(f"{wanted.reach.label} closes no dispute for Linktill: give in there.")
    check_may_accept(dispute, latest)
    answer = replace(
        _answer(moment, dispute, wanted.id, AnswerKind.ACCEPTANCE, wanted.by, Evidence()),
        status=AnswerStatus.SUBMITTING,
        asked_at=moment.now,
        poll_at=moment.now,
    )
    await insert_answer(tx, answer)
    return answer


async def _locked(
    tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId
) -> tuple[Dispute, DisputeAnswer | None]:
    """The dispute, held, so that two cannot answer it at once; and the latest answer."""
    dispute = await disputes.lock_dispute_by_id(tx, merchant_id, dispute_id)
    if dispute is None:
        raise NotFound(f"There is no dispute {dispute_id}.", param="id")
    answers = await answers_of(tx, merchant_id, dispute_id)
    return dispute, answers[0] if answers else None


def _is_same(moment: Moment, latest: DisputeAnswer | None, kind: AnswerKind) -> bool:
    """Whether this was asked for already: it is on its way, or this very unit is run again and it has arrived meanwhile."""
    if latest is None or latest.kind is not kind:
        return False
    return latest.status is AnswerStatus.SUBMITTING or latest.asked_at == moment.now


def _answer(
    moment: Moment,
    dispute: Dispute,
    answer_id: DisputeAnswerId,
    kind: AnswerKind,
    by: str,
    evidence: Evidence,
) -> DisputeAnswer:
    return DisputeAnswer(
        merchant_id=dispute.merchant_id,
        id=answer_id,
        dispute_id=dispute.id,
        attempt_id=dispute.attempt_id,
        kind=kind,
        status=AnswerStatus.DRAFTED,
        stage=dispute.status,
        evidence=evidence,
        by=by,
        created_at=moment.now,
        updated_at=moment.now,
    )
