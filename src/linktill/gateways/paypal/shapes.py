"""PayPal's messages, as far as we look. Fields that we do not name are ignored, as new ones will come.

Source: https://github.com/paypal/paypal-rest-api-specifications (Orders v2, Payments v2, Disputes v1, Reporting v1).
"""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from msgspec import Struct, field

from linktill.core.money import Money
from linktill.gateways.answers import Nonsense
from linktill.gateways.paypal.amounts import decoded

T = TypeVar("T")


class Amount(Struct):
    """Money."""

    currency_code: str
    value: str

    def money(self) -> Money:
        """Raises Nonsense."""
        return decoded(self.currency_code, self.value)


class Link(Struct):
    """Where something related is."""

    href: str
    rel: str


class Reason(Struct):
    """Why something has the status that it has."""

    reason: str = ""


class Breakdown(Struct):
    """What of a capture reaches the merchant."""

    paypal_fee: Amount | None = None


class Processor(Struct):
    """What the card's bank said."""

    response_code: str = ""


class RelatedIds(Struct):
    """What a capture belongs to."""

    order_id: str | None = None


class Supplementary(Struct):
    """More about a capture."""

    related_ids: RelatedIds = field(default_factory=RelatedIds)


class Capture(Struct):
    """Money taken from a payer, or that was to be taken."""

    id: str
    status: str
    amount: Amount | None = None
    custom_id: str | None = None
    status_details: Reason = field(default_factory=Reason)
    processor_response: Processor = field(default_factory=Processor)
    seller_receivable_breakdown: Breakdown = field(default_factory=Breakdown)
    supplementary_data: Supplementary = field(default_factory=Supplementary)
    links: tuple[Link, ...] = ()


class Authorization(Struct):
    """A payer's money that is held."""

    id: str
    status: str
    custom_id: str | None = None
    expiration_time: str | None = None
    update_time: str | None = None
    supplementary_data: Supplementary = field(default_factory=Supplementary)


class Refund(Struct):
    """Money sent back. `links` names the capture that it is of."""

    id: str
    status: str
    amount: Amount | None = None
    custom_id: str | None = None
    status_details: Reason = field(default_factory=Reason)
    links: tuple[Link, ...] = ()


class Payments(Struct):
    """What became of an order."""

    authorizations: tuple[Authorization, ...] = ()
    captures: tuple[Capture, ...] = ()
    refunds: tuple[Refund, ...] = ()


class Unit(Struct):
    """What an order is for. Ours have one."""

    custom_id: str | None = None
    amount: Amount | None = None
    payments: Payments = field(default_factory=Payments)


class Card(Struct):
    """A card that a payer used on PayPal's page."""

    brand: str = ""
    last_digits: str = ""


class Source(Struct):
    """What a payer paid with."""

    card: Card | None = None
    paypal: Any = None
    venmo: Any = None


class Order(Struct):
    """An order. Minimal answers have no units."""

    id: str
    status: str
    purchase_units: tuple[Unit, ...] = ()
    payment_source: Source = field(default_factory=Source)
    links: tuple[Link, ...] = ()


class Disputed(Struct):
    """The transaction that a dispute is about. `seller_transaction_id` is a capture's id, `custom` our reference."""

    seller_transaction_id: str | None = None
    custom: str | None = None


class Outcome(Struct):
    """How a dispute ended."""

    outcome_code: str = ""
    amount_refunded: Amount | None = None


class Movement(Struct):
    """Money that moved because of a dispute."""

    affected_party: str = ""
    type: str = ""
    reason: str = ""
    amount: Amount | None = None


class Piece(Struct):
    """A piece of evidence: who gave it, or was asked for it."""

    source: str = ""


class AcceptOptions(Struct):
    """How a claim may be accepted; nothing said: as one likes."""

    accept_claim_types: tuple[str, ...] = ()


class ResponseOptions(Struct):
    """How the merchant may respond."""

    accept_claim: AcceptOptions = field(default_factory=AcceptOptions)


class Links(Struct):
    """What PayPal answers to an action in a dispute."""

    links: tuple[Link, ...]


