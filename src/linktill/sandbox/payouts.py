"""Payouts: what the company holds for a merchant goes to their bank, all of it, one payout for each currency."""

from typing import Final

from linktill.sandbox import accounts
from linktill.sandbox.database import Tx
from linktill.sandbox.jobs import JobKind, later
from linktill.sandbox.records import PAYOUT, Account, Payout

PAYOUT_FAILED: Final = "bank_refused"

# Captured less fees and refunds, less what disputes hold (their fee is never given back), less what was paid out already.
_HELD: Final = """
    SELECT currency, sum(minor) FROM (
        SELECT currency, amount_minor - coalesce(fee_minor, 0) - refund_held_minor AS minor FROM payment
        WHERE account_id = :account_id AND status = 'captured'
        UNION ALL
        SELECT currency, -fee_minor - CASE status WHEN 'won' THEN 0 ELSE amount_minor END FROM dispute
        WHERE account_id = :account_id
        UNION ALL
        SELECT currency, -amount_minor FROM payout WHERE account_id = :account_id AND status <> 'failed'
    ) GROUP BY currency ORDER BY currency
"""


def held(tx: Tx, account_id: str) -> dict[str, int]:
    """What the company holds for the merchant, by currency; below zero they owe it."""
    return {row[0]: row[1] for row in tx.all(_HELD, account_id=account_id)}


def pay_out(tx: Tx, account: Account) -> list[Payout]:
    """Sends everything that is held. Nothing where nothing is."""
    made = [
        _create(tx, account, minor, currency) for currency, minor in held(tx, account.id).items() if minor > 0
    ]
    for payout in made:
        later(tx, JobKind.SETTLE_PAYOUT, payout.id, accounts.get(tx, account.id).settles_after_us)
    return made


def settle(tx: Tx, payout_id: str) -> Payout | None:
    """The money is at the bank. None: it had ended already."""
    return _move(tx, payout_id, "pending", "paid")


def fail(tx: Tx, payout_id: str) -> Payout | None:
    """The bank sent it back, perhaps days after it was called paid: the company has the money again."""
    return _move(tx, payout_id, "pending", "failed") or _move(tx, payout_id, "paid", "failed")


def find_owned(tx: Tx, account_id: str, payout_id: str) -> Payout | None:
    """Another merchant's payout is not there."""
    row = tx.one(
        f"SELECT {PAYOUT} FROM payout WHERE id = :id AND account_id = :account_id",
        id=payout_id,
        account_id=account_id,
    )
    return None if row is None else Payout(*row)


def _create(tx: Tx, account: Account, amount_minor: int, currency: str) -> Payout:
    row = tx.one(
        f"""
        INSERT INTO payout (id, account_id, status, amount_minor, currency, arrives_at, created_at, updated_at)
        VALUES (:id, :account_id, 'pending', :amount_minor, :currency, :arrives_at, :now, :now) RETURNING {PAYOUT}
        """,
        id=tx.ids.new("sbpo_"),
        account_id=account.id,
        amount_minor=amount_minor,
        currency=currency,
        arrives_at=tx.now + account.settles_after_us,
        now=tx.now,
    )
    assert row is not None, "INSERT RETURNING gives a row"
    return Payout(*row)


def _move(tx: Tx, payout_id: str, before: str, after: str) -> Payout | None:
    row = tx.one(
        f"""
        UPDATE payout SET status = :after, failure_code = :failure_code, updated_at = :now
        WHERE id = :id AND status = :before RETURNING {PAYOUT}
        """,
        id=payout_id,
        before=before,
        after=after,
        failure_code=PAYOUT_FAILED if after == "failed" else None,
        now=tx.now,
    )
    return None if row is None else Payout(*row)
