"""How a dispute stands for its merchant: what the bank says, and what became of the answer."""

from linktill.core.dispute import CLOSED, Dispute
from linktill.core.dispute_answer import WAITS, AnswerStatus, DisputeAnswer, is_late


def shown_state(dispute: Dispute, latest: DisputeAnswer | None, now: int) -> str:
    """A `DisputeStatus`; while it waits for the merchant, `answering`, `answer_unknown`, `answered` or `late` may come first."""
    if dispute.status in CLOSED or dispute.status not in WAITS:
        return dispute.status.value
    if latest is not None and latest.stage is dispute.status:
        if latest.status is AnswerStatus.SUBMITTING:
            return "answering"
        if latest.status is AnswerStatus.UNKNOWN:
            return "answer_unknown"
        if latest.status is AnswerStatus.SUBMITTED:
            return "answered"
    return "late" if is_late(dispute.respond_by, now) else dispute.status.value
