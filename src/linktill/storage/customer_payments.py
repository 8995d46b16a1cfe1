"""What hangs on a customer: payments, as they are filed and counted, their refunds and receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, literal_column, select, update

from linktill.core.ids import AttemptId, CustomerId, LinkId, MerchantId
from linktill.core.receipt import Receipt
from linktill.core.refund import Refund
from linktill.storage.attempt_lists import OF_A_CUSTOMER
from linktill.storage.database import Tx
from linktill.storage.receipts import receipt_from
from linktill.storage.refunds import refund_from
from linktill.storage.statements import any_of, compiled
from linktill.storage.tables import link_filing, payment_attempt, receipt, refund

A: Final = payment_attempt.c
_UNFILED: Final = and_(A.captured_at.is_not(None), A.customer_id.is_(None))
"""The words of the index `payment_attempt_unfiled`. Not the status: SQLite would walk over all that is captured."""
_MERCHANTS: Final = compiled(
    select(A.merchant_id).where(_UNFILED).group_by(A.merchant_id).order_by(func.min(A.id)).limit(100)
)
_TO_FILE: Final = compiled(
    select(A.id, A.payer_email, link_filing.c.customer_id)
    .outerjoin(
        link_filing, and_(link_filing.c.merchant_id == A.merchant_id, link_filing.c.link_id == A.link_id)
    )
    .where(A.merchant_id == bindparam("merchant_id"), _UNFILED)
    .order_by(A.id)
    .limit(bindparam("limit"))
)
_LOCK: Final = compiled(
    select(A.id)
    .where(A.merchant_id == bindparam("merchant_id"), A.id == bindparam("attempt_id"), _UNFILED)
    .with_for_update()
)
_FILE: Final = compiled(
    update(payment_attempt)
    .where(
        A.merchant_id == bindparam("merchant_id"), A.id == bindparam("attempt_id"), A.customer_id.is_(None)
    )
    .values(customer_id=bindparam("whose"))
    .returning(A.id)
)
_FILE_NOBODYS: Final = compiled(
    update(payment_attempt)
    .where(A.merchant_id == bindparam("merchant_id"), any_of(A.id, "attempt_ids"), A.customer_id.is_(None))
    .values(customer_id="")
)
_OF_LINK: Final = compiled(
    select(link_filing.c.customer_id).where(
        link_filing.c.merchant_id == bindparam("merchant_id"), link_filing.c.link_id == bindparam("link_id")
    )
)
_THEIRS: Final = and_(
    A.merchant_id == bindparam("merchant_id"), A.customer_id == bindparam("customer_id"), OF_A_CUSTOMER
)
_TOTALS: Final = compiled(
    select(A.currency, func.count(), func.sum(A.captured_minor), func.sum(A.refunded_minor))
    .where(_THEIRS, A.captured_minor > literal_column("0"))
    .group_by(A.currency)
    .order_by(A.currency)
)
_TOTALS_OF_MANY: Final = compiled(
    select(A.customer_id, A.currency, func.count(), func.sum(A.captured_minor), func.sum(A.refunded_minor))
    .where(
        A.merchant_id == bindparam("merchant_id"),
        any_of(A.customer_id, "customer_ids"),
        OF_A_CUSTOMER,
        A.captured_minor > literal_column("0"),
    )
    .group_by(A.customer_id, A.currency)
    .order_by(A.customer_id, A.currency)
)
# Without an order: for one, both databases would walk over all refunds that the merchant ever made.
_REFUNDS: Final = compiled(
    select(refund).where(
        refund.c.merchant_id == bindparam("merchant_id"), any_of(refund.c.attempt_id, "attempt_ids")
    )
)
_RECEIPTS: Final = compiled(
    select(receipt).where(
        receipt.c.merchant_id == bindparam("merchant_id"), any_of(receipt.c.attempt_id, "attempt_ids")
    )
)
_IDS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class PaidTotal:
    """What a customer has paid in one currency, and how much of it went back."""

    currency: str
    payments: int
    captured_minor: int
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class Unfiled:
    """A payment to file. `has_traces`: its payer gave an address, or its link names a customer."""

    attempt_id: AttemptId
    has_traces: bool


async def merchants_with_unfiled(tx: Tx) -> list[MerchantId]:
    """Merchants with a payment of which nobody has noted whose it is, the oldest payment first."""
    return [row[0] for row in await tx.all(_MERCHANTS)]


async def unfiled(tx: Tx, merchant_id: MerchantId, *, limit: int) -> list[Unfiled]:
    """The merchant's payments of which nobody has noted whose they are, oldest first."""
    rows = await tx.all(_TO_FILE, merchant_id=merchant_id, limit=limit)
    return [Unfiled(row[0], bool(row[1] or row[2])) for row in rows]


