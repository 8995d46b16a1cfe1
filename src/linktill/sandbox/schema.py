"""The tables of the sandbox company. Amounts are minor units, times microseconds UTC.

A card number is never among them: a payment keeps the name of the test card and its last four digits.
"""

from typing import Final

SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS account (
        id TEXT PRIMARY KEY,
        key_hash TEXT NOT NULL UNIQUE,
        webhook_url TEXT NOT NULL,
        webhook_secret TEXT NOT NULL,
        settles_after_us INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        holds_for_us INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS payment (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_id TEXT NOT NULL REFERENCES account (id),
        reference TEXT NOT NULL,
        status TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        description TEXT NOT NULL,
        payer_email TEXT,
        return_url TEXT NOT NULL,
        cancel_url TEXT NOT NULL,
        card TEXT,
        brand TEXT,
        last4 TEXT,
        failure_code TEXT,
        fee_minor INTEGER,
        refund_held_minor INTEGER NOT NULL DEFAULT 0,
        refunded_minor INTEGER NOT NULL DEFAULT 0,
        expires_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        captured_at INTEGER,
        is_manual INTEGER NOT NULL DEFAULT 0,
        capture_before INTEGER,
        CHECK (refunded_minor <= refund_held_minor AND refund_held_minor <= amount_minor)
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS payment_reference ON payment (account_id, reference)",
    "CREATE INDEX IF NOT EXISTS payment_created ON payment (account_id, created_at, seq)",
    """
    CREATE TABLE IF NOT EXISTS refund (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_id TEXT NOT NULL REFERENCES account (id),
        payment_id TEXT NOT NULL REFERENCES payment (id),
        reference TEXT NOT NULL,
        status TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        failure_code TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS refund_reference ON refund (account_id, reference)",
    "CREATE INDEX IF NOT EXISTS refund_created ON refund (account_id, created_at, seq)",
    """
    CREATE TABLE IF NOT EXISTS dispute (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_id TEXT NOT NULL REFERENCES account (id),
        payment_id TEXT NOT NULL UNIQUE REFERENCES payment (id),
        reference TEXT NOT NULL,
        status TEXT NOT NULL,
        reason TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        fee_minor INTEGER NOT NULL,
        respond_by INTEGER NOT NULL,
        evidence TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS dispute_reference ON dispute (account_id, reference)",
    "CREATE INDEX IF NOT EXISTS dispute_created ON dispute (account_id, created_at, seq)",
    """
    CREATE TABLE IF NOT EXISTS payout (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_id TEXT NOT NULL REFERENCES account (id),
        status TEXT NOT NULL,
        amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
        currency TEXT NOT NULL,
        failure_code TEXT,
        arrives_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS payout_created ON payout (account_id, created_at, seq)",
    """
    CREATE TABLE IF NOT EXISTS idempotency (
        account_id TEXT NOT NULL,
        key TEXT NOT NULL,
        request_hash BLOB NOT NULL,
        status INTEGER NOT NULL,
        body BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, key)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS idempotency_created ON idempotency (created_at)",
    """
    CREATE TABLE IF NOT EXISTS event (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL,
        body BLOB NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX IF NOT EXISTS event_created ON event (created_at)",
    # A delivery is there until it succeeds or three days are over. While it is under way `due_at` is the end of its lease.
    """
    CREATE TABLE IF NOT EXISTS delivery (
        seq INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL,
        tries INTEGER NOT NULL,
        due_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_at)",
    # What happens by itself later: a debit settles, a dispute opens.
    """
    CREATE TABLE IF NOT EXISTS job (
        seq INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        due_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS job_due ON job (due_at)",
)
