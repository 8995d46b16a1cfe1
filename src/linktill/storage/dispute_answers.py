"""Answers to disputes: what was drafted, asked for and sent."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

import msgspec
from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update

from linktill.core.dispute import DisputeStatus
from linktill.core.dispute_answer import (
    WAITS,
    AnswerKind,
    AnswerStatus,
    DisputeAnswer,
    Evidence,
)
from linktill.core.ids import DisputeAnswerId, DisputeId, MerchantId
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import dispute, dispute_answer

A: Final = dispute_answer.c
_THIS: Final = and_(A.merchant_id == bindparam("merchant_id"), A.id == bindparam("answer_id"))
_ANSWERED: Final = (AnswerStatus.SUBMITTING, AnswerStatus.SUBMITTED, AnswerStatus.UNKNOWN)

_INSERT: Final = compiled(insert(dispute_answer))
_GET: Final = compiled(select(dispute_answer).where(_THIS))
_OF_DISPUTE: Final = compiled(
    select(dispute_answer)
    .where(A.merchant_id == bindparam("merchant_id"), A.dispute_id == bindparam("dispute_id"))
    .order_by(A.id.desc())
    .limit(20)
)
_REWRITE: Final = compiled(
    update(dispute_answer)
    .where(_THIS, A.status == AnswerStatus.DRAFTED)
    .values(evidence=bindparam("evidence"), created_by=bindparam("by"), updated_at=bindparam("now"))
    .returning(A.id)
)
_MOVED: Final = (
    update(dispute_answer)
    .where(_THIS, A.status == bindparam("before"))
    .values(
        status=bindparam("after"),
        stage=bindparam("stage"),
        created_by=bindparam("by"),
        updated_at=bindparam("now"),
        asked_at=bindparam("asked_at"),
        poll_at=bindparam("poll_at"),
        failure_code=bindparam("failure_code"),
        failure=bindparam("failure"),
    )
    .returning(A.id)
)
_MOVE: Final = compiled(_MOVED)
_MOVE_IN_TURN: Final = compiled(_MOVED.where(A.poll_at == bindparam("turn")))
_POLL: Final = compiled(
    update(dispute_answer)
    .where(_THIS, A.poll_at == bindparam("seen"))
    .values(poll_at=bindparam("poll_at"))
    .returning(A.id)
)
_SENT: Final = compiled(
    update(dispute_answer)
    .where(_THIS, A.status == AnswerStatus.SUBMITTING, A.sent_at.is_(None))
    .values(sent_at=bindparam("now"))
    .returning(A.id)
)
_NOT_SENT: Final = compiled(
    update(dispute_answer).where(_THIS, A.sent_at == bindparam("was_sent_at")).values(sent_at=None)
)
_TROUBLE: Final = compiled(
    update(dispute_answer)
    .where(_THIS, A.status == AnswerStatus.SUBMITTING)
    .values(failure=bindparam("failure"))
)
_DUE_MERCHANTS: Final = compiled(
    select(A.merchant_id)
    .where(A.poll_at.is_not(None), A.poll_at <= bindparam("now"))
    .group_by(A.merchant_id)
    .order_by(func.min(A.poll_at))
    .limit(100)
)
_DUE: Final = compiled(
    select(dispute_answer)
    .where(A.merchant_id == bindparam("merchant_id"), A.poll_at.is_not(None), A.poll_at <= bindparam("now"))
    .order_by(A.poll_at)
    .limit(bindparam("limit"))
)
_COUNT_WAITING: Final = compiled(
    select(func.count())
    .select_from(dispute)
    .where(
        dispute.c.merchant_id == bindparam("merchant_id"),
        or_(*(dispute.c.status == each for each in sorted(WAITS))),
        or_(dispute.c.respond_by.is_(None), dispute.c.respond_by >= bindparam("now")),
        ~exists().where(
            A.merchant_id == dispute.c.merchant_id,
            A.dispute_id == dispute.c.id,
            A.stage == dispute.c.status,
            or_(*(A.status == each for each in _ANSWERED)),
        ),
    )
)


def _answer(row: Row) -> DisputeAnswer:
    (merchant_id, answer_id, dispute_id, attempt_id, kind, status, stage, evidence, by, created_at, updated_at,
     asked_at, sent_at, poll_at, failure_code, failure) = row  # fmt: skip
    return DisputeAnswer(
        merchant_id,
        answer_id,
        dispute_id,
        attempt_id,
        AnswerKind(kind),
        AnswerStatus(status),
        DisputeStatus(stage),
        msgspec.json.decode(evidence, type=Evidence),
        by,
        created_at,
        updated_at,
        asked_at,
        sent_at,
        poll_at,
        failure_code,
        failure,
    )


def _text(evidence: Evidence) -> str:
    return msgspec.json.encode(asdict(evidence)).decode()


def _key(answer: DisputeAnswer) -> Mapping[str, str]:
    return {"merchant_id": answer.merchant_id, "answer_id": answer.id}


async def insert_answer(tx: Tx, new: DisputeAnswer) -> None:
    """A draft, or an answer that is asked for at once; its dispute is locked by this unit."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        dispute_id=new.dispute_id,
        attempt_id=new.attempt_id,
        kind=new.kind,
        status=new.status,
        stage=new.stage,
        evidence=_text(new.evidence),
        created_by=new.by,
        created_at=new.created_at,
        updated_at=new.updated_at,
        asked_at=new.asked_at,
        sent_at=new.sent_at,
        poll_at=new.poll_at,
        failure_code=new.failure_code,
        failure=new.failure,
    )


