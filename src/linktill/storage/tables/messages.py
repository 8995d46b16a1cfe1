"""What comes in and what goes out."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from linktill.storage.tables.columns import (
    belongs_to,
    blob_column,
    int_column,
    metadata,
    partial_index,
    text_column,
    work_index,
)

event = Table(
    "event",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("type"),
    int_column("at"),
    text_column("object_id"),
    text_column("link_id", is_nullable=True),
    text_column("attempt_id", is_nullable=True),
    text_column("data"),
    PrimaryKeyConstraint("merchant_id", "id"),
    Index("event_link", "merchant_id", "link_id", "id"),
    Index("event_attempt", "merchant_id", "attempt_id", "id"),
)
work_index(
    "event_alone",
    event.c.merchant_id,
    event.c.object_id,
    event.c.id,
    condition="link_id IS NULL AND attempt_id IS NULL",
)
"""Timelines of what belongs to no link and no payment; those of links and payments have theirs above."""

outbox = Table(
    "outbox",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("kind"),
    text_column("subject_id"),
    text_column("status"),
    int_column("due_at"),
    int_column("tries", default=0),
    text_column("lease_token", is_nullable=True),
    text_column("last_error", is_nullable=True),
    int_column("created_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)
work_index("outbox_dead", outbox.c.merchant_id, outbox.c.id, condition="status = 'dead'")
work_index("outbox_due", outbox.c.merchant_id, outbox.c.due_at, condition="status = 'pending'")

inbox = Table(
    "inbox",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("gateway_account_id"),
    text_column("event_id"),
    text_column("event_type"),
    text_column("hint"),
    text_column("body"),
    text_column("status"),
    int_column("due_at"),
    int_column("tries", default=0),
    text_column("lease_token", is_nullable=True),
    text_column("last_error", is_nullable=True),
    int_column("received_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "gateway_account_id", "event_id"),
)
work_index("inbox_dead", inbox.c.merchant_id, inbox.c.id, condition="status = 'dead'")
work_index("inbox_due", inbox.c.merchant_id, inbox.c.due_at, condition="status = 'pending'")

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("url"),
    text_column("description"),
    text_column("event_types"),
    blob_column("secret"),
    text_column("status"),
    text_column("disabled_reason", is_nullable=True),
    int_column("created_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("endpoint_id"),
    text_column("event_id"),
    text_column("status"),
    int_column("tries", default=0),
    int_column("response_status", is_nullable=True),
    text_column("response_body", is_nullable=True),
    text_column("last_error", is_nullable=True),
    int_column("created_at"),
    int_column("updated_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "endpoint_id", "event_id"),
    belongs_to("webhook_endpoint", "endpoint_id"),
)

mail = Table(
    "mail",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("event_id"),
    text_column("template"),
    text_column("recipient"),
    text_column("sender_name"),
    text_column("subject"),
    text_column("text"),
    text_column("html"),
    text_column("status"),
    text_column("last_error", is_nullable=True),
    int_column("created_at"),
    int_column("updated_at"),
    text_column("attached", is_nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "event_id", "template", "recipient"),
)
partial_index(
    "mail_document",
    mail.c.merchant_id,
    mail.c.created_at,
    mail.c.recipient,
    condition="template = 'document'",
)
