"""Stripe's objects, as far as we look. Fields that are not named here are ignored, as new ones will come.

Source: https://docs.stripe.com/api, version 2026-10-28.endive. A field whose type names a string beside an object is
expandable: the string is the id where the object was not asked for. Amounts are Stripe's integers, times are Unix seconds.
"""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Card(Struct):
    """What a card shows of itself."""

    brand: str | None = None
    last4: str | None = None
    capture_before: int | None = None


class Bank(Struct):
    """What a bank account shows of itself."""

    last4: str | None = None


class Method(Struct):
    """What the payer paid with: `type` says how, and names the field that tells more."""

    type: str
    card: Card | None = None
    acss_debit: Bank | None = None
    au_becs_debit: Bank | None = None
    bacs_debit: Bank | None = None
    sepa_debit: Bank | None = None
    us_bank_account: Bank | None = None


class BalanceTransaction(Struct):
    """What a charge or dispute did to the account's balance, in the currency that it settles in."""

    amount: int
    currency: str
    fee: int


class Charge(Struct):
    """One try to take money."""

    id: str
    payment_method_details: Method | None = None
    balance_transaction: BalanceTransaction | str | None = None
    status: str = ""


class PaymentError(Struct):
    """Why a try failed."""

    code: str | None = None
    decline_code: str | None = None


class Intent(Struct):
    """A PaymentIntent: the money side of a Checkout Session."""

    id: str
    status: str
    currency: str
    amount_received: int
    metadata: dict[str, str] = {}
    last_payment_error: PaymentError | None = None
    latest_charge: Charge | str | None = None
    cancellation_reason: str | None = None


class Session(Struct):
    """A Checkout Session: the page, and how it ended."""

    id: str
    payment_status: str
    status: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: Intent | str | None = None
    url: str | None = None
    success_url: str | None = None
    return_url: str | None = None
    ui_mode: str | None = None
    customer_email: str | None = None


class OwnPageSession(Struct):
    """A Checkout Session that is paid on a page of ours. The secret is read here only, so that nothing else can show it."""

    id: str
    status: str | None = None
    ui_mode: str | None = None
    client_secret: str | None = None
    customer_email: str | None = None


class Refund(Struct):
    """Money on its way back."""

    id: str
    amount: int
    currency: str
    status: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: Intent | str | None = None


class EvidenceDetails(Struct):
    """Until when a dispute can be answered, and how often it was."""

    due_by: int | None = None
    submission_count: int = 0


class Dispute(Struct):
    """A dispute, from inquiry to appeal."""

    id: str
    amount: int
    currency: str
    status: str
    reason: str
    balance_transactions: list[BalanceTransaction]
    evidence_details: EvidenceDetails
    payment_intent: Intent | str | None = None


class Payout(Struct):
    """Money on its way to the bank account; below zero, from there. `automatic`: by Stripe's schedule."""

    id: str
    amount: int
    currency: str
    status: str
    created: int
    arrival_date: int
    automatic: bool
    reconciliation_status: str
    failure_code: str | None = None
    balance_transaction: BalanceTransaction | str | None = None


class PaidEntry(Struct):
    """A balance transaction that a payout is made of. Stripe's own fees are below zero."""

    id: str
    currency: str
    net: int


class Listed(Struct):
    """Anything in a list, when only its place counts."""

    id: str


class PageOf(Struct, Generic[T]):
    """A list, newest first. `has_more`: there are more in the direction that was asked for."""

    data: list[T]
    has_more: bool


class Dashboard(Struct):
    """How the account is called in Stripe's Dashboard."""

    display_name: str | None = None


class AccountSettings(Struct):
    """Of an account's settings, its name."""

    dashboard: Dashboard | None = None


class BusinessProfile(Struct):
    """How the business calls itself."""

    name: str | None = None


class StripeAccount(Struct):
    """The account whose key it is."""

    id: str
    charges_enabled: bool
    settings: AccountSettings | None = None
    business_profile: BusinessProfile | None = None
    email: str | None = None


class Endpoint(Struct):
    """A webhook endpoint. Its secret is told once, when it is made."""

    id: str
    url: str
    secret: str | None = None


class Error(Struct):
    """What was wrong."""

    type: str
    code: str | None = None
    message: str | None = None


class ErrorBody(Struct):
    """How the API refuses."""

    error: Error


class Subject(Struct):
    """What an event is about, as it was then."""

    id: str
    object: str
    status: str | None = None
    payment_status: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, str] | None = None
    payment_intent: str | None = None


class EventData(Struct):
    """What an event carries."""

    object: Subject


class Event(Struct):
    """A webhook's body."""

    id: str
    type: str
    created: int
    data: EventData
