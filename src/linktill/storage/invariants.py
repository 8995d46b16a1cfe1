"""Queries for `linktill verify`: each finds what must not exist. Bounded, for every merchant in turn."""

from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, case, func, join, or_, select

from linktill.core.ids import MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import Statement, compiled
from linktill.storage.tables import (
    allotment,
    allotment_hold,
    checkout_session,
    dispute,
    event,
    inbox,
    ledger_entry,
    ledger_transaction,
    merchant,
    outbox,
    payment_attempt,
    payment_link,
    payout,
    receipt,
    refund,
)

A: Final = payment_attempt.c
C: Final = checkout_session.c
D: Final = dispute.c
E: Final = ledger_entry.c
I: Final = inbox.c  # noqa: E741 -- the table's letter, as in its neighbors
L: Final = payment_link.c
P: Final = receipt.c
O: Final = payout.c  # noqa: E741 -- the table's letter, as in its neighbors
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
_BOOKED: Final = ledger_transaction.alias("booked")
_SIDE: Final = ledger_entry.alias("side")
_OF_CAPTURES: Final = and_(
    _BOOKED.c.merchant_id == A.merchant_id,
    _BOOKED.c.attempt_id == A.id,
    # Captured offline, taken back by a person, and maybe captured again: what it comes to is what counts.
    or_(*(_BOOKED.c.kind == kind for kind in ("capture", "capture_reversed", "capture_again"))),
)


def _net(account: ColumnElement[bool]) -> ScalarSelect[Any]:
    """What the captures of a payment and their reversals come to on an account, as a credit."""
    entry_of = and_(
        _SIDE.c.merchant_id == _BOOKED.c.merchant_id, _SIDE.c.ledger_transaction_id == _BOOKED.c.id
    )
    return (
        select(func.coalesce(-func.sum(_SIDE.c.amount_minor), 0))
        .select_from(join(_SIDE, _BOOKED, entry_of))
        .where(_OF_CAPTURES, account)
        .correlate(payment_attempt)
        .scalar_subquery()
    )


_GROSS: Final = _net(_SIDE.c.account == case((A.is_surplus == 1, "surplus_payments"), else_="sales"))
_NET: Final = _net(or_(_SIDE.c.account == "surplus_payments", _SIDE.c.account == "sales"))
_CAPTURE_NOT_BOOKED: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.status == "captured",
    ~select(T.id)
    .where(
        T.merchant_id == A.merchant_id,
        T.attempt_id == A.id,
        T.kind == "capture",
        T.business_key == "capture:" + A.id,
        T.currency == A.currency,
        A.captured_minor == _GROSS,
    )
    .exists(),
)
_CAPTURE_NOT_UNDONE: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.status != "captured",
    A.captured_at.is_not(None),
    _NET != 0,
)
_BOOKED_NOT_CAPTURED: Final = select(T.id).where(
    T.merchant_id == bindparam("merchant_id"),
    T.kind == "capture",
    ~select(A.id)
    .where(
        A.merchant_id == T.merchant_id,
        A.id == T.attempt_id,
        or_(A.status == "captured", and_(A.captured_at.is_not(None), A.gateway == "offline")),
        T.business_key == "capture:" + A.id,
    )
    .exists(),
)


