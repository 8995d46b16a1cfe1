"""The ledger."""

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, SmallInteger, Table, UniqueConstraint

from linktill.storage.tables.columns import belongs_to, int_column, metadata, text_column, work_index

ledger_transaction = Table(
    "ledger_transaction",
    metadata,
    text_column("merchant_id"),
    text_column("id"),
    text_column("kind"),
    text_column("business_key"),
    text_column("currency"),
    int_column("effective_at"),
    int_column("created_at"),
    text_column("link_id", is_nullable=True),
    text_column("attempt_id", is_nullable=True),
    int_column("seq", is_nullable=True),
    Column("seal_version", SmallInteger, nullable=True),
    Column("hash", LargeBinary, nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "business_key"),
    UniqueConstraint("merchant_id", "seq"),
    Index("ledger_transaction_attempt", "merchant_id", "attempt_id"),
)
work_index(
    "ledger_transaction_unsealed",
    ledger_transaction.c.merchant_id,
    ledger_transaction.c.created_at,
    condition="seq IS NULL",
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    text_column("merchant_id"),
    text_column("ledger_transaction_id"),
    text_column("account"),
    text_column("currency"),
    int_column("amount_minor"),
    PrimaryKeyConstraint("merchant_id", "ledger_transaction_id", "account"),
    belongs_to("ledger_transaction", "ledger_transaction_id"),
    Index("ledger_entry_account", "merchant_id", "account", "currency"),
)
