"""A queue for each receiver: whoever does not answer keeps only its own news waiting.

A queue lives in the outbox. Each thing to send is a row of status `queued`, with an id that starts with the queue's: so a
queue is one range of the primary key, and a hundred thousand rows that wait for a dead endpoint are rows that nobody
else's look for work walks over. The queue's one *turn* is a row of status `pending`, leased as any promise: its holder,
and nobody else, sends from this queue.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, and_, bindparam, case, delete, func, select, update

from linktill.core.ids import MerchantId
from linktill.platform import ids
from linktill.storage.database import Tx
from linktill.storage.outbox import Promise
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import outbox

TURN: Final = "turn"
"""The outbox kind whose subject is a queue that may have something due."""
AT_ONCE: Final = 0
"""Due by any clock: the app's may run ahead of the database's, which judges."""

O: Final = outbox.c  # noqa: E741 -- the table's letter, as in its neighbors
_NOW: Final = bindparam("now", type_=BigInteger)
_ROW: Final = and_(O.merchant_id == bindparam("merchant_id"), O.id == bindparam("row_id"))
_QUEUED: Final = and_(
    O.merchant_id == bindparam("merchant_id"),
    O.id >= bindparam("first"),
    O.id <= bindparam("last"),
    O.status == "queued",
)
_HELD: Final = and_(
    O.merchant_id == bindparam("merchant_id"),
    O.id == bindparam("queue_id"),
    O.lease_token == bindparam("lease_token_held"),
)
_INSERT: Final = compiled(
    insert(outbox)
    .values(
        {
            "merchant_id": bindparam("merchant_id"),
            "id": bindparam("row_id"),
            "kind": bindparam("kind"),
            "subject_id": bindparam("subject_id"),
            "status": "queued",
            "due_at": AT_ONCE,
            "created_at": _NOW,
        }
    )
    .on_conflict_do_nothing(index_elements=[O.merchant_id, O.id])
)
# Always writes the turn's row, even with nothing to change: a holder that ends its turn at this moment waits for us, and
# then sees what we put in the queue. A leased turn keeps its lease, a resting one its rest.
_CALL: Final = compiled(
    insert(outbox)
    .values(
        {
            "merchant_id": bindparam("merchant_id"),
            "id": bindparam("queue_id"),
            "kind": TURN,
            "subject_id": bindparam("queue_id"),
            "status": "pending",
            "due_at": AT_ONCE,
            "created_at": _NOW,
        }
    )
    .on_conflict_do_update(
        index_elements=[O.merchant_id, O.id],
        set_={"due_at": case((and_(O.lease_token.is_(None), O.tries == 0), AT_ONCE), else_=O.due_at)},
    )
)
_HOLD: Final = compiled(update(outbox).where(_HELD).values(due_at=bindparam("lease_until")).returning(O.id))
_DUE: Final = compiled(
    select(O.id, O.kind, O.subject_id, O.tries, O.created_at)
    .where(_QUEUED, O.due_at <= _NOW)
    .order_by(O.id)
    .limit(bindparam("limit"))
)
_TURN: Final = compiled(
    select(O.tries, O.lease_token).where(
        O.merchant_id == bindparam("merchant_id"), O.id == bindparam("queue_id")
    )
)
_WAITING: Final = compiled(
    select(func.count()).select_from(
        select(O.id).where(_QUEUED, O.due_at <= _NOW).limit(bindparam("limit")).subquery()
    )
)
_NEXT_DUE: Final = compiled(select(func.min(O.due_at)).where(_QUEUED))
_AGAIN: Final = compiled(
    update(outbox)
    .where(_ROW, O.status == "queued")
    .values(due_at=bindparam("due_at"), tries=O.tries + 1, last_error=bindparam("last_error"))
)
_REMOVE: Final = compiled(delete(outbox).where(_ROW, O.status == "queued"))
_REST: Final = compiled(
    update(outbox)
    .where(_HELD)
    .values(
        due_at=bindparam("due_at"),
        tries=bindparam("tries"),
        lease_token=None,
        last_error=bindparam("last_error"),
    )
)
_END: Final = compiled(delete(outbox).where(_HELD))


@dataclass(frozen=True, slots=True)
class Queued:
    """Something to send. `tries` counts those made; `queued_at` is since when we try, by the app's clock."""

    id: str
    kind: str
    subject_id: str
    tries: int
    queued_at: int


