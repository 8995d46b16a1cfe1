"""The sandbox's words into ours and back. Pure. What we do not know stays unknown, and is never read as paid."""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from linktill.core.capture import EXPIRED
from linktill.core.dispute import DisputeFact, DisputeStatus
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Nonsense, read
from linktill.gateways.contract import EvidenceOrder, Hint, RefundOrder, SignatureRefused, StartOrder

DESCRIPTION_MAX_CHARS: Final = 500

T = TypeVar("T")


class Method(Struct):
    """What the payer paid with."""

    brand: str
    last4: str


class Failure(Struct):
    """Why a payment failed."""

    code: str


class Payment(Struct):
    """A payment, as far as we look. Fields that we do not name are ignored, as new ones will come."""

    id: str
    reference: str
    status: str
    amount_minor: int
    currency: str
    hosted_url: str
    method: Method | None = None
    failure: Failure | None = None
    fee_minor: int | None = None
    return_url: str | None = None
    payer_email: str | None = None
    capture_before: int | None = None


class PaymentPage(Struct):
    """GET /v1/payments."""

    data: list[Payment]
    next_cursor: str | None = None


class Refund(Struct):
    """A refund, as far as we look."""

    id: str
    reference: str
    status: str
    amount_minor: int
    currency: str
    failure_code: str | None = None
    payment: str | None = None


class RefundPage(Struct):
    """GET /v1/refunds."""

    data: list[Refund]
    next_cursor: str | None = None


class Dispute(Struct):
    """A dispute, as far as we look."""

    id: str
    payment: str
    reference: str
    status: str
    amount_minor: int
    currency: str
    fee_minor: int
    is_withdrawn: bool
    reason: str
    respond_by: int | None = None
    has_evidence: bool = False


class DisputePage(Struct):
    """GET /v1/disputes."""

    data: list[Dispute]
    next_cursor: str | None = None


class Payout(Struct):
    """A payout, as far as we look."""

    id: str
    status: str
    amount_minor: int
    currency: str
    created_at: int
    arrives_at: int | None = None
    failure_code: str | None = None


class PayoutPage(Struct):
    """GET /v1/payouts, and what POST /v1/payouts has made."""

    data: list[Payout]
    next_cursor: str | None = None


class Error(Struct):
    """What was wrong."""

    code: str
    message: str = ""


class WebhookMade(Struct):
    """POST /v1/account/webhook."""

    secret: str


class ErrorBody(Struct):
    """How the API refuses."""

    error: Error


class Subject(Struct):
    """What an event is about."""

    id: str
    object: str
    reference: str | None = None


class EventData(Struct):
    """The object as it was then."""

    object: Subject


class Event(Struct):
    """A webhook's body."""

    id: str
    type: str
    created_at: int
    data: EventData


_PAYMENTS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "open": FactKind.REQUIRES_ACTION,
        "requires_action": FactKind.REQUIRES_ACTION,
        "processing": FactKind.PROCESSING,
        "authorized": FactKind.AUTHORIZED,
        "captured": FactKind.CAPTURED,
        "failed": FactKind.FAILED,
        "canceled": FactKind.CANCELED,
        "expired": FactKind.CANCELED,
    }
)
_REFUNDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {
        "pending": RefundFactKind.PENDING,
        "succeeded": RefundFactKind.SUCCEEDED,
        "failed": RefundFactKind.FAILED,
    }
)
_PAYMENT_ENDS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "payment.captured": FactKind.CAPTURED,
        "payment.failed": FactKind.FAILED,
        "payment.canceled": FactKind.CANCELED,
        "payment.expired": FactKind.CANCELED,
    }
)
_REFUND_ENDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {
        "refund.succeeded": RefundFactKind.SUCCEEDED,
        "refund.failed": RefundFactKind.FAILED,
    }
)
_DISPUTES: Final[Mapping[str, DisputeStatus]] = MappingProxyType(
    {
        "needs_response": DisputeStatus.NEEDS_RESPONSE,
        "under_review": DisputeStatus.UNDER_REVIEW,
        "accepted": DisputeStatus.ACCEPTED,
        "won": DisputeStatus.WON,
        "lost": DisputeStatus.LOST,
    }
)
_PAYOUTS: Final[Mapping[str, PayoutFactKind]] = MappingProxyType(
    {
        "pending": PayoutFactKind.PENDING,
        "paid": PayoutFactKind.PAID,
        "failed": PayoutFactKind.FAILED,
    }
)
_BRANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "visa": "Visa",
        "mastercard": "Mastercard",
        "bank_debit": "Bank debit",
    }
)


