"""What the company keeps, row by row, and how its API shows it."""

from dataclasses import dataclass, fields
from typing import Any, Final

from linktill.sandbox.cards import FAILURES
from linktill.sandbox.database import Row

OPEN: Final = frozenset({"open", "requires_action"})
"""The payer may still act, the merchant may still cancel."""


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant of the company. An empty `webhook_url` means: no webhooks."""

    id: str
    key_hash: str
    webhook_url: str
    webhook_secret: str
    settles_after_us: int
    created_at: int
    holds_for_us: int
    """So long a payer's money is held that nobody captures."""

    def shown(self) -> dict[str, Any]:
        """For the API: without secrets."""
        return {
            "id": self.id,
            "object": "account",
            "webhook_url": self.webhook_url,
            "settles_after_s": self.settles_after_us / 1_000_000,
            "holds_for_s": self.holds_for_us / 1_000_000,
            "created_at": self.created_at,
        }


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that a payer is asked for.

    open → requires_action → processing → (authorized →) captured / failed / canceled / expired. `refund_held_minor` counts the
    refunds that succeeded or are pending.
    """

    seq: int
    id: str
    account_id: str
    reference: str
    status: str
    amount_minor: int
    currency: str
    description: str
    payer_email: str | None
    return_url: str
    cancel_url: str
    card: str | None
    brand: str | None
    last4: str | None
    failure_code: str | None
    fee_minor: int | None
    refund_held_minor: int
    refunded_minor: int
    expires_at: int
    created_at: int
    updated_at: int
    captured_at: int | None
    is_manual: int
    capture_before: int | None

    def shown(self, base_url: str) -> dict[str, Any]:
        """For the API and the webhooks."""
        return {
            "id": self.id,
            "object": "payment",
            "account": self.account_id,
            "reference": self.reference,
            "status": self.status,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "description": self.description,
            "payer_email": self.payer_email,
            "hosted_url": f"{base_url}/pay/{self.id}",
            "return_url": self.return_url,
            "cancel_url": self.cancel_url,
            "method": None if self.brand is None else {"brand": self.brand, "last4": self.last4},
            "failure": _failure(self.failure_code),
            "fee_minor": self.fee_minor,
            "refunded_minor": self.refunded_minor,
            "refund_pending_minor": self.refund_held_minor - self.refunded_minor,
            "expires_at": self.expires_at,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "captured_at": self.captured_at,
            "capture_method": "manual" if self.is_manual else "automatic",
            "capture_before": self.capture_before,
        }


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back: pending → succeeded / failed."""

    seq: int
    id: str
    account_id: str
    payment_id: str
    reference: str
    status: str
    amount_minor: int
    currency: str
    failure_code: str | None
    created_at: int
    updated_at: int

    def shown(self) -> dict[str, Any]:
        """For the API and the webhooks."""
        return {
            "id": self.id,
            "object": "refund",
            "payment": self.payment_id,
            "reference": self.reference,
            "status": self.status,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "failure_code": self.failure_code,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payer's bank asks for the money back: needs_response → under_review → won / lost, or accepted by the merchant.

    The amount is withdrawn until it is won; the fee is never given back. `evidence`: what the merchant sent, as JSON; they
    send it once.
    """

    seq: int
    id: str
    account_id: str
    payment_id: str
    reference: str
    status: str
    reason: str
    amount_minor: int
    currency: str
    fee_minor: int
    respond_by: int
    evidence: str | None
    created_at: int
    updated_at: int

    def shown(self) -> dict[str, Any]:
        """For the API and the webhooks. `reference` is the payment's."""
        return {
            "id": self.id,
            "object": "dispute",
            "payment": self.payment_id,
            "reference": self.reference,
            "status": self.status,
            "reason": self.reason,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "fee_minor": self.fee_minor,
            "is_withdrawn": self.status != "won",
            "respond_by": self.respond_by,
            "has_evidence": self.evidence is not None,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way to the merchant's bank: pending → paid, and from either → failed."""

    seq: int
    id: str
    account_id: str
    status: str
    amount_minor: int
    currency: str
    failure_code: str | None
    arrives_at: int
    created_at: int
    updated_at: int

    def shown(self) -> dict[str, Any]:
        """For the API."""
        return {
            "id": self.id,
            "object": "payout",
            "status": self.status,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "failure_code": self.failure_code,
            "arrives_at": self.arrives_at,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


def columns(kind: type[Account] | type[Payment] | type[Refund] | type[Dispute] | type[Payout]) -> str:
    """The columns of a record in the order of its fields, for SELECT and RETURNING."""
    return ", ".join(field.name for field in fields(kind))


ACCOUNT: Final = columns(Account)
PAYMENT: Final = columns(Payment)
REFUND: Final = columns(Refund)
DISPUTE: Final = columns(Dispute)
PAYOUT: Final = columns(Payout)


def payment_of(row: Row | None) -> Payment | None:
    """The payment in a row, if there is one."""
    return None if row is None else Payment(*row)


def _failure(code: str | None) -> dict[str, str] | None:
    return None if code is None else {"code": code, "message": FAILURES[code]}
