"""Disputes, and how often each moved money (`moves` makes the business keys of its postings)."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, func, insert, select, update

from linktill.core.dispute import Dispute, DisputeStatus
from linktill.core.ids import AttemptId, DisputeId, MerchantId
from linktill.core.money import Money
from linktill.storage.database import Row, Tx
from linktill.storage.statements import any_of, compiled
from linktill.storage.tables import dispute

D: Final = dispute.c
_INSERT: Final = compiled(insert(dispute))
_BY_REF: Final = compiled(
    select(dispute)
    .where(
        D.merchant_id == bindparam("merchant_id"),
        D.attempt_id == bindparam("attempt_id"),
        D.gateway_ref == bindparam("gateway_ref"),
    )
    .with_for_update()
)
_BY_ID: Final = select(dispute).where(
    D.merchant_id == bindparam("merchant_id"), D.id == bindparam("dispute_id")
)
_GET: Final = compiled(_BY_ID)
_GET_LOCKED: Final = compiled(_BY_ID.with_for_update())
_UPDATE: Final = compiled(
    update(dispute)
    .where(D.merchant_id == bindparam("merchant_id"), D.id == bindparam("dispute_id"))
    .values(
        status=bindparam("status"),
        amount_minor=bindparam("amount_minor"),
        fee_minor=bindparam("fee_minor"),
        is_withdrawn=bindparam("is_withdrawn"),
        respond_by=bindparam("respond_by"),
        moves=bindparam("moves"),
        updated_at=bindparam("updated_at"),
    )
)
_OF_ATTEMPT: Final = compiled(
    select(dispute)
    .where(D.merchant_id == bindparam("merchant_id"), D.attempt_id == bindparam("attempt_id"))
    .order_by(D.id.desc())
    .limit(20)
)
_LIST: Final = compiled(
    select(dispute)
    .where(D.merchant_id == bindparam("merchant_id"), D.id < bindparam("before"))
    .order_by(D.id.desc())
    .limit(bindparam("limit"))
)
_LIST_OF: Final = compiled(
    select(dispute)
    .where(
        D.merchant_id == bindparam("merchant_id"),
        D.id < bindparam("before"),
        any_of(D.status, "statuses"),
    )
    .order_by(D.id.desc())
    .limit(bindparam("limit"))
)
_COUNTS: Final = compiled(
    select(D.status, func.count()).where(D.merchant_id == bindparam("merchant_id")).group_by(D.status)
)
BEFORE_ALL: Final = "dp_~"
"""Sorts after every dispute id."""


def _dispute(row: Row) -> tuple[Dispute, int]:
    (merchant_id, dispute_id, attempt_id, link_id, gateway_ref, status, amount_minor, currency, fee_minor,
     is_withdrawn, reason, respond_by, moves, created_at, updated_at) = row  # fmt: skip
    found = Dispute(
        merchant_id,
        dispute_id,
        attempt_id,
        link_id,
        gateway_ref,
        DisputeStatus(status),
        Money(amount_minor, currency),
        fee_minor,
        is_withdrawn == 1,
        reason,
        respond_by,
        created_at,
        updated_at,
    )
    return found, moves


async def lock_dispute(
    tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, gateway_ref: str
) -> tuple[Dispute, int] | None:
    """The dispute and its number of moves, held until this unit ends; or None."""
    row = await tx.one(_BY_REF, merchant_id=merchant_id, attempt_id=attempt_id, gateway_ref=gateway_ref)
    return None if row is None else _dispute(row)


async def get_dispute(tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId) -> Dispute | None:
    """The dispute, or None."""
    row = await tx.one(_GET, merchant_id=merchant_id, dispute_id=dispute_id)
    return None if row is None else _dispute(row)[0]


async def lock_dispute_by_id(tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId) -> Dispute | None:
    """Like `get_dispute`, and nobody else changes it until this unit ends."""
    row = await tx.one(_GET_LOCKED, merchant_id=merchant_id, dispute_id=dispute_id)
    return None if row is None else _dispute(row)[0]


async def insert_dispute(tx: Tx, new: Dispute, *, moves: int) -> None:
    """A dispute that we hear of for the first time; its payment is locked by this unit."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        attempt_id=new.attempt_id,
        link_id=new.link_id,
        gateway_ref=new.gateway_ref,
        status=new.status,
        amount_minor=new.amount.minor,
        currency=new.amount.currency,
        fee_minor=new.fee_minor,
        is_withdrawn=int(new.is_withdrawn),
        reason=new.reason,
        respond_by=new.respond_by,
        moves=moves,
        created_at=new.created_at,
        updated_at=new.updated_at,
    )


async def update_dispute(tx: Tx, after: Dispute, *, moves: int) -> None:
    """Stores what a fact made of a locked dispute."""
    await tx.run(
        _UPDATE,
        merchant_id=after.merchant_id,
        dispute_id=after.id,
        status=after.status,
        amount_minor=after.amount.minor,
        fee_minor=after.fee_minor,
        is_withdrawn=int(after.is_withdrawn),
        respond_by=after.respond_by,
        moves=moves,
        updated_at=after.updated_at,
    )


async def disputes_of(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> list[Dispute]:
    """The disputes of one payment, newest first."""
    rows = await tx.all(_OF_ATTEMPT, merchant_id=merchant_id, attempt_id=attempt_id)
    return [_dispute(row)[0] for row in rows]


async def list_disputes(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    statuses: Collection[DisputeStatus] = (),
) -> list[Dispute]:
    """Newest first, older than `before`; `statuses`: only those, or all where none is named."""
    if not statuses:
        rows = await tx.all(_LIST, merchant_id=merchant_id, before=before, limit=limit)
    else:
        rows = await tx.all(
            _LIST_OF, merchant_id=merchant_id, before=before, limit=limit, statuses=sorted(statuses)
        )
    return [_dispute(row)[0] for row in rows]


async def count_disputes(tx: Tx, merchant_id: MerchantId) -> dict[DisputeStatus, int]:
    """How many there are of each status."""
    rows = await tx.all(_COUNTS, merchant_id=merchant_id)
    return {DisputeStatus(row[0]): int(row[1]) for row in rows}
