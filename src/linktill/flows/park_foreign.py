"""Money at a gateway that is none of ours is never dropped: it is parked where a person sees it, and they are told."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from linktill.core.events import EventType
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.money import Money
from linktill.flows.announce import Subject, announce
from linktill.flows.representations import time_of
from linktill.flows.services import Moment
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import ForeignPayment
from linktill.storage.foreign_payments import park_foreign as store_foreign


class ForeignPaymentObject(msgspec.Struct, frozen=True, kw_only=True):
    """Money that the gateway has and no link of ours stands for."""

    gateway_account_id: str
    gateway_ref: str
    status: str
    amount_minor: int | None
    currency: str | None
    reference: str = ""
    """What it carries of ours; empty where it carries nothing, or nobody knows."""
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Foreign:
    """`ref` is the gateway's id; refunds and disputes carry their kind before it. `reference`: what it carries of ours."""

    ref: str
    status: str
    amount: Money | None
    reference: str = ""


async def park_foreign(
    tx: Tx,
    moment: Moment,
    merchant_id: MerchantId,
    account_id: GatewayAccountId,
    *,
    ref: str,
    status: str,
    amount: Money | None,
) -> None:
    """Unit: parks what carries nothing of ours."""
    await park(tx, moment, merchant_id, account_id, Foreign(ref, status, amount))


async def park(
    tx: Tx, moment: Moment, merchant_id: MerchantId, account_id: GatewayAccountId, found: Foreign
) -> None:
    """Unit: parks it once, and says so once."""
    amount = found.amount
    foreign = ForeignPayment(
        account_id,
        found.ref,
        found.reference,
        found.status,
        None if amount is None else amount.minor,
        None if amount is None else amount.currency,
        moment.now,
    )
    if not await store_foreign(tx, merchant_id, foreign):
        return
    thing = ForeignPaymentObject(
        gateway_account_id=account_id,
        gateway_ref=found.ref,
        status=found.status,
        amount_minor=foreign.amount_minor,
        currency=foreign.currency,
        reference=found.reference,
        found_at=time_of(moment.now),
    )
    await announce(tx, moment, EventType.FOREIGN_PAYMENT_FOUND, Subject(merchant_id, found.ref), thing)
