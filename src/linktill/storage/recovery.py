"""What an installation that comes back asks of its rows: everything open is looked up now, and nothing that may have been
told before is told by itself.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BindParameter, and_, bindparam, delete, func, or_, select, update

from linktill.core.dispute import CLOSED
from linktill.core.dispute_answer import AnswerStatus
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.refund import OPEN
from linktill.storage.database import Tx
from linktill.storage.queues import AT_ONCE, TURN
from linktill.storage.statements import compiled
from linktill.storage.tables import (
    dispute,
    dispute_answer,
    event,
    ledger_transaction,
    outbox,
    payment_attempt,
    refund,
)

PARKED: Final = "parked"
"""Of what was to be told before the backup: a person decides whether it still is."""
SHOWN_MAX: Final = 1_000

A: Final = payment_attempt.c
R: Final = refund.c
D: Final = dispute.c
N: Final = dispute_answer.c
O: Final = outbox.c  # noqa: E741 -- the table's letter, as in its neighbors
_MINE: Final[BindParameter[str]] = bindparam("merchant_id")
_HURRY_ATTEMPTS: Final = compiled(
    update(payment_attempt)
    .where(A.merchant_id == _MINE, A.poll_at.is_not(None))
    .values(poll_at=bindparam("now"))
)
_HURRY_REFUNDS: Final = compiled(
    update(refund).where(R.merchant_id == _MINE, R.poll_at.is_not(None)).values(poll_at=bindparam("now"))
)
# A refund that was not sent yet when the backup was made may have been since: it is looked for before it is sent.
_LOOK_FIRST: Final = compiled(
    update(refund)
    .where(R.merchant_id == _MINE, R.started_at.is_(None), or_(*(R.status == each for each in sorted(OPEN))))
    .values(started_at=R.created_at)
)
_HURRY_ANSWERS: Final = compiled(
    update(dispute_answer)
    .where(N.merchant_id == _MINE, N.poll_at.is_not(None))
    .values(poll_at=bindparam("now"))
)
# The same for an answer to a dispute.
_LOOK_FOR_ANSWERS: Final = compiled(
    update(dispute_answer)
    .where(N.merchant_id == _MINE, N.sent_at.is_(None), N.status == AnswerStatus.SUBMITTING)
    .values(sent_at=N.asked_at)
)
_OPEN_DISPUTES: Final = compiled(
    select(D.gateway_ref)
    .join(payment_attempt, and_(A.merchant_id == D.merchant_id, A.id == D.attempt_id))
    .where(
        D.merchant_id == _MINE,
        A.gateway_account_id == bindparam("account_id"),
        *(D.status != each for each in sorted(CLOSED)),
    )
    .order_by(D.id)
    .limit(SHOWN_MAX)
)
_PARK: Final = compiled(
    update(outbox)
    .where(O.merchant_id == _MINE, or_(O.status == "queued", and_(O.status == "pending", O.kind != TURN)))
    .values(status=PARKED, lease_token=None)
    .returning(O.id)
)
_END_TURNS: Final = compiled(delete(outbox).where(O.merchant_id == _MINE, O.kind == TURN))
_LIST: Final = compiled(
    select(O.id, O.kind, O.subject_id, O.created_at, event.c.type, event.c.object_id)
    .outerjoin(event, and_(event.c.merchant_id == O.merchant_id, event.c.id == O.subject_id))
    .where(O.merchant_id == _MINE, O.status == PARKED)
    .order_by(O.created_at, O.id)
    .limit(SHOWN_MAX)
)
_COUNT: Final = compiled(
    select(func.count()).select_from(outbox).where(O.merchant_id == _MINE, O.status == PARKED)
)
_ROW: Final = and_(O.merchant_id == _MINE, O.id == bindparam("row_id"), O.status == PARKED)
# From now on it is as new: otherwise one that is older than three days would be given up at its first failure.
_RELEASE: Final = compiled(
    update(outbox)
    .where(_ROW)
    .values(status=bindparam("status"), due_at=AT_ONCE, tries=0, created_at=bindparam("now"))
    .returning(O.id)
)
_DISCARD: Final = compiled(delete(outbox).where(_ROW).returning(O.id))
_BOOKED: Final = compiled(
    select(ledger_transaction.c.kind, func.count())
    .where(ledger_transaction.c.merchant_id == _MINE)
    .group_by(ledger_transaction.c.kind)
)


@dataclass(frozen=True, slots=True)
class ParkedNews:
    """Something that may have been told before. `kind` is the outbox's; the event's parts are None for what it has made."""

    merchant_id: MerchantId
    id: str
    kind: str
    subject_id: str
    created_at: int
    event_type: str | None
    object_id: str | None


async def look_at_everything(tx: Tx, merchant_id: MerchantId, *, now: int) -> None:
    """Puts the next look-up of all that is open to now, and lets no refund and no answer go out unlooked for."""
    for statement in (_HURRY_ATTEMPTS, _HURRY_REFUNDS, _HURRY_ANSWERS):
        await tx.run(statement, merchant_id=merchant_id, now=now)
    for statement in (_LOOK_FIRST, _LOOK_FOR_ANSWERS):
        await tx.run(statement, merchant_id=merchant_id)


async def open_disputes(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId) -> list[str]:
    """The gateway's id of each dispute over this account that is not over here, oldest first."""
    rows = await tx.all(_OPEN_DISPUTES, merchant_id=merchant_id, account_id=account_id)
    return [row[0] for row in rows]


async def park_news(tx: Tx, merchant_id: MerchantId) -> int:
    """Takes everything that waits to be told out of the worker's sight; answers how much that was."""
    parked = await tx.all(_PARK, merchant_id=merchant_id)
    await tx.run(_END_TURNS, merchant_id=merchant_id)
    return len(parked)


async def list_parked(tx: Tx, merchant_id: MerchantId) -> list[ParkedNews]:
    """What is parked, oldest first, at most `SHOWN_MAX`."""
    return [ParkedNews(merchant_id, *row) for row in await tx.all(_LIST, merchant_id=merchant_id)]


async def count_parked(tx: Tx, merchant_id: MerchantId) -> int:
    """How much is parked."""
    row = await tx.one(_COUNT, merchant_id=merchant_id)
    return 0 if row is None else int(row[0])


async def release(tx: Tx, merchant_id: MerchantId, row_id: str, *, status: str, now: int) -> bool:
    """Puts it back where it was, due at once. False: it is not parked any more."""
    row = await tx.one(_RELEASE, merchant_id=merchant_id, row_id=row_id, status=status, now=now)
    return row is not None


async def discard(tx: Tx, merchant_id: MerchantId, row_id: str) -> bool:
    """Takes the promise away. False: it is not parked any more."""
    return await tx.one(_DISCARD, merchant_id=merchant_id, row_id=row_id) is not None


async def booked(tx: Tx, merchant_id: MerchantId) -> dict[str, int]:
    """How many ledger transactions of each kind there are."""
    return {row[0]: int(row[1]) for row in await tx.all(_BOOKED, merchant_id=merchant_id)}
