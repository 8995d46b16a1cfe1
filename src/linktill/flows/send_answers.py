"""Gives answers to disputes to the gateways, and finds out what became of those whose outcome is not known.

Each turn looks at the dispute first: it may be answered or decided already. Only then the answer is sent, under a key of its
own; what was sent before is sent again only while the gateway knows that key.
"""

from dataclasses import replace
from typing import Final

from linktill.core.dispute import Dispute, DisputeFact
from linktill.core.dispute_answer import (
    DEADLINE_PASSED,
    NOT_SEEN,
    AnswerKind,
    AnswerStatus,
    DisputeAnswer,
    Verdict,
    is_late,
    verdict,
)
from linktill.core.errors import Refusal, VersionConflict
from linktill.core.events import EventType
from linktill.flows.account_health import note_trouble
from linktill.flows.accounts import Connection, connection
from linktill.flows.announce import Subject, announce
from linktill.flows.answer_dispute import dispute_and_payment
from linktill.flows.answer_objects import answer_object
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.reconcile import poll_due
from linktill.flows.schedule import next_poll
from linktill.flows.services import Moment, Services, moment_of
from linktill.gateways.contract import EvidenceOrder, GatewayError, Rejected, Unavailable
from linktill.platform.log import get_logger
from linktill.storage import dispute_answers as storage
from linktill.storage import disputes
from linktill.storage.database import Tx

SECOND_US: Final = 1_000_000
DOUBT_AFTER_US: Final = 3_600 * SECOND_US
"""An answer that was sent and is not seen at the gateway so long after goes to a person."""
FAILURE_MAX: Final = 500

_EVENTS: Final = {
    AnswerStatus.SUBMITTED: EventType.DISPUTE_ANSWERED,
    AnswerStatus.REFUSED: EventType.DISPUTE_ANSWER_REFUSED,
    AnswerStatus.UNKNOWN: EventType.DISPUTE_ANSWER_UNKNOWN,
}
_WORDS: Final = {
    "answered_elsewhere": "The gateway has an answer already, which was not sent from here.",
    "dispute_closed": "The dispute was decided before the answer arrived.",
    DEADLINE_PASSED: "The deadline was over before the answer could be sent.",
    NOT_SEEN: "It was sent, no answer came, and the gateway does not show it.",
}

log = get_logger(__name__)


async def poll_answers(services: Services) -> int:
    """Sends or looks for answers whose turn it is; answers how many."""
    return await poll_due(services, storage.merchants_with_due_polls, storage.due_polls, _poll_answer)


async def _poll_answer(services: Services, answer: DisputeAnswer) -> None:
    now = services.clock.now_us()
    since = answer.asked_at or answer.created_at
    poll_at = next_poll(now, since=since, is_unsure=answer.status is AnswerStatus.SUBMITTING)
    if not await services.database.run(storage.take_poll, answer, poll_at=poll_at):
        return
    dispute, attempt = await services.database.read(
        dispute_and_payment, answer.merchant_id, answer.dispute_id
    )
    answer = replace(answer, poll_at=poll_at)
    try:
        found = await connection(services, answer.merchant_id, attempt.gateway_account_id)
        said = await _worked(services, found, dispute, answer)
    except (GatewayError, Refusal) as error:
        log.info("dispute_answer.still_open", answer_id=answer.id, error=str(error))
        await note_trouble(services, answer.merchant_id, attempt.gateway_account_id, error)
        await services.database.run(storage.note_trouble, answer, _kept(str(error)))
        return
    if said is not None:
        services.wake.now()


async def _worked(
    services: Services, found: Connection, dispute: Dispute, answer: DisputeAnswer
) -> Verdict | None:
    fact, dispute = await _looked(services, found, dispute)
    said = verdict(answer, fact, dispute.status)
    now = services.clock.now_us()
    if said is None and answer.sent_at is None and _is_too_late(answer, dispute, now):
        said = Verdict(AnswerStatus.REFUSED, DEADLINE_PASSED)
    if said is None and answer.status is AnswerStatus.UNKNOWN:
        return None
    if said is None and answer.sent_at is not None and not _may_send_again(found, answer.sent_at, now):
        if now - answer.sent_at < DOUBT_AFTER_US:
            return None
        said = Verdict(AnswerStatus.UNKNOWN, NOT_SEEN)
    if said is not None:
        return await _settled(services, answer, said)
    return await _sent(services, found, dispute, answer)


