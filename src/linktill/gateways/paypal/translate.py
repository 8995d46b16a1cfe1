"""PayPal's words into ours and back. Pure. What we do not know stays unknown, and is never read as paid."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Nonsense, read
from linktill.gateways.contract import Hint, RefundOrder, SignatureRefused, StartOrder
from linktill.gateways.paypal import shapes
from linktill.gateways.paypal.amounts import encoded
from linktill.gateways.paypal.holds import hold_fact, main_authorization
from linktill.gateways.paypal.shapes import Capture, Order, Refund, Subject, TransactionInfo

DESCRIPTION_MAX_CHARS: Final = 127

_ORDERS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "CREATED": FactKind.REQUIRES_ACTION,
        "SAVED": FactKind.REQUIRES_ACTION,
        "PAYER_ACTION_REQUIRED": FactKind.REQUIRES_ACTION,
        # The payer has agreed, and PayPal waits for `capture`: no money has moved.
        "APPROVED": FactKind.AUTHORIZED,
        "VOIDED": FactKind.CANCELED,
    }
)
"""COMPLETED is left out: what became of such an order its captures tell, and without one nothing does."""
_CAPTURES: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "COMPLETED": FactKind.CAPTURED,
        "REFUNDED": FactKind.CAPTURED,
        "PARTIALLY_REFUNDED": FactKind.CAPTURED,
        "PENDING": FactKind.PROCESSING,
        "DECLINED": FactKind.FAILED,
        "FAILED": FactKind.FAILED,
    }
)
_RANKS: Final[Mapping[FactKind, int]] = MappingProxyType(
    {FactKind.CAPTURED: 0, FactKind.UNKNOWN: 1, FactKind.PROCESSING: 2, FactKind.FAILED: 3}
)
"""Among several captures of an order the one that moved money is the one to know of."""
_REFUNDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {
        "COMPLETED": RefundFactKind.SUCCEEDED,
        "PENDING": RefundFactKind.PENDING,
        "FAILED": RefundFactKind.FAILED,
        "CANCELLED": RefundFactKind.CANCELED,
    }
)
_ROWS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "S": FactKind.CAPTURED,
        # Captured and sent back since.
        "V": FactKind.CAPTURED,
        "P": FactKind.PROCESSING,
        "D": FactKind.FAILED,
    }
)
_REFUND_ROWS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {"S": RefundFactKind.SUCCEEDED, "P": RefundFactKind.PENDING, "D": RefundFactKind.FAILED}
)
_PAYMENT_ENDS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "PAYMENT.CAPTURE.COMPLETED": FactKind.CAPTURED,
        # PayPal's pages name the first, its deliveries the second.
        "PAYMENT.CAPTURE.DENIED": FactKind.FAILED,
        "PAYMENT.CAPTURE.DECLINED": FactKind.FAILED,
    }
)
_REFUND_ENDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {"COMPLETED": RefundFactKind.SUCCEEDED, "FAILED": RefundFactKind.FAILED}
)
_LOCALES: Final[Mapping[str, str]] = MappingProxyType(
    {"ar": "ar-EG", "de": "de-DE", "en": "en-US", "es": "es-ES", "fr": "fr-FR", "ja": "ja-JP"}
)
"""Language → what PayPal calls it: https://developer.paypal.com/reference/locale-codes/"""


def order_body(order: StartOrder) -> bytes:
    """Always the same bytes for the same order. Our reference goes along twice: PayPal refuses a second `invoice_id`.

    Source: https://developer.paypal.com/docs/api/orders/v2/#orders_create
    """
    unit: dict[str, Any] = {
        "custom_id": order.reference,
        "invoice_id": order.reference,
        "amount": encoded(order.amount),
    }
    description = " ".join(order.description.split())[:DESCRIPTION_MAX_CHARS]
    if description:
        unit["description"] = description
    context = {
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "return_url": order.return_url,
        "cancel_url": order.cancel_url,
    }
    if order.language in _LOCALES:
        context["locale"] = _LOCALES[order.language]
    return msgspec.json.encode(
        {
            "intent": "AUTHORIZE" if order.is_manual else "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": context}},
        }
    )


