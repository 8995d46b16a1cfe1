"""What we remember: every table, portable between SQLite and PostgreSQL.

Keys start with merchant_id. Times are microseconds UTC, money is minor units, booleans are 0/1, JSON is opaque text.
What must be unique in the whole installation stands in `directory`, which points to (merchant_id, target_id).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()


def _text(name: str, *, is_nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=is_nullable)


def _int(name: str, *, is_nullable: bool = False, default: int | None = None) -> Column[int]:
    server_default = None if default is None else text(str(default))
    return Column(name, BigInteger, nullable=is_nullable, server_default=server_default)


def _flag(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=text("0"))


def _blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _belongs(table: str, *columns: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["merchant_id", *columns], [f"{table}.merchant_id", f"{table}.id"])


def _only(name: str, column: Column[int], condition: str) -> Index:
    """An index over the few rows that somebody still has to work on."""
    return Index(name, column, sqlite_where=text(condition), postgresql_where=text(condition))


installation = Table("installation", metadata, Column("key", Text, primary_key=True), _text("value"))

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    _text("holder"),
    _int("token"),
    _int("expires_at"),
)

directory = Table(
    "directory",
    metadata,
    _text("kind"),
    _text("key"),
    _text("merchant_id"),
    _text("target_id"),
    PrimaryKeyConstraint("kind", "key"),
)

merchant = Table(
    "merchant",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    _text("mode"),
    _text("name"),
    _text("contact_email"),
    _text("currency"),
    _text("alert_email"),
    _int("created_at"),
)

member = Table(
    "member",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("email"),
    _text("name"),
    _text("role"),
    _text("password_hash"),
    _int("created_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)

member_session = Table(
    "member_session",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("member_id"),
    _text("csrf_token"),
    _int("created_at"),
    _int("seen_at"),
    _int("expires_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    _belongs("member", "member_id"),
)

api_key = Table(
    "api_key",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("name"),
    _text("secret_hash"),
    _text("last4"),
    _int("created_at"),
    _int("used_at", is_nullable=True),
    _int("revoked_at", is_nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
)

gateway_account = Table(
    "gateway_account",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("gateway"),
    _blob("credentials"),
    _blob("webhook_secrets"),
    _int("created_at"),
    _int("listed_at", default=0),
    PrimaryKeyConstraint("merchant_id", "id"),
)

payment_link = Table(
    "payment_link",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("slug"),
    _text("status"),
    _int("version"),
    _int("amount_minor"),
    _text("currency"),
    _text("description"),
    _text("note"),
    _text("reference"),
    _int("payments_max", is_nullable=True),
    _int("starts_at", is_nullable=True),
    _int("due_at", is_nullable=True),
    _int("expires_at", is_nullable=True),
    _text("redirect_url", is_nullable=True),
    _text("closed_message"),
    _text("metadata"),
    _int("slots_taken", default=0),
    _int("captured_count", default=0),
    _int("captured_minor", default=0),
    _int("refunded_minor", default=0),
    _int("created_at"),
    _int("updated_at"),
    _int("wake_at", is_nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    Index("payment_link_status", "merchant_id", "status", "id"),
)
_only("payment_link_wake", payment_link.c.wake_at, "wake_at IS NOT NULL")

link_view = Table(
    "link_view",
    metadata,
    _text("merchant_id"),
    _text("link_id"),
    _int("views"),
    _int("viewed_at"),
    PrimaryKeyConstraint("merchant_id", "link_id"),
)

link_version = Table(
    "link_version",
    metadata,
    _text("merchant_id"),
    _text("link_id"),
    _int("version"),
    _int("at"),
    _text("by"),
    _text("terms"),
    PrimaryKeyConstraint("merchant_id", "link_id", "version"),
    _belongs("payment_link", "link_id"),
)

link_token = Table(
    "link_token",
    metadata,
    _text("merchant_id"),
    _text("token"),
    _text("link_id"),
    PrimaryKeyConstraint("merchant_id", "token", "link_id"),
    Index("link_token_link", "merchant_id", "link_id"),
)

checkout_session = Table(
    "checkout_session",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("link_id"),
    _int("link_version"),
    _text("status"),
    _int("amount_minor"),
    _text("currency"),
    _text("description"),
    _text("submit_token"),
    _text("token"),
    _text("attempt_id"),
    _int("attempts"),
    _text("payer_email", is_nullable=True),
    _text("payer_name", is_nullable=True),
    _int("created_at"),
    _int("expires_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "link_id", "submit_token"),
    _belongs("payment_link", "link_id"),
)

payment_attempt = Table(
    "payment_attempt",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("link_id"),
    _text("session_id"),
    _text("gateway"),
    _text("gateway_account_id"),
    _text("status"),
    _int("amount_minor"),
    _text("currency"),
    _flag("is_slot_held"),
    _flag("is_surplus"),
    _text("gateway_ref", is_nullable=True),
    _text("redirect_url", is_nullable=True),
    _int("captured_minor", default=0),
    _int("refund_requested_minor", default=0),
    _int("refunded_minor", default=0),
    _int("fee_minor", default=0),
    _text("method", is_nullable=True),
    _text("decline_code", is_nullable=True),
    _text("review_reason", is_nullable=True),
    _text("payer_email", is_nullable=True),
    _text("payer_name", is_nullable=True),
    _int("created_at"),
    _int("updated_at"),
    _int("captured_at", is_nullable=True),
    _int("started_at", is_nullable=True),
    _int("poll_at", is_nullable=True),
    _int("polls", default=0),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "gateway_account_id", "gateway_ref"),
    Index("payment_attempt_link", "merchant_id", "link_id", "id"),
    Index("payment_attempt_session", "merchant_id", "session_id"),
    Index("payment_attempt_status", "merchant_id", "status", "id"),
    _belongs("payment_link", "link_id"),
)
_only("payment_attempt_poll", payment_attempt.c.poll_at, "poll_at IS NOT NULL")

refund = Table(
    "refund",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("attempt_id"),
    _text("link_id"),
    _int("amount_minor"),
    _text("currency"),
    _text("reason"),
    _text("note"),
    _text("status"),
    _text("gateway_ref", is_nullable=True),
    _text("failure_code", is_nullable=True),
    _int("created_at"),
    _int("updated_at"),
    _int("started_at", is_nullable=True),
    _int("poll_at", is_nullable=True),
    _int("polls", default=0),
    PrimaryKeyConstraint("merchant_id", "id"),
    Index("refund_attempt", "merchant_id", "attempt_id"),
    _belongs("payment_attempt", "attempt_id"),
)
_only("refund_poll", refund.c.poll_at, "poll_at IS NOT NULL")

dispute = Table(
    "dispute",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("attempt_id"),
    _text("link_id"),
    _text("gateway_ref"),
    _text("status"),
    _int("amount_minor"),
    _text("currency"),
    _int("fee_minor"),
    _flag("is_withdrawn"),
    _text("reason"),
    _int("respond_by", is_nullable=True),
    _int("moves"),
    _int("created_at"),
    _int("updated_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "attempt_id", "gateway_ref"),
    _belongs("payment_attempt", "attempt_id"),
)

ledger_transaction = Table(
    "ledger_transaction",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("kind"),
    _text("business_key"),
    _text("currency"),
    _int("effective_at"),
    _int("created_at"),
    _text("link_id", is_nullable=True),
    _text("attempt_id", is_nullable=True),
    _int("seq", is_nullable=True),
    Column("seal_version", SmallInteger, nullable=True),
    Column("hash", LargeBinary, nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "business_key"),
    UniqueConstraint("merchant_id", "seq"),
    Index("ledger_transaction_attempt", "merchant_id", "attempt_id"),
)
_only("ledger_transaction_unsealed", ledger_transaction.c.created_at, "seq IS NULL")

ledger_entry = Table(
    "ledger_entry",
    metadata,
    _text("merchant_id"),
    _text("ledger_transaction_id"),
    _text("account"),
    _text("currency"),
    _int("amount_minor"),
    PrimaryKeyConstraint("merchant_id", "ledger_transaction_id", "account"),
    _belongs("ledger_transaction", "ledger_transaction_id"),
    Index("ledger_entry_account", "merchant_id", "account", "currency"),
)

event = Table(
    "event",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("type"),
    _int("at"),
    _text("object_id"),
    _text("link_id", is_nullable=True),
    _text("attempt_id", is_nullable=True),
    _text("data"),
    PrimaryKeyConstraint("merchant_id", "id"),
    Index("event_link", "merchant_id", "link_id", "id"),
    Index("event_attempt", "merchant_id", "attempt_id", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("kind"),
    _text("subject_id"),
    _text("status"),
    _int("due_at"),
    _int("tries", default=0),
    _text("lease_token", is_nullable=True),
    _text("last_error", is_nullable=True),
    _int("created_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)
_only("outbox_due", outbox.c.due_at, "status = 'pending'")

inbox = Table(
    "inbox",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("gateway_account_id"),
    _text("event_id"),
    _text("event_type"),
    _text("hint"),
    _text("body"),
    _text("status"),
    _int("due_at"),
    _int("tries", default=0),
    _text("lease_token", is_nullable=True),
    _text("last_error", is_nullable=True),
    _int("received_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "gateway_account_id", "event_id"),
)
_only("inbox_due", inbox.c.due_at, "status = 'pending'")

foreign_payment = Table(
    "foreign_payment",
    metadata,
    _text("merchant_id"),
    _text("gateway_account_id"),
    _text("gateway_ref"),
    _text("reference"),
    _text("status"),
    _int("amount_minor", is_nullable=True),
    _text("currency", is_nullable=True),
    _int("found_at"),
    PrimaryKeyConstraint("merchant_id", "gateway_account_id", "gateway_ref"),
)

idempotency = Table(
    "idempotency",
    metadata,
    _text("merchant_id"),
    _text("key"),
    _blob("request_hash"),
    Column("status", SmallInteger, nullable=True),
    Column("body", LargeBinary, nullable=True),
    _int("created_at"),
    PrimaryKeyConstraint("merchant_id", "key"),
    Index("idempotency_created", "created_at"),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("url"),
    _text("description"),
    _text("event_types"),
    _blob("secret"),
    _text("status"),
    _text("disabled_reason", is_nullable=True),
    _int("created_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("endpoint_id"),
    _text("event_id"),
    _text("status"),
    _int("tries", default=0),
    _int("response_status", is_nullable=True),
    _text("response_body", is_nullable=True),
    _text("last_error", is_nullable=True),
    _int("created_at"),
    _int("updated_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "endpoint_id", "event_id"),
    _belongs("webhook_endpoint", "endpoint_id"),
)

mail = Table(
    "mail",
    metadata,
    _text("merchant_id"),
    _text("id"),
    _text("event_id"),
    _text("template"),
    _text("recipient"),
    _text("sender_name"),
    _text("subject"),
    _text("text"),
    _text("html"),
    _text("status"),
    _text("last_error", is_nullable=True),
    _int("created_at"),
    _int("updated_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "event_id", "template", "recipient"),
)
