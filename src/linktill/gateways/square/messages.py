"""Square's messages, as far as we look at them. Fields that we do not name are ignored, as new ones will come.

Source: https://developer.squareup.com/reference/square, version 2025-08-20. Square leaves out what is empty, so almost
everything may be missing.
"""

from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class Error(Struct):
    """What was wrong. `code` is for programs, `detail` for people."""

    category: str
    code: str
    detail: str = ""
    field: str = ""

    def words(self) -> str:
        """For the merchant: what Square says, where, and its code."""
        where = f" ({self.field[:100]})" if self.field else ""
        return f"{self.detail[:300] or self.category}{where} [{self.code[:80]}]"


class ErrorBody(Struct):
    """How the API refuses."""

    errors: list[Error]


class Amount(Struct):
    """Money: the currency's smallest unit."""

    amount: int
    currency: str


class Tender(Struct):
    """One way in which an order was paid."""

    id: str | None = None
    payment_id: str | None = None


class Returned(Struct):
    """What went back of another order."""

    source_order_id: str | None = None


class Order(Struct):
    """What a payment link sells. It stays DRAFT until it is paid, and OPEN after that."""

    id: str
    state: str = ""
    reference_id: str | None = None
    metadata: Mapping[str, str] | None = None
    tenders: list[Tender] | None = None
    total_money: Amount | None = None
    returns: list[Returned] | None = None

    def is_sale(self) -> bool:
        """False: Square writes an order for each refund, too, and that is no payment."""
        return bool(self.tenders) or not self.returns

    def payment_ids(self) -> list[str]:
        """Of the payments made for it, declined ones left out by Square."""
        ids = (tender.payment_id or tender.id for tender in self.tenders or ())
        return [payment_id for payment_id in ids if payment_id is not None]


class OrderBody(Struct):
    """GET /v2/orders/{order_id}."""

    order: Order


class OrderPage(Struct):
    """POST /v2/orders/search."""

    orders: list[Order] = []
    cursor: str | None = None


class Link(Struct):
    """A page on which an order is paid."""

    id: str
    order_id: str
    url: str
    long_url: str | None = None


class Related(Struct):
    """What was made with a link."""

    orders: list[Order] | None = None


class LinkMade(Struct):
    """POST /v2/online-checkout/payment-links."""

    payment_link: Link
    related_resources: Related | None = None


class KnownLink(Struct):
    """A link in a list."""

    id: str
    order_id: str | None = None


class LinkPage(Struct):
    """GET /v2/online-checkout/payment-links."""

    payment_links: list[KnownLink] = []
    cursor: str | None = None


class LinkDeleted(Struct):
    """DELETE /v2/online-checkout/payment-links/{id}."""

    id: str | None = None
    cancelled_order_id: str | None = None


class Card(Struct):
    """The card that was paid with."""

    card_brand: str | None = None
    last_4: str | None = None


class CardDetails(Struct):
    """How a card payment went."""

    card: Card | None = None
    errors: list[Error] | None = None


class Branded(Struct):
    """A wallet, or a company that lends the payer the money."""

    brand: str | None = None


class Fee(Struct):
    """A part of what Square keeps: INITIAL, or an ADJUSTMENT that came later and may be negative."""

    amount_money: Amount | None = None


class Payment(Struct):
    """Money of a payer's. `total_money` has tips in it; `note` is what we gave with the link."""

    id: str
    status: str = ""
    location_id: str | None = None
    order_id: str | None = None
    note: str | None = None
    total_money: Amount | None = None
    processing_fee: list[Fee] | None = None
    source_type: str | None = None
    card_details: CardDetails | None = None
    wallet_details: Branded | None = None
    buy_now_pay_later_details: Branded | None = None
    refund_ids: list[str] | None = None


class PaymentBody(Struct):
    """GET /v2/payments/{payment_id}."""

    payment: Payment


class Refund(Struct):
    """Money on its way back."""

    id: str
    amount_money: Amount
    status: str | None = None
    location_id: str | None = None
    payment_id: str | None = None
    reason: str | None = None


class RefundBody(Struct):
    """POST /v2/refunds and GET /v2/refunds/{refund_id}."""

    refund: Refund


class RefundList(Struct):
    """GET /v2/refunds."""

    refunds: list[Refund] = []
    cursor: str | None = None


class Disputed(Struct):
    """Which payment a dispute is about."""

    payment_id: str | None = None


class Dispute(Struct):
    """A dispute. `created_at` and `due_at` are in RFC 3339."""

    id: str
    amount_money: Amount
    state: str | None = None
    reason: str | None = None
    due_at: str | None = None
    created_at: str | None = None
    disputed_payment: Disputed | None = None


class DisputeBody(Struct):
    """GET /v2/disputes/{dispute_id}."""

    dispute: Dispute


class Uploaded(Struct):
    """A piece of evidence, as far as we look."""

    id: str


class EvidenceBody(Struct):
    """POST /v2/disputes/{dispute_id}/evidence-text."""

    evidence: Uploaded


class DisputeList(Struct):
    """GET /v2/disputes."""

    disputes: list[Dispute] = []
    cursor: str | None = None


class PayoutFee(Struct):
    """What Square takes for sending a payout, or the tax on that."""

    amount_money: Amount | None = None


class Payout(Struct):
    """A payout; below zero, money that Square took from the bank. `created_at` is in RFC 3339, `arrival_date` a day."""

    id: str
    location_id: str
    amount_money: Amount
    status: str = ""
    created_at: str | None = None
    arrival_date: str | None = None
    payout_fee: list[PayoutFee] | None = None


class PayoutList(Struct):
    """GET /v2/payouts."""

    payouts: list[Payout] = []
    cursor: str | None = None


class Location(Struct):
    """A place of business; all its money is in one currency."""

    id: str
    name: str = ""
    status: str = ""
    currency: str = ""
    capabilities: list[str] | None = None


class LocationBody(Struct):
    """GET /v2/locations/{location_id}."""

    location: Location


class LocationList(Struct):
    """GET /v2/locations."""

    locations: list[Location] | None = None


class TokenStatus(Struct):
    """POST /oauth2/token/status: what an access token may do, and whose it is."""

    scopes: list[str] | None = None
    merchant_id: str | None = None


class Subscription(Struct):
    """A webhook at Square."""

    id: str
    enabled: bool = True
    event_types: list[str] | None = None
    notification_url: str | None = None
    signature_key: str | None = None


class SubscriptionBody(Struct):
    """POST /v2/webhooks/subscriptions."""

    subscription: Subscription


class SubscriptionPage(Struct):
    """GET /v2/webhooks/subscriptions."""

    subscriptions: list[Subscription] | None = None
    cursor: str | None = None


class NewKey(Struct):
    """POST /v2/webhooks/subscriptions/{subscription_id}/signature-key."""

    signature_key: str | None = None


class TestResult(Struct):
    """How our server answered Square."""

    status_code: int | None = None


class Tested(Struct):
    """POST /v2/webhooks/subscriptions/{subscription_id}/test."""

    subscription_test_result: TestResult | None = None