def refund_body(order: RefundOrder) -> bytes:
    """Always the same bytes for the same order."""
    return msgspec.json.encode({"amount": encoded(order.amount), "custom_id": order.reference})


def page_url(order: Order) -> str | None:
    """PayPal's page for the payer; None when there is nothing to be done there any more."""
    links = {link.rel: link.href for link in order.links}
    return links.get("payer-action") or links.get("approve")


def reference(order: Order) -> str | None:
    """Our own id, as the order carries it."""
    units = (unit.custom_id for unit in order.purchase_units)
    captures = (capture.custom_id for capture in captures_of(order))
    return next((found for found in (*units, *captures) if found), None)


def captures_of(order: Order) -> tuple[Capture, ...]:
    """All of them."""
    return tuple(capture for unit in order.purchase_units for capture in unit.payments.captures)


def main_capture(order: Order) -> Capture | None:
    """The one that tells how the order stands."""
    return min(captures_of(order), key=lambda each: _RANKS[_capture_kind(each)], default=None)


def attempt_fact(order: Order) -> AttemptFact:
    """What PayPal says of an order. Raises Nonsense. Money counts only where a capture of it is completed."""
    capture = main_capture(order)
    if capture is not None:
        return _captured(capture, order.id, reference(order), _method(order), order.status)
    authorization = main_authorization(order)
    if authorization is not None:
        return hold_fact(authorization, order.id, reference(order), _method(order))
    return AttemptFact(
        _ORDERS.get(order.status, FactKind.UNKNOWN),
        gateway_ref=order.id,
        reference=reference(order),
        vendor_status=order.status,
    )


def capture_fact(capture: Capture, order_id: str) -> AttemptFact:
    """What PayPal says of a capture, told of its order. Raises Nonsense."""
    return _captured(capture, order_id, capture.custom_id, None, "")


def row_fact(row: TransactionInfo) -> AttemptFact:
    """What the account's list says of money that came otherwise than through an order. Raises Nonsense."""
    kind = _ROWS.get(row.transaction_status, FactKind.UNKNOWN)
    return AttemptFact(
        kind,
        gateway_ref=row.transaction_id,
        reference=row.custom_field,
        amount=_money(row.transaction_amount) if kind is FactKind.CAPTURED else None,
        vendor_status=row.transaction_status,
    )


def declined(order_id: str, our_reference: str, code: str) -> AttemptFact:
    """PayPal would not take the money. Only `capture` takes it, so without another one nothing will ever come."""
    return AttemptFact(
        FactKind.FAILED,
        gateway_ref=order_id,
        reference=our_reference,
        decline_code=code,
        vendor_status=code,
    )


def _captured(
    capture: Capture, order_id: str, our_reference: str | None, method: str | None, order_status: str
) -> AttemptFact:
    kind = _capture_kind(capture)
    words = (order_status, capture.status, capture.status_details.reason)
    is_captured = kind is FactKind.CAPTURED
    fee = capture.seller_receivable_breakdown.paypal_fee
    code = capture.processor_response.response_code or capture.status_details.reason or capture.status
    return AttemptFact(
        kind,
        gateway_ref=order_id,
        reference=our_reference,
        amount=_money(capture.amount) if is_captured else None,
        fee=_money(fee) if is_captured else None,
        method=method,
        decline_code=code if kind is FactKind.FAILED else None,
        vendor_status="/".join(filter(None, words)),
    )


def _capture_kind(capture: Capture) -> FactKind:
    return _CAPTURES.get(capture.status, FactKind.UNKNOWN)


def _method(order: Order) -> str | None:
    source = order.payment_source
    if source.card is not None and source.card.last_digits:
        return f"{source.card.brand.title() or 'Card'} •••• {source.card.last_digits}"
    if source.venmo is not None:
        return "Venmo"
    return None if source.paypal is None else "PayPal"


