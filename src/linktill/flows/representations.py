"""Objects as programs see them: the one shape for API answers, event data and command-line output.

Times are RFC 3339 in UTC, amounts integer minor units beside an ISO 4217 currency. Fields are only ever added.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from linktill.core.answers import NOTHING_GIVEN, Given
from linktill.core.capture import CaptureMethod, Verdict
from linktill.core.events import Event
from linktill.core.link_filing import Filing
from linktill.core.merchant import Mode
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink, standing
from linktill.core.receipt import Receipt
from linktill.core.refund import Refund
from linktill.flows.amount_objects import OpenAmountObject
from linktill.flows.asking_objects import (
    AnswerObject,
    CollectsObject,
    ConsentGivenObject,
    ConsentObject,
    CustomFieldObject,
    OriginObject,
    asking_fields,
    given_fields,
)
from linktill.flows.currency_objects import CurrencyOptionObject
from linktill.flows.localization_objects import TranslationObject, localization_fields
from linktill.flows.pricing_objects import (
    DiscountObject,
    LineItemObject,
    PartialPaymentsObject,
    ShippingRateObject,
    TaxRateObject,
    TipsObject,
    pricing_fields,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def time_of(at: int) -> datetime:
    """Microseconds UTC as a moment."""
    return _EPOCH + timedelta(microseconds=at)


def time_or_none(at: int | None) -> datetime | None:
    """As `time_of`, and None stays None."""
    return None if at is None else time_of(at)


def microseconds_of(moment: datetime) -> int:
    """A moment with a time zone as microseconds UTC."""
    assert moment.tzinfo is not None, "a moment without a time zone is not a moment"
    return (moment - _EPOCH) // timedelta(microseconds=1)


class PaymentLinkObject(msgspec.Struct, frozen=True, kw_only=True):
    """A payment link."""

    object: Literal["payment_link"] = "payment_link"
    id: str
    url: str
    status: str
    version: int
    amount_minor: int
    total_minor: int
    currency: str
    description: str
    note: str
    reference: str
    payments_max: int | None
    starts_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    redirect_url: str | None
    closed_message: str
    metadata: Mapping[str, str]
    allowed_gateways: Sequence[str]
    denied_gateways: Sequence[str]
    line_items: Sequence[LineItemObject]
    open_amount: OpenAmountObject | None
    tax_rates: Sequence[TaxRateObject]
    discounts: Sequence[DiscountObject]
    tips: TipsObject | None
    partial_payments: PartialPaymentsObject | None
    amount_limit_minor: int | None
    goal_minor: int | None
    takes_codes: bool
    shipping_rates: Sequence[ShippingRateObject]
    merchant_country: str | None
    currency_options: Sequence[CurrencyOptionObject]
    custom_fields: Sequence[CustomFieldObject]
    collects: CollectsObject | None
    consents: Sequence[ConsentObject]
    capture_method: str
    locale: str
    translations: Mapping[str, TranslationObject]
    captured_count: int
    captured_minor: int
    refunded_minor: int
    left_minor: int | None
    created_at: datetime
    updated_at: datetime
    tags: Sequence[str]
    internal_note: str
    customer: str | None
    takes_requests: bool


class FailoverObject(msgspec.Struct, frozen=True, kw_only=True):
    """Which gateway would have been first, and why it was not: `gateway_unavailable` or `gateway_rejected`."""

    gateway: str
    reason: str


class PaymentObject(msgspec.Struct, frozen=True, kw_only=True):
    """A payment attempt; a payment once it is captured."""

    object: Literal["payment"] = "payment"
    id: str
    payment_link_id: str
    checkout_session_id: str
    status: str
    amount_minor: int
    currency: str
    captured_minor: int
    refund_requested_minor: int
    refunded_minor: int
    fee_minor: int
    received_minor: int
    gateway: str
    gateway_account_id: str
    gateway_ref: str | None
    method: str | None
    decline_code: str | None
    failover: FailoverObject | None
    is_surplus: bool
    surplus_kept_at: datetime | None
    review_reason: str | None
    payer_email: str | None
    payer_name: str | None
    created_at: datetime
    updated_at: datetime
    captured_at: datetime | None
    capture_method: str
    capture_before: datetime | None
    capture_requested_at: datetime | None
    void_requested_at: datetime | None
    decided_by: str | None
    customer: str | None
    answers: Sequence[AnswerObject]
    consents: Sequence[ConsentGivenObject]
    origin: OriginObject | None


class ReceiptObject(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a person says has come for a payment without a gateway."""

    object: Literal["receipt"] = "receipt"
    id: str
    payment_id: str
    payment_link_id: str
    amount_minor: int
    currency: str
    way: str
    received_on: str
    note: str
    recorded_by: str
    created_at: datetime
    taken_back_at: datetime | None
    taken_back_by: str | None
    taken_back_reason: str | None


