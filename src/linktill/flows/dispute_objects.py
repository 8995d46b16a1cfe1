"""Disputes as programs see them."""

from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.dispute import Dispute
from linktill.flows.representations import time_of, time_or_none


class DisputeObject(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute of a payment."""

    object: Literal["dispute"] = "dispute"
    id: str
    payment_id: str
    payment_link_id: str
    status: str
    amount_minor: int
    fee_minor: int
    currency: str
    is_withdrawn: bool
    reason: str
    respond_by: datetime | None
    created_at: datetime
    updated_at: datetime


def dispute_object(dispute: Dispute) -> DisputeObject:
    """The dispute as stored."""
    return DisputeObject(
        id=dispute.id,
        payment_id=dispute.attempt_id,
        payment_link_id=dispute.link_id,
        status=dispute.status.value,
        amount_minor=dispute.amount.minor,
        fee_minor=dispute.fee_minor,
        currency=dispute.amount.currency,
        is_withdrawn=dispute.is_withdrawn,
        reason=dispute.reason,
        respond_by=time_or_none(dispute.respond_by),
        created_at=time_of(dispute.created_at),
        updated_at=time_of(dispute.updated_at),
    )
