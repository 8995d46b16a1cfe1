"""Promises to tell: written with the change that causes them, leased by workers, kept until acknowledged.

A lease is a token and a time before which nobody else takes the row; whoever finishes without the token is too late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, and_, bindparam, delete, func, insert, literal_column, select, update

from linktill.core.ids import AttemptId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import any_of, compiled, skip_locked
from linktill.storage.tables import event, outbox

OB: Final = outbox.c
PENDING: Final = literal_column("'pending'", Text)
"""Written into the text: the index over pending rows is used only where the database can see the word."""
DEAD: Final = literal_column("'dead'", Text)
"""For the index over what was given up."""
SHOWN_MAX: Final = 1_000
_LEASED: Final = and_(
    OB.merchant_id == bindparam("merchant_id"),
    OB.id == bindparam("outbox_id"),
    OB.lease_token == bindparam("lease_token_held"),
)
_INSERT: Final = compiled(
    insert(outbox).values(
        {
            "status": "pending",
            **{
                name: bindparam(name)
                for name in ("merchant_id", "id", "kind", "subject_id", "due_at", "created_at")
            },
        }
    )
)
_DUE_MERCHANTS: Final = compiled(
    select(OB.merchant_id)
    .where(OB.status == PENDING, OB.due_at <= bindparam("now"))
    .group_by(OB.merchant_id)
    .order_by(func.min(OB.created_at))
    .limit(100)
)
_LEASE: Final = compiled(
    update(outbox)
    .where(
        OB.merchant_id == bindparam("merchant_id"),
        OB.id.in_(
            skip_locked(
                select(OB.id)
                .where(
                    OB.merchant_id == bindparam("merchant_id"),
                    OB.status == PENDING,
                    OB.due_at <= bindparam("now"),
                )
                .order_by(OB.due_at, OB.id)
                .limit(bindparam("limit"))
            ).scalar_subquery()
        ),
    )
    .values(due_at=bindparam("lease_until"), lease_token=bindparam("lease_token"), tries=OB.tries + 1)
    .returning(OB.id, OB.kind, OB.subject_id, OB.tries, OB.created_at)
)
_DONE: Final = compiled(delete(outbox).where(_LEASED).returning(OB.id))
_DONE_TOGETHER: Final = compiled(
    delete(outbox).where(
        OB.merchant_id == bindparam("merchant_id"),
        any_of(OB.id, "outbox_ids"),
        OB.lease_token == bindparam("lease_token_held"),
    )
)
_LATER: Final = compiled(
    update(outbox)
    .where(_LEASED)
    .values(due_at=bindparam("due_at"), last_error=bindparam("last_error"), lease_token=None)
    .returning(OB.id)
)
_DEAD: Final = compiled(
    update(outbox)
    .where(_LEASED)
    .values(status="dead", last_error=bindparam("last_error"), lease_token=None)
    .returning(OB.id)
)
_REVIVE: Final = compiled(
    update(outbox)
    .where(
        OB.merchant_id == bindparam("merchant_id"),
        OB.id == bindparam("outbox_id"),
        OB.status == DEAD,
    )
    # A new promise: one that is a day old and due says that no worker runs.
    .values(status="pending", due_at=0, tries=0, created_at=bindparam("now"))
    .returning(OB.id)
)
_DEAD_LIST: Final = compiled(
    select(OB.id, event.c.type, event.c.attempt_id, OB.tries, OB.created_at, func.coalesce(OB.last_error, ""))
    .outerjoin(event, and_(event.c.merchant_id == OB.merchant_id, event.c.id == OB.subject_id))
    .where(OB.merchant_id == bindparam("merchant_id"), OB.status == DEAD)
    .order_by(OB.id.desc())
    .limit(SHOWN_MAX)
)
_DEAD_COUNT: Final = compiled(
    select(func.count())
    .select_from(outbox)
    .where(OB.merchant_id == bindparam("merchant_id"), OB.status == DEAD)
)


@dataclass(frozen=True, slots=True)
class Promise:
    """A leased row. `tries` counts this one."""

    merchant_id: MerchantId
    id: str
    kind: str
    subject_id: str
    tries: int
    created_at: int
    lease_token: str


@dataclass(frozen=True, slots=True)
class DeadPromise:
    """A promise that was given up, kept for a person. Of which event; None where that is not there."""

    id: str
    event_type: str | None
    attempt_id: AttemptId | None
    tries: int
    created_at: int
    last_error: str


async def promise(
    tx: Tx, merchant_id: MerchantId, outbox_id: str, kind: str, subject_id: str, *, due_at: int, now: int
) -> None:
    """Writes a promise down: from now on somebody will do it."""
    await tx.run(
        _INSERT,
        merchant_id=merchant_id,
        id=outbox_id,
        kind=kind,
        subject_id=subject_id,
        due_at=due_at,
        created_at=now,
    )


async def merchants_with_due(tx: Tx, *, now: int) -> list[MerchantId]:
    """Merchants that were promised something by now, the oldest promise first: no others can keep one waiting."""
    return [row[0] for row in await tx.all(_DUE_MERCHANTS, now=now)]


async def lease(
    tx: Tx, merchant_id: MerchantId, *, now: int, lease_until: int, lease_token: str, limit: int
) -> list[Promise]:
    """Takes due promises of one merchant for this worker, until `lease_until` by the database's clock."""
    rows = await tx.all(
        _LEASE,
        merchant_id=merchant_id,
        now=now,
        lease_until=lease_until,
        lease_token=lease_token,
        limit=limit,
    )
    return [Promise(merchant_id, row[0], row[1], row[2], row[3], row[4], lease_token) for row in rows]


