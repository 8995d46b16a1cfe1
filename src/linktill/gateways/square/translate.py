"""Square's words into ours and back. Pure. What we do not know stays unknown, and is never read as paid.

Sources: https://developer.squareup.com/reference/square (checkout, orders, payments, refunds, disputes) and
https://developer.squareup.com/docs/build-basics/common-data-types/working-with-monetary-amounts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import Struct

from linktill.core import ids as prefixes
from linktill.core.dispute import CLOSED, DisputeFact, DisputeStatus
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Nonsense, read
from linktill.gateways.contract import Hint, RefundOrder, SignatureRefused, StartOrder
from linktill.gateways.square.evidence import is_answered
from linktill.gateways.square.messages import Amount, Dispute, Link, Order, Payment, Refund

CURRENCIES: Final = frozenset({"AUD", "CAD", "EUR", "GBP", "JPY", "USD"})
"""What Square's locations are in. Square counts these in the units of ISO 4217, as we do."""
NAME_MAX_CHARS: Final = 255
METADATA_MAX_CHARS: Final = 255
REASON_MAX_CHARS: Final = 192
SEARCH_MAX: Final = 100
"""Orders per page. Some are large: a page must stay far below what our HTTP client reads of an answer."""
AT_MAX: Final = 2**62
RETURN_URL: Final = "linktill_return_url"
LINK: Final = "linktill_link"

_REFUND_REFERENCE: Final = re.compile(rf"\(({prefixes.REFUND}\w{{1,40}})\)\Z", re.ASCII)


class Subject(Struct):
    """The dispute in an event, as far as we look. Older events call its id `dispute_id`."""

    id: str | None = None
    dispute_id: str | None = None
    location_id: str | None = None
    state: str | None = None


class EventObject(Struct):
    """What an event is about: at most one of these."""

    payment: Payment | None = None
    refund: Refund | None = None
    dispute: Subject | None = None


class EventData(Struct):
    """The envelope's content; a test notification has no object."""

    object: EventObject | None = None


class Event(Struct):
    """What Square posts to us."""

    event_id: str
    type: str
    created_at: str
    data: EventData


_PAYMENTS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "APPROVED": FactKind.AUTHORIZED,
        "PENDING": FactKind.PROCESSING,
        "COMPLETED": FactKind.CAPTURED,
        "CANCELED": FactKind.CANCELED,
        "FAILED": FactKind.FAILED,
    }
)
_DEAD: Final = frozenset({FactKind.CANCELED, FactKind.FAILED})
# While nothing is paid. A declined payer stays on Square's page and may try again: the link dies with its order only.
_ORDERS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "DRAFT": FactKind.REQUIRES_ACTION,
        "OPEN": FactKind.REQUIRES_ACTION,
        "CANCELED": FactKind.CANCELED,
    }
)
_REFUNDS: Final[Mapping[str, RefundFactKind]] = MappingProxyType(
    {
        "PENDING": RefundFactKind.PENDING,
        "COMPLETED": RefundFactKind.SUCCEEDED,
        "REJECTED": RefundFactKind.FAILED,
        "FAILED": RefundFactKind.FAILED,
    }
)
_DISPUTES: Final[Mapping[str, DisputeStatus]] = MappingProxyType(
    {
        "INQUIRY_EVIDENCE_REQUIRED": DisputeStatus.INQUIRY,
        # Not under review: an inquiry that becomes a dispute needs a response again, and ours never go back.
        "INQUIRY_PROCESSING": DisputeStatus.INQUIRY,
        "INQUIRY_CLOSED": DisputeStatus.PREVENTED,
        "EVIDENCE_REQUIRED": DisputeStatus.NEEDS_RESPONSE,
        "PROCESSING": DisputeStatus.UNDER_REVIEW,
        "WON": DisputeStatus.WON,
        "LOST": DisputeStatus.LOST,
        "ACCEPTED": DisputeStatus.ACCEPTED,
    }
)
# Square keeps the money back until the bank has decided: https://developer.squareup.com/docs/disputes-api/overview
_WITHDRAWN: Final = frozenset(
    {
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.UNDER_REVIEW,
        DisputeStatus.LOST,
        DisputeStatus.ACCEPTED,
    }
)
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "JCB": "JCB",
        "CHINA_UNIONPAY": "China UnionPay",
        "OTHER_BRAND": "Card",
        "FELICA": "FeliCa",
        "EFTPOS": "eftpos",
        "EBT": "EBT",
    }
)


def money(amount: Amount) -> Money:
    """An amount as Square writes it, which is how we do."""
    return Money(amount.amount, amount.currency)


def amount(given: Money) -> dict[str, Any]:
    """An amount as Square reads it."""
    return {"amount": given.minor, "currency": given.currency}


