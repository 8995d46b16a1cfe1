"""What there is a number of beside the places of a link: things in stock, uses of coupons.

A row says how many of it open and captured payments hold (`taken`) and how many are sold; what each payment holds stands
beside it. The limit is the caller's: it may change while the counts go on.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, bindparam, select, update

from linktill.core.customer import email_key
from linktill.core.ids import AttemptId, CouponId, LinkId, MerchantId
from linktill.core.stock import Count
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import allotment, allotment_hold

A: Final = allotment.c
H: Final = allotment_hold.c
_THIS: Final = and_(A.merchant_id == bindparam("merchant_id"), A.scope == bindparam("scope_"))

_NEW: Final = insert(allotment)
_TAKE: Final = compiled(
    _NEW.values(
        merchant_id=bindparam("merchant_id"), scope=bindparam("scope_"), taken=bindparam("count_"), sold=0
    )
    .on_conflict_do_update(
        index_elements=[A.merchant_id, A.scope],
        set_={"taken": A.taken + _NEW.excluded.taken},
        where=A.taken <= bindparam("most"),
    )
    .returning(A.taken)
)
_TAKEN: Final = compiled(select(A.taken).where(_THIS))
_GIVE_BACK: Final = compiled(update(allotment).where(_THIS).values(taken=A.taken - bindparam("count_")))
_SELL: Final = compiled(update(allotment).where(_THIS).values(sold=A.sold + bindparam("count_")))
_HOLD: Final = compiled(insert(allotment_hold))
_HELD: Final = compiled(
    select(H.scope, H.count)
    .where(H.merchant_id == bindparam("merchant_id"), H.attempt_id == bindparam("attempt_id"))
    .order_by(H.scope)
)
_OF_LINK: Final = compiled(
    select(A.scope, A.taken, A.sold).where(
        A.merchant_id == bindparam("merchant_id"),
        A.scope >= bindparam("first"),
        A.scope < bindparam("end"),
    )
)


def stock_scope(link_id: LinkId, key: str) -> str:
    """Where the sales of a thing in stock are counted."""
    return f"{link_id}:{key}"


def uses_scope(coupon_id: CouponId, email: str = "") -> str:
    """Where the uses of a coupon are counted, in all or of one customer. The address itself is not kept here."""
    if not email:
        return coupon_id
    return f"{coupon_id}:{hashlib.sha256(email_key(email).encode()).hexdigest()}"


async def taken_of(tx: Tx, merchant_id: MerchantId, scope: str) -> int:
    """How many of it are taken."""
    row = await tx.one(_TAKEN, merchant_id=merchant_id, scope_=scope)
    return 0 if row is None else row[0]


async def take(tx: Tx, merchant_id: MerchantId, wanted: Count) -> bool:
    """Takes so many if the limit allows. False: it does not, and nothing is taken. `key` of `wanted` is the scope."""
    if wanted.count > wanted.limit:
        return False
    row = await tx.one(
        _TAKE,
        merchant_id=merchant_id,
        scope_=wanted.key,
        count_=wanted.count,
        most=wanted.limit - wanted.count,
    )
    return row is not None


async def give_back(tx: Tx, merchant_id: MerchantId, held: Sequence[tuple[str, int]]) -> None:
    """What was taken (scope, count) is free again."""
    if held:
        await tx.many(_GIVE_BACK, _rows(merchant_id, held))


async def sell(tx: Tx, merchant_id: MerchantId, held: Sequence[tuple[str, int]]) -> None:
    """What was taken is paid; with negative counts: is not paid after all."""
    if held:
        await tx.many(_SELL, _rows(merchant_id, held))


def _rows(merchant_id: MerchantId, held: Sequence[tuple[str, int]]) -> list[dict[str, str | int]]:
    return [{"merchant_id": merchant_id, "scope_": scope, "count_": count} for scope, count in held]


async def hold(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, taken: Sequence[Count]) -> None:
    """Remembers what a payment holds, for good."""
    rows: list[dict[str, str | int]] = [
        {"merchant_id": merchant_id, "attempt_id": attempt_id, "scope": each.key, "count": each.count}
        for each in taken
    ]
    await tx.many(_HOLD, rows)


async def held_by(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> list[tuple[str, int]]:
    """What the payment holds, or held while it had a place: scope and count, by scope."""
    rows = await tx.all(_HELD, merchant_id=merchant_id, attempt_id=attempt_id)
    return [(row[0], row[1]) for row in rows]


async def stock_counts(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId
) -> tuple[dict[str, int], dict[str, int]]:
    """Of the link's stock by key: how many are taken, and how many of those are sold."""
    rows = await tx.all(_OF_LINK, merchant_id=merchant_id, first=f"{link_id}:", end=f"{link_id};")
    keys = [row[0].partition(":")[2] for row in rows]
    taken = {key: row[1] for key, row in zip(keys, rows, strict=True)}
    return taken, {key: row[2] for key, row in zip(keys, rows, strict=True)}
