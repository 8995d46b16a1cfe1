"""Stripe's words into ours and back. Pure. What we do not know stays unknown, and is never read as paid.

Ours is called what carries our metadata. A payment of ours has its Checkout Session's id (`cs_…`) here, as that is what
there is before anybody has paid; a payment that something else made on the account has its PaymentIntent's (`pi_…`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.capture import EXPIRED
from linktill.core.dispute import DisputeFact, DisputeStatus
from linktill.core.ids import AttemptId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Nonsense, read
from linktill.gateways.contract import Hint, RefundOrder, Rejected, SignatureRefused, StartOrder
from linktill.gateways.stripe import currencies
from linktill.gateways.stripe.client import Value
from linktill.gateways.stripe.evidence import is_answered
from linktill.gateways.stripe.methods import label
from linktill.gateways.stripe.objects import (
    BalanceTransaction,
    Charge,
    Dispute,
    Event,
    Intent,
    Method,
    Refund,
    Session,
    Subject,
)
from linktill.platform import ids

ATTEMPT: Final = "linktill_attempt"
"""Metadata of a session and its PaymentIntent: our attempt's id."""
REFUND: Final = "linktill_refund"
PAYMENT: Final = "linktill_payment"
"""Metadata of a refund: our refund's id, and the session whose money it is."""

NAME_MAX_CHARS: Final = 250
LATER_S: Final = 31 * 60
"""Stripe refuses a session that ends in less than 30 minutes. Ours is canceled on time by ourselves; this is only for a
Linktill that stands still, and the same on each try, as the idempotency key wants it."""
LASTS_MAX_S: Final = 24 * 3_600 - 60

_SECOND_US: Final = 1_000_000
_STATUSES: Final = frozenset({"open", "complete", "expired"})
_PAYMENT_STATUSES: Final = frozenset({"paid", "unpaid"})
_UNPAID: Final = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_INTENTS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "requires_payment_method": FactKind.REQUIRES_ACTION,
        "requires_confirmation": FactKind.REQUIRES_ACTION,
        "requires_action": FactKind.REQUIRES_ACTION,
        "processing": FactKind.PROCESSING,
        "requires_capture": FactKind.AUTHORIZED,
        "succeeded": FactKind.CAPTURED,
        "canceled": FactKind.CANCELED,
    }
)
_REFUNDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {
        "pending": RefundFactKind.PENDING,
        "requires_action": RefundFactKind.PENDING,
        "succeeded": RefundFactKind.SUCCEEDED,
        "failed": RefundFactKind.FAILED,
        "canceled": RefundFactKind.CANCELED,
    }
)
_REFUND_ENDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {status: kind for status, kind in _REFUNDS.items() if kind is not RefundFactKind.PENDING}
)
_DISPUTES: Final[Mapping[str, DisputeStatus]] = MappingProxyType(
    {
        "warning_needs_response": DisputeStatus.INQUIRY,
        "warning_under_review": DisputeStatus.INQUIRY,
        # No money was ever asked back: the inquiry came to nothing.
        "warning_closed": DisputeStatus.PREVENTED,
        "needs_response": DisputeStatus.NEEDS_RESPONSE,
        "under_review": DisputeStatus.UNDER_REVIEW,
        "won": DisputeStatus.WON,
        "lost": DisputeStatus.LOST,
        "prevented": DisputeStatus.PREVENTED,
        # A lost dispute that goes on: core keeps it lost until the appeal has closed otherwise.
        "appeal_needs_response": DisputeStatus.NEEDS_RESPONSE,
        "appeal_under_review": DisputeStatus.UNDER_REVIEW,
    }
)
_SESSION_ENDS: Final[Mapping[tuple[str, str | None], FactKind]] = MappingProxyType(
    {
        ("checkout.session.completed", "paid"): FactKind.CAPTURED,
        ("checkout.session.async_payment_succeeded", "paid"): FactKind.CAPTURED,
        ("checkout.session.async_payment_failed", "unpaid"): FactKind.FAILED,
        ("checkout.session.expired", "unpaid"): FactKind.CANCELED,
    }
)
# A failed try is no end: on Stripe's page the payer may try again.
_INTENT_ENDS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {"payment_intent.succeeded": FactKind.CAPTURED, "payment_intent.canceled": FactKind.CANCELED}
)
_LAPSED: Final = frozenset({"automatic", "expired"})
_LANGUAGES: Final = frozenset({"de", "en", "es", "fr", "ja"})
"""Of those that payers read: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale"""
_REASONS: Final = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


