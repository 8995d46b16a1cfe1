"""Mollie's words into ours and back. Pure. What we do not know stays unknown, and is never read as paid.

Source: https://docs.mollie.com/docs/handling-payment-status
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from linktill.core.dispute import DisputeFact, DisputeStatus
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Nonsense, read
from linktill.gateways.contract import Hint, RefundOrder, SignatureRefused, StartOrder
from linktill.gateways.mollie.amounts import decoded, encoded
from linktill.gateways.mollie.messages import Chargeback, Event, Payment, Refund

DESCRIPTION_MAX_CHARS: Final = 255
REFERENCE: Final = "linktill"
"""The name under which our id stands in what Mollie calls metadata."""
REFERENCE_MAX_CHARS: Final = 80

_PAYMENTS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "open": FactKind.REQUIRES_ACTION,
        "pending": FactKind.PROCESSING,
        "authorized": FactKind.AUTHORIZED,
        "paid": FactKind.CAPTURED,
        "failed": FactKind.FAILED,
        "canceled": FactKind.CANCELED,
        "expired": FactKind.CANCELED,
    }
)
_ENDS: Final = frozenset({FactKind.CAPTURED, FactKind.FAILED, FactKind.CANCELED})
_REFUNDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {
        "queued": RefundFactKind.PENDING,
        "pending": RefundFactKind.PENDING,
        "processing": RefundFactKind.PENDING,
        "refunded": RefundFactKind.SUCCEEDED,
        "failed": RefundFactKind.FAILED,
        "canceled": RefundFactKind.CANCELED,
    }
)
_REFUND_ENDS: Final = frozenset({RefundFactKind.SUCCEEDED, RefundFactKind.FAILED, RefundFactKind.CANCELED})
_METHODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "applepay": "Apple Pay",
        "banktransfer": "Bank transfer",
        "bancomatpay": "BANCOMAT Pay",
        "blik": "BLIK",
        "creditcard": "Card",
        "directdebit": "Direct debit",
        "eps": "EPS",
        "giftcard": "Gift card",
        "ideal": "iDEAL",
        "in3": "iDEAL in3",
        "kbc": "KBC/CBC",
        "mbway": "MB WAY",
        "mybank": "MyBank",
        "paybybank": "Pay by Bank",
        "paypal": "PayPal",
        "przelewy24": "Przelewy24",
        "twint": "TWINT",
    }
)
_LOCALES: Final[Mapping[str, str]] = MappingProxyType(
    {"de": "de_DE", "en": "en_US", "es": "es_ES", "fr": "fr_FR"}
)
"""Language → what Mollie calls it. One that it has not is left to what the browser says."""


def start_body(order: StartOrder) -> bytes:
    """Create payment. Always the same bytes for the same order: the idempotency key depends on it.

    Without `webhookUrl`: what is sent there is not signed, so nobody could tell whether it is Mollie's.
    """
    return msgspec.json.encode(
        {
            "amount": encoded(order.amount),
            "description": order.description[:DESCRIPTION_MAX_CHARS] or "Payment",
            "redirectUrl": order.return_url,
            "cancelUrl": order.cancel_url,
            "metadata": {REFERENCE: order.reference},
            **({"locale": _LOCALES[order.language]} if order.language in _LOCALES else {}),
        }
    )


def refund_body(order: RefundOrder) -> bytes:
    """Create refund. The payer may see the description on their statement, so it is none of our words for reasons."""
    return msgspec.json.encode(
        {
            "amount": encoded(order.amount),
            "description": "Refund",
            "metadata": {REFERENCE: order.reference},
        }
    )


def reference_of(metadata: object) -> str | None:
    """Our id as the metadata carries it, else None: others write there what they like."""
    if not isinstance(metadata, dict):
        return None
    found = metadata.get(REFERENCE)
    return found if isinstance(found, str) and 0 < len(found) <= REFERENCE_MAX_CHARS else None


def attempt_fact(payment: Payment) -> AttemptFact:
    """What Mollie says of a payment. Amount only where money was really taken; of fees it tells in settlements only."""
    kind = _PAYMENTS.get(payment.status, FactKind.UNKNOWN)
    details = payment.details
    return AttemptFact(
        kind,
        gateway_ref=payment.id,
        reference=reference_of(payment.metadata),
        amount=decoded(payment.amount_captured or payment.amount) if kind is FactKind.CAPTURED else None,
        method=_method(payment),
        decline_code=None if details is None else details.failure_reason,
        vendor_status=payment.status,
        return_url=payment.redirect_url,
    )


def _method(payment: Payment) -> str | None:
    details = payment.details
    if details is not None and details.card_number is not None:
        return f"{details.card_label or 'Card'} •••• {details.card_number[-4:]}"
    word = payment.method
    return None if word is None else _METHODS.get(word) or word[:40].replace("_", " ").title()


def refund_fact(refund: Refund) -> RefundFact:
    """What Mollie says of a refund."""
    kind = _REFUNDS.get(refund.status, RefundFactKind.UNKNOWN)
    return RefundFact(
        kind,
        gateway_ref=refund.id,
        reference=reference_of(refund.metadata),
        amount=decoded(refund.amount),
        failure_code=refund.status if kind is RefundFactKind.FAILED else None,
        vendor_status=refund.status,
        payment_ref=refund.payment_id,
    )


def dispute_fact(chargeback: Chargeback, payment: Payment | None) -> DisputeFact:
    """A chargeback. Mollie takes the money at once and asks for no answer; sometimes a bank takes it back later."""
    is_reversed = chargeback.reversed_at is not None
    return DisputeFact(
        gateway_ref=chargeback.id,
        payment_ref=chargeback.payment_id,
        reference=None if payment is None else reference_of(payment.metadata),
        status=DisputeStatus.WON if is_reversed else DisputeStatus.LOST,
        amount=decoded(chargeback.amount),
        fee=None,
        is_withdrawn=not is_reversed,
        reason="" if chargeback.reason is None else chargeback.reason.code[:60],
        respond_by=None,
        vendor_status="reversed" if is_reversed else "received",
    )


def hint(body: bytes) -> Hint:
    """What a webhook is about. Raises SignatureRefused for what Mollie could not have sent."""
    try:
        event = read(body, Event)
        created_at = moment(event.created_at)
    except Nonsense:
        raise SignatureRefused("The body is not an event of Mollie's.") from None
    if event.resource == "event":
        kind = event.type or ""
        entity = event.embedded.entity
        ref = event.entity_id or (None if entity is None else entity.id)
        plain = Hint(event.id, kind, created_at, reference=reference_of(entity and entity.metadata))
    else:
        # The bare resource has no id of an event: the same bytes are the same news.
        kind, ref = f"{event.resource}.{event.status or 'told'}", event.id
        event_id = f"body_{hashlib.sha256(body).hexdigest()}"
        plain = Hint(event_id, kind[:60], created_at, reference=reference_of(event.metadata))
    about, _, status = kind.partition(".")
    match about:
        case "payment":
            end = _PAYMENTS.get(status)
            return replace(plain, payment_ref=ref, payment_end=end if end in _ENDS else None)
        case "refund":
            refund_end = _REFUNDS.get(status)
            return replace(
                plain, refund_ref=ref, refund_end=refund_end if refund_end in _REFUND_ENDS else None
            )
        case "chargeback":
            return replace(plain, dispute_ref=ref)
        case _:
            return plain


def moment(text: str) -> int:
    """Microseconds UTC of an ISO 8601 time with its zone; Mollie writes whole seconds. Raises Nonsense."""
    try:
        found = datetime.fromisoformat(text)
        whole = int(found.replace(microsecond=0).timestamp())
    except (ValueError, OverflowError):
        raise Nonsense(f"Not a time: {text[:40]!r}.") from None
    if found.tzinfo is None:
        raise Nonsense(f"Not a time with its zone: {text[:40]!r}.")
    return whole * 1_000_000 + found.microsecond
