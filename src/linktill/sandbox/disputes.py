"""Disputes: opened some time after a capture by a card that does so, decided by that card or by hand."""

from linktill.sandbox.cards import BY_NAME, Later
from linktill.sandbox.database import Tx
from linktill.sandbox.events import announce
from linktill.sandbox.jobs import JobKind, later
from linktill.sandbox.payments import find
from linktill.sandbox.records import DISPUTE, Dispute
from linktill.sandbox.rules import DISPUTE_DECIDED_AFTER_US, RESPOND_WITHIN_US, dispute_fee_minor


def open_dispute(tx: Tx, payment_id: str) -> Dispute | None:
    """The payer's bank asks back what has not been refunded. None: nothing is left, or a dispute is there already."""
    payment = find(tx, payment_id)
    assert payment is not None, "only payments that exist are disputed"
    left = payment.amount_minor - payment.refund_held_minor
    if payment.status != "captured" or left == 0:
        return None
    row = tx.one(
        f"""
        INSERT INTO dispute (id, account_id, payment_id, reference, status, reason, amount_minor, currency, fee_minor,
            respond_by, created_at, updated_at)
        VALUES (:id, :account_id, :payment_id, :reference, 'needs_response', 'fraudulent', :amount_minor, :currency,
            :fee_minor, :respond_by, :now, :now)
        ON CONFLICT (payment_id) DO NOTHING RETURNING {DISPUTE}
        """,
        id=tx.ids.new("sbdis_"),
        account_id=payment.account_id,
        payment_id=payment.id,
        reference=payment.reference,
        amount_minor=left,
        currency=payment.currency,
        fee_minor=dispute_fee_minor(payment.currency),
        respond_by=tx.now + RESPOND_WITHIN_US,
        now=tx.now,
    )
    if row is None:
        return None
    dispute = Dispute(*row)
    later(tx, JobKind.DECIDE_DISPUTE, dispute.id, DISPUTE_DECIDED_AFTER_US)
    announce(tx, dispute.account_id, "dispute.opened", dispute.shown())
    return dispute


def close(tx: Tx, dispute_id: str, *, is_won: bool) -> Dispute | None:
    """Ends a dispute. None: it had ended already."""
    row = tx.one(
        f"""
        UPDATE dispute SET status = :status, updated_at = :now WHERE id = :id AND status = 'needs_response'
        RETURNING {DISPUTE}
        """,
        id=dispute_id,
        status="won" if is_won else "lost",
        now=tx.now,
    )
    if row is None:
        return None
    dispute = Dispute(*row)
    announce(tx, dispute.account_id, "dispute.closed", dispute.shown())
    return dispute


def decide(tx: Tx, dispute_id: str) -> Dispute | None:
    """Ends a dispute as its payment's card has it."""
    row = tx.one(
        "SELECT card FROM payment JOIN dispute ON payment.id = dispute.payment_id WHERE dispute.id = :id",
        id=dispute_id,
    )
    assert row is not None, "only disputes that exist are decided"
    return close(tx, dispute_id, is_won=BY_NAME[row[0]].later is Later.DISPUTE_WON)


def find_owned(tx: Tx, account_id: str, dispute_id: str) -> Dispute | None:
    """Another merchant's dispute is not there."""
    row = tx.one(
        f"SELECT {DISPUTE} FROM dispute WHERE id = :id AND account_id = :account_id",
        id=dispute_id,
        account_id=account_id,
    )
    return None if row is None else Dispute(*row)
