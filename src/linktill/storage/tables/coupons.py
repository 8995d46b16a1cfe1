"""Codes for which a merchant takes something off."""

from typing import Final

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint, and_, literal_column

from linktill.storage.tables.columns import flag_column, int_column, metadata, text_column, work_index

coupon = Table(
    "coupon",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("code"),
    text_column("code_key"),
    text_column("name"),
    int_column("rate_ppm"),
    int_column("amount_minor"),
    text_column("currency", is_nullable=True),
    int_column("minimum_minor"),
    int_column("uses_max", is_nullable=True),
    int_column("uses_per_customer_max", is_nullable=True),
    int_column("starts_at", is_nullable=True),
    int_column("expires_at", is_nullable=True),
    text_column("link_ids"),
    flag_column("is_automatic"),
    flag_column("is_active"),
    int_column("created_at"),
    int_column("updated_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "code_key", name="coupon_code"),
)

AUTOMATIC: Final = and_(
    coupon.c.is_automatic == literal_column("1"), coupon.c.is_active == literal_column("1")
)
"""What is applied by itself. Written out: no database uses the index below for values that come later."""
work_index(
    "coupon_automatic", coupon.c.merchant_id, coupon.c.id, condition="is_automatic = 1 AND is_active = 1"
)
