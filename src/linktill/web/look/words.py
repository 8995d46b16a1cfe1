"""Plain words for the states and events of `core`, and the tone in which a page shows them.

A word that is not listed here (an event of a newer release) is shown as it is, in a quiet tone, never as an error page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Tone = Literal["good", "wait", "bad", "calm", "brand"]


@dataclass(frozen=True, slots=True)
class Word:
    """A label and its tone."""

    text: str
    tone: Tone


_LINK: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "draft": Word("Draft", "calm"),
        "scheduled": Word("Opens later", "brand"),
        "active": Word("Open", "brand"),
        "paused": Word("Paused", "wait"),
        "completed": Word("Paid", "good"),
        "sold_out": Word("Sold out", "good"),
        "expired": Word("Expired", "calm"),
        "canceled": Word("Canceled", "calm"),
        "archived": Word("Archived", "calm"),
    }
)
_COUPON: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "active": Word("On", "good"),
        "scheduled": Word("Starts later", "brand"),
        "expired": Word("Expired", "calm"),
        "used_up": Word("Used up", "calm"),
        "off": Word("Off", "calm"),
    }
)
_IMPORT: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "checking": Word("Being checked", "brand"),
        "checked": Word("Waits for you", "wait"),
        "running": Word("Under way", "brand"),
        "done": Word("Done", "good"),
        "stopped": Word("Stopped", "calm"),
    }
)
_ROW: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "ready": Word("Would make a link", "brand"),
        "created": Word("Link made", "good"),
        "existing": Word("There already", "calm"),
        "failed": Word("At fault", "bad"),
    }
)
_PAYMENT: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "waiting_for_money": Word("Waiting for money", "wait"),
        "partly_paid": Word("Paid in part", "wait"),
        "created": Word("Started", "calm"),
        "requires_action": Word("Payer is paying", "brand"),
        "processing": Word("Bank is working on it", "wait"),
        "authorized": Word("Authorized", "brand"),
        "captured": Word("Paid", "good"),
        "failed": Word("Failed", "bad"),
        "canceled": Word("Canceled", "calm"),
        "unknown": Word("Being checked", "wait"),
        "needs_review": Word("Needs you", "bad"),
        "refunded": Word("Refunded", "calm"),
        "partly_refunded": Word("Partly refunded", "calm"),
    }
)
_DISPUTE: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "early_warning": Word("Warning", "wait"),
        "inquiry": Word("Needs your answer", "bad"),
        "needs_response": Word("Needs your answer", "bad"),
        "answering": Word("Answer on its way", "wait"),
        "answer_unknown": Word("Look at the gateway", "bad"),
        "answered": Word("Answered", "brand"),
        "late": Word("Too late to answer", "bad"),
        "under_review": Word("With the bank", "wait"),
        "won": Word("Won", "good"),
        "lost": Word("Lost", "calm"),
        "accepted": Word("Given in", "calm"),
        "prevented": Word("Came to nothing", "good"),
    }
)
_ANSWER: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "drafted": Word("Draft", "calm"),
        "submitting": Word("On its way", "wait"),
        "submitted": Word("Arrived", "good"),
        "refused": Word("Not taken", "bad"),
        "unknown": Word("In doubt", "bad"),
    }
)
_REFUND: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "pending": Word("On its way", "wait"),
        "succeeded": Word("Refunded", "good"),
        "failed": Word("Failed", "bad"),
        "canceled": Word("Canceled", "calm"),
        "unknown": Word("Being checked", "wait"),
    }
)
_DELIVERY: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "pending": Word("Trying", "wait"),
        "delivered": Word("Delivered", "good"),
        "dead": Word("Given up", "bad"),
    }
)
_MAIL: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "pending": Word("On its way", "wait"),
        "sent": Word("Sent", "good"),
        "failed": Word("Not sent", "bad"),
        "kept": Word("Kept", "calm"),
    }
)
_GATEWAY: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "on": Word("Connected", "good"),
        "no_webhook": Word("Webhook missing", "wait"),
        "trouble": Word("Had trouble", "wait"),
        "closed": Word("Disconnected", "calm"),
    }
)
_PAYOUT: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "pending": Word("On its way", "wait"),
        "paid": Word("Paid out", "good"),
        "failed": Word("Came back", "bad"),
        "canceled": Word("Canceled", "calm"),
    }
)
_REASON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "requested_by_customer": "The payer asked for it",
        "duplicate": "Paid twice",
        "fraudulent": "It looks like fraud",
        "other": "Another reason",
        "surplus": "The link had been paid already",
    }
)
_EVENT: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "payment_link.created": Word("Link created", "brand"),
        "payment_link.updated": Word("Link edited", "calm"),
        "payment_link.activated": Word("Link opened for payment", "brand"),
        "payment_link.scheduled": Word("Link waits for its first day", "calm"),
        "payment_link.paused": Word("Link paused", "wait"),
        "payment_link.resumed": Word("Link open again", "brand"),
        "payment_link.reopened": Word("Link open again", "brand"),
        "payment_link.completed": Word("Link paid in full", "good"),
        "payment_link.sold_out": Word("Link sold out", "good"),
        "payment_link.expired": Word("Link expired", "calm"),
        "payment_link.canceled": Word("Link canceled", "calm"),
        "payment_link.archived": Word("Link archived", "calm"),
        "payment_link.unarchived": Word("Link out of the archive", "brand"),
        "coupon.created": Word("Coupon made", "brand"),
        "coupon.updated": Word("Coupon changed", "calm"),
        "payment_link.requested": Word("Asked for a new link", "wait"),
        "payment_link.sent": Word("Sent by e-mail", "brand"),
        "link_request.answered": Word("Request answered", "good"),
        "link_request.dismissed": Word("Request dismissed", "calm"),
        "customer.created": Word("Customer on file", "brand"),
        "customer.updated": Word("Customer changed", "calm"),
        "customer.merged": Word("Customer merged", "calm"),
        "customer.deleted": Word("Customer deleted", "calm"),
        "payment.started": Word("Payer pressed Pay", "calm"),
        "payment.requires_action": Word("Payer went to the payment page", "calm"),
        "payment.processing": Word("The bank is working on the payment", "wait"),
        "payment.authorized": Word("Payment authorized", "brand"),
        "payment.capture_requested": Word("Capture asked for", "calm"),
        "payment.void_requested": Word("Void asked for", "calm"),
        "payment.authorization_ending": Word("The authorization ends soon", "wait"),
        "payment.captured": Word("Payment received", "good"),
        "payment.failed": Word("Payment failed", "bad"),
        "payment.canceled": Word("Payment canceled", "calm"),
        "payment.outcome_unknown": Word("No answer from the gateway yet; we keep asking", "wait"),
        "payment.quarantined": Word("Payment held for your decision", "bad"),
        "payment.surplus_noticed": Word("Paid although the link was already paid", "wait"),
        "payment.surplus_kept": Word("You keep the money", "good"),
        "payment.money_recorded": Word("Money recorded by hand", "good"),
        "payment.money_taken_back": Word("Recorded money taken back", "wait"),
        "refund.created": Word("Refund started", "calm"),
        "refund.succeeded": Word("Refund done", "good"),
        "refund.failed": Word("Refund failed", "bad"),
        "refund.canceled": Word("Refund canceled", "calm"),
        "refund.outcome_unknown": Word("No answer about the refund yet; we keep asking", "wait"),
        "dispute.opened": Word("The payer disputes the payment", "bad"),
        "dispute.updated": Word("Dispute changed", "wait"),
        "dispute.closed": Word("Dispute closed", "calm"),
        "dispute.answered": Word("The gateway has your answer to the dispute", "good"),
        "dispute.answer_refused": Word("Your answer to the dispute was not taken", "bad"),
        "dispute.answer_unknown": Word("Nobody knows whether your answer to the dispute arrived", "bad"),
        "invoice.issued": Word("Invoice or credit note issued", "calm"),
        "invoice.voided": Word("Invoice or credit note voided", "calm"),
        "payout.paid": Word("Paid out to your bank", "good"),
        "payout.failed": Word("A payout came back", "bad"),
        "payout.canceled": Word("A payout was taken back", "calm"),
        "gateway.foreign_payment_found": Word(
            "The gateway has a payment that Linktill did not start", "wait"
        ),
        "gateway.foreign_payment_resolved": Word("Money without a link was dealt with", "calm"),
        "gateway.mismatch_found": Word("The gateway does not have this payment as it is here", "bad"),
        "gateway.mismatch_resolved": Word("What the gateway says of this payment was looked at", "calm"),
        "webhook_endpoint.disabled": Word("Webhook endpoint switched off", "bad"),
    }
)
_ACCOUNT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sales": "Sales",
        "refunds": "Refunds",
        "gateway_fees": "Gateway fees",
        "disputes": "Disputes",
        "dispute_fees": "Dispute fees",
        "surplus_payments": "Owed back to payers",
        "clearing": "Held at the gateway",
        "bank": "Paid out to your bank",
    }
)
_PLACE: Final[Mapping[str, str]] = MappingProxyType(
    {"bank": "Bank account", "cash": "Cash", "checks": "Checks"}
)
_WAY: Final[Mapping[str, str]] = MappingProxyType(
    {"transfer": "Bank transfer", "cash": "Cash", "check": "Check"}
)
_TAKEN_BACK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mistake": "Recorded by mistake",
        "given_back": "The payer has it again",
        "bounced": "The bank took it away again",
    }
)
_LEDGER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "capture": "Payment received",
        "fee": "Fee corrected",
        "refund": "Refund",
        "refund_returned": "Refund came back",
        "receipt": "Money recorded",
        "receipt_taken_back": "Recorded money taken back",
        "surplus_kept": "Kept, though the link had no room for it",
        "capture_reversed": "No longer paid",
        "capture_again": "Payment received",
        "given_back": "Given back by hand",
        "dispute": "Dispute taken",
        "dispute_reinstated": "Dispute given back",
        "payout": "Paid out to your bank",
        "payout_returned": "Payout came back",
    }
)


def link_status(status: str) -> Word:
    """Words for a `LinkStatus`."""
    return _LINK.get(status) or _raw(status)


def coupon_state(state: str) -> Word:
    """Words for a `CouponState`."""
    return _COUPON.get(state) or _raw(state)


def import_status(status: str) -> Word:
    """Words for an `ImportStatus`."""
    return _IMPORT.get(status) or _raw(status)


def row_status(status: str) -> Word:
    """Words for a `RowStatus`."""
    return _ROW.get(status) or _raw(status)


def payment_status(status: str) -> Word:
    """Words for an `AttemptStatus`, or `refunded` and `partly_refunded`."""
    return _PAYMENT.get(status) or _raw(status)


def refund_status(status: str) -> Word:
    """Words for a `RefundStatus`."""
    return _REFUND.get(status) or _raw(status)


def dispute_state(state: str) -> Word:
    """Words for a `DisputeStatus`, or for what became of the answer while it waits for one."""
    return _DISPUTE.get(state) or _raw(state)


def answer_status(status: str) -> Word:
    """Words for an `AnswerStatus`."""
    return _ANSWER.get(status) or _raw(status)


def delivery_status(status: str) -> Word:
    """Words for where a webhook delivery stands."""
    return _DELIVERY.get(status) or _raw(status)


def mail_status(status: str) -> Word:
    """Words for where a mail stands."""
    return _MAIL.get(status) or _raw(status)


def gateway_state(state: str) -> Word:
    """Words for how a gateway account stands."""
    return _GATEWAY.get(state) or _raw(state)


def payout_status(status: str) -> Word:
    """Words for a `PayoutStatus`."""
    return _PAYOUT.get(status) or _raw(status)


def event(name: str) -> Word:
    """Words for an `EventType`."""
    return _EVENT.get(name) or _raw(name)


def refund_reason(reason: str) -> str:
    """Words for a `RefundReason`."""
    return _REASON.get(reason) or _raw(reason).text


def account(name: str) -> str:
    """Words for a ledger account; `clearing:gwa_…` is the money that a gateway holds.

    `clearing:gwa_offline_…:cash` is where offline money lies, and without the last word what came of payments that are not
    whole yet.
    """
    place = _PLACE.get(name.rpartition(":")[2]) if ":" in name else None
    if place is not None:
        return place
    if name.startswith("clearing:gwa_offline_"):
        return "Received in part"
    return _ACCOUNT.get(name.partition(":")[0]) or _raw(name).text


def way(name: str) -> str:
    """Words for a `Way` by which money came or went."""
    return _WAY.get(name) or _raw(name).text


def taken_back(why: str) -> str:
    """Words for why recorded money does not count any more."""
    return _TAKEN_BACK.get(why) or _raw(why).text


def ledger_kind(kind: str) -> str:
    """Words for what a ledger transaction books."""
    return _LEDGER.get(kind) or _raw(kind).text


def _raw(word: str) -> Word:
    return Word(word.replace("_", " ").replace(".", " ").capitalize(), "calm")
