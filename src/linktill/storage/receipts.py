"""Receipts: money that people say has come. Never changed but for being taken back, once."""

from typing import Final

from sqlalchemy import and_, bindparam, or_, select, update

from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, ReceiptId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.receipt import Receipt, TakenBack, Way
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import checkout_session, payment_attempt, receipt

A: Final = payment_attempt.c
C: Final = checkout_session.c
P: Final = receipt.c
_THIS: Final = and_(P.merchant_id == bindparam("merchant_id"), P.id == bindparam("receipt_id"))
_THIS_ATTEMPT: Final = and_(A.merchant_id == bindparam("merchant_id"), A.id == bindparam("attempt_id"))

_INSERT: Final = compiled(
    insert(receipt).values(
        {
            name: bindparam(name)
            for name in (
                "merchant_id",
                "id",
                "attempt_id",
                "link_id",
                "amount_minor",
                "currency",
                "way",
                "received_on",
                "note",
                "recorded_by",
                "created_at",
            )
        }
    )
)
_SELECT: Final = compiled(select(receipt).where(_THIS))
_OF_ATTEMPT: Final = compiled(
    select(receipt)
    .where(P.merchant_id == bindparam("merchant_id"), P.attempt_id == bindparam("attempt_id"))
    .order_by(P.id)
    .limit(200)
)
_TAKE_BACK: Final = compiled(
    update(receipt)
    .where(_THIS, P.taken_back_at.is_(None))
    .values(taken_back_at=bindparam("now"), taken_back_by=bindparam("by"), taken_back_why=bindparam("why"))
    .returning(P.id)
)
_RECEIVE: Final = compiled(
    update(payment_attempt)
    .where(_THIS_ATTEMPT, A.received_minor == bindparam("before"))
    .values(received_minor=bindparam("after"), updated_at=bindparam("now"))
    .returning(A.id)
)
_REOPEN: Final = compiled(
    update(payment_attempt)
    .where(_THIS_ATTEMPT, A.status == bindparam("before"))
    .values(
        status=bindparam("after"),
        captured_minor=0,
        is_slot_held=bindparam("is_slot_held"),
        is_surplus=0,
        decline_code=None,
        gateway_ref=bindparam("gateway_ref"),
        updated_at=bindparam("now"),
        poll_at=bindparam("poll_at"),
        polls=0,
    )
    .returning(A.id)
)
_WAITING: Final = compiled(
    select(
        A.id,
        A.gateway_ref,
        A.amount_minor,
        A.currency,
        A.received_minor,
        A.created_at,
        A.payer_email,
        A.payer_name,
        C.description,
        C.expires_at,
    )
    .join(checkout_session, and_(C.merchant_id == A.merchant_id, C.id == A.session_id))
    .where(
        A.merchant_id == bindparam("merchant_id"),
        A.gateway_account_id == bindparam("account_id"),
        or_(A.status == "requires_action", A.status == "created", A.status == "unknown"),
    )
    .order_by(A.id.desc())
    .limit(bindparam("limit"))
)


def receipt_from(row: Row) -> Receipt:
    """A row of `select(receipt)` as a receipt."""
    (merchant_id, receipt_id, attempt_id, link_id, amount_minor, currency, way, received_on, note, by, created_at,
     taken_back_at, taken_back_by, taken_back_why) = row  # fmt: skip
    return Receipt(
        merchant_id,
        receipt_id,
        attempt_id,
        link_id,
        Money(amount_minor, currency),
        Way(way),
        received_on,
        note,
        by,
        created_at,
        taken_back_at,
        taken_back_by,
        None if taken_back_why is None else TakenBack(taken_back_why),
    )


async def insert_receipt(tx: Tx, new: Receipt) -> None:
    """A new receipt; `receive` counts it in the same unit."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        attempt_id=new.attempt_id,
        link_id=new.link_id,
        amount_minor=new.amount.minor,
        currency=new.amount.currency,
        way=new.way,
        received_on=new.received_on,
        note=new.note,
        recorded_by=new.by,
        created_at=new.created_at,
    )


async def get_receipt(tx: Tx, merchant_id: MerchantId, receipt_id: ReceiptId) -> Receipt | None:
    """The receipt, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, receipt_id=receipt_id)
    return None if row is None else receipt_from(row)


async def receipts_of(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> list[Receipt]:
    """The payment's receipts, oldest first, those that were taken back too."""
    return [
        receipt_from(row) for row in await tx.all(_OF_ATTEMPT, merchant_id=merchant_id, attempt_id=attempt_id)
    ]


async def take_back(tx: Tx, found: Receipt, *, by: str, why: TakenBack, now: int) -> bool:
    """The receipt does not count any more. False: it did not already."""
    row = await tx.one(
        _TAKE_BACK, merchant_id=found.merchant_id, receipt_id=found.id, by=by, why=why, now=now
    )
    return row is not None


async def receive(tx: Tx, attempt: PaymentAttempt, received_minor: int, *, now: int) -> bool:
    """Sets what has come of the attempt, if it still is what `attempt` says. False: someone was faster."""
    row = await tx.one(
        _RECEIVE,
        merchant_id=attempt.merchant_id,
        attempt_id=attempt.id,
        before=attempt.received_minor,
        after=received_minor,
        now=now,
    )
    return row is not None


async def reopen(tx: Tx, after: PaymentAttempt, *, before: AttemptStatus, now: int) -> bool:
    """Stores an attempt that a person has put back: dead or captured, it waits for money again. False: someone was faster.

    That it once was captured stays to be seen in `captured_at`.
    """
    row = await tx.one(
        _REOPEN,
        merchant_id=after.merchant_id,
        attempt_id=after.id,
        before=before,
        after=after.status,
        is_slot_held=int(after.is_slot_held),
        gateway_ref=after.gateway_ref,
        poll_at=after.poll_at,
        now=now,
    )
    return row is not None


async def waiting_rows(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, *, limit: int
) -> list[Row]:
    """Payments of the account that wait for money, newest first: what `flows/offline_account` makes its list of."""
    return list(await tx.all(_WAITING, merchant_id=merchant_id, account_id=account_id, limit=limit))
