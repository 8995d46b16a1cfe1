"""Invoices and credit notes, their numbers, and what a merchant sets about them."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from linktill.storage.tables.columns import (
    TEXT,
    belongs_to,
    int_column,
    metadata,
    partial_index,
    text_column,
)

invoice_terms = Table(
    "invoice_terms",
    metadata,
    Column("merchant_id", TEXT, primary_key=True),
    text_column("terms"),
    int_column("updated_at"),
)

invoice_series = Table(
    "invoice_series",
    metadata,
    text_column("merchant_id"),
    text_column("kind"),
    int_column("first_number"),
    int_column("next_number"),
    PrimaryKeyConstraint("merchant_id", "kind"),
)

invoice = Table(
    "invoice",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("kind"),
    int_column("number"),
    text_column("label"),
    text_column("scope_id"),
    text_column("subject_id"),
    text_column("link_id"),
    text_column("invoice_id", is_nullable=True),
    int_column("total_minor"),
    text_column("currency"),
    text_column("language"),
    int_column("issued_at"),
    text_column("drawn"),
    int_column("voided_at", is_nullable=True),
    text_column("void_reason"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "kind", "number"),
    Index("invoice_scope", "merchant_id", "scope_id", "id"),
    belongs_to("payment_link", "link_id"),
)
partial_index(
    "invoice_standing",
    invoice.c.merchant_id,
    invoice.c.kind,
    invoice.c.subject_id,
    condition="voided_at IS NULL",
    is_unique=True,
)
