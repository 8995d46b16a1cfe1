"""Coupons as programs see them: the one shape for API answers, event data and command-line output."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.coupon import Coupon, state_of
from linktill.core.pricing_terms import percent_text
from linktill.flows.representations import time_of, time_or_none


class CouponObject(msgspec.Struct, frozen=True, kw_only=True):
    """A code for which something is taken off."""

    object: Literal["coupon"] = "coupon"
    id: str
    code: str
    name: str
    status: str
    percent: str | None
    amount_minor: int | None
    currency: str | None
    minimum_minor: int
    uses: int
    uses_max: int | None
    uses_per_customer_max: int | None
    starts_at: datetime | None
    expires_at: datetime | None
    payment_link_ids: Sequence[str]
    is_automatic: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime


def coupon_object(coupon: Coupon, now: int) -> CouponObject:
    """The coupon as it stands."""
    return CouponObject(
        id=coupon.id,
        code=coupon.code,
        name=coupon.name,
        status=state_of(coupon, now).value,
        percent=percent_text(coupon.rate_ppm) if coupon.rate_ppm else None,
        amount_minor=coupon.amount_minor or None,
        currency=coupon.currency,
        minimum_minor=coupon.minimum_minor,
        uses=coupon.uses,
        uses_max=coupon.uses_max,
        uses_per_customer_max=coupon.uses_per_customer_max,
        starts_at=time_or_none(coupon.starts_at),
        expires_at=time_or_none(coupon.expires_at),
        payment_link_ids=coupon.link_ids,
        is_automatic=coupon.is_automatic,
        is_active=coupon.is_active,
        created_at=time_of(coupon.created_at),
        updated_at=time_of(coupon.updated_at),
    )
