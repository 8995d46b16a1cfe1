"""Refunds. The reservation stands in the payment (`attempts.reserve_refund`), the story here."""

from typing import Final

from sqlalchemy import and_, bindparam, func, insert, select, update

from linktill.core.ids import AttemptId, MerchantId, RefundId
from linktill.core.money import Money
from linktill.core.refund import Refund, RefundReason, RefundStatus
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import refund

R: Final = refund.c
_THIS: Final = and_(R.merchant_id == bindparam("merchant_id"), R.id == bindparam("refund_id"))

_INSERT: Final = compiled(insert(refund))
_SELECT: Final = compiled(select(refund).where(_THIS))
_SELECT_LOCKED: Final = compiled(select(refund).where(_THIS).with_for_update())
_MOVE: Final = compiled(
    update(refund)
    .where(_THIS, R.status == bindparam("before"))
    .values(
        status=bindparam("after"),
        gateway_ref=bindparam("gateway_ref"),
        failure_code=bindparam("failure_code"),
        updated_at=bindparam("now"),
        poll_at=bindparam("poll_at"),
    )
    .returning(R.id)
)
_POLL: Final = compiled(
    update(refund)
    .where(_THIS, R.poll_at == bindparam("seen"))
    .values(poll_at=bindparam("poll_at"), polls=R.polls + 1, started_at=bindparam("started_at"))
    .returning(R.id)
)
_NOT_SENT: Final = compiled(
    update(refund)
    .where(_THIS, R.gateway_ref.is_(None), R.polls == bindparam("polls"))
    .values(started_at=None)
)
_DUE_MERCHANTS: Final = compiled(
    select(R.merchant_id)
    .where(R.poll_at.is_not(None), R.poll_at <= bindparam("now"))
    .group_by(R.merchant_id)
    .order_by(func.min(R.poll_at))
    .limit(100)
)
_DUE: Final = compiled(
    select(refund)
    .where(R.merchant_id == bindparam("merchant_id"), R.poll_at.is_not(None), R.poll_at <= bindparam("now"))
    .order_by(R.poll_at)
    .limit(bindparam("limit"))
)
_BY_GATEWAY_REF: Final = compiled(
    select(R.id).where(
        R.merchant_id == bindparam("merchant_id"),
        R.attempt_id == bindparam("attempt_id"),
        R.gateway_ref == bindparam("gateway_ref"),
    )
)
_OF_ATTEMPT: Final = compiled(
    select(refund)
    .where(R.merchant_id == bindparam("merchant_id"), R.attempt_id == bindparam("attempt_id"))
    .order_by(R.id.desc())
    .limit(100)
)
_LIST: Final = compiled(
    select(refund)
    .where(R.merchant_id == bindparam("merchant_id"), R.id < bindparam("before"))
    .order_by(R.id.desc())
    .limit(bindparam("limit"))
)
BEFORE_ALL: Final = "re_~"
"""Sorts after every refund id."""


def refund_from(row: Row) -> Refund:
    """A row of `select(refund)` as a refund."""
    (merchant_id, refund_id, attempt_id, link_id, amount_minor, currency, reason, note, status, gateway_ref,
     failure_code, created_at, updated_at, started_at, poll_at, polls) = row  # fmt: skip
    return Refund(
        merchant_id,
        refund_id,
        attempt_id,
        link_id,
        Money(amount_minor, currency),
        RefundReason(reason),
        note,
        RefundStatus(status),
        gateway_ref,
        failure_code,
        created_at,
        updated_at,
        started_at,
        poll_at,
        polls,
    )


async def insert_refund(tx: Tx, new: Refund) -> None:
    """The intent; its amount has been reserved in the same unit."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        attempt_id=new.attempt_id,
        link_id=new.link_id,
        amount_minor=new.amount.minor,
        currency=new.amount.currency,
        reason=new.reason,
        note=new.note,
        status=new.status,
        gateway_ref=new.gateway_ref,
        failure_code=new.failure_code,
        created_at=new.created_at,
        updated_at=new.updated_at,
        started_at=new.started_at,
        poll_at=new.poll_at,
        polls=new.polls,
    )


async def get_refund(tx: Tx, merchant_id: MerchantId, refund_id: RefundId) -> Refund | None:
    """The refund, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, refund_id=refund_id)
    return None if row is None else refund_from(row)


async def lock_refund(tx: Tx, merchant_id: MerchantId, refund_id: RefundId) -> Refund | None:
    """Like `get_refund`, and nobody else changes it until this unit ends."""
    row = await tx.one(_SELECT_LOCKED, merchant_id=merchant_id, refund_id=refund_id)
    return None if row is None else refund_from(row)


async def move_refund(tx: Tx, after: Refund, *, before: RefundStatus, now: int) -> bool:
    """Stores what a fact made of the refund, if it still is `before`. False: someone was faster."""
    row = await tx.one(
        _MOVE,
        merchant_id=after.merchant_id,
        refund_id=after.id,
        before=before,
        after=after.status,
        gateway_ref=after.gateway_ref,
        failure_code=after.failure_code,
        poll_at=after.poll_at,
        now=now,
    )
    return row is not None


async def take_poll(tx: Tx, due: Refund, *, poll_at: int | None, started_at: int) -> bool:
    """Takes the turn to ask the gateway, and sets the next one (None: there is none). False: another worker took it."""
    row = await tx.one(
        _POLL,
        merchant_id=due.merchant_id,
        refund_id=due.id,
        seen=due.poll_at,
        poll_at=poll_at,
        started_at=started_at,
    )
    return row is not None


async def note_not_sent(tx: Tx, taken: Refund) -> None:
    """The first call was surely not executed: the next one is the first again, unless somebody took the next turn already.

    `taken`: as it was before its first turn.
    """
    await tx.run(_NOT_SENT, merchant_id=taken.merchant_id, refund_id=taken.id, polls=taken.polls + 1)


async def merchants_with_due_polls(tx: Tx, *, now: int) -> list[MerchantId]:
    """Merchants of which some refund must be sent or looked up, longest due first."""
    return [row[0] for row in await tx.all(_DUE_MERCHANTS, now=now)]


async def due_polls(tx: Tx, merchant_id: MerchantId, *, now: int, limit: int) -> list[Refund]:
    """The merchant's refunds to send or look up, longest due first."""
    return [refund_from(row) for row in await tx.all(_DUE, merchant_id=merchant_id, now=now, limit=limit)]


async def find_by_gateway_ref(
    tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, gateway_ref: str
) -> RefundId | None:
    """Our refund behind a gateway's refund of this payment, or None."""
    row = await tx.one(
        _BY_GATEWAY_REF, merchant_id=merchant_id, attempt_id=attempt_id, gateway_ref=gateway_ref
    )
    return None if row is None else row[0]


async def refunds_of(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> list[Refund]:
    """The refunds of one payment, newest first."""
    return [
        refund_from(row) for row in await tx.all(_OF_ATTEMPT, merchant_id=merchant_id, attempt_id=attempt_id)
    ]


async def list_refunds(
    tx: Tx, merchant_id: MerchantId, *, limit: int, before: str = BEFORE_ALL
) -> list[Refund]:
    """Newest first, older than `before`."""
    return [
        refund_from(row) for row in await tx.all(_LIST, merchant_id=merchant_id, before=before, limit=limit)
    ]
