"""Refunds: the amount is held on the payment first, so that refunds never exceed what was captured."""

from typing import Final

from linktill.sandbox import accounts
from linktill.sandbox.cards import BY_NAME, Later, Outcome
from linktill.sandbox.database import Tx
from linktill.sandbox.events import announce
from linktill.sandbox.jobs import JobKind, later
from linktill.sandbox.records import REFUND, Payment, Refund

REFUND_FAILED: Final = "account_closed"


def create(tx: Tx, payment: Payment, amount_minor: int, reference: str) -> Refund | None:
    """Sends money back. None: the payment is not captured, is disputed, or has less than that left."""
    held = tx.one(
        """
        UPDATE payment SET refund_held_minor = refund_held_minor + :amount, updated_at = :now
        WHERE id = :id AND status = 'captured' AND refund_held_minor + :amount <= amount_minor
            AND NOT EXISTS (SELECT 1 FROM dispute WHERE payment_id = :id AND status <> 'won')
        RETURNING id
        """,
        id=payment.id,
        amount=amount_minor,
        now=tx.now,
    )
    if held is None:
        return None
    row = tx.one(
        f"""
        INSERT INTO refund (id, account_id, payment_id, reference, status, amount_minor, currency, created_at, updated_at)
        VALUES (:id, :account_id, :payment_id, :reference, 'pending', :amount_minor, :currency, :now, :now)
        RETURNING {REFUND}
        """,
        id=tx.ids.new("sbref_"),
        account_id=payment.account_id,
        payment_id=payment.id,
        reference=reference,
        amount_minor=amount_minor,
        currency=payment.currency,
        now=tx.now,
    )
    assert row is not None, "INSERT RETURNING gives a row"
    refund = Refund(*row)
    assert payment.card is not None, "a captured payment has a card"
    card = BY_NAME[payment.card]
    settles_after_us = accounts.get(tx, payment.account_id).settles_after_us
    if card.later is Later.REFUND_FAILS:
        later(tx, JobKind.FAIL_REFUND, refund.id, settles_after_us)
    elif card.outcome is Outcome.DEBIT_SETTLES:
        later(tx, JobKind.SETTLE_REFUND, refund.id, settles_after_us)
    else:
        return settle(tx, refund.id)
    return refund


def settle(tx: Tx, refund_id: str) -> Refund | None:
    """The money has arrived."""
    refund = _end(tx, refund_id, "succeeded", None)
    if refund is not None:
        tx.run(
            "UPDATE payment SET refunded_minor = refunded_minor + :amount, updated_at = :now WHERE id = :id",
            id=refund.payment_id,
            amount=refund.amount_minor,
            now=tx.now,
        )
        announce(tx, refund.account_id, "refund.succeeded", refund.shown())
    return refund


def fail(tx: Tx, refund_id: str) -> Refund | None:
    """The money has come back: it may be refunded again."""
    refund = _end(tx, refund_id, "failed", REFUND_FAILED)
    if refund is not None:
        tx.run(
            "UPDATE payment SET refund_held_minor = refund_held_minor - :amount, updated_at = :now WHERE id = :id",
            id=refund.payment_id,
            amount=refund.amount_minor,
            now=tx.now,
        )
        announce(tx, refund.account_id, "refund.failed", refund.shown())
    return refund


def find_owned(tx: Tx, account_id: str, refund_id: str) -> Refund | None:
    """Another merchant's refund is not there."""
    row = tx.one(
        f"SELECT {REFUND} FROM refund WHERE id = :id AND account_id = :account_id",
        id=refund_id,
        account_id=account_id,
    )
    return None if row is None else Refund(*row)


def _end(tx: Tx, refund_id: str, status: str, failure_code: str | None) -> Refund | None:
    row = tx.one(
        f"""
        UPDATE refund SET status = :status, failure_code = :failure_code, updated_at = :now
        WHERE id = :id AND status = 'pending' RETURNING {REFUND}
        """,
        id=refund_id,
        status=status,
        failure_code=failure_code,
        now=tx.now,
    )
    return None if row is None else Refund(*row)
