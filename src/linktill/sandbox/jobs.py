"""What the company has set down to do later."""

from enum import StrEnum

from linktill.sandbox.database import Tx
from linktill.sandbox.rules import LOOKS_EVERY_S, SECOND_US


class JobKind(StrEnum):
    """What is done when the time has come, if the object still stands where it stood."""

    EXPIRE = "expire"
    LET_GO = "let_go"
    SETTLE_DEBIT = "settle_debit"
    RETURN_DEBIT = "return_debit"
    SETTLE_REFUND = "settle_refund"
    FAIL_REFUND = "fail_refund"
    OPEN_DISPUTE = "open_dispute"
    DECIDE_DISPUTE = "decide_dispute"
    RULE_ON_EVIDENCE = "rule_on_evidence"
    SETTLE_PAYOUT = "settle_payout"


def later(tx: Tx, kind: JobKind, subject_id: str, after_us: int) -> None:
    """Sets down a job for `after_us` microseconds from now."""
    tx.run(
        "INSERT INTO job (kind, subject_id, due_at) VALUES (:kind, :subject_id, :due_at)",
        kind=kind,
        subject_id=subject_id,
        due_at=tx.now + after_us,
    )
    tx.wake = tx.wake or after_us < LOOKS_EVERY_S * SECOND_US


def take_due(tx: Tx, limit: int) -> list[tuple[JobKind, str]]:
    """Takes the jobs that are due off the list; the caller does them in the same database transaction."""
    rows = tx.all(
        "SELECT seq, kind, subject_id FROM job WHERE due_at <= :now ORDER BY due_at, seq LIMIT :limit",
        now=tx.now,
        limit=limit,
    )
    for seq, _, _ in rows:
        tx.run("DELETE FROM job WHERE seq = :seq", seq=seq)
    return [(JobKind(kind), subject_id) for _, kind, subject_id in rows]