def refund_fact(refund: Refund, payment_ref: str | None) -> RefundFact:
    """What PayPal says of a refund; `payment_ref` is the order's id. Raises Nonsense."""
    kind = _REFUNDS.get(refund.status, RefundFactKind.UNKNOWN)
    reason = refund.status_details.reason
    return RefundFact(
        kind,
        gateway_ref=refund.id,
        reference=refund.custom_id,
        amount=_money(refund.amount),
        failure_code=(reason or refund.status) if kind is RefundFactKind.FAILED else None,
        vendor_status="/".join(filter(None, (refund.status, reason))),
        payment_ref=payment_ref,
    )


def refund_row_fact(row: TransactionInfo) -> RefundFact:
    """What the account's list says of money that went back otherwise. Raises Nonsense."""
    amount = _money(row.transaction_amount)
    return RefundFact(
        _REFUND_ROWS.get(row.transaction_status, RefundFactKind.UNKNOWN),
        gateway_ref=row.transaction_id,
        reference=row.custom_field,
        amount=None if amount is None else Money(abs(amount.minor), amount.currency),
        vendor_status=row.transaction_status,
    )


def capture_of(refund: Refund) -> str | None:
    """The id of the capture that a refund is of."""
    return _up(refund.links, "/v2/payments/captures")


def order_of(capture: Capture | Subject) -> str | None:
    """The id of the order that a capture is of. PayPal's older events name it in a link only."""
    return capture.supplementary_data.related_ids.order_id or _up(capture.links, "/v2/checkout/orders")


def _up(links: tuple[shapes.Link, ...], kind: str) -> str | None:
    """The last part of the link that leads to what something is of."""
    up = next((link.href for link in links if link.rel == "up"), "")
    head, _, tail = up.rpartition("/")
    return tail if tail and head.endswith(kind) else None


def _money(amount: shapes.Amount | None) -> Money | None:
    return None if amount is None else amount.money()


def hint(body: bytes, *, sent_at: int) -> Hint:
    """What a webhook is about. Raises SignatureRefused for what PayPal could not have sent.

    `sent_at`: when it was signed (microseconds UTC), for events that do not say when they happened.
    Source: https://developer.paypal.com/api/rest/webhooks/event-names/
    """
    try:
        event = read(body, shapes.Event)
        subject = msgspec.convert(event.resource, Subject) if event.resource_type in _KINDS else Subject()
    except (Nonsense, msgspec.ValidationError):
        raise SignatureRefused("The body is not an event of PayPal's.") from None
    is_refund = event.resource_type == "refund"
    is_dispute = event.resource_type == "dispute"
    return Hint(
        event_id=event.id,
        event_type=event.event_type,
        created_at=_created_at(event, sent_at),
        payment_ref=_order_id(event.resource_type, subject) or None,
        refund_ref=(subject.id or None) if is_refund else None,
        dispute_ref=(subject.dispute_id or None) if is_dispute else None,
        reference=_subject_reference(subject),
        payment_end=_PAYMENT_ENDS.get(event.event_type),
        refund_end=_REFUND_ENDS.get(subject.status) if is_refund else None,
        is_dispute_closed=event.event_type == "CUSTOMER.DISPUTE.RESOLVED",
    )


def _created_at(event: shapes.Event, sent_at: int) -> int:
    """PayPal's simulator signs events from a nineteenth month."""
    try:
        return shapes.micros(event.create_time)
    except Nonsense:
        return sent_at


_KINDS: Final = frozenset({"authorization", "checkout-order", "capture", "refund", "dispute"})


def _order_id(kind: str, subject: Subject) -> str | None:
    if kind == "checkout-order":
        return subject.id or subject.order_id
    return order_of(subject) if kind in {"authorization", "capture"} else None


def _subject_reference(subject: Subject) -> str | None:
    units = (unit.custom_id for unit in subject.purchase_units)
    disputed = (each.custom for each in subject.disputed_transactions)
    return next((found for found in (subject.custom_id, *units, *disputed) if found), None)
