"""What the company has set down to do later."""

from enum import StrEnum

from linktill.sandbox.database import Tx


class JobKind(StrEnum):
    """What is done when the time has come, if the object still stands where it stood."""

    EXPIRE = "expire"
    SETTLE_DEBIT = "settle_debit"
    RETURN_DEBIT = "return_debit"
    SETTLE_REFUND = "settle_refund"
    FAIL_REFUND = "fail_refund"
    OPEN_DISPUTE = "open_dispute"
    DECIDE_DISPUTE = "decide_dispute"


def later(tx: Tx, kind: JobKind, subject_id: str, after_us: int) -> None:
    """Sets down a job for `after_us` microseconds from now."""
    tx.run(
        "INSERT INTO job (kind, subject_id, due_at) VALUES (:kind, :subject_id, :due_at)",
        kind=kind,
        subject_id=subject_id,
        due_at=tx.now + after_us,
    )
    tx.wake = True


def take_due(tx: Tx, limit: int) -> list[tuple[JobKind, str]]:
    """Takes the jobs that are due off the list; the caller does them in the same database transaction."""
    rows = tx.all(
        """
        DELETE FROM job WHERE seq IN (SELECT seq FROM job WHERE due_at <= :now ORDER BY due_at, seq LIMIT :limit)
        RETURNING kind, subject_id, due_at, seq
        """,
        now=tx.now,
        limit=limit,
    )
    return [(JobKind(kind), subject_id) for kind, subject_id, _, _ in sorted(rows, key=lambda row: row[2:])]