async def _looked(services: Services, found: Connection, dispute: Dispute) -> tuple[DisputeFact, Dispute]:
    """The dispute as the gateway has it, applied here as well."""
    moment = moment_of(services)
    fact = await found.gateway.look_up_dispute(found.account, dispute.gateway_ref)
    try:
        after = await services.database.run(
            apply_dispute_fact, moment, dispute.merchant_id, dispute.attempt_id, fact
        )
    except VersionConflict:
        # Somebody has later news of it; they are in the database.
        known = await services.database.read(disputes.get_dispute, dispute.merchant_id, dispute.id)
        assert known is not None, "a dispute is never deleted"
        after = known
    return fact, after


def _is_too_late(answer: DisputeAnswer, dispute: Dispute, now: int) -> bool:
    return answer.kind is AnswerKind.EVIDENCE and is_late(dispute.respond_by, now)


def _may_send_again(found: Connection, sent_at: int, now: int) -> bool:
    return (now - sent_at) // SECOND_US < found.gateway.answer_key_valid_s


async def _sent(
    services: Services, found: Connection, dispute: Dispute, answer: DisputeAnswer
) -> Verdict | None:
    sent_at = services.clock.now_us()
    is_first = answer.sent_at is None
    if is_first and not await services.database.run(storage.note_sent, answer, now=sent_at):
        return None  # somebody else has this turn, or has settled it
    try:
        await _send(found, dispute, answer)
    except Unavailable:
        if is_first:
            await services.database.run(storage.note_not_sent, answer, sent_at=sent_at)
        raise
    except Rejected as error:
        if not is_first:
            # The first one may have done it: that one is looked for.
            raise
        code = error.code or "gateway_rejected"
        return await _settled(services, answer, Verdict(AnswerStatus.REFUSED, code), _kept(str(error)))
    said = await _settled(services, answer, Verdict(AnswerStatus.SUBMITTED))
    try:
        await _looked(services, found, dispute)
    except (GatewayError, Refusal) as error:
        # Its webhook, or tomorrow's list, tells how the dispute stands.
        log.info("dispute.not_looked_at", dispute_id=dispute.id, error=str(error))
    return said


async def _send(found: Connection, dispute: Dispute, answer: DisputeAnswer) -> None:
    match answer.kind:
        case AnswerKind.EVIDENCE:
            order = EvidenceOrder(dispute.gateway_ref, answer.evidence)
            await found.gateway.submit_evidence(found.account, order, key=answer.key())
        case AnswerKind.ACCEPTANCE:
            await found.gateway.accept_dispute(found.account, dispute.gateway_ref, key=answer.key())


async def _settled(
    services: Services, answer: DisputeAnswer, said: Verdict, words: str | None = None
) -> Verdict:
    failure = None if said.code is None else words or _WORDS[said.code]
    await services.database.run(_settle, moment_of(services), answer, said, failure)
    return said


async def _settle(tx: Tx, moment: Moment, answer: DisputeAnswer, said: Verdict, failure: str | None) -> None:
    if said.status is answer.status:
        return
    # What is in doubt is looked for as long as somebody has not said that it is not there.
    poll_at = answer.poll_at if said.code == NOT_SEEN else None
    after = replace(
        answer,
        status=said.status,
        updated_at=moment.now,
        poll_at=poll_at,
        failure_code=said.code,
        failure=failure,
    )
    # Whoever has taken a turn since may have sent it: a refusal from before says nothing of that.
    turn = answer.poll_at if said.status is AnswerStatus.REFUSED else None
    if not await storage.move_answer(tx, after, before=answer.status, turn=turn):
        return
    dispute = await disputes.get_dispute(tx, answer.merchant_id, answer.dispute_id)
    assert dispute is not None, "an answer belongs to a dispute"
    await announce(
        tx,
        moment,
        _EVENTS[after.status],
        Subject(after.merchant_id, after.id, dispute.link_id, after.attempt_id),
        answer_object(after),
    )


def _kept(words: str) -> str:
    """What a gateway sent may be in it, and PostgreSQL keeps no NUL."""
    return words[:FAILURE_MAX].encode("utf-8", "replace").decode().replace("\0", "")
