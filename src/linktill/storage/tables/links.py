"""Payment links."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from linktill.storage.tables.columns import (
    belongs_to,
    blob_column,
    flag_column,
    int_column,
    metadata,
    text_column,
    work_index,
)

payment_link = Table(
    "payment_link",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("slug"),
    text_column("status"),
    int_column("version"),
    int_column("amount_minor"),
    text_column("currency"),
    text_column("description"),
    text_column("note"),
    text_column("reference"),
    int_column("payments_max", is_nullable=True),
    int_column("starts_at", is_nullable=True),
    int_column("due_at", is_nullable=True),
    int_column("expires_at", is_nullable=True),
    text_column("redirect_url", is_nullable=True),
    text_column("closed_message"),
    text_column("metadata"),
    text_column("allowed_gateways"),
    text_column("denied_gateways"),
    text_column("pricing"),
    text_column("asking", is_nullable=True),
    text_column("capture_method", is_nullable=True),
    text_column("localization", is_nullable=True),
    int_column("amount_max_minor", is_nullable=True),
    int_column("full_at_minor", is_nullable=True),
    int_column("slots_taken", default=0),
    int_column("taken_minor", default=0),
    int_column("captured_count", default=0),
    int_column("captured_minor", default=0),
    int_column("refunded_minor", default=0),
    flag_column("is_out"),
    flag_column("keeps_count"),
    int_column("created_at"),
    int_column("updated_at"),
    int_column("wake_at", is_nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    Index("payment_link_status", "merchant_id", "status", "id"),
)
work_index(
    "payment_link_wake", payment_link.c.merchant_id, payment_link.c.wake_at, condition="wake_at IS NOT NULL"
)
work_index(
    "payment_link_due",
    payment_link.c.merchant_id,
    payment_link.c.due_at,
    condition="due_at IS NOT NULL AND status = 'active'",
)

link_view = Table(
    "link_view",
    metadata,
    text_column("merchant_id"),
    text_column("link_id"),
    int_column("views"),
    int_column("viewed_at"),
    PrimaryKeyConstraint("merchant_id", "link_id"),
)

link_version = Table(
    "link_version",
    metadata,
    text_column("merchant_id"),
    text_column("link_id"),
    int_column("version"),
    int_column("at"),
    text_column("by"),
    text_column("terms"),
    PrimaryKeyConstraint("merchant_id", "link_id", "version"),
    belongs_to("payment_link", "link_id"),
)

link_token = Table(
    "link_token",
    metadata,
    text_column("merchant_id"),
    text_column("token"),
    text_column("link_id"),
    PrimaryKeyConstraint("merchant_id", "token", "link_id"),
    Index("link_token_link", "merchant_id", "link_id"),
)

link_secret = Table(
    "link_secret",
    metadata,
    text_column("merchant_id"),
    blob_column("secret"),
    PrimaryKeyConstraint("merchant_id"),
)
