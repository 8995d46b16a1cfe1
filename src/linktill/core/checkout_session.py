"""A checkout session: one payer's visit, with the immutable snapshot of what was displayed when Pay was pressed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linktill.core.ids import AttemptId, LinkId, MerchantId, SessionId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus


class SessionStatus(StrEnum):
    """Where a visit stands."""

    OPEN = "open"
    """Nothing under way: the last attempt, if any, came to nothing and the payer may try again."""
    PROCESSING = "processing"
    PAID = "paid"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    SUPERSEDED = "superseded"
    """Another session took the last slot."""
    SURPLUS = "surplus"
    """Paid, but the link had no room; the money goes back."""


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A session as stored. `token` is the payer's proof that the session is theirs; `submit_token` the form's.

    `attempt_id` is the latest attempt.
    """

    merchant_id: MerchantId
    id: SessionId
    link_id: LinkId
    link_version: int
    status: SessionStatus
    amount: Money
    description: str
    submit_token: str
    token: str
    attempt_id: AttemptId
    attempts: int
    payer_email: str | None
    payer_name: str | None
    created_at: int
    expires_at: int


AFTER_ATTEMPT: Final[Mapping[AttemptStatus, SessionStatus]] = MappingProxyType(
    {
        AttemptStatus.CREATED: SessionStatus.PROCESSING,
        AttemptStatus.REQUIRES_ACTION: SessionStatus.PROCESSING,
        AttemptStatus.PROCESSING: SessionStatus.PROCESSING,
        AttemptStatus.AUTHORIZED: SessionStatus.PROCESSING,
        AttemptStatus.UNKNOWN: SessionStatus.PROCESSING,
        AttemptStatus.NEEDS_REVIEW: SessionStatus.PROCESSING,
        AttemptStatus.CAPTURED: SessionStatus.PAID,
        AttemptStatus.FAILED: SessionStatus.OPEN,
        AttemptStatus.CANCELED: SessionStatus.OPEN,
    }
)
"""The session's status once its latest attempt has come to one. A surplus payment makes it SURPLUS instead."""
