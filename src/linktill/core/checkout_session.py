"""A checkout session: one payer's visit, with the immutable snapshot of what was displayed when Pay was pressed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linktill.core.ids import AttemptId, GatewayAccountId, LinkId, MerchantId, SessionId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, Failover, PaymentAttempt


class SessionStatus(StrEnum):
    """Where a visit stands."""

    OPEN = "open"
    """Nothing under way: the last attempt, if any, came to nothing and the payer may try again."""
    PROCESSING = "processing"
    PAID = "paid"
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
    language: str = "en"
    """What the payer is spoken to in: two letters (ISO 639-1)."""


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


def attempt_of(
    session: CheckoutSession,
    gateway: str,
    account_id: GatewayAccountId,
    *,
    now: int,
    poll_at: int,
    failover: Failover | None = None,
) -> PaymentAttempt:
    """The session's latest attempt at its start: the link's slot is held, and nothing is known of the gateway yet."""
    return PaymentAttempt(
        merchant_id=session.merchant_id,
        id=session.attempt_id,
        link_id=session.link_id,
        session_id=session.id,
        gateway=gateway,
        gateway_account_id=account_id,
        status=AttemptStatus.CREATED,
        amount=session.amount,
        is_slot_held=True,
        is_surplus=False,
        gateway_ref=None,
        redirect_url=None,
        captured_minor=0,
        refund_requested_minor=0,
        refunded_minor=0,
        fee_minor=0,
        method=None,
        decline_code=None,
        review_reason=None,
        payer_email=session.payer_email,
        payer_name=session.payer_name,
        created_at=now,
        updated_at=now,
        captured_at=None,
        started_at=now,
        poll_at=poll_at,
        polls=0,
        failover=failover,
    )
