"""Payment attempts. Every change is conditional: zero rows means that someone was faster."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, and_, bindparam, case, func, insert, or_, select, update

from linktill.core.capture import Decision, Verdict
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, Failover, PaymentAttempt
from linktill.storage.database import Row, Tx
from linktill.storage.statements import any_of, compiled
from linktill.storage.tables import payment_attempt

A: Final = payment_attempt.c
_THIS: Final = and_(A.merchant_id == bindparam("merchant_id"), A.id == bindparam("attempt_id"))

FAR_US: Final = 600 * 1_000_000
"""Further away than any turn of an attempt of which nobody knows how it stands, while it is younger than `UNSURE_US`."""
UNSURE_US: Final = 24 * 3_600 * 1_000_000

_INSERT: Final = compiled(insert(payment_attempt))
_SELECT: Final = compiled(select(payment_attempt).where(_THIS))
_SELECT_LOCKED: Final = compiled(select(payment_attempt).where(_THIS).with_for_update())
_BY_GATEWAY_REF: Final = compiled(
    select(A.id).where(
        A.merchant_id == bindparam("merchant_id"),
        A.gateway_account_id == bindparam("gateway_account_id"),
        A.gateway_ref == bindparam("gateway_ref"),
    )
)
_STARTED: Final = compiled(
    update(payment_attempt)
    .where(_THIS, or_(A.status == "created", A.status == "unknown"), A.gateway_ref.is_(None))
    .values(
        status="requires_action",
        gateway_ref=bindparam("gateway_ref"),
        redirect_url=bindparam("redirect_url"),
        updated_at=bindparam("now"),
        poll_at=bindparam("poll_at"),
        polls=0,
    )
    .returning(A.id)
)
_ADDRESS: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.redirect_url.is_(None))
    .values(
        redirect_url=bindparam("redirect_url"),
        # What a messenger has told of stays: money may have been booked under it.
        gateway_ref=func.coalesce(A.gateway_ref, bindparam("gateway_ref")),
    )
)
_ASK_AGAIN: Final = compiled(
    update(payment_attempt)
    .where(
        _THIS,
        or_(A.status == "created", A.status == "unknown", A.status == "requires_action"),
        A.redirect_url.is_(None),
    )
    .values(polls=A.polls + 1)
    .returning(A.id)
)
_MOVE: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.status == bindparam("before"))
    .values(
        status=bindparam("after"),
        gateway_ref=bindparam("gateway_ref"),
        captured_minor=bindparam("captured_minor"),
        fee_minor=bindparam("fee_minor"),
        method=bindparam("method"),
        decline_code=bindparam("decline_code"),
        review_reason=bindparam("review_reason"),
        is_slot_held=bindparam("is_slot_held"),
        is_surplus=bindparam("is_surplus"),
        captured_at=bindparam("captured_at"),
        updated_at=bindparam("now"),
        poll_at=bindparam("poll_at"),
        polls=case((A.status == bindparam("after"), A.polls), else_=0),
    )
    .returning(A.id)
)
_FEE: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.fee_minor == bindparam("before"))
    .values(fee_minor=bindparam("after"))
    .returning(A.id)
)
_KEEP_SURPLUS: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.is_surplus == 1, A.status == "captured", A.refund_requested_minor == 0)
    .values(surplus_kept_at=bindparam("now"), updated_at=bindparam("now"))
    .returning(A.id)
)
_RESERVE_REFUND: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.status == "captured", A.refund_requested_minor + bindparam("amount") <= A.captured_minor)
    .values(refund_requested_minor=A.refund_requested_minor + bindparam("amount"))
    .returning(A.refund_requested_minor)
)
_CHANGE_REFUND: Final = compiled(
    update(payment_attempt)
    .where(_THIS)
    .values(
        refund_requested_minor=A.refund_requested_minor + bindparam("requested"),
        refunded_minor=A.refunded_minor + bindparam("refunded"),
    )
)
_POLL: Final = compiled(
    update(payment_attempt)
    .where(_THIS, A.poll_at == bindparam("seen"))
    .values(poll_at=bindparam("poll_at"), polls=A.polls + 1)
    .returning(A.id)
)
_HURRY: Final = compiled(
    update(payment_attempt)
    .where(
        A.merchant_id == bindparam("merchant_id"),
        any_of(A.id, "attempt_ids"),
        A.poll_at > bindparam("now"),
    )
    .values(poll_at=bindparam("now"))
)
_NOW: Final = bindparam("now", type_=BigInteger)
_IS_DUE: Final = and_(
    A.poll_at.is_not(None),
    or_(
        A.poll_at <= _NOW,
        # Put off by a process whose clock was wrong: what nobody knows is asked for every few minutes for a day.
        and_(
            A.poll_at > _NOW + FAR_US,
            or_(A.status == "created", A.status == "unknown"),
            A.created_at > _NOW - UNSURE_US,
        ),
    ),
)
_DUE_MERCHANTS: Final = compiled(
    select(A.merchant_id).where(_IS_DUE).group_by(A.merchant_id).order_by(func.min(A.poll_at)).limit(100)
)
_DUE: Final = compiled(
    select(payment_attempt)
    .where(A.merchant_id == bindparam("merchant_id"), _IS_DUE)
    .order_by(A.poll_at)
    .limit(bindparam("limit"))
)


def attempt_from(row: Row) -> PaymentAttempt:
    """A row of `select(payment_attempt)` as an attempt."""
    (merchant_id, attempt_id, link_id, session_id, gateway, gateway_account_id, status, amount_minor, currency,
     is_slot_held, is_surplus, gateway_ref, redirect_url, captured_minor, refund_requested_minor, refunded_minor,
     fee_minor, method, decline_code, review_reason, payer_email, payer_name, created_at, updated_at, captured_at,
     started_at, poll_at, polls, failover_from, failover_reason, received_minor,
     surplus_kept_at, customer_id, has_answers, is_manual, capture_before, verdict, decided_at, decided_by,
     ending_told_at) = row  # fmt: skip
    return PaymentAttempt(
        merchant_id,
        attempt_id,
        link_id,
        session_id,
        gateway,
        gateway_account_id,
        AttemptStatus(status),
        Money(amount_minor, currency),
        is_slot_held == 1,
        is_surplus == 1,
        gateway_ref,
        redirect_url,
        captured_minor,
        refund_requested_minor,
        refunded_minor,
        fee_minor,
        method,
        decline_code,
        review_reason,
        payer_email,
        payer_name,
        created_at,
        updated_at,
        captured_at,
        started_at,
        poll_at,
        polls,
        None if failover_from is None else Failover(failover_from, failover_reason),
        received_minor,
        surplus_kept_at,
        customer_id or None,
        has_answers == 1,
        is_manual == 1,
        capture_before,
        None if verdict is None else Decision(Verdict(verdict), decided_at, decided_by),
        ending_told_at,
    )


async def insert_attempt(tx: Tx, attempt: PaymentAttempt) -> None:
    """The intent: recorded before any gateway is called."""
    await tx.run(
        _INSERT,
        merchant_id=attempt.merchant_id,
        id=attempt.id,
        link_id=attempt.link_id,
        session_id=attempt.session_id,
        gateway=attempt.gateway,
        gateway_account_id=attempt.gateway_account_id,
        status=attempt.status,
        amount_minor=attempt.amount.minor,
        currency=attempt.amount.currency,
        is_slot_held=int(attempt.is_slot_held),
        is_surplus=int(attempt.is_surplus),
        gateway_ref=attempt.gateway_ref,
        redirect_url=attempt.redirect_url,
        captured_minor=attempt.captured_minor,
        refund_requested_minor=attempt.refund_requested_minor,
        refunded_minor=attempt.refunded_minor,
        fee_minor=attempt.fee_minor,
        method=attempt.method,
        decline_code=attempt.decline_code,
        review_reason=attempt.review_reason,
        payer_email=attempt.payer_email,
        payer_name=attempt.payer_name,
        created_at=attempt.created_at,
        updated_at=attempt.updated_at,
        captured_at=attempt.captured_at,
        started_at=attempt.started_at,
        poll_at=attempt.poll_at,
        polls=attempt.polls,
        failover_from=None if attempt.failover is None else attempt.failover.gateway,
        failover_reason=None if attempt.failover is None else attempt.failover.reason,
        received_minor=attempt.received_minor,
        surplus_kept_at=attempt.surplus_kept_at,
        customer_id=attempt.customer_id,
        has_answers=int(attempt.has_answers),
        is_manual=int(attempt.is_manual),
        capture_before=None,
        verdict=None,
        decided_at=None,
        decided_by=None,
        ending_told_at=None,
    )


async def get_attempt(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> PaymentAttempt | None:
    """The attempt, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, attempt_id=attempt_id)
    return None if row is None else attempt_from(row)


