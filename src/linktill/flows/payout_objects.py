"""Payouts as programs see them: the one shape for API answers, event data and command-line output."""

from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.payout import Payout
from linktill.flows.representations import time_of, time_or_none


class PayoutObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway sent, or sends, to the merchant's bank account."""

    object: Literal["payout"] = "payout"
    id: str
    gateway_account_id: str
    gateway_ref: str | None
    status: str
    amount_minor: int
    fee_minor: int
    currency: str
    way: str | None
    failure_code: str | None
    note: str
    recorded_by: str
    made_at: datetime
    arrives_at: datetime | None
    created_at: datetime
    updated_at: datetime


def payout_object(payout: Payout) -> PayoutObject:
    """The payout as stored."""
    return PayoutObject(
        id=payout.id,
        gateway_account_id=payout.gateway_account_id,
        gateway_ref=payout.gateway_ref,
        status=payout.status.value,
        amount_minor=payout.amount.minor,
        fee_minor=payout.fee_minor,
        currency=payout.amount.currency,
        way=None if payout.way is None else payout.way.value,
        failure_code=payout.failure_code,
        note=payout.note,
        recorded_by=payout.by,
        made_at=time_of(payout.made_at),
        arrives_at=time_or_none(payout.arrives_at),
        created_at=time_of(payout.created_at),
        updated_at=time_of(payout.updated_at),
    )
