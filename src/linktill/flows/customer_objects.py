"""Customers as programs see them: the one shape for API answers, event data and command-line output."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.customer import Customer
from linktill.flows.message_objects import LinkMessageObject
from linktill.flows.representations import (
    PaymentLinkObject,
    PaymentObject,
    ReceiptObject,
    RefundObject,
    time_of,
)
from linktill.flows.request_objects import LinkRequestObject
from linktill.storage.customer_payments import PaidTotal


class CustomerObject(msgspec.Struct, frozen=True, kw_only=True):
    """A payer on file."""

    object: Literal["customer"] = "customer"
    id: str
    name: str
    email: str
    phone: str
    company: str
    note: str
    metadata: Mapping[str, str]
    merged_into: str | None
    created_at: datetime
    updated_at: datetime


class CustomerTotalObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer has paid in one currency."""

    currency: str
    payments: int
    captured_minor: int
    refunded_minor: int


class CustomerExportObject(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of a customer."""

    object: Literal["customer_export"] = "customer_export"
    customer: CustomerObject
    totals: Sequence[CustomerTotalObject]
    payment_links: Sequence[PaymentLinkObject]
    payments: Sequence[PaymentObject]
    refunds: Sequence[RefundObject]
    receipts: Sequence[ReceiptObject]
    link_requests: Sequence[LinkRequestObject]
    link_messages: Sequence[LinkMessageObject]
    is_complete: bool
    exported_at: datetime


def customer_object(customer: Customer) -> CustomerObject:
    """The customer as stored."""
    return CustomerObject(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        company=customer.company,
        note=customer.note,
        metadata=customer.metadata,
        merged_into=customer.merged_into,
        created_at=time_of(customer.created_at),
        updated_at=time_of(customer.updated_at),
    )


def total_object(total: PaidTotal) -> CustomerTotalObject:
    """The sums as they stand."""
    return CustomerTotalObject(
        currency=total.currency,
        payments=total.payments,
        captured_minor=total.captured_minor,
        refunded_minor=total.refunded_minor,
    )
