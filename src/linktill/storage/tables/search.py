"""What payments, disputes, payouts and coupons are found by, and links by their amount. Links and customers have word tables
of their own.
"""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from linktill.storage.tables.columns import int_column, metadata, text_column

search_token = Table(
    "search_token",
    metadata,
    text_column("merchant_id"),
    text_column("kind"),
    text_column("token"),
    text_column("object_id"),
    PrimaryKeyConstraint("merchant_id", "kind", "token", "object_id"),
    Index("search_token_object", "merchant_id", "object_id"),
)

search_state = Table(
    "search_state",
    metadata,
    text_column("merchant_id"),
    int_column("version"),
    text_column("kind", is_nullable=True),
    text_column("after_id"),
    PrimaryKeyConstraint("merchant_id"),
)
"""How far the merchant's things from before are in the table above; `kind` None: all are."""
