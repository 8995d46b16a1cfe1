"""Payers whom a merchant keeps on file."""

from typing import Final

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from linktill.storage.tables.columns import int_column, metadata, partial_index, text_column, work_index

_STANDS: Final = "merged_into IS NULL"

customer = Table(
    "customer",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("name"),
    text_column("email"),
    text_column("email_key", is_nullable=True),
    text_column("phone"),
    text_column("company"),
    text_column("note"),
    text_column("metadata"),
    text_column("merged_into", is_nullable=True),
    int_column("created_at"),
    int_column("updated_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)
partial_index(
    "customer_email", customer.c.merchant_id, customer.c.email_key, condition=_STANDS, is_unique=True
)
"""Of those that stand for themselves, no two have one address."""
work_index(
    "customer_merged", customer.c.merchant_id, customer.c.merged_into, condition="merged_into IS NOT NULL"
)

customer_token = Table(
    "customer_token",
    metadata,
    text_column("merchant_id"),
    text_column("token"),
    text_column("customer_id"),
    PrimaryKeyConstraint("merchant_id", "token", "customer_id"),
    Index("customer_token_customer", "merchant_id", "customer_id"),
)
