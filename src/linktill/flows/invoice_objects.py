"""Invoices and credit notes as programs see them."""

from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.ids import ATTEMPT
from linktill.core.invoice import Invoice, InvoiceKind
from linktill.flows.representations import time_of, time_or_none


class InvoiceObject(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice or a credit note."""

    object: Literal["invoice"] = "invoice"
    id: str
    kind: str
    number: str
    payment_link_id: str
    payment_id: str | None
    refund_id: str | None
    invoice_id: str | None
    total_minor: int
    currency: str
    language: str
    issued_at: datetime
    voided_at: datetime | None
    void_reason: str


def invoice_object(invoice: Invoice) -> InvoiceObject:
    """The document as it is now."""
    is_of_payment = invoice.scope_id.startswith(ATTEMPT)
    return InvoiceObject(
        id=invoice.id,
        kind=invoice.kind,
        number=invoice.label,
        payment_link_id=invoice.link_id,
        payment_id=invoice.scope_id if is_of_payment else None,
        refund_id=invoice.subject_id if invoice.kind is InvoiceKind.CREDIT_NOTE else None,
        invoice_id=invoice.invoice_id,
        total_minor=invoice.total.minor,
        currency=invoice.total.currency,
        language=invoice.language,
        issued_at=time_of(invoice.issued_at),
        voided_at=time_or_none(invoice.voided_at),
        void_reason=invoice.void_reason,
    )