def _booked(account: ColumnElement[bool], *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    """What the books hold on an account in the ledger transactions of a payment that fit the conditions."""
    return (
        select(func.coalesce(func.sum(E.amount_minor), 0))
        .select_from(join(ledger_entry, ledger_transaction, _ENTRY_OF))
        .where(account, *conditions)
        .scalar_subquery()
    )


def _at_place(key: str) -> ScalarSelect[Any]:
    """What a receipt's ledger transaction moved to where the money lies."""
    return _booked(
        E.account.like("clearing:%:%"),
        T.merchant_id == P.merchant_id,
        T.attempt_id == P.attempt_id,
        T.business_key == key + P.id,
    )


_ENTRY_OF: Final = and_(E.merchant_id == T.merchant_id, E.ledger_transaction_id == T.id)
_STANDING: Final = (
    select(func.coalesce(func.sum(P.amount_minor), 0))
    .where(P.merchant_id == A.merchant_id, P.attempt_id == A.id, P.taken_back_at.is_(None))
    .scalar_subquery()
)
_RECEIPTS_WRONG: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.gateway == "offline",
    or_(
        A.received_minor != _STANDING,
        A.received_minor > A.amount_minor,
        and_(A.status == "captured", A.received_minor != A.amount_minor),
        and_(or_(A.status == "failed", A.status == "canceled"), A.received_minor != 0),
    ),
)
_RECEIPT_NOT_BOOKED: Final = select(P.id).where(
    P.merchant_id == bindparam("merchant_id"),
    or_(
        P.amount_minor != _at_place("receipt:"),
        case((P.taken_back_at.is_(None), 0), else_=-P.amount_minor) != _at_place("receipt_taken_back:"),
    ),
)
_FEE_NOT_BOOKED: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.status == "captured",
    A.fee_minor != _booked(E.account == "gateway_fees", T.merchant_id == A.merchant_id, T.attempt_id == A.id),
)
_DISPUTE_NOT_BOOKED: Final = select(D.id).where(
    D.merchant_id == bindparam("merchant_id"),
    case((D.is_withdrawn == 1, D.amount_minor), else_=0)
    != _booked(
        E.account == "disputes",
        T.merchant_id == D.merchant_id,
        T.attempt_id == D.attempt_id,
        T.business_key.like("dispute:" + D.id + ":%"),
    ),
)
_OVER_LIMIT: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    or_(L.captured_count > L.payments_max, L.captured_minor > L.amount_max_minor),
    # A limit that was lowered below what was used is the merchant's wish, not a fault. But what was claimed under the
    # limit of now can never have gone beyond it.
    select(A.id)
    .join(checkout_session, and_(C.merchant_id == A.merchant_id, C.id == A.session_id))
    .where(
        A.merchant_id == L.merchant_id,
        A.link_id == L.id,
        A.status == "captured",
        A.is_surplus == 0,
        C.link_version == L.version,
    )
    .exists(),
)
_CAPTURES: Final = and_(
    A.merchant_id == L.merchant_id, A.link_id == L.id, A.status == "captured", A.is_surplus == 0
)
_OWN: Final = A.currency == L.currency
"""Sums of a link are in its own currency."""
_COUNTED_WRONG: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    or_(
        L.captured_count != select(func.count()).where(_CAPTURES).scalar_subquery(),
        L.captured_minor
        != select(func.coalesce(func.sum(A.captured_minor), 0)).where(_CAPTURES, _OWN).scalar_subquery(),
        L.refunded_minor
        != select(func.coalesce(func.sum(R.amount_minor), 0))
        .join(payment_attempt, and_(A.merchant_id == R.merchant_id, A.id == R.attempt_id))
        .where(
            R.merchant_id == L.merchant_id,
            R.link_id == L.id,
            R.status == "succeeded",
            R.currency == L.currency,
            A.is_surplus == 0,
        )
        .scalar_subquery(),
    ),
)
_COMPLETED_WRONG: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    and_(L.status != "canceled", L.status != "archived", L.status != "draft"),
    or_(L.status == "completed", L.status == "sold_out")
    != or_(
        L.is_out == 1,
        and_(L.payments_max.is_not(None), L.captured_count >= func.coalesce(L.payments_max, 0)),
        and_(L.full_at_minor.is_not(None), L.captured_minor >= func.coalesce(L.full_at_minor, 0)),
    ),
)
_HELD: Final = and_(A.merchant_id == L.merchant_id, A.link_id == L.id, A.is_slot_held == 1)
_SLOTS_LEAKED: Final = select(L.id).where(
    L.merchant_id == bindparam("merchant_id"),
    or_(
        L.slots_taken != select(func.count()).where(_HELD).scalar_subquery(),
        L.taken_minor
        != select(func.coalesce(func.sum(A.amount_minor), 0)).where(_HELD, _OWN).scalar_subquery(),
    ),
)
_HOLDING: Final = and_(
    allotment_hold.c.merchant_id == allotment.c.merchant_id,
    allotment_hold.c.scope == allotment.c.scope,
    A.merchant_id == allotment_hold.c.merchant_id,
    A.id == allotment_hold.c.attempt_id,
    A.is_slot_held == 1,
)


