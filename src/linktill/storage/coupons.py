"""Coupons. Whoever makes or changes one has locked its merchant: codes are unique, and not too many apply by themselves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, insert, literal_column, select, update

from linktill.core.coupon import AUTOMATIC_MAX, Coupon
from linktill.core.ids import CouponId, LinkId, MerchantId
from linktill.storage.database import Row, Tx
from linktill.storage.statements import Value, any_of, compiled
from linktill.storage.tables import allotment, coupon
from linktill.storage.tables.coupons import AUTOMATIC

C: Final = coupon.c
BEFORE_ALL: Final = "cpn_~"
"""Sorts after every coupon's id."""
_AFTER_ALL_KEYS: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class CouponFilter:
    """Which coupons are wanted."""

    code_start: str = ""
    """Only those whose code begins so (`core/coupon.code_start`)."""
    is_active: bool | None = None
    """Only those that are on, or off."""


EVERY_COUPON: Final = CouponFilter()

_USES: Final = (
    select(allotment.c.sold)
    .where(allotment.c.merchant_id == C.merchant_id, allotment.c.scope == C.id)
    .scalar_subquery()
)
_COLUMNS: Final = (*C, func.coalesce(_USES, 0))
_OF_MERCHANT: Final = C.merchant_id == bindparam("merchant_id")
_THIS: Final = and_(_OF_MERCHANT, C.id == bindparam("coupon_id"))
_INSERT: Final = compiled(insert(coupon))
_SELECT: Final = compiled(select(*_COLUMNS).where(_THIS))
_BY_IDS: Final = compiled(select(*_COLUMNS).where(_OF_MERCHANT, any_of(C.id, "coupon_ids")))
_BY_KEY: Final = compiled(select(*_COLUMNS).where(_OF_MERCHANT, C.code_key == bindparam("key")))
_AUTOMATIC: Final = compiled(
    select(*_COLUMNS).where(_OF_MERCHANT, AUTOMATIC).order_by(C.id).limit(AUTOMATIC_MAX)
)
_LIST: Final = {
    (has_letters, is_active): compiled(
        select(*_COLUMNS)
        .where(
            _OF_MERCHANT,
            C.id < bindparam("before"),
            *(
                (C.code_key >= bindparam("first_key"), C.code_key < bindparam("last_key"))
                if has_letters
                else ()
            ),
            *(() if is_active is None else (C.is_active == literal_column(str(int(is_active))),)),
        )
        .order_by(C.id.desc())
        .limit(bindparam("limit"))
    )
    for has_letters in (False, True)
    for is_active in (None, False, True)
}
_CHANGING: Final = (
    "name",
    "currency",
    "minimum_minor",
    "uses_max",
    "uses_per_customer_max",
    "starts_at",
    "expires_at",
    "link_ids",
    "is_automatic",
    "is_active",
    "updated_at",
)
_UPDATE: Final = compiled(update(coupon).where(_THIS).values({name: bindparam(name) for name in _CHANGING}))


def _coupon(row: Row) -> Coupon:
    (merchant_id, coupon_id, code, _code_key, name, rate_ppm, amount_minor, currency, minimum_minor, uses_max,
     uses_per_customer_max, starts_at, expires_at, link_ids, is_automatic, is_active, created_at, updated_at,
     uses) = row  # fmt: skip
    return Coupon(
        merchant_id,
        coupon_id,
        code,
        name,
        rate_ppm,
        amount_minor,
        currency,
        minimum_minor,
        uses_max,
        uses_per_customer_max,
        starts_at,
        expires_at,
        tuple(map(LinkId, json.loads(link_ids))),
        is_automatic == 1,
        is_active == 1,
        created_at,
        updated_at,
        uses,
    )


def _what(of: Coupon) -> dict[str, Value]:
    return {
        "name": of.name,
        "currency": of.currency,
        "minimum_minor": of.minimum_minor,
        "uses_max": of.uses_max,
        "uses_per_customer_max": of.uses_per_customer_max,
        "starts_at": of.starts_at,
        "expires_at": of.expires_at,
        "link_ids": json.dumps(list(of.link_ids), separators=(",", ":")),
        "is_automatic": int(of.is_automatic),
        "is_active": int(of.is_active),
        "updated_at": of.updated_at,
    }


async def insert_coupon(tx: Tx, new: Coupon) -> None:
    """Keeps a new one."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        code=new.code,
        code_key=new.key,
        rate_ppm=new.rate_ppm,
        amount_minor=new.amount_minor,
        created_at=new.created_at,
        **_what(new),
    )


async def get_coupon(tx: Tx, merchant_id: MerchantId, coupon_id: CouponId) -> Coupon | None:
    """The coupon, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, coupon_id=coupon_id)
    return None if row is None else _coupon(row)


async def coupons_by_id(
    tx: Tx, merchant_id: MerchantId, coupon_ids: Sequence[CouponId]
) -> dict[CouponId, Coupon]:
    """Those of them that the merchant has."""
    rows = await tx.all(_BY_IDS, merchant_id=merchant_id, coupon_ids=list(coupon_ids))
    return {found.id: found for found in map(_coupon, rows)}


async def coupon_by_key(tx: Tx, merchant_id: MerchantId, key: str) -> Coupon | None:
    """The coupon whose code compares as this (`core/coupon.code_key`), or None."""
    row = await tx.one(_BY_KEY, merchant_id=merchant_id, key=key)
    return None if row is None else _coupon(row)


async def automatic_coupons(tx: Tx, merchant_id: MerchantId) -> list[Coupon]:
    """Those that are on and apply by themselves, oldest first; some of them may have expired."""
    return [_coupon(row) for row in await tx.all(_AUTOMATIC, merchant_id=merchant_id)]


async def list_coupons(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    wanted: CouponFilter = EVERY_COUPON,
) -> list[Coupon]:
    """Newest first, older than `before`."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    first = wanted.code_start
    if first:
        parameters |= {"first_key": first, "last_key": first + _AFTER_ALL_KEYS}
    rows = await tx.all(_LIST[bool(first), wanted.is_active], **parameters)
    return [_coupon(row) for row in rows]


async def update_coupon(tx: Tx, after: Coupon) -> None:
    """Stores what may change of it."""
    await tx.run(_UPDATE, merchant_id=after.merchant_id, coupon_id=after.id, **_what(after))
