"""Domains that merchants bring along."""

from sqlalchemy import PrimaryKeyConstraint, Table

from linktill.storage.tables.columns import int_column, metadata, text_column, work_index

merchant_domain = Table(
    "merchant_domain",
    metadata,
    text_column("merchant_id"),
    text_column("host"),
    text_column("token"),
    int_column("verified_at", is_nullable=True),
    int_column("checked_at", is_nullable=True),
    text_column("failure"),
    int_column("created_at"),
    PrimaryKeyConstraint("merchant_id"),
)
work_index(
    "merchant_domain_verified",
    merchant_domain.c.merchant_id,
    merchant_domain.c.host,
    condition="verified_at IS NOT NULL",
)