def start_body(order: StartOrder, location_id: str, key: str) -> bytes:
    """CreatePaymentLink. Always the same bytes for the same order: the idempotency key depends on it.

    An order of our own instead of `quick_pay`, which makes one that cannot carry our reference before it is paid. Nothing may
    change its amount on the way: no tips, coupons, loyalty rewards, taxes or discounts that Square would add.
    """
    metadata = {RETURN_URL: order.return_url} if len(order.return_url) <= METADATA_MAX_CHARS else {}
    body: dict[str, Any] = {
        "idempotency_key": key,
        "order": {
            "location_id": location_id,
            "reference_id": order.reference,
            "line_items": [
                {
                    "name": order.description[:NAME_MAX_CHARS] or "Payment",
                    "quantity": "1",
                    "base_price_money": amount(order.amount),
                }
            ],
            "pricing_options": {"auto_apply_discounts": False, "auto_apply_taxes": False},
            "metadata": metadata,
        },
        "checkout_options": {
            "allow_tipping": False,
            "ask_for_shipping_address": False,
            "enable_coupon": False,
            "enable_loyalty": False,
            "redirect_url": order.return_url,
        },
        "payment_note": order.reference,
    }
    if order.payer_email is not None:
        body["pre_populated_data"] = {"buyer_email": order.payer_email}
    return msgspec.json.encode(body)


def search_body(location_id: str, *, since: int | None, cursor: str | None) -> bytes:
    """SearchOrders: oldest first since then (microseconds UTC), or the newest first if that is None."""
    query: dict[str, Any] = {"sort": {"sort_field": "CREATED_AT", "sort_order": "ASC" if since else "DESC"}}
    if since:
        query["filter"] = {"date_time_filter": {"created_at": {"start_at": timestamp(since)}}}
    body: dict[str, Any] = {"location_ids": [location_id], "limit": SEARCH_MAX, "query": query}
    return msgspec.json.encode(body if cursor is None else {**body, "cursor": cursor})


def refund_body(order: RefundOrder, payment_id: str, key: str) -> bytes:
    """RefundPayment. Square keeps no reference of ours with a refund, so its reason carries it."""
    mark = f" ({order.reference})"
    return msgspec.json.encode(
        {
            "idempotency_key": key,
            "payment_id": payment_id,
            "amount_money": amount(order.amount),
            "reason": order.reason[: REASON_MAX_CHARS - len(mark)] + mark,
        }
    )


def page_url(link: Link) -> str:
    """Where the payer pays, marked with the link's id: what Square answers later shows the order, never its link."""
    parts = urlsplit(link.long_url or link.url)
    mark = urlencode({LINK: link.id})
    return parts._replace(query=f"{parts.query}&{mark}" if parts.query else mark).geturl()


def link_of(redirect_url: str | None) -> str | None:
    """The id in an address that `page_url` made, else None."""
    return next(iter(parse_qs(urlsplit(redirect_url or "").query).get(LINK, ())), None)


def attempt_fact(order: Order, payments: Sequence[Payment]) -> AttemptFact:
    """What Square says of an order and its payments. Amount and fee only where all of the money was really taken.

    The order's own state tells nothing of money: it stays OPEN when it is paid.
    """
    kind = _kind(order, payments)
    taken = [payment for payment in payments if payment.status == "COMPLETED"]
    is_captured = kind is FactKind.CAPTURED
    return AttemptFact(
        kind,
        gateway_ref=order.id,
        reference=order.reference_id,
        amount=_sum([payment.total_money for payment in taken]) if is_captured else None,
        fee=_sum([fee.amount_money for payment in taken for fee in payment.processing_fee or ()])
        if is_captured
        else None,
        method=next((_method(payment) for payment in taken or payments), None),
        decline_code=_decline_code(payments) if not taken else None,
        vendor_status=", ".join([order.state, *(f"payment {payment.status}" for payment in payments)]),
        return_url=(order.metadata or {}).get(RETURN_URL),
    )


def _kind(order: Order, payments: Sequence[Payment]) -> FactKind:
    kinds = {_PAYMENTS.get(payment.status, FactKind.UNKNOWN) for payment in payments} - _DEAD
    if FactKind.UNKNOWN in kinds:
        return FactKind.UNKNOWN
    if len(kinds) == 1:
        return kinds.pop()
    # Part of it is taken, part not yet.
    return FactKind.PROCESSING if kinds else _ORDERS.get(order.state, FactKind.UNKNOWN)


def _sum(amounts: Sequence[Amount | None]) -> Money | None:
    """None where nothing is said, or where it does not add up."""
    known = [money(each) for each in amounts if each is not None]
    if not known or len(known) != len(amounts) or len({each.currency for each in known}) != 1:
        return None
    return sum(known[1:], start=known[0])


