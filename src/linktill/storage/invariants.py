"""Queries for `linktill verify`: each finds what must not exist. Bounded, for every merchant in turn."""

from typing import Final

from sqlalchemy import and_, bindparam, case, func, or_, select

from linktill.core.ids import MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import Statement, compiled
from linktill.storage.tables import (
    event,
    ledger_entry,
    ledger_transaction,
    merchant,
    outbox,
    payment_attempt,
    payment_link,
    refund,
)

A: Final = payment_attempt.c
E: Final = ledger_entry.c
L: Final = payment_link.c
R: Final = refund.c
T: Final = ledger_transaction.c
SHOWN_MAX: Final = 20

_MERCHANTS: Final = compiled(select(merchant.c.merchant_id).order_by(merchant.c.merchant_id).limit(10_000))


_UNBALANCED: Final = (
    select(E.ledger_transaction_id)
    .where(E.merchant_id == bindparam("merchant_id"))
    .group_by(E.ledger_transaction_id)
    .having(or_(func.sum(E.amount_minor) != 0, func.min(E.currency) != func.max(E.currency)))
)
_WITHOUT_ENTRIES: Final = select(T.id).where(
    T.merchant_id == bindparam("merchant_id"),
    ~select(E.account).where(E.merchant_id == T.merchant_id, E.ledger_transaction_id == T.id).exists(),
)
_GROSS: Final = (
    select(func.coalesce(-func.sum(E.amount_minor), 0))
    .where(
        E.merchant_id == T.merchant_id,
        E.ledger_transaction_id == T.id,
        or_(E.account == "sales", E.account == "surplus_payments"),
    )
    .scalar_subquery()
)
_CAPTURE_NOT_BOOKED: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.status == "captured",
    ~select(T.id)
    .where(
        T.merchant_id == A.merchant_id,
        T.attempt_id == A.id,
        T.kind == "capture",
        T.currency == A.currency,
        A.captured_minor == _GROSS,
    )
    .exists(),
)
_BOOKED_NOT_CAPTURED: Final = select(T.id).where(
    T.merchant_id == bindparam("merchant_id"),
    T.kind == "capture",
    ~select(A.id)
    .where(A.merchant_id == T.merchant_id, A.id == T.attempt_id, A.status == "captured")
    .exists(),
)
_OVER_LIMIT: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    L.payments_max.is_not(None),
    L.captured_count > L.payments_max,
    # A limit that was lowered below what was used is the merchant's wish, not a fault.
    L.version == 1,
)
_CAPTURES: Final = and_(
    A.merchant_id == L.merchant_id, A.link_id == L.id, A.status == "captured", A.is_surplus == 0
)
_COUNTED_WRONG: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    or_(
        L.captured_count != select(func.count()).where(_CAPTURES).scalar_subquery(),
        L.captured_minor
        != select(func.coalesce(func.sum(A.captured_minor), 0)).where(_CAPTURES).scalar_subquery(),
    ),
)
_COMPLETED_WRONG: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    L.payments_max == 1,
    and_(L.status != "canceled", L.status != "archived", L.status != "draft"),
    (L.status == "completed") != (L.captured_count >= 1),
)
_SLOTS_LEAKED: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    L.slots_taken
    != select(func.count())
    .where(A.merchant_id == L.merchant_id, A.link_id == L.id, A.is_slot_held == 1)
    .scalar_subquery(),
)
_SLOT_OF_DEAD: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.is_slot_held == 1,
    or_(A.status == "failed", A.status == "canceled"),
)
_SUM_REFUNDS: Final = select(
    func.coalesce(
        func.sum(case((or_(R.status == "failed", R.status == "canceled"), 0), else_=R.amount_minor)), 0
    )
).where(R.merchant_id == A.merchant_id, R.attempt_id == A.id)
_SUM_REFUNDED: Final = select(
    func.coalesce(func.sum(case((R.status == "succeeded", R.amount_minor), else_=0)), 0)
).where(R.merchant_id == A.merchant_id, R.attempt_id == A.id)
_REFUNDS_WRONG: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    or_(
        A.refund_requested_minor > A.captured_minor,
        A.refunded_minor > A.refund_requested_minor,
        A.refund_requested_minor != _SUM_REFUNDS.scalar_subquery(),
        A.refunded_minor != _SUM_REFUNDED.scalar_subquery(),
    ),
)
_REFUND_NOT_BOOKED: Final = select(R.id).where(
    R.merchant_id == bindparam("merchant_id"),
    (R.status == "succeeded")
    != (
        select(func.coalesce(func.sum(case((T.kind == "refund", 1), else_=-1)), 0))
        .where(
            T.merchant_id == R.merchant_id,
            T.attempt_id == R.attempt_id,
            or_(T.business_key == "refund:" + R.id, T.business_key == "refund_returned:" + R.id),
        )
        .scalar_subquery()
        == 1
    ),
)
_CHARGED_OTHER: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.status == "captured",
    A.captured_minor != A.amount_minor,
)
_STUCK: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    or_(
        A.status == "created",
        A.status == "requires_action",
        A.status == "processing",
        A.status == "authorized",
        A.status == "unknown",
    ),
    or_(A.poll_at.is_(None), A.poll_at < bindparam("late")),
)
_DEAD_PROMISES: Final = select(outbox.c.id).where(
    outbox.c.merchant_id == bindparam("merchant_id"),
    outbox.c.status == "pending",
    outbox.c.due_at < bindparam("late"),
    outbox.c.created_at < bindparam("late"),
)
_UNTOLD: Final = select(outbox.c.id).where(
    outbox.c.merchant_id == bindparam("merchant_id"),
    outbox.c.kind == "event",
    ~select(event.c.id)
    .where(event.c.merchant_id == outbox.c.merchant_id, event.c.id == outbox.c.subject_id)
    .exists(),
)