async def file_nobodys(tx: Tx, merchant_id: MerchantId, attempt_ids: Sequence[AttemptId]) -> None:
    """Notes of several payments at once that they are nobody's."""
    await tx.run(_FILE_NOBODYS, merchant_id=merchant_id, attempt_ids=list(attempt_ids))


async def lock_unfiled(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> bool:
    """Nobody else files this payment until this unit ends. False: somebody has."""
    return await tx.one(_LOCK, merchant_id=merchant_id, attempt_id=attempt_id) is not None


async def file_payment(
    tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, customer_id: CustomerId | None
) -> bool:
    """Notes whose payment it is, once for good; None: nobody's that we know. False: somebody was faster."""
    row = await tx.one(_FILE, merchant_id=merchant_id, attempt_id=attempt_id, whose=customer_id or "")
    return row is not None


async def customer_of_link(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> CustomerId | None:
    """Whom the link is for, or None."""
    row = await tx.one(_OF_LINK, merchant_id=merchant_id, link_id=link_id)
    return None if row is None else row[0]


async def totals_of(tx: Tx, merchant_id: MerchantId, customer_id: CustomerId) -> list[PaidTotal]:
    """What the customer has paid, by currency."""
    rows = await tx.all(_TOTALS, merchant_id=merchant_id, customer_id=customer_id)
    return [PaidTotal(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


async def totals_of_many(
    tx: Tx, merchant_id: MerchantId, customer_ids: Sequence[CustomerId]
) -> dict[CustomerId, list[PaidTotal]]:
    """What those of the customers have paid who have paid anything."""
    found: dict[CustomerId, list[PaidTotal]] = {}
    if not customer_ids:
        return found
    for row in await tx.all(_TOTALS_OF_MANY, merchant_id=merchant_id, customer_ids=list(customer_ids)):
        found.setdefault(row[0], []).append(PaidTotal(row[1], int(row[2]), int(row[3]), int(row[4])))
    return found


async def refunds_of_payments(
    tx: Tx, merchant_id: MerchantId, attempt_ids: Sequence[AttemptId]
) -> list[Refund]:
    """Refunds of these payments, newest first."""
    found: list[Refund] = []
    for first in range(0, len(attempt_ids), _IDS_AT_ONCE):
        ids = list(attempt_ids[first : first + _IDS_AT_ONCE])
        found += map(refund_from, await tx.all(_REFUNDS, merchant_id=merchant_id, attempt_ids=ids))
    return sorted(found, key=lambda each: each.id, reverse=True)


async def receipts_of_payments(
    tx: Tx, merchant_id: MerchantId, attempt_ids: Sequence[AttemptId]
) -> list[Receipt]:
    """What people have said to have come for these payments without a gateway, newest first."""
    found: list[Receipt] = []
    for first in range(0, len(attempt_ids), _IDS_AT_ONCE):
        ids = list(attempt_ids[first : first + _IDS_AT_ONCE])
        found += map(receipt_from, await tx.all(_RECEIPTS, merchant_id=merchant_id, attempt_ids=ids))
    return sorted(found, key=lambda each: each.id, reverse=True)