def _held(held: Promise) -> dict[str, str]:
    return {"merchant_id": held.merchant_id, "outbox_id": held.id, "lease_token_held": held.lease_token}


async def done(tx: Tx, held: Promise) -> bool:
    """Kept. False: the lease was lost, another worker has it."""
    return await tx.one(_DONE, **_held(held)) is not None


async def done_together(tx: Tx, held: Sequence[Promise]) -> None:
    """Kept, all of them, which one lease of one merchant holds. What another worker has by now is left to it."""
    first = held[0]
    assert all(
        (each.merchant_id, each.lease_token) == (first.merchant_id, first.lease_token) for each in held
    ), "taken at once"
    await tx.run(
        _DONE_TOGETHER,
        merchant_id=first.merchant_id,
        outbox_ids=[each.id for each in held],
        lease_token_held=first.lease_token,
    )


async def later(tx: Tx, held: Promise, *, due_at: int, error: str) -> bool:
    """Not this time; again at `due_at`. False: the lease was lost."""
    return await tx.one(_LATER, **_held(held), due_at=due_at, last_error=error) is not None


async def dead(tx: Tx, held: Promise, *, error: str) -> bool:
    """Given up, and kept where a person sees it. False: the lease was lost."""
    return await tx.one(_DEAD, **_held(held), last_error=error) is not None


async def revive(tx: Tx, merchant_id: MerchantId, outbox_id: str, *, now: int) -> bool:
    """Tries a dead promise again from the start. False: there is none of that id."""
    return await tx.one(_REVIVE, merchant_id=merchant_id, outbox_id=outbox_id, now=now) is not None


async def count_dead(tx: Tx, merchant_id: MerchantId) -> int:
    """How much was given up."""
    row = await tx.one(_DEAD_COUNT, merchant_id=merchant_id)
    return 0 if row is None else int(row[0])


async def list_dead(tx: Tx, merchant_id: MerchantId) -> list[DeadPromise]:
    """What was given up, newest first, at most `SHOWN_MAX`."""
    return [DeadPromise(*row) for row in await tx.all(_DEAD_LIST, merchant_id=merchant_id)]