def row_id(queue_id: str, subject_id: str) -> str:
    """The outbox id of a subject in its queue."""
    return f"{queue_id}.{subject_id}"


def _range(queue_id: str, prefix: str) -> dict[str, str]:
    # Ids of one length in one alphabet: these two enclose them in every collation.
    first, last = (
        queue_id + "." + prefix + digit * ids.LENGTH for digit in (ids.ALPHABET[0], ids.ALPHABET[-1])
    )
    return {"first": first, "last": last}


async def enqueue(
    tx: Tx, merchant_id: MerchantId, queue_id: str, *, kind: str, subject_id: str, now: int
) -> None:
    """Puts a subject into the queue and calls the queue's turn. Twice is once."""
    row = row_id(queue_id, subject_id)
    await tx.run(_INSERT, merchant_id=merchant_id, row_id=row, kind=kind, subject_id=subject_id, now=now)
    await tx.run(_CALL, merchant_id=merchant_id, queue_id=queue_id, now=now)


async def waiting(
    tx: Tx, merchant_id: MerchantId, queue_id: str, *, prefix: str, now: int, limit: int
) -> int:
    """How much is due in the queue and would be sent, counted up to `limit`; 0 for a receiver that takes nothing now."""
    turn = await tx.one(_TURN, merchant_id=merchant_id, queue_id=queue_id)
    # Whoever holds a turn counts as one try.
    if turn is None or turn[0] > (0 if turn[1] is None else 1):
        return 0
    row = await tx.one(_WAITING, merchant_id=merchant_id, **_range(queue_id, prefix), now=now, limit=limit)
    return 0 if row is None else int(row[0])


async def hold(tx: Tx, turn: Promise, *, lease_until: int) -> bool:
    """Keeps the turn until then. False: the lease was lost, and what was done under it must not be written down."""
    row = await tx.one(
        _HOLD,
        merchant_id=turn.merchant_id,
        queue_id=turn.id,
        lease_token_held=turn.lease_token,
        lease_until=lease_until,
    )
    return row is not None


async def due(tx: Tx, turn: Promise, *, prefix: str, now: int, limit: int) -> list[Queued]:
    """What the queue has to send at `now` by the database's clock, oldest first. `prefix` is that of the subjects' ids."""
    rows = await tx.all(
        _DUE, merchant_id=turn.merchant_id, **_range(turn.subject_id, prefix), now=now, limit=limit
    )
    return [Queued(*row) for row in rows]


async def again(tx: Tx, merchant_id: MerchantId, row: str, *, due_at: int, error: str) -> None:
    """Did not work; again at `due_at`. The caller holds the turn."""
    await tx.run(_AGAIN, merchant_id=merchant_id, row_id=row, due_at=due_at, last_error=error)


async def remove(tx: Tx, merchant_id: MerchantId, row: str) -> None:
    """Sent, or given up: the subject itself tells which. The caller holds the turn."""
    await tx.run(_REMOVE, merchant_id=merchant_id, row_id=row)


async def rest(tx: Tx, turn: Promise, *, until: int, failures: int, error: str | None) -> None:
    """Ends the turn; the next one is at `until`. With `failures` > 0 not even something new brings it earlier."""
    await tx.run(
        _REST,
        merchant_id=turn.merchant_id,
        queue_id=turn.id,
        lease_token_held=turn.lease_token,
        due_at=until,
        tries=failures,
        last_error=error,
    )


async def end(tx: Tx, turn: Promise, *, prefix: str) -> None:
    """Ends the turn: the next is when the next subject is due; an empty queue has none. The caller holds the turn."""
    row = await tx.one(_NEXT_DUE, merchant_id=turn.merchant_id, **_range(turn.subject_id, prefix))
    next_at = None if row is None else row[0]
    if next_at is not None:
        await rest(tx, turn, until=next_at, failures=0, error=None)
        return
    await tx.run(_END, merchant_id=turn.merchant_id, queue_id=turn.id, lease_token_held=turn.lease_token)
