"""Merchants, their members and keys."""

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from linktill.storage.tables.columns import TEXT, belongs_to, blob_column, int_column, metadata, text_column

merchant = Table(
    "merchant",
    metadata,
    Column("merchant_id", TEXT, primary_key=True),
    text_column("mode"),
    text_column("name"),
    text_column("contact_email"),
    text_column("currency"),
    text_column("alert_email"),
    int_column("created_at"),
    text_column("on_surplus"),
    text_column("language"),
)

member = Table(
    "member",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("email"),
    text_column("name"),
    text_column("role"),
    text_column("password_hash"),
    int_column("created_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)

member_session = Table(
    "member_session",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("member_id"),
    text_column("csrf_token"),
    text_column("mode"),
    int_column("created_at"),
    int_column("seen_at"),
    int_column("expires_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("member", "member_id"),
)

api_key = Table(
    "api_key",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("name"),
    text_column("secret_hash"),
    text_column("last4"),
    int_column("created_at"),
    int_column("used_at", is_nullable=True),
    int_column("revoked_at", is_nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
)

gateway_account = Table(
    "gateway_account",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("gateway"),
    blob_column("credentials"),
    blob_column("webhook_secrets"),
    int_column("created_at"),
    int_column("listed_at", default=0),
    int_column("list_at", default=0),
    text_column("mode"),
    text_column("vendor_id"),
    text_column("label"),
    text_column("webhook_ref"),
    int_column("position", default=0),
    int_column("closed_at", is_nullable=True),
    int_column("last_event_at", is_nullable=True),
    int_column("last_failure_at", is_nullable=True),
    text_column("last_failure"),
    int_column("foreign_events", default=0),
    text_column("offering"),
    PrimaryKeyConstraint("merchant_id", "id"),
)
