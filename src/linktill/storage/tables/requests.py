"""What payers ask for on links that are closed, and links that are sent to somebody."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from linktill.storage.tables.columns import (
    belongs_to,
    int_column,
    metadata,
    partial_index,
    text_column,
    work_index,
)

link_request = Table(
    "link_request",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("link_id"),
    text_column("status"),
    text_column("email"),
    text_column("email_key"),
    text_column("name"),
    text_column("message"),
    text_column("language"),
    text_column("answer_link_id", is_nullable=True),
    text_column("event_id"),
    int_column("told_at", is_nullable=True),
    int_column("created_at"),
    int_column("closed_at", is_nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("payment_link", "link_id"),
    Index("link_request_link", "merchant_id", "link_id", "id"),
    Index("link_request_email", "merchant_id", "email_key", "id"),
)
partial_index(
    "link_request_open",
    link_request.c.merchant_id,
    link_request.c.link_id,
    link_request.c.email_key,
    condition="status = 'open'",
    is_unique=True,
)
"""Nobody asks twice for one link before they are answered."""
work_index("link_request_untold", link_request.c.merchant_id, link_request.c.id, condition="told_at IS NULL")
work_index(
    "link_request_told", link_request.c.merchant_id, link_request.c.told_at, condition="told_at IS NOT NULL"
)

link_message = Table(
    "link_message",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("link_id"),
    text_column("recipient"),
    text_column("recipient_key"),
    text_column("note"),
    text_column("by"),
    text_column("event_id"),
    int_column("created_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("payment_link", "link_id"),
    Index("link_message_link", "merchant_id", "link_id", "id"),
    Index("link_message_recipient", "merchant_id", "recipient_key", "created_at"),
    Index("link_message_created", "merchant_id", "created_at"),
)
