"""Money at a gateway that no payment of ours stands for: parked, and what a person has decided about it."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select, update

from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import foreign_payment

SHOWN_MAX: Final = 100
SET_ASIDE: Final = "set_aside"
ATTACHED: Final = "attached"

F: Final = foreign_payment.c
_MINE: Final = F.merchant_id == bindparam("merchant_id")
_THIS: Final = and_(
    _MINE, F.gateway_account_id == bindparam("account_id"), F.gateway_ref == bindparam("gateway_ref")
)
_park: Final = insert(foreign_payment).values({column.name: bindparam(column.name) for column in F})
# What was unclear when it was parked may turn out to be money: that must not stay hidden under the first word, nor under what
# a person decided about it before.
_PARK: Final = compiled(
    _park.on_conflict_do_update(
        index_elements=[F.merchant_id, F.gateway_account_id, F.gateway_ref],
        set_={
            name: _park.excluded[name]
            for name in (
                "status",
                "amount_minor",
                "currency",
                "resolution",
                "resolved_at",
                "resolved_by",
                "note",
            )
        },
        where=and_(F.status != "captured", _park.excluded.status == "captured"),
    ).returning(F.gateway_ref)
)
_COLUMNS: Final = (
    F.gateway_account_id,
    F.gateway_ref,
    F.reference,
    F.status,
    F.amount_minor,
    F.currency,
    F.found_at,
    F.resolution,
    F.resolved_at,
    F.resolved_by,
    F.note,
    F.attempt_id,
)
_LOCK: Final = compiled(select(*_COLUMNS).where(_THIS).with_for_update())
_OPEN: Final = compiled(
    select(*_COLUMNS).where(_MINE, F.resolved_at.is_(None)).order_by(F.found_at.desc()).limit(SHOWN_MAX)
)
_RESOLVED: Final = compiled(
    select(*_COLUMNS)
    .where(_MINE, F.resolved_at.is_not(None))
    .order_by(F.resolved_at.desc())
    .limit(bindparam("limit"))
)
_RESOLVE: Final = compiled(
    update(foreign_payment)
    .where(_THIS, F.resolved_at.is_(None))
    .values(
        resolution=bindparam("resolution"),
        resolved_at=bindparam("now"),
        resolved_by=bindparam("by"),
        note=bindparam("note"),
        attempt_id=bindparam("attempt_id"),
    )
    .returning(F.gateway_ref)
)
_COUNT: Final = compiled(
    select(func.count())
    .select_from(foreign_payment)
    .where(
        _MINE,
        F.resolved_at.is_(None),
        or_(bindparam("account_id") == "", F.gateway_account_id == bindparam("account_id")),
    )
)
_OUTSIDE: Final = compiled(
    select(F.gateway_account_id, F.currency, func.sum(F.amount_minor))
    .where(
        _MINE,
        F.status == "captured",
        F.currency.is_not(None),
        F.amount_minor.is_not(None),
        or_(F.resolution.is_(None), F.resolution == SET_ASIDE),
    )
    .group_by(F.gateway_account_id, F.currency)
)


@dataclass(frozen=True, slots=True)
class ForeignPayment:
    """Money at the gateway that no attempt of ours stands for: parked where a person sees it.

    `resolution`: what became of it, `attempt_id` the payment that it was attached as.
    """

    gateway_account_id: GatewayAccountId
    gateway_ref: str
    reference: str
    status: str
    amount_minor: int | None
    currency: str | None
    found_at: int
    resolution: str | None = None
    resolved_at: int | None = None
    by: str = ""
    note: str = ""
    attempt_id: AttemptId | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a person decided."""

    resolution: str
    by: str
    note: str
    attempt_id: AttemptId | None = None


async def park_foreign(tx: Tx, merchant_id: MerchantId, payment: ForeignPayment) -> bool:
    """Parks a payment that is not ours. False: it is parked already, and no less is known of it."""
    row = await tx.one(
        _PARK,
        merchant_id=merchant_id,
        gateway_account_id=payment.gateway_account_id,
        gateway_ref=payment.gateway_ref,
        reference=payment.reference,
        status=payment.status,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        found_at=payment.found_at,
        resolution=None,
        resolved_at=None,
        resolved_by="",
        note="",
        attempt_id=None,
    )
    return row is not None


async def lock_foreign(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, gateway_ref: str
) -> ForeignPayment | None:
    """What is parked under the gateway's id, held until this unit ends; or None."""
    row = await tx.one(_LOCK, merchant_id=merchant_id, account_id=account_id, gateway_ref=gateway_ref)
    return None if row is None else ForeignPayment(*row)


async def list_foreign(tx: Tx, merchant_id: MerchantId) -> list[ForeignPayment]:
    """What is parked and waits for a person, newest first."""
    return [ForeignPayment(*row) for row in await tx.all(_OPEN, merchant_id=merchant_id)]


async def resolved_foreign(tx: Tx, merchant_id: MerchantId, *, limit: int) -> list[ForeignPayment]:
    """What a person has decided about, latest first."""
    return [ForeignPayment(*row) for row in await tx.all(_RESOLVED, merchant_id=merchant_id, limit=limit)]


async def resolve_foreign(
    tx: Tx, merchant_id: MerchantId, foreign: ForeignPayment, resolved: Resolved, *, now: int
) -> bool:
    """Keeps the decision. False: there is one already."""
    row = await tx.one(
        _RESOLVE,
        merchant_id=merchant_id,
        account_id=foreign.gateway_account_id,
        gateway_ref=foreign.gateway_ref,
        resolution=resolved.resolution,
        now=now,
        by=resolved.by,
        note=resolved.note,
        attempt_id=resolved.attempt_id,
    )
    return row is not None


async def count_foreign(tx: Tx, merchant_id: MerchantId, account_id: str = "") -> int:
    """How much waits for a person, of one gateway account or (empty) of all."""
    row = await tx.one(_COUNT, merchant_id=merchant_id, account_id=account_id)
    return 0 if row is None else int(row[0])


async def sums_outside(tx: Tx, merchant_id: MerchantId) -> dict[tuple[str, str], int]:
    """Payments that gateways have and the books have not: (gateway account, currency) → how much in all."""
    rows = await tx.all(_OUTSIDE, merchant_id=merchant_id)
    return {(account_id, currency): int(minor) for account_id, currency, minor in rows}