def _method(payment: Payment) -> str | None:
    card = payment.card_details.card if payment.card_details is not None else None
    if card is not None and card.last_4 is not None:
        return f"{_name(card.card_brand or 'OTHER_BRAND')} •••• {card.last_4}"
    branded = payment.wallet_details or payment.buy_now_pay_later_details
    word = (branded.brand if branded is not None else None) or payment.source_type
    return None if word is None else _name(word)


def _name(word: str) -> str:
    return _NAMES.get(word) or word[:40].replace("_", " ").title()


def _decline_code(payments: Sequence[Payment]) -> str | None:
    details = [payment.card_details for payment in payments if payment.status == "FAILED"]
    errors = [error for each in details if each is not None for error in each.errors or ()]
    return errors[-1].code.lower() if errors else None


def refund_fact(refund: Refund, payment_ref: str | None) -> RefundFact:
    """What Square says of a refund. `payment_ref`: the order of its payment."""
    status = refund.status or ""
    kind = _REFUNDS.get(status, RefundFactKind.UNKNOWN)
    return RefundFact(
        kind,
        gateway_ref=refund.id,
        reference=refund_reference(refund),
        amount=money(refund.amount_money),
        failure_code=status.lower() if kind is RefundFactKind.FAILED else None,
        vendor_status=status,
        payment_ref=payment_ref,
    )


def refund_reference(refund: Refund) -> str | None:
    """Our id as `refund_body` put it at the end of the reason, else None."""
    found = _REFUND_REFERENCE.search(refund.reason or "")
    return None if found is None else found[1]


def dispute_fact(dispute: Dispute, payment: Payment | None) -> DisputeFact:
    """What Square says of a dispute; of a fee it says nothing."""
    state = dispute.state or ""
    status = _DISPUTES.get(state)
    return DisputeFact(
        gateway_ref=dispute.id,
        payment_ref=None if payment is None else payment.order_id,
        reference=None if payment is None else attempt_reference(payment),
        status=status,
        amount=money(dispute.amount_money),
        fee=None,
        is_withdrawn=status in _WITHDRAWN,
        reason=(dispute.reason or "").lower(),
        respond_by=None if dispute.due_at is None else moment(dispute.due_at),
        vendor_status=state,
        is_answered=is_answered(dispute.state),
    )


def opened_at(dispute: Dispute) -> int:
    """Microseconds UTC; where Square does not say, it counts as new."""
    try:
        return moment(dispute.created_at or "")
    except Nonsense:
        return AT_MAX


def attempt_reference(payment: Payment) -> str | None:
    """Our id as the payment's note, else None: notes of others are none of ours."""
    note = payment.note or ""
    return note if note.startswith(prefixes.ATTEMPT) else None


def hint(body: bytes, location_id: str) -> Hint:
    """What a webhook is about. Raises SignatureRefused for what Square could not have sent.

    Square tells of all of a merchant's locations, tills and all; only this one is our account. A payment that failed or was
    canceled ends nothing: its payer may try again on the same page.
    """
    try:
        event = read(body, Event)
        plain = Hint(event.event_id, event.type, moment(event.created_at))
    except Nonsense:
        raise SignatureRefused("The body is not an event of Square's.") from None
    about = event.data.object or EventObject()
    payment, refund, dispute = about.payment, about.refund, about.dispute
    places = {each.location_id for each in (payment, refund, dispute) if each is not None}
    if location_id and places - {None, location_id}:
        return plain
    if payment is not None and payment.order_id is not None:
        return replace(
            plain,
            payment_ref=payment.order_id,
            reference=attempt_reference(payment),
            payment_end=FactKind.CAPTURED if payment.status == "COMPLETED" else None,
        )
    if refund is not None:
        ends = {RefundFactKind.SUCCEEDED, RefundFactKind.FAILED}
        kind = _REFUNDS.get(refund.status or "")
        return replace(
            plain,
            refund_ref=refund.id,
            reference=refund_reference(refund),
            refund_end=kind if kind in ends else None,
        )
    dispute_id = None if dispute is None else dispute.id or dispute.dispute_id
    if dispute is not None and dispute_id is not None:
        is_closed = _DISPUTES.get(dispute.state or "") in CLOSED
        return replace(plain, dispute_ref=dispute_id, is_dispute_closed=is_closed)
    return plain


def timestamp(at: int) -> str:
    """RFC 3339 in UTC, of microseconds; what is less than a millisecond is dropped."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + (
        f".{at // 1_000 % 1_000:03}Z"
    )


def moment(text: str) -> int:
    """Microseconds UTC of an RFC 3339 time; Square writes up to nine decimals. Raises Nonsense."""
    try:
        found = datetime.fromisoformat(text)
        whole = int(found.replace(microsecond=0).timestamp())
    except (ValueError, OverflowError):
        raise Nonsense(f"Not a time: {text[:40]!r}.") from None
    if found.tzinfo is None:
        raise Nonsense(f"Not a time with its zone: {text[:40]!r}.")
    return whole * 1_000_000 + found.microsecond
