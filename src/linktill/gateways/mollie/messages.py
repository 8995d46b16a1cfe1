"""Mollie's messages, as far as we look. Fields that we do not name are ignored, as new ones will come.

Source: https://docs.mollie.com/reference/payments-api, refunds-api, chargebacks-api, profiles-api and webhooks-new.
"""

from typing import Any

from msgspec import Struct, field


class Amount(Struct):
    """Money as a decimal string."""

    currency: str
    value: str


class Link(Struct):
    """An address, of a page or of a resource."""

    href: str


class Details(Struct, rename="camel"):
    """How it was paid: only cards have these."""

    card_label: str | None = None
    card_number: str | None = None
    failure_reason: str | None = None


class PaymentLinks(Struct):
    """Where the payer pays, while that is possible."""

    checkout: Link | None = None


class Payment(Struct, rename="camel"):
    """GET /v2/payments/{id}."""

    id: str
    status: str
    amount: Amount
    created_at: str
    amount_captured: Amount | None = None
    metadata: Any = None
    method: str | None = None
    details: Details | None = None
    is_cancelable: bool | None = None
    expires_at: str | None = None
    redirect_url: str | None = None
    links: PaymentLinks = field(name="_links", default_factory=PaymentLinks)


class Refund(Struct, rename="camel"):
    """GET /v2/payments/{id}/refunds/{id}."""

    id: str
    status: str
    amount: Amount
    created_at: str
    payment_id: str
    metadata: Any = None


class Reason(Struct):
    """Why a bank took the money back."""

    code: str = ""


class Chargeback(Struct, rename="camel"):
    """GET /v2/payments/{id}/chargebacks/{id}."""

    id: str
    amount: Amount
    created_at: str
    payment_id: str
    reversed_at: str | None = None
    reason: Reason | None = None


class Embedded(Struct):
    """The things on a page of a list: only those are there that were asked for."""

    payments: list[Payment] = []
    refunds: list[Refund] = []
    chargebacks: list[Chargeback] = []


class PageLinks(Struct):
    """Where the next page is."""

    next: Link | None = None


class Listed(Struct):
    """A page of a list."""

    embedded: Embedded = field(name="_embedded")
    links: PageLinks = field(name="_links", default_factory=PageLinks)


class Profile(Struct):
    """GET /v2/profiles/me: the website that an API key belongs to."""

    id: str
    name: str
    status: str


class ErrorBody(Struct):
    """How the API refuses."""

    status: int
    title: str
    detail: str
    field: str | None = None


class Entity(Struct):
    """What an event is about, as it was then."""

    id: str | None = None
    metadata: Any = None


class EventEmbedded(Struct):
    """The event's content, where the webhook is one that sends it."""

    entity: Entity | None = None


class Event(Struct, rename="camel"):
    """What Mollie posts to us. Its reference shows an envelope (`event`) in one place and the bare resource in another."""

    resource: str
    id: str
    created_at: str
    type: str | None = None
    entity_id: str | None = None
    status: str | None = None
    metadata: Any = None
    embedded: EventEmbedded = field(name="_embedded", default_factory=EventEmbedded)