async def lock_attempt(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> PaymentAttempt | None:
    """Like `get_attempt`, and nobody else changes it until this unit ends."""
    row = await tx.one(_SELECT_LOCKED, merchant_id=merchant_id, attempt_id=attempt_id)
    return None if row is None else attempt_from(row)


async def find_by_gateway_ref(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, gateway_ref: str
) -> AttemptId | None:
    """Our attempt behind a gateway's payment, or None."""
    row = await tx.one(
        _BY_GATEWAY_REF, merchant_id=merchant_id, gateway_account_id=account_id, gateway_ref=gateway_ref
    )
    return None if row is None else row[0]


async def record_started(
    tx: Tx, attempt: PaymentAttempt, *, gateway_ref: str, redirect_url: str, poll_at: int, now: int
) -> bool:
    """The gateway opened its page. False: a messenger was faster (then only the page's address is kept)."""
    row = await tx.one(
        _STARTED,
        merchant_id=attempt.merchant_id,
        attempt_id=attempt.id,
        gateway_ref=gateway_ref,
        redirect_url=redirect_url,
        poll_at=poll_at,
        now=now,
    )
    if row is not None:
        return True
    await tx.run(
        _ADDRESS,
        merchant_id=attempt.merchant_id,
        attempt_id=attempt.id,
        redirect_url=redirect_url,
        gateway_ref=gateway_ref,
    )
    return False


async def ask_again(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> bool:
    """Notes that somebody else than its first caller is about to ask the gateway. False: that is known already."""
    return await tx.one(_ASK_AGAIN, merchant_id=merchant_id, attempt_id=attempt_id) is not None


async def move_attempt(tx: Tx, after: PaymentAttempt, *, before: AttemptStatus, now: int) -> bool:
    """Stores what a fact made of the attempt, if it still is `before`. False: someone was faster."""
    row = await tx.one(
        _MOVE,
        merchant_id=after.merchant_id,
        attempt_id=after.id,
        before=before,
        after=after.status,
        gateway_ref=after.gateway_ref,
        captured_minor=after.captured_minor,
        fee_minor=after.fee_minor,
        method=after.method,
        decline_code=after.decline_code,
        review_reason=after.review_reason,
        is_slot_held=int(after.is_slot_held),
        is_surplus=int(after.is_surplus),
        captured_at=after.captured_at,
        poll_at=after.poll_at,
        now=now,
    )
    return row is not None


async def change_fee(tx: Tx, attempt: PaymentAttempt, fee_minor: int) -> bool:
    """The gateway's fee turned out different. False: someone was faster."""
    row = await tx.one(
        _FEE,
        merchant_id=attempt.merchant_id,
        attempt_id=attempt.id,
        before=attempt.fee_minor,
        after=fee_minor,
    )
    return row is not None


async def keep_surplus(tx: Tx, attempt: PaymentAttempt, *, now: int) -> bool:
    """A person keeps money that had no place. False: it is none, or goes back already."""
    row = await tx.one(_KEEP_SURPLUS, merchant_id=attempt.merchant_id, attempt_id=attempt.id, now=now)
    return row is not None


async def reserve_refund(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, amount_minor: int) -> bool:
    """Sets the amount aside if so much is left, in one statement. False: it is not."""
    row = await tx.one(_RESERVE_REFUND, merchant_id=merchant_id, attempt_id=attempt_id, amount=amount_minor)
    return row is not None


async def change_refund(
    tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId, *, requested: int, refunded: int
) -> None:
    """Adds to what is reserved and to what is refunded; negative takes away."""
    await tx.run(
        _CHANGE_REFUND, merchant_id=merchant_id, attempt_id=attempt_id, requested=requested, refunded=refunded
    )


async def take_poll(tx: Tx, attempt: PaymentAttempt, *, poll_at: int) -> bool:
    """Takes the turn to ask the gateway, and sets the next one. False: another worker took it."""
    row = await tx.one(
        _POLL,
        merchant_id=attempt.merchant_id,
        attempt_id=attempt.id,
        seen=attempt.poll_at,
        poll_at=poll_at,
    )
    return row is not None


async def hurry(tx: Tx, merchant_id: MerchantId, attempt_ids: Sequence[AttemptId], *, now: int) -> None:
    """Puts the next look-up of those that are still open to now."""
    await tx.run(_HURRY, merchant_id=merchant_id, attempt_ids=attempt_ids, now=now)


async def merchants_with_due_polls(tx: Tx, *, now: int) -> list[MerchantId]:
    """Merchants of which some attempt must be looked up, longest due first: no others can keep one waiting."""
    return [row[0] for row in await tx.all(_DUE_MERCHANTS, now=now)]


async def due_polls(tx: Tx, merchant_id: MerchantId, *, now: int, limit: int) -> list[PaymentAttempt]:
    """The merchant's attempts to look up, longest due first."""
    return [attempt_from(row) for row in await tx.all(_DUE, merchant_id=merchant_id, now=now, limit=limit)]
