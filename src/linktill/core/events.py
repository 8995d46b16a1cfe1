"""What happened, in the past tense: the events that timelines show and webhooks carry."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from linktill.core.ids import EventId, MerchantId
from linktill.core.payment_attempt import AttemptStatus


class EventType(StrEnum):
    """Every event there is. A webhook endpoint may ask for some of them."""

    LINK_CREATED = "payment_link.created"
    LINK_UPDATED = "payment_link.updated"
    LINK_ACTIVATED = "payment_link.activated"
    LINK_SCHEDULED = "payment_link.scheduled"
    LINK_PAUSED = "payment_link.paused"
    LINK_RESUMED = "payment_link.resumed"
    LINK_REOPENED = "payment_link.reopened"
    LINK_COMPLETED = "payment_link.completed"
    LINK_SOLD_OUT = "payment_link.sold_out"
    LINK_EXPIRED = "payment_link.expired"
    LINK_CANCELED = "payment_link.canceled"
    LINK_ARCHIVED = "payment_link.archived"
    LINK_UNARCHIVED = "payment_link.unarchived"
    LINK_REQUESTED = "payment_link.requested"
    LINK_SENT = "payment_link.sent"
    REQUEST_ANSWERED = "link_request.answered"
    REQUEST_DISMISSED = "link_request.dismissed"
    COUPON_CREATED = "coupon.created"
    COUPON_UPDATED = "coupon.updated"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_UPDATED = "customer.updated"
    CUSTOMER_MERGED = "customer.merged"
    CUSTOMER_DELETED = "customer.deleted"
    PAYMENT_STARTED = "payment.started"
    PAYMENT_REQUIRES_ACTION = "payment.requires_action"
    PAYMENT_PROCESSING = "payment.processing"
    PAYMENT_AUTHORIZED = "payment.authorized"
    PAYMENT_CAPTURE_REQUESTED = "payment.capture_requested"
    PAYMENT_VOID_REQUESTED = "payment.void_requested"
    PAYMENT_AUTHORIZATION_ENDING = "payment.authorization_ending"
    PAYMENT_CAPTURED = "payment.captured"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_CANCELED = "payment.canceled"
    PAYMENT_UNKNOWN = "payment.outcome_unknown"
    PAYMENT_QUARANTINED = "payment.quarantined"
    PAYMENT_SURPLUS = "payment.surplus_noticed"
    SURPLUS_KEPT = "payment.surplus_kept"
    MONEY_RECORDED = "payment.money_recorded"
    MONEY_TAKEN_BACK = "payment.money_taken_back"
    REFUND_CREATED = "refund.created"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    REFUND_CANCELED = "refund.canceled"
    REFUND_UNKNOWN = "refund.outcome_unknown"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_UPDATED = "dispute.updated"
    DISPUTE_CLOSED = "dispute.closed"
    DISPUTE_ANSWERED = "dispute.answered"
    DISPUTE_ANSWER_REFUSED = "dispute.answer_refused"
    DISPUTE_ANSWER_UNKNOWN = "dispute.answer_unknown"
    INVOICE_ISSUED = "invoice.issued"
    INVOICE_VOIDED = "invoice.voided"
    PAYOUT_PAID = "payout.paid"
    PAYOUT_FAILED = "payout.failed"
    PAYOUT_CANCELED = "payout.canceled"
    FOREIGN_PAYMENT_FOUND = "gateway.foreign_payment_found"
    FOREIGN_PAYMENT_RESOLVED = "gateway.foreign_payment_resolved"
    MISMATCH_FOUND = "gateway.mismatch_found"
    MISMATCH_RESOLVED = "gateway.mismatch_resolved"
    ENDPOINT_DISABLED = "webhook_endpoint.disabled"


ATTEMPT_EVENT: Final = {
    AttemptStatus.CREATED: EventType.PAYMENT_STARTED,
    AttemptStatus.REQUIRES_ACTION: EventType.PAYMENT_REQUIRES_ACTION,
    AttemptStatus.PROCESSING: EventType.PAYMENT_PROCESSING,
    AttemptStatus.AUTHORIZED: EventType.PAYMENT_AUTHORIZED,
    AttemptStatus.CAPTURED: EventType.PAYMENT_CAPTURED,
    AttemptStatus.FAILED: EventType.PAYMENT_FAILED,
    AttemptStatus.CANCELED: EventType.PAYMENT_CANCELED,
    AttemptStatus.UNKNOWN: EventType.PAYMENT_UNKNOWN,
    AttemptStatus.NEEDS_REVIEW: EventType.PAYMENT_QUARANTINED,
}
"""The event that an attempt's move to a status emits."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event as stored. `data` is the JSON text of the object as it was then."""

    merchant_id: MerchantId
    id: EventId
    type: EventType
    at: int
    object_id: str
    link_id: str | None
    attempt_id: str | None
    data: str