def order_body(order: StartOrder) -> bytes:
    """Always the same bytes for the same order: the idempotency key depends on it."""
    return msgspec.json.encode(
        {
            "reference": order.reference,
            "amount_minor": order.amount.minor,
            "currency": order.amount.currency,
            "description": order.description[:DESCRIPTION_MAX_CHARS],
            "return_url": order.return_url,
            "cancel_url": order.cancel_url,
            "expires_at": order.expires_at,
            "payer_email": order.payer_email,
            # A payment that is captured at once is asked for as ever: its key has gone out before.
            **({"capture_method": "manual"} if order.is_manual else {}),
        }
    )


def refund_body(order: RefundOrder) -> bytes:
    """Always the same bytes for the same order. The sandbox takes no currency: a refund has its payment's."""
    return msgspec.json.encode({"reference": order.reference, "amount_minor": order.amount.minor})


def evidence_body(order: EvidenceOrder) -> bytes:
    """The sandbox has our names for everything. Always the same bytes for the same order."""
    return msgspec.json.encode({name: text for name, text in asdict(order.evidence).items() if text})


def attempt_fact(payment: Payment) -> AttemptFact:
    """What the sandbox says of a payment. Amount and fee only where money was really taken."""
    kind = _PAYMENTS.get(payment.status, FactKind.UNKNOWN)
    is_captured = kind is FactKind.CAPTURED
    has_fee = is_captured and payment.fee_minor is not None
    method = payment.method
    return AttemptFact(
        kind,
        gateway_ref=payment.id,
        reference=payment.reference,
        amount=Money(payment.amount_minor, payment.currency) if is_captured else None,
        fee=Money(payment.fee_minor or 0, payment.currency) if has_fee else None,
        method=None if method is None else f"{_BRANDS.get(method.brand, 'Card')} •••• {method.last4}",
        decline_code=_end_code(payment),
        vendor_status=payment.status,
        return_url=payment.return_url,
        payer_email=payment.payer_email,
        is_held=kind is FactKind.AUTHORIZED,
        capture_before=payment.capture_before,
    )


def _end_code(payment: Payment) -> str | None:
    if payment.status == "expired" and payment.capture_before is not None:
        return EXPIRED
    return None if payment.failure is None else payment.failure.code


def refund_fact(refund: Refund) -> RefundFact:
    """What the sandbox says of a refund."""
    return RefundFact(
        _REFUNDS.get(refund.status, RefundFactKind.UNKNOWN),
        gateway_ref=refund.id,
        reference=refund.reference,
        amount=Money(refund.amount_minor, refund.currency),
        failure_code=refund.failure_code,
        vendor_status=refund.status,
        payment_ref=refund.payment,
    )


def dispute_fact(dispute: Dispute) -> DisputeFact:
    """What the sandbox says of a dispute."""
    return DisputeFact(
        gateway_ref=dispute.id,
        payment_ref=dispute.payment,
        reference=dispute.reference,
        status=_DISPUTES.get(dispute.status),
        amount=Money(dispute.amount_minor, dispute.currency),
        fee=Money(dispute.fee_minor, dispute.currency),
        is_withdrawn=dispute.is_withdrawn,
        reason=dispute.reason,
        respond_by=dispute.respond_by,
        vendor_status=dispute.status,
        is_answered=dispute.has_evidence,
    )


def payout_fact(payout: Payout) -> PayoutFact:
    """What the sandbox says of a payout."""
    return PayoutFact(
        gateway_ref=payout.id,
        kind=_PAYOUTS.get(payout.status, PayoutFactKind.UNKNOWN),
        amount=Money(payout.amount_minor, payout.currency),
        made_at=payout.created_at,
        arrives_at=payout.arrives_at,
        failure_code=payout.failure_code,
        vendor_status=payout.status,
    )


def hint(body: bytes) -> Hint:
    """What a webhook is about. Raises SignatureRefused for what the sandbox could not have sent."""
    try:
        event = read(body, Event)
    except Nonsense:
        raise SignatureRefused("The body is not an event of the sandbox.") from None
    subject = event.data.object
    return Hint(
        event_id=event.id,
        event_type=event.type,
        created_at=event.created_at,
        payment_ref=subject.id if subject.object == "payment" else None,
        refund_ref=subject.id if subject.object == "refund" else None,
        dispute_ref=subject.id if subject.object == "dispute" else None,
        reference=subject.reference,
        payment_end=_PAYMENT_ENDS.get(event.type),
        refund_end=_REFUND_ENDS.get(event.type),
        is_dispute_closed=event.type == "dispute.closed",
    )
