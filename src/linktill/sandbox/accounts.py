"""Pretend accounts: a secret key for the API, a URL and a secret for the webhooks."""

import hashlib
from dataclasses import dataclass

from typing_extensions import override

from linktill.sandbox.database import Tx
from linktill.sandbox.records import ACCOUNT, Account


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """What the merchant gets, once: the company keeps only a hash of the key."""

    account_id: str
    secret_key: str
    webhook_url: str
    webhook_secret: str

    @override
    def __repr__(self) -> str:
        return f"OpenedAccount({self.account_id})"


def open_account(tx: Tx, opened: OpenedAccount, settles_after_us: int, holds_for_us: int) -> None:
    """Keeps the account."""
    tx.run(
        """
        INSERT INTO account (id, key_hash, webhook_url, webhook_secret, settles_after_us, created_at, holds_for_us)
        VALUES (:id, :key_hash, :webhook_url, :webhook_secret, :settles_after_us, :now, :holds_for_us)
        """,
        id=opened.account_id,
        key_hash=_hash(opened.secret_key),
        webhook_url=opened.webhook_url,
        webhook_secret=opened.webhook_secret,
        settles_after_us=settles_after_us,
        holds_for_us=holds_for_us,
        now=tx.now,
    )


def find_by_key(tx: Tx, secret_key: str) -> Account | None:
    """The account whose key it is. Only hashes are compared, so timing tells nothing about a key."""
    row = tx.one(f"SELECT {ACCOUNT} FROM account WHERE key_hash = :hash", hash=_hash(secret_key))
    return None if row is None else Account(*row)


def get(tx: Tx, account_id: str) -> Account:
    """The account, which exists."""
    row = tx.one(f"SELECT {ACCOUNT} FROM account WHERE id = :id", id=account_id)
    assert row is not None, "objects belong to accounts, which are never deleted"
    return Account(*row)


def change(
    tx: Tx,
    account_id: str,
    webhook_url: str | None,
    webhook_secret: str | None,
    settles_after_us: int | None,
    holds_for_us: int | None = None,
) -> Account:
    """Changes what is not None. What is queued already goes to the new URL."""
    row = tx.one(
        f"""
        UPDATE account SET webhook_url = coalesce(:webhook_url, webhook_url),
            webhook_secret = coalesce(:webhook_secret, webhook_secret),
            settles_after_us = coalesce(:settles_after_us, settles_after_us),
            holds_for_us = coalesce(:holds_for_us, holds_for_us)
        WHERE id = :id RETURNING {ACCOUNT}
        """,
        id=account_id,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        settles_after_us=settles_after_us,
        holds_for_us=holds_for_us,
    )
    assert row is not None, "the caller signed in with it"
    return Account(*row)


def _hash(secret_key: str) -> str:
    return hashlib.sha256(secret_key.encode()).hexdigest()
