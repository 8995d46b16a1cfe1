"""Lists of payment attempts: pages by cursor, and what a person must look at."""

from typing import Final

from sqlalchemy import and_, bindparam, literal_column, or_, select, text

from linktill.core.ids import CustomerId, LinkId, MerchantId
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.storage.attempts import attempt_from
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_attempt

A: Final = payment_attempt.c
OF_A_CUSTOMER: Final = A.customer_id > literal_column("''")
"""The words of the index `payment_attempt_customer`."""
_LIST: Final = {
    (has_link, has_status, has_customer): compiled(
        select(payment_attempt)
        .where(
            A.merchant_id == bindparam("merchant_id"),
            A.id < bindparam("before"),
            *([A.link_id == bindparam("link_id")] if has_link else []),
            *([A.status == bindparam("status")] if has_status else []),
            *([A.customer_id == bindparam("customer_id"), OF_A_CUSTOMER] if has_customer else []),
        )
        .order_by(A.id.desc())
        .limit(bindparam("limit"))
    )
    for has_link in (False, True)
    for has_status in (False, True)
    for has_customer in (False, True)
}
TO_DECIDE: Final = and_(
    # The words of the index `payment_attempt_review`: SQLite uses it for nothing else.
    text("(payment_attempt.review_reason IS NOT NULL OR payment_attempt.is_surplus = 1)"),
    # A surplus payment that goes back by itself needs nobody, unless its refund failed.
    or_(
        A.review_reason.is_not(None),
        and_(A.refund_requested_minor < A.captured_minor, A.surplus_kept_at.is_(None)),
    ),
)
"""What a person must look at: frozen, contradicted after it was booked, open for too long, or surplus and neither kept nor on its
way back.
"""
_TO_DECIDE: Final = compiled(
    select(payment_attempt)
    .where(A.merchant_id == bindparam("merchant_id"), A.id < bindparam("before"), TO_DECIDE)
    .order_by(A.id.desc())
    .limit(bindparam("limit"))
)
BEFORE_ALL: Final = "pay_~"
"""Sorts after every attempt id: the cursor of a first page."""


async def list_attempts(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    link_id: LinkId | None = None,
    status: AttemptStatus | None = None,
    customer_id: CustomerId | None = None,
) -> list[PaymentAttempt]:
    """Newest first, older than `before`."""
    filters = {"link_id": link_id, "status": status, "customer_id": customer_id}
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    parameters |= {name: value for name, value in filters.items() if value is not None}
    statement = _LIST[link_id is not None, status is not None, customer_id is not None]
    return [attempt_from(row) for row in await tx.all(statement, **parameters)]


async def attempts_to_decide(
    tx: Tx, merchant_id: MerchantId, *, limit: int, before: str = BEFORE_ALL
) -> list[PaymentAttempt]:
    """What a person must look at, newest first, older than `before`."""
    rows = await tx.all(_TO_DECIDE, merchant_id=merchant_id, before=before, limit=limit)
    return [attempt_from(row) for row in rows]