def session_params(order: StartOrder, *, is_own_page: bool = False) -> Mapping[str, Value]:
    """Always the same for the same order: the idempotency key depends on it. Raises Rejected for an amount Stripe has not.

    `is_own_page`: it is paid on a page of Linktill's. Adaptive pricing is off: the payer is charged what was displayed when
    Pay was pressed, in that currency.
    """
    name = order.description.strip()[:NAME_MAX_CHARS] or order.reference
    email: Mapping[str, Value] = {} if order.payer_email is None else {"customer_email": order.payer_email}
    intent: dict[str, Value] = {"metadata": {ATTEMPT: order.reference}, "description": name}
    if order.is_manual:
        intent["capture_method"] = "manual"
    back = {"success_url": order.return_url, "cancel_url": order.cancel_url}
    # A page of ours tells its own to Stripe. One that Stripe has not is left to what the browser says.
    locale = {"locale": order.language} if order.language in _LANGUAGES and not is_own_page else {}
    return {
        "mode": "payment",
        "ui_mode": "elements" if is_own_page else "hosted_page",
        "client_reference_id": order.reference,
        "metadata": {ATTEMPT: order.reference},
        "payment_intent_data": intent,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": order.amount.currency.lower(),
                    "unit_amount": _amount(order.amount),
                    "product_data": {"name": name},
                },
            }
        ],
        "adaptive_pricing": {"enabled": False},
        # Stripe refuses the two addresses of its own page for a page of ours.
        **({"return_url": order.return_url} if is_own_page else back),
        "expires_at": _expires_at(order),
        **locale,
        **email,
    }


def refund_params(order: RefundOrder, intent_id: str) -> Mapping[str, Value]:
    """Always the same for the same order. Of our reasons Stripe takes three; `fraudulent` puts the card on its block list."""
    reason: Mapping[str, Value] = {"reason": order.reason} if order.reason in _REASONS else {}
    return {
        "payment_intent": intent_id,
        "amount": _amount(order.amount),
        "metadata": {REFUND: order.reference, PAYMENT: order.payment_ref},
        **reason,
    }


def made_at_s(reference: AttemptId) -> int | None:
    """Unix seconds at which an id of ours was made (it is a UUIDv7), or None if it is none."""
    tail = reference.rpartition("_")[2]
    if len(tail) != ids.LENGTH or not set(tail) <= set(ids.ALPHABET):
        return None
    number = 0
    for letter in tail:
        number = number * len(ids.ALPHABET) + ids.ALPHABET.index(letter)
    return (number >> 80) // 1_000


def is_ours(thing: Session | Intent | Subject) -> bool:
    """Did a Linktill make it?"""
    return ATTEMPT in (thing.metadata or {})


def session_fact(session: Session) -> AttemptFact:
    """What Stripe says of a session with its PaymentIntent expanded. Amount and fee only where money was really taken."""
    intent = session.payment_intent if isinstance(session.payment_intent, Intent) else None
    words = (session.status, session.payment_status, None if intent is None else intent.status)
    return _fact(
        _session_kind(session),
        intent,
        ref=session.id,
        reference=session.client_reference_id or (session.metadata or {}).get(ATTEMPT),
        status="/".join(word for word in words if word),
        session=session,
    )


def intent_fact(intent: Intent) -> AttemptFact:
    """What Stripe says of a payment that no Checkout Session of ours made."""
    kind = _INTENTS.get(intent.status, FactKind.UNKNOWN)
    return _fact(kind, intent, ref=intent.id, reference=intent.metadata.get(ATTEMPT), status=intent.status)


def hold_fact(intent: Intent, session_id: str) -> AttemptFact:
    """What Stripe says of the PaymentIntent of a session of ours, told of the session."""
    kind = _INTENTS.get(intent.status, FactKind.UNKNOWN)
    return _fact(kind, intent, ref=session_id, reference=intent.metadata.get(ATTEMPT), status=intent.status)


def refund_fact(refund: Refund, payment_ref: str | None) -> RefundFact:
    """What Stripe says of a refund of that payment."""
    return RefundFact(
        _REFUNDS.get(refund.status or "", RefundFactKind.UNKNOWN),
        gateway_ref=refund.id,
        reference=(refund.metadata or {}).get(REFUND),
        amount=currencies.from_stripe(refund.amount, refund.currency),
        failure_code=refund.failure_reason,
        vendor_status=refund.status or "",
        payment_ref=payment_ref,
    )


def dispute_fact(dispute: Dispute, payment_ref: str | None) -> DisputeFact:
    """What Stripe says of a dispute of that payment, its PaymentIntent expanded. Raises Nonsense.

    Who has the money and what it cost is read from what was done to the account's balance.
    """
    amount = currencies.from_stripe(dispute.amount, dispute.currency)
    if amount is None:
        raise Nonsense(f"{dispute.amount} is no amount of {dispute.currency}.")
    intent = dispute.payment_intent
    due_by = dispute.evidence_details.due_by
    return DisputeFact(
        gateway_ref=dispute.id,
        payment_ref=payment_ref,
        reference=intent.metadata.get(ATTEMPT) if isinstance(intent, Intent) else None,
        status=_DISPUTES.get(dispute.status),
        amount=amount,
        fee=_fee(dispute.balance_transactions),
        is_withdrawn=sum(each.amount for each in dispute.balance_transactions) < 0,
        reason=dispute.reason,
        respond_by=None if due_by is None else due_by * _SECOND_US,
        vendor_status=dispute.status,
        is_answered=is_answered(dispute),
    )