CHECKS: Final[dict[tuple[str, str], Statement]] = {
    key: compiled(query.limit(SHOWN_MAX))
    for key, query in {
        ("I1", "ledger transactions that do not sum to zero in one currency"): _UNBALANCED,
        ("I1", "ledger transactions without entries"): _WITHOUT_ENTRIES,
        ("I2", "captured payments without their ledger transaction"): _CAPTURE_NOT_BOOKED,
        ("I2", "ledger transactions of captures that are none"): _BOOKED_NOT_CAPTURED,
        ("I3", "links with more payments than they allow"): _OVER_LIMIT,
        ("I3", "links whose counters differ from their payments"): _COUNTED_WRONG,
        ("I4", "bills whose status does not fit what was paid"): _COMPLETED_WRONG,
        ("I5", "open payments that nobody will look up"): _STUCK,
        ("I6", "promises that nobody keeps"): _DEAD_PROMISES,
        ("I6", "promises to tell an event that does not exist"): _UNTOLD,
        ("I7", "payments whose refunds do not add up"): _REFUNDS_WRONG,
        ("I7", "refunds whose books do not fit their status"): _REFUND_NOT_BOOKED,
        ("I8", "payments charged at another amount than displayed"): _CHARGED_OTHER,
        ("I9", "links with leaked slots"): _SLOTS_LEAKED,
        ("I9", "dead payments that hold a slot"): _SLOT_OF_DEAD,
    }.items()
}
"""(invariant, what is wrong) → the query that finds it."""


async def merchants(tx: Tx) -> list[MerchantId]:
    """Every merchant of the installation."""
    return [row[0] for row in await tx.all(_MERCHANTS)]


async def find(tx: Tx, statement: Statement, merchant_id: MerchantId, *, late: int) -> list[str]:
    """Ids that the check finds, at most `SHOWN_MAX`. `late`: what was due before then is overdue."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id}
    if statement in _TIMED:
        parameters["late"] = late
    return [row[0] for row in await tx.all(statement, **parameters)]


_TIMED: Final = frozenset(
    statement
    for (_, words), statement in CHECKS.items()
    if words in {"open payments that nobody will look up", "promises that nobody keeps"}
)
