"""Payouts: told by gateways, unique by the gateway's own id, or recorded by a person."""

from typing import Final

from sqlalchemy import and_, bindparam, select, update

from linktill.core.ids import GatewayAccountId, MerchantId, PayoutId
from linktill.core.money import Money
from linktill.core.payout import Payout, PayoutStatus
from linktill.core.receipt import Way
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import payout

P: Final = payout.c
_THIS: Final = and_(P.merchant_id == bindparam("merchant_id"), P.id == bindparam("payout_id"))
# Whatever is there already, by its id (this unit runs again) or by the gateway's: somebody was faster.
_INSERT: Final = compiled(
    insert(payout)
    .values({column.name: bindparam(column.name) for column in P})
    .on_conflict_do_nothing()
    .returning(P.id)
)
_BY_REF: Final = compiled(
    select(payout)
    .where(
        P.merchant_id == bindparam("merchant_id"),
        P.gateway_account_id == bindparam("account_id"),
        P.gateway_ref == bindparam("gateway_ref"),
    )
    .with_for_update()
)
_SELECT: Final = compiled(select(payout).where(_THIS))
_SELECT_LOCKED: Final = compiled(select(payout).where(_THIS).with_for_update())
_UPDATE: Final = compiled(
    update(payout)
    .where(_THIS)
    .values(
        status=bindparam("status"),
        fee_minor=bindparam("fee_minor"),
        arrives_at=bindparam("arrives_at"),
        failure_code=bindparam("failure_code"),
        note=bindparam("note"),
        updated_at=bindparam("updated_at"),
    )
)
_LIST: Final = {
    has_status: compiled(
        select(payout)
        .where(
            P.merchant_id == bindparam("merchant_id"),
            P.id < bindparam("before"),
            *([P.status == bindparam("status")] if has_status else []),
        )
        .order_by(P.id.desc())
        .limit(bindparam("limit"))
    )
    for has_status in (False, True)
}
BEFORE_ALL: Final = "po_~"
"""Sorts after every payout id."""


def _payout(row: Row) -> Payout:
    (merchant_id, payout_id, account_id, gateway_ref, status, amount_minor, currency, fee_minor, made_at,
     arrives_at, failure_code, way, note, by, created_at, updated_at) = row  # fmt: skip
    return Payout(
        merchant_id,
        payout_id,
        account_id,
        gateway_ref,
        PayoutStatus(status),
        Money(amount_minor, currency),
        fee_minor,
        made_at,
        arrives_at,
        failure_code,
        None if way is None else Way(way),
        note,
        by,
        created_at,
        updated_at,
    )


async def insert_payout(tx: Tx, new: Payout) -> bool:
    """A payout that we hear of for the first time. False: it is there already."""
    row = await tx.one(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        gateway_account_id=new.gateway_account_id,
        gateway_ref=new.gateway_ref,
        status=new.status,
        amount_minor=new.amount.minor,
        currency=new.amount.currency,
        fee_minor=new.fee_minor,
        made_at=new.made_at,
        arrives_at=new.arrives_at,
        failure_code=new.failure_code,
        way=new.way,
        note=new.note,
        recorded_by=new.by,
        created_at=new.created_at,
        updated_at=new.updated_at,
    )
    return row is not None


async def lock_by_ref(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, gateway_ref: str
) -> Payout | None:
    """The payout with the gateway's id, held until this unit ends; or None."""
    row = await tx.one(_BY_REF, merchant_id=merchant_id, account_id=account_id, gateway_ref=gateway_ref)
    return None if row is None else _payout(row)


async def get_payout(tx: Tx, merchant_id: MerchantId, payout_id: PayoutId) -> Payout | None:
    """The payout, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, payout_id=payout_id)
    return None if row is None else _payout(row)


async def lock_payout(tx: Tx, merchant_id: MerchantId, payout_id: PayoutId) -> Payout | None:
    """The payout, held until this unit ends; or None."""
    row = await tx.one(_SELECT_LOCKED, merchant_id=merchant_id, payout_id=payout_id)
    return None if row is None else _payout(row)


async def update_payout(tx: Tx, after: Payout) -> None:
    """Stores what became of a locked payout. Its amount never changes."""
    await tx.run(
        _UPDATE,
        merchant_id=after.merchant_id,
        payout_id=after.id,
        status=after.status,
        fee_minor=after.fee_minor,
        arrives_at=after.arrives_at,
        failure_code=after.failure_code,
        note=after.note,
        updated_at=after.updated_at,
    )


async def list_payouts(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    status: PayoutStatus | None = None,
) -> list[Payout]:
    """Newest first, older than `before`."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    if status is not None:
        parameters["status"] = status
    return [_payout(row) for row in await tx.all(_LIST[status is not None], **parameters)]
