"""A backup of many payments: how long it takes, and that its memory stays flat. Figures are printed.

`RECOVERY_PAYMENTS=100000 .venv/bin/pytest -n 0 -s tests/recovery/test_size.py`
"""

import os
import resource
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, bindparam

from linktill.flows.back_up import Wanted, back_up
from linktill.flows.restore_backup import Order, restore_backup
from linktill.platform.clock import SystemClock
from linktill.platform.randomness import SystemRandomness
from linktill.storage import tables
from linktill.storage.backup_file import Opener
from linktill.storage.database import Database, Tx, open_database
from linktill.storage.statements import Statement, compiled, insert
from tests.make import KEY, shop_on
from tests.recovery.places import new_place

PAYMENTS = int(os.environ.get("RECOVERY_PAYMENTS", "2000"))
BATCH = 1_000
GROWTH_MAX_KIB = 64 * 1024
"""The file is many times as long, once it is unpacked."""
NOW = 1_790_000_000_000_000


def into(table: Table) -> Statement:
    return compiled(insert(table).values({column.name: bindparam(column.name) for column in table.columns}))


def complete(table: Table, **values: Any) -> Mapping[str, Any]:
    """A row: what is not named is empty, by its column's type."""
    row = {}
    for column in table.columns:
        empty = None if column.nullable else (0 if "INT" in str(column.type).upper() else "")
        row[column.name] = values.get(column.name, empty)
    return row


def payments(
    merchant_id: str, link_id: str, count: int, first: int
) -> Iterator[tuple[Table, Mapping[str, Any]]]:
    """Rows as a payment leaves them: checkout, attempt, event, books."""
    mine = {"merchant_id": merchant_id, "link_id": link_id, "currency": "USD", "amount_minor": 4_000}
    for number in range(first, first + count):
        name = f"{number:026}"
        session, attempt, booked = f"cs_{name}", f"pay_{name}", f"ltx_{name}"
        known = {
            **mine,
            "session_id": session,
            "attempt_id": attempt,
            "created_at": NOW,
            "gateway_ref": attempt,
        }
        yield (
            tables.checkout_session,
            complete(tables.checkout_session, **known, id=session, submit_token=session, status="paid"),
        )
        yield tables.payment_attempt, complete(tables.payment_attempt, **known, id=attempt, status="captured")
        yield (
            tables.event,
            complete(
                tables.event, **known, id=f"evt_{name}", type="payment.captured", data='{"id":"x"}' * 20
            ),
        )
        yield (
            tables.ledger_transaction,
            complete(tables.ledger_transaction, **known, id=booked, business_key=f"capture:{attempt}"),
        )
        for account in ("sales", "clearing:gwa_1", "gateway_fees"):
            entry = {**known, "ledger_transaction_id": booked, "account": account}
            yield tables.ledger_entry, complete(tables.ledger_entry, **entry)


async def fill(database: Database, merchant_id: str, link_id: str) -> None:
    for first in range(0, PAYMENTS, BATCH):
        rows = [*payments(merchant_id, link_id, min(BATCH, PAYMENTS - first), first)]

        async def unit(tx: Tx, rows: list[tuple[Table, Mapping[str, Any]]] = rows) -> None:
            for table in {table.name: table for table, _ in rows}.values():
                await tx.many(into(table), [row for each, row in rows if each is table])

        await database.run(unit)


def rss_max_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.timeout(0)
async def test_a_large_backup_takes_little_memory(
    database: Database, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with shop_on(database) as shop:
        link = await shop.link(payments_max=None)
        await fill(database, shop.id, link.id)
        path, before = tmp_path / "large.backup", rss_max_kib()
        began_s = time.monotonic()
        wanted = Wanted(path, Opener(KEY, None), "0.1.0", None)
        made = await back_up(shop.services, wanted, lambda _table, _rows: None)
        backup_s = time.monotonic() - began_s
        url = new_place(request, tmp_path, database_url, is_other=False)
        order = Order(path, Opener(KEY, None), url, tmp_path / "s", tmp_path / "k", may_replace=False)
        began_s = time.monotonic()
        await restore_backup(SystemClock(), SystemRandomness(), order)
        restore_s = time.monotonic() - began_s
        grown = rss_max_kib() - before
        print(
            f"\n{database.dialect}: {PAYMENTS:,} payments, {made.contents.rows:,} rows, {made.size_bytes:,} bytes: "
            f"backup and reading through {backup_s:.1f} s, restore {restore_s:.1f} s, {grown // 1024} MiB more memory"
        )
        assert made.contents.sums["payment_attempt"].rows == PAYMENTS
        assert grown < GROWTH_MAX_KIB
        again = await open_database(url, SystemClock())
        await again.close()