def hint(body: bytes) -> Hint:
    """What a webhook is about. Raises SignatureRefused for what Stripe could not have sent."""
    try:
        event = read(body, Event)
    except Nonsense:
        raise SignatureRefused("The body is not an event of Stripe.") from None
    subject = event.data.object
    refund_end = None
    if subject.object == "refund":
        refund_end = _REFUND_ENDS.get(subject.status or "")
    return Hint(
        event_id=event.id,
        event_type=event.type,
        created_at=event.created * _SECOND_US,
        payment_ref=_payment_ref(subject),
        refund_ref=subject.id if subject.object == "refund" else None,
        dispute_ref=subject.id if subject.object == "dispute" else None,
        reference=(subject.metadata or {}).get(REFUND if subject.object == "refund" else ATTEMPT),
        payment_end=_SESSION_ENDS.get((event.type, subject.payment_status), _INTENT_ENDS.get(event.type)),
        refund_end=refund_end,
        is_dispute_closed=event.type == "charge.dispute.closed",
    )


def _payment_ref(subject: Subject) -> str | None:
    match subject.object:
        case "checkout.session":
            return subject.id if is_ours(subject) else subject.payment_intent
        case "payment_intent":
            return subject.id
        case "charge":
            return subject.payment_intent
        case _:
            return None


def _session_kind(session: Session) -> FactKind:
    intent = session.payment_intent
    is_known = session.status in _STATUSES and session.payment_status in _PAYMENT_STATUSES
    if not is_known or isinstance(intent, str) or (intent is not None and intent.status not in _INTENTS):
        return FactKind.UNKNOWN
    if intent is not None and intent.status not in _UNPAID | {"canceled"}:
        # The money side knows best, whatever the page says.
        return _INTENTS[intent.status]
    if session.payment_status == "paid":
        return FactKind.UNKNOWN
    match session.status:
        case "open":
            # After a decline, too: the payer may try again there.
            return FactKind.REQUIRES_ACTION
        case "expired":
            return FactKind.CANCELED
        case _:
            return FactKind.UNKNOWN if intent is None else _complete_kind(intent)


def _complete_kind(intent: Intent) -> FactKind:
    """The page is done with, and there is no money yet: a debit that came back, or a voucher that waits to be paid."""
    match intent.status:
        case "canceled":
            return FactKind.CANCELED
        case "requires_payment_method":
            return FactKind.UNKNOWN if intent.last_payment_error is None else FactKind.FAILED
        case _:
            return FactKind.PROCESSING


def _fact(
    kind: FactKind,
    intent: Intent | None,
    *,
    ref: str,
    reference: str | None,
    status: str,
    session: Session | None = None,
) -> AttemptFact:
    is_captured = kind is FactKind.CAPTURED
    charge = intent.latest_charge if intent is not None and isinstance(intent.latest_charge, Charge) else None
    moved = None if charge is None else charge.balance_transaction
    error = None if intent is None or is_captured else intent.last_payment_error
    method = None if charge is None else charge.payment_method_details
    return AttemptFact(
        kind,
        gateway_ref=ref,
        reference=reference,
        amount=currencies.from_stripe(intent.amount_received, intent.currency)
        if is_captured and intent is not None
        else None,
        fee=_fee([moved]) if is_captured and isinstance(moved, BalanceTransaction) else None,
        method=None if method is None else label(method),
        decline_code=EXPIRED
        if kind is FactKind.CANCELED and _has_lapsed(intent, charge)
        else (None if error is None else error.decline_code or error.code),
        vendor_status=status,
        return_url=None if session is None else session.success_url or session.return_url,
        payer_email=None if session is None else session.customer_email,
        is_held=kind is FactKind.AUTHORIZED,
        capture_before=_capture_before(method) if kind is FactKind.AUTHORIZED else None,
    )


def _has_lapsed(intent: Intent | None, charge: Charge | None) -> bool:
    """Was the money held, and did Stripe let it go by itself, since nobody captured it in time?"""
    is_held = charge is not None and charge.status == "succeeded"
    return is_held and intent is not None and intent.cancellation_reason in _LAPSED


def _capture_before(method: Method | None) -> int | None:
    card = None if method is None else method.card
    ends_at_s = None if card is None else card.capture_before
    return None if ends_at_s is None else ends_at_s * _SECOND_US


def _fee(moved: list[BalanceTransaction]) -> Money | None:
    """In the currency that the account settles in, which need not be the payment's. None: not said, or not in one currency."""
    settled_in = {each.currency for each in moved}
    if len(settled_in) != 1:
        return None
    return currencies.from_stripe(sum(each.fee for each in moved), settled_in.pop())


def _amount(money: Money) -> int:
    amount = currencies.to_stripe(money)
    if amount is None:
        raise Rejected(
            f"Stripe cannot move {money.minor} minor units of {money.currency}.", code="amount_invalid"
        )
    return amount


def _expires_at(order: StartOrder) -> int:
    latest = -(-order.expires_at // _SECOND_US) + LATER_S
    made_at = made_at_s(order.reference)
    return latest if made_at is None else min(latest, made_at + LASTS_MAX_S)