def _held(*conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    held = select(func.coalesce(func.sum(allotment_hold.c.count), 0))
    return held.select_from(allotment_hold, payment_attempt).where(_HOLDING, *conditions).scalar_subquery()


_ALLOTTED_WRONG: Final = select(allotment.c.scope).where(
    allotment.c.merchant_id == bindparam("merchant_id"),
    or_(allotment.c.taken != _held(), allotment.c.sold != _held(A.status == "captured")),
)
_SLOT_WRONG: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    A.is_slot_held
    != case(
        (or_(A.status == "failed", A.status == "canceled"), 0),
        (A.status == "captured", 1 - A.is_surplus),
        # A payment that was dead may have been contradicted afterwards.
        (A.status == "needs_review", A.is_slot_held),
        else_=1,
    ),
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
_REFUND_NOT_BOOKED: Final = (
    select(R.id)
    .join(payment_attempt, and_(A.merchant_id == R.merchant_id, A.id == R.attempt_id))
    .where(
        R.merchant_id == bindparam("merchant_id"),
        case((R.status == "succeeded", R.amount_minor), else_=0)
        != _booked(
            E.account
            == case(
                (and_(A.is_surplus == 1, A.surplus_kept_at.is_(None)), "surplus_payments"), else_="refunds"
            ),
            A.merchant_id == T.merchant_id,
            T.merchant_id == R.merchant_id,
            T.attempt_id == R.attempt_id,
            or_(T.business_key == "refund:" + R.id, T.business_key == "refund_returned:" + R.id),
        ),
    )
)
_PAYOUT_NOT_BOOKED: Final = select(O.id).where(
    O.merchant_id == bindparam("merchant_id"),
    case((O.status == "paid", O.amount_minor), else_=0)
    != _booked(
        E.account == "bank",
        T.merchant_id == O.merchant_id,
        or_(T.business_key == "payout:" + O.id, T.business_key == "payout_returned:" + O.id),
    ),
)
_CHARGED_OTHER: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"),
    or_(
        and_(A.status == "captured", A.captured_minor != A.amount_minor),
        # The session keeps what was displayed to the payer of its latest attempt.
        select(C.id)
        .where(
            C.merchant_id == A.merchant_id,
            C.id == A.session_id,
            C.attempt_id == A.id,
            or_(C.amount_minor != A.amount_minor, C.currency != A.currency),
        )
        .exists(),
    ),
)
_FROZEN_UNSEEN: Final = select(A.id).where(
    A.merchant_id == bindparam("merchant_id"), A.status == "needs_review", A.review_reason.is_(None)
)
_REFUND_STUCK: Final = select(R.id).where(
    R.merchant_id == bindparam("merchant_id"),
    or_(R.status == "pending", R.status == "unknown"),
    or_(R.poll_at.is_(None), R.poll_at < bindparam("late")),
)
_NEWS_STUCK: Final = select(I.id).where(
    I.merchant_id == bindparam("merchant_id"),
    I.status == "pending",
    I.due_at < bindparam("late"),
    I.received_at < bindparam("late"),
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
        ("I2", "payments that are not captured, but are in the books"): _CAPTURE_NOT_UNDONE,
        ("I2", "offline payments whose receipts do not add up"): _RECEIPTS_WRONG,
        ("I2", "receipts whose books do not fit them"): _RECEIPT_NOT_BOOKED,
        ("I2", "payments whose fee is not booked as it is"): _FEE_NOT_BOOKED,
        ("I2", "disputes whose books do not fit who has the money"): _DISPUTE_NOT_BOOKED,
        ("I2", "payouts whose books do not fit their status"): _PAYOUT_NOT_BOOKED,
        ("I3", "links with more payments, or more money, than they allow"): _OVER_LIMIT,
        ("I3", "links whose counters differ from their payments"): _COUNTED_WRONG,
        ("I4", "links whose status does not fit what was paid"): _COMPLETED_WRONG,
        ("I5", "open payments that nobody looks up: does a worker run?"): _STUCK,
        ("I5", "open refunds that nobody looks up: does a worker run?"): _REFUND_STUCK,
        ("I5", "webhooks that nobody works on: does a worker run?"): _NEWS_STUCK,
        ("I5", "frozen payments without a reason to show"): _FROZEN_UNSEEN,
        ("I6", "promises that nobody keeps: does a worker run?"): _DEAD_PROMISES,
        ("I6", "promises to tell an event that does not exist"): _UNTOLD,
        ("I7", "payments whose refunds do not add up"): _REFUNDS_WRONG,
        ("I7", "refunds whose books do not fit their status"): _REFUND_NOT_BOOKED,
        ("I8", "payments charged at another amount than displayed"): _CHARGED_OTHER,
        ("I9", "links with leaked slots"): _SLOTS_LEAKED,
        ("I9", "payments that hold a slot when dead or none when alive"): _SLOT_WRONG,
        ("I9", "stock and uses of coupons whose counts differ from what payments hold"): _ALLOTTED_WRONG,
    }.items()
}
"""(invariant, what is wrong) → the query that finds it."""


async def merchants(tx: Tx) -> list[MerchantId]:
    """Every merchant of the installation."""
    return [row[0] for row in await tx.all(_MERCHANTS)]


async def find(tx: Tx, statement: Statement, merchant_id: MerchantId, *, late: int) -> list[str]:
    """Ids that the check finds, at most `SHOWN_MAX`. `late`: what was due before then is overdue."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id}
    if "late" in statement.sqlite.names:
        parameters["late"] = late
    return [row[0] for row in await tx.all(statement, **parameters)]