class Dispute(Struct):
    """A dispute, in whole or as a row of the list."""

    dispute_id: str
    status: str = ""
    reason: str = ""
    dispute_life_cycle_stage: str = ""
    dispute_channel: str = ""
    dispute_amount: Amount | None = None
    disputed_transactions: tuple[Disputed, ...] = ()
    dispute_outcome: Outcome = field(default_factory=Outcome)
    money_movements: tuple[Movement, ...] = ()
    evidences: tuple[Piece, ...] = ()
    links: tuple[Link, ...] = ()
    allowed_response_options: ResponseOptions = field(default_factory=ResponseOptions)
    seller_response_due_date: str | None = None


class DisputeList(Struct):
    """GET /v1/customer/disputes. Its links name the page itself at least: an answer without any is another one's."""

    links: tuple[Link, ...]
    items: tuple[Dispute, ...] = ()


class TransactionInfo(Struct):
    """A row of the merchant's account."""

    transaction_id: str
    transaction_event_code: str
    paypal_reference_id: str = ""
    transaction_initiation_date: str = ""
    transaction_status: str = ""
    transaction_amount: Amount | None = None
    fee_amount: Amount | None = None
    custom_field: str | None = None


class Transaction(Struct):
    """A row with what else may be asked for."""

    transaction_info: TransactionInfo


class TransactionList(Struct):
    """GET /v1/reporting/transactions. An answer that does not say how many pages there are is another one's."""

    total_pages: int
    transaction_details: tuple[Transaction, ...] = ()


class Token(Struct):
    """POST /v1/oauth2/token. `scope`: what the app may do, separated by spaces."""

    access_token: str
    expires_in: int
    scope: str = ""


class EventName(Struct):
    """What a webhook is told of; `*` is everything."""

    name: str


class Hook(Struct):
    """A webhook of the app's."""

    id: str
    url: str
    event_types: tuple[EventName, ...] = ()


class Hooks(Struct):
    """GET /v1/notifications/webhooks."""

    webhooks: tuple[Hook, ...] = ()


class KnownEvents(Struct):
    """GET /v1/notifications/webhooks-event-types."""

    event_types: tuple[EventName, ...] = ()


class Verdict(Struct):
    """POST /v1/notifications/verify-webhook-signature."""

    verification_status: str


class Detail(Struct):
    """One thing that is wrong."""

    issue: str = ""
    """A word such as `ORDER_NOT_APPROVED`, or where PayPal describes nothing a sentence."""
    description: str = ""


class Error(Struct):
    """How PayPal refuses: `name` from its services, `error` from the door where tokens are given out."""

    name: str = ""
    message: str = ""
    debug_id: str = ""
    details: tuple[Detail, ...] = ()
    error: str = ""
    error_description: str = ""

    @property
    def code(self) -> str:
        """The finest word that there is for what is wrong; empty: these are not PayPal's words."""
        issue = self.details[0].issue if self.details else ""
        return issue or self.name or self.error

    @property
    def words(self) -> str:
        """For the merchant and the log."""
        first = self.details[0] if self.details else Detail()
        said = first.issue if " " in first.issue else ""
        text = (first.description or said or self.message or self.error_description)[:300]
        return f"{text} (debug id {self.debug_id[:40]})" if self.debug_id else text


class Subject(Struct):
    """What an event is about: an order, a capture, a refund or a dispute, as it was then."""

    id: str = ""
    order_id: str = ""
    dispute_id: str = ""
    status: str = ""
    custom_id: str | None = None
    purchase_units: tuple[Unit, ...] = ()
    disputed_transactions: tuple[Disputed, ...] = ()
    supplementary_data: Supplementary = field(default_factory=Supplementary)
    links: tuple[Link, ...] = ()


class Event(Struct):
    """A webhook's body."""

    id: str
    event_type: str
    resource: Any
    create_time: str = ""
    resource_type: str = ""


NO_ERROR: Final = Error()


def micros(text: str) -> int:
    """`2024-08-02T19:33:35Z` as microseconds UTC. Raises Nonsense."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise Nonsense("A time without a zone.")
        return round(found.timestamp() * 1_000_000)
    except (ValueError, OverflowError) as error:
        raise Nonsense(f"Not a time: {text[:40]!r}.") from error


def timestamp(at: int) -> str:
    """Microseconds UTC as PayPal takes them, in whole seconds."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
