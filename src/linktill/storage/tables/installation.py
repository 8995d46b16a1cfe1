"""The installation as a whole."""

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, SmallInteger, Table

from linktill.storage.tables.columns import TEXT, blob_column, int_column, metadata, text_column

installation = Table("installation", metadata, Column("key", TEXT, primary_key=True), text_column("value"))

lease = Table(
    "lease",
    metadata,
    Column("name", TEXT, primary_key=True),
    text_column("holder"),
    int_column("token"),
    int_column("expires_at"),
)

directory = Table(
    "directory",
    metadata,
    text_column("kind"),
    text_column("key"),
    text_column("merchant_id"),
    text_column("target_id"),
    PrimaryKeyConstraint("kind", "key"),
)

idempotency = Table(
    "idempotency",
    metadata,
    text_column("merchant_id"),
    text_column("key"),
    blob_column("request_hash"),
    Column("status", SmallInteger, nullable=True),
    Column("body", LargeBinary, nullable=True),
    int_column("created_at"),
    PrimaryKeyConstraint("merchant_id", "key"),
    Index("idempotency_created", "created_at"),
)