class RefundObject(msgspec.Struct, frozen=True, kw_only=True):
    """A refund of a payment, whole or in part."""

    object: Literal["refund"] = "refund"
    id: str
    payment_id: str
    payment_link_id: str
    status: str
    amount_minor: int
    currency: str
    reason: str
    note: str
    failure_code: str | None
    gateway_ref: str | None
    created_at: datetime
    updated_at: datetime


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """The object that the event is about, as it was then."""

    object: msgspec.Raw


class EventObject(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    object: Literal["event"] = "event"
    id: str
    type: str
    mode: Literal["test", "live"]
    created_at: datetime
    data: EventData


_encoder: Final = msgspec.json.Encoder()


def link_object(link: PaymentLink, filing: Filing, *, base_url: str, now: int) -> PaymentLinkObject:
    """The link as it stands at `now`: an expired one says so even before the worker came by."""
    terms, limit = link.terms, link.terms.amount_max_minor
    status: LinkStatus = standing(link, now)
    return PaymentLinkObject(
        id=link.id,
        url=f"{base_url}/p/{link.slug}",
        status=status.value,
        version=link.version,
        **terms_fields(terms),
        captured_count=link.captured_count,
        captured_minor=link.captured_minor,
        refunded_minor=link.refunded_minor,
        left_minor=None if limit is None else max(0, limit - link.captured_minor),
        created_at=time_of(link.created_at),
        updated_at=time_of(link.updated_at),
        tags=filing.tags,
        internal_note=filing.internal_note,
        takes_requests=filing.takes_requests,
        customer=filing.customer_id,
    )


def terms_fields(terms: LinkTerms) -> dict[str, Any]:
    """The terms as fields of a link or of one of its versions."""
    return {
        "amount_minor": terms.amount.minor,
        "total_minor": terms.due.minor,
        "currency": terms.amount.currency,
        "description": terms.description,
        "note": terms.note,
        "reference": terms.reference,
        "payments_max": terms.payments_max,
        "starts_at": time_or_none(terms.starts_at),
        "due_at": time_or_none(terms.due_at),
        "expires_at": time_or_none(terms.expires_at),
        "redirect_url": terms.redirect_url,
        "closed_message": terms.closed_message,
        "metadata": terms.metadata,
        "allowed_gateways": terms.allowed_gateways,
        "denied_gateways": terms.denied_gateways,
        **pricing_fields(terms.pricing),
        **asking_fields(terms.asking),
        "capture_method": terms.capture_method.value,
        **localization_fields(terms),
    }


def payment_object(attempt: PaymentAttempt, given: Given = NOTHING_GIVEN) -> PaymentObject:
    """The attempt as stored. `given`: what its payer told, which is read apart."""
    return PaymentObject(
        id=attempt.id,
        payment_link_id=attempt.link_id,
        checkout_session_id=attempt.session_id,
        status=attempt.status.value,
        amount_minor=attempt.amount.minor,
        currency=attempt.amount.currency,
        captured_minor=attempt.captured_minor,
        refund_requested_minor=attempt.refund_requested_minor,
        refunded_minor=attempt.refunded_minor,
        fee_minor=attempt.fee_minor,
        received_minor=attempt.received_minor,
        gateway=attempt.gateway,
        gateway_account_id=attempt.gateway_account_id,
        gateway_ref=attempt.gateway_ref,
        method=attempt.method,
        decline_code=attempt.decline_code,
        failover=None
        if attempt.failover is None
        else FailoverObject(gateway=attempt.failover.gateway, reason=attempt.failover.reason),
        is_surplus=attempt.is_surplus,
        surplus_kept_at=time_or_none(attempt.surplus_kept_at),
        review_reason=attempt.review_reason,
        payer_email=attempt.payer_email,
        payer_name=attempt.payer_name,
        created_at=time_of(attempt.created_at),
        updated_at=time_of(attempt.updated_at),
        captured_at=time_or_none(attempt.captured_at),
        **_held_fields(attempt),
        customer=attempt.customer_id,
        **given_fields(given),
    )


_TAKEN_AT_ONCE: Final[Mapping[str, str | None]] = {
    "capture_method": CaptureMethod.AUTOMATIC.value,
    "capture_before": None,
    "capture_requested_at": None,
    "void_requested_at": None,
    "decided_by": None,
}


def _held_fields(attempt: PaymentAttempt) -> Mapping[str, Any]:
    """What is known of a payment that is captured by hand, and what somebody has decided."""
    decision = attempt.decision
    if not attempt.is_manual:
        return _TAKEN_AT_ONCE
    asked = {
        None if decision is None else decision.verdict: None if decision is None else time_of(decision.at)
    }
    return {
        "capture_method": CaptureMethod.MANUAL.value,
        "capture_before": time_or_none(attempt.capture_before),
        "capture_requested_at": asked.get(Verdict.CAPTURE),
        "void_requested_at": asked.get(Verdict.VOID),
        "decided_by": None if decision is None else decision.by,
    }


def receipt_object(receipt: Receipt) -> ReceiptObject:
    """The receipt as stored."""
    why = receipt.taken_back_why
    return ReceiptObject(
        id=receipt.id,
        payment_id=receipt.attempt_id,
        payment_link_id=receipt.link_id,
        amount_minor=receipt.amount.minor,
        currency=receipt.amount.currency,
        way=receipt.way.value,
        received_on=receipt.received_on,
        note=receipt.note,
        recorded_by=receipt.by,
        created_at=time_of(receipt.created_at),
        taken_back_at=time_or_none(receipt.taken_back_at),
        taken_back_by=receipt.taken_back_by,
        taken_back_reason=None if why is None else why.value,
    )


def refund_object(refund: Refund) -> RefundObject:
    """The refund as stored."""
    return RefundObject(
        id=refund.id,
        payment_id=refund.attempt_id,
        payment_link_id=refund.link_id,
        status=refund.status.value,
        amount_minor=refund.amount.minor,
        currency=refund.amount.currency,
        reason=refund.reason.value,
        note=refund.note,
        failure_code=refund.failure_code,
        gateway_ref=refund.gateway_ref,
        created_at=time_of(refund.created_at),
        updated_at=time_of(refund.updated_at),
    )


def event_object(event: Event, mode: Mode) -> EventObject:
    """The event as webhooks carry it and the API lists it. `mode`: of its merchant's books, to see whether money is real."""
    return EventObject(
        id=event.id,
        type=event.type.value,
        mode="live" if mode is Mode.LIVE else "test",
        created_at=time_of(event.at),
        data=EventData(object=msgspec.Raw(event.data.encode())),
    )


def json_text(value: msgspec.Struct) -> str:
    """The object as JSON text."""
    return _encoder.encode(value).decode()