async def get_answer(tx: Tx, merchant_id: MerchantId, answer_id: DisputeAnswerId) -> DisputeAnswer | None:
    """The answer, or None."""
    row = await tx.one(_GET, merchant_id=merchant_id, answer_id=answer_id)
    return None if row is None else _answer(row)


async def answers_of(tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId) -> list[DisputeAnswer]:
    """The answers to one dispute, newest first."""
    rows = await tx.all(_OF_DISPUTE, merchant_id=merchant_id, dispute_id=dispute_id)
    return [_answer(row) for row in rows]


async def rewrite_draft(tx: Tx, draft: DisputeAnswer) -> bool:
    """Stores other evidence in a draft. False: it is no draft any more."""
    row = await tx.one(
        _REWRITE, **_key(draft), evidence=_text(draft.evidence), by=draft.by, now=draft.updated_at
    )
    return row is not None


async def move_answer(tx: Tx, after: DisputeAnswer, *, before: AnswerStatus, turn: int | None = None) -> bool:
    """Stores where the answer stands now, if it still is `before`. False: someone was faster.

    `turn`: only if nobody has taken a turn since, which set its `poll_at` to this.
    """
    in_turn = {} if turn is None else {"turn": turn}
    row = await tx.one(
        _MOVE if turn is None else _MOVE_IN_TURN,
        **_key(after),
        **in_turn,
        before=before,
        after=after.status,
        stage=after.stage,
        by=after.by,
        now=after.updated_at,
        asked_at=after.asked_at,
        poll_at=after.poll_at,
        failure_code=after.failure_code,
        failure=after.failure,
    )
    return row is not None


async def take_poll(tx: Tx, due: DisputeAnswer, *, poll_at: int) -> bool:
    """Takes the turn to work on it, and sets the next one. False: another worker took it."""
    return await tx.one(_POLL, **_key(due), seen=due.poll_at, poll_at=poll_at) is not None


async def note_sent(tx: Tx, answer: DisputeAnswer, *, now: int) -> bool:
    """It leaves this machine for the first time, as far as anybody will ever know. False: it has left already."""
    if await tx.one(_SENT, **_key(answer), now=now) is not None:
        return True
    # This very unit may be run again: the answer of its first COMMIT was lost.
    known = await get_answer(tx, answer.merchant_id, answer.id)
    return known is not None and known.sent_at == now


async def note_not_sent(tx: Tx, answer: DisputeAnswer, *, sent_at: int) -> None:
    """The first call was surely not executed."""
    await tx.run(_NOT_SENT, **_key(answer), was_sent_at=sent_at)


async def note_trouble(tx: Tx, answer: DisputeAnswer, failure: str) -> None:
    """Why it is not there yet."""
    await tx.run(_TROUBLE, **_key(answer), failure=failure)


async def merchants_with_due_polls(tx: Tx, *, now: int) -> list[MerchantId]:
    """Merchants of which some answer must be sent or looked for, longest due first."""
    return [row[0] for row in await tx.all(_DUE_MERCHANTS, now=now)]


async def due_polls(tx: Tx, merchant_id: MerchantId, *, now: int, limit: int) -> list[DisputeAnswer]:
    """The merchant's answers to send or look for, longest due first."""
    return [_answer(row) for row in await tx.all(_DUE, merchant_id=merchant_id, now=now, limit=limit)]


async def count_waiting(tx: Tx, merchant_id: MerchantId, *, now: int) -> int:
    """Disputes that wait for an answer which nobody has asked to be sent, and whose deadline is ahead."""
    row = await tx.one(_COUNT_WAITING, merchant_id=merchant_id, now=now)
    return 0 if row is None else int(row[0])
