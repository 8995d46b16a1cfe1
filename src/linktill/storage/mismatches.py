"""Payments that are captured here, and that their gateway does not have as we do: each on a list that a person sees."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select, update

from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId
from linktill.core.money import Money
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import mismatch, payment_attempt

SHOWN_MAX: Final = 100

A: Final = payment_attempt.c
M: Final = mismatch.c
_MINE: Final = M.merchant_id == bindparam("merchant_id")
_CAPTURED: Final = compiled(
    select(A.id, A.gateway_ref)
    .where(
        A.merchant_id == bindparam("merchant_id"),
        A.status == "captured",
        A.gateway_account_id == bindparam("account_id"),
        A.gateway_ref.is_not(None),
        A.id > bindparam("after"),
        A.created_at >= bindparam("since"),
        A.captured_at <= bindparam("until"),
    )
    .order_by(A.id)
    .limit(bindparam("limit"))
)
_put: Final = insert(mismatch).values({column.name: bindparam(column.name) for column in M})
# What a person has settled stays settled, unless the gateway says something else now.
_PUT: Final = compiled(
    _put.on_conflict_do_update(
        index_elements=[M.merchant_id, M.attempt_id],
        set_={
            "says": _put.excluded.says,
            "found_at": _put.excluded.found_at,
            "resolved_at": None,
            "resolved_by": "",
            "note": "",
        },
        where=M.says != _put.excluded.says,
    ).returning(M.attempt_id)
)
_RESOLVE: Final = compiled(
    update(mismatch)
    .where(_MINE, M.attempt_id == bindparam("attempt_id"), M.resolved_at.is_(None))
    .values(resolved_at=bindparam("now"), resolved_by=bindparam("by"), note=bindparam("note"))
    .returning(M.gateway_account_id)
)
_OPEN_OF: Final = compiled(
    select(A.id, A.gateway_ref)
    .join(mismatch, and_(M.merchant_id == A.merchant_id, M.attempt_id == A.id))
    .where(_MINE, M.gateway_account_id == bindparam("account_id"), M.resolved_at.is_(None))
    .order_by(A.id)
    .limit(SHOWN_MAX)
)
_JOINED: Final = (
    select(
        M.attempt_id,
        M.gateway_account_id,
        M.says,
        M.found_at,
        M.resolved_at,
        M.resolved_by,
        M.note,
        A.amount_minor,
        A.currency,
    )
    .join(payment_attempt, and_(A.merchant_id == M.merchant_id, A.id == M.attempt_id))
    .where(_MINE)
)
_OPEN: Final = compiled(_JOINED.where(M.resolved_at.is_(None)).order_by(M.found_at.desc()).limit(SHOWN_MAX))
_RESOLVED: Final = compiled(
    _JOINED.where(M.resolved_at.is_not(None)).order_by(M.resolved_at.desc()).limit(bindparam("limit"))
)
_COUNT: Final = compiled(
    select(func.count())
    .select_from(mismatch)
    .where(
        _MINE,
        M.resolved_at.is_(None),
        or_(bindparam("account_id") == "", M.gateway_account_id == bindparam("account_id")),
    )
)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """`says`: what the gateway says of the payment. `by`: who settled it; empty: the gateway, later."""

    attempt_id: AttemptId
    gateway_account_id: GatewayAccountId
    says: str
    found_at: int
    resolved_at: int | None
    by: str
    note: str
    amount: Money


async def captured_since(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, *, since: int, until: int, after: str
) -> list[tuple[AttemptId, str]]:
    """Payments made since then and captured until then, by their id, above `after`: a page, with the gateway's ids."""
    rows = await tx.all(
        _CAPTURED,
        merchant_id=merchant_id,
        account_id=account_id,
        since=since,
        until=until,
        after=after,
        limit=500,
    )
    return [(row[0], row[1]) for row in rows]


async def put_mismatch(
    tx: Tx,
    merchant_id: MerchantId,
    attempt_id: AttemptId,
    account_id: GatewayAccountId,
    says: str,
    *,
    now: int,
) -> bool:
    """Puts it on the list. False: it is there, or a person has settled just this."""
    row = await tx.one(
        _PUT,
        merchant_id=merchant_id,
        attempt_id=attempt_id,
        gateway_account_id=account_id,
        says=says,
        found_at=now,
        resolved_at=None,
        resolved_by="",
        note="",
    )
    return row is not None


async def resolve_mismatch(
    tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, *, by: str, note: str, now: int
) -> GatewayAccountId | None:
    """Takes it off the list; answers over which gateway account it was paid. None: it is not on it."""
    row = await tx.one(_RESOLVE, merchant_id=merchant_id, attempt_id=attempt_id, by=by, note=note, now=now)
    return None if row is None else row[0]


async def open_of_account(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId
) -> list[tuple[AttemptId, str]]:
    """Those of one gateway account, with the gateway's ids."""
    rows = await tx.all(_OPEN_OF, merchant_id=merchant_id, account_id=account_id)
    return [(row[0], row[1]) for row in rows]


async def open_mismatches(tx: Tx, merchant_id: MerchantId) -> list[Mismatch]:
    """What a person must look at, newest first."""
    return [_mismatch(row) for row in await tx.all(_OPEN, merchant_id=merchant_id)]


async def resolved_mismatches(tx: Tx, merchant_id: MerchantId, *, limit: int) -> list[Mismatch]:
    """What was settled, latest first."""
    return [_mismatch(row) for row in await tx.all(_RESOLVED, merchant_id=merchant_id, limit=limit)]


async def count_mismatches(tx: Tx, merchant_id: MerchantId, account_id: str = "") -> int:
    """How many are on the list, of one gateway account or (empty) of all."""
    row = await tx.one(_COUNT, merchant_id=merchant_id, account_id=account_id)
    return 0 if row is None else int(row[0])


def _mismatch(row: Row) -> Mismatch:
    attempt_id, account_id, says, found_at, resolved_at, by, note, amount_minor, currency = row
    return Mismatch(
        attempt_id, account_id, says, found_at, resolved_at, by, note, Money(amount_minor, currency)
    )
