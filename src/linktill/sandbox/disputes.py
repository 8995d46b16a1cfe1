"""Disputes: opened some time after a capture by a card that does so, answered by the merchant, decided by the evidence, by
that card or by hand.
"""

from typing import Final

from linktill.sandbox.cards import BY_NAME, Later
from linktill.sandbox.database import Tx
from linktill.sandbox.events import announce
from linktill.sandbox.jobs import JobKind, later
from linktill.sandbox.payments import find
from linktill.sandbox.records import DISPUTE, Dispute
from linktill.sandbox.rules import (
    DISPUTE_DECIDED_AFTER_US,
    RESPOND_WITHIN_US,
    RULING_AFTER_US,
    dispute_fee_minor,
)

WINNING: Final = "winning_evidence"
LOSING: Final = "losing_evidence"
"""Words in evidence that decide the dispute at once, as Stripe has them in its test mode."""


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


def take_evidence(tx: Tx, dispute_id: str, evidence: str) -> Dispute | None:
    """Keeps what the merchant says, once, and lets the bank look at it. None: it is answered, decided or too late."""
    row = tx.one(
        f"""
        UPDATE dispute SET status = 'under_review', evidence = :evidence, updated_at = :now
        WHERE id = :id AND status = 'needs_response' AND respond_by >= :now RETURNING {DISPUTE}
        """,
        id=dispute_id,
        evidence=evidence,
        now=tx.now,
    )
    if row is None:
        return None
    dispute = Dispute(*row)
    if _ruling(evidence) is not None:
        later(tx, JobKind.RULE_ON_EVIDENCE, dispute.id, RULING_AFTER_US)
    announce(tx, dispute.account_id, "dispute.updated", dispute.shown())
    return dispute


def rule(tx: Tx, dispute_id: str) -> Dispute | None:
    """Ends a dispute as its evidence wants it. None: it had ended already."""
    row = tx.one("SELECT evidence FROM dispute WHERE id = :id", id=dispute_id)
    assert row is not None, "only disputes that exist are ruled on"
    return close(tx, dispute_id, is_won=_ruling(row[0]) is True)


def _ruling(evidence: str) -> bool | None:
    """Whether the merchant wins with it; None: the bank thinks about it as long as about any other."""
    if WINNING in evidence:
        return True
    return False if LOSING in evidence else None


def accept(tx: Tx, dispute_id: str) -> Dispute | None:
    """The merchant gives in. None: it is answered or decided already."""
    return _end(tx, dispute_id, "accepted", "needs_response")


def close(tx: Tx, dispute_id: str, *, is_won: bool) -> Dispute | None:
    """Ends a dispute. None: it had ended already."""
    return _end(tx, dispute_id, "won" if is_won else "lost", "needs_response", "under_review")


def _end(tx: Tx, dispute_id: str, status: str, *before: str) -> Dispute | None:
    row = tx.one(
        f"""
        UPDATE dispute SET status = :status, updated_at = :now
        WHERE id = :id AND status IN (:before, :or_before) RETURNING {DISPUTE}
        """,
        id=dispute_id,
        status=status,
        before=before[0],
        or_before=before[-1],
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
