"""Links that the clock changes: those that open, and those that expire."""

from typing import Final

from sqlalchemy import bindparam, func, select

from linktill.core.ids import LinkId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_link

L: Final = payment_link.c

_DUE_MERCHANTS: Final = compiled(
    select(L.merchant_id)
    .where(L.wake_at.is_not(None), L.wake_at <= bindparam("now"))
    .group_by(L.merchant_id)
    .order_by(func.min(L.wake_at))
    .limit(100)
)
_DUE: Final = compiled(
    select(L.id)
    .where(L.merchant_id == bindparam("merchant_id"), L.wake_at.is_not(None), L.wake_at <= bindparam("now"))
    .order_by(L.wake_at)
    .limit(200)
)


async def merchants_with_due_links(tx: Tx, *, now: int) -> list[MerchantId]:
    """Merchants of which some link must change with the clock, longest due first."""
    return [row[0] for row in await tx.all(_DUE_MERCHANTS, now=now)]


async def due_links(tx: Tx, merchant_id: MerchantId, *, now: int) -> list[LinkId]:
    """Links of the merchant that must change with the clock."""
    return [row[0] for row in await tx.all(_DUE, merchant_id=merchant_id, now=now)]
