"""`python -m bench.desk`: what the dashboard asks for, with a hundred thousand links and payments. Prints milliseconds.

`--links N` for another size, `--database sqlite` or `postgresql` for one of the two.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.databases import Databases, Postgres, Sqlite
from bench.shop import (
    AMOUNT_MINOR,
    CURRENCY,
    MADE_AT,
    Rows,
    Shop,
    environment_of,
    found,
    link_rows,
    payment_rows,
    tail,
)
from linktill.core import ids as prefixes
from linktill.core import ledger
from linktill.core.ids import MerchantId
from linktill.flows.enter_search import fill_search
from linktill.flows.search import search
from linktill.flows.services import Services
from linktill.flows.sheets import ROWS_AT_ONCE, ROWS_MAX, At, Cell, Page, Sheet, csv_of, xlsx_of
from linktill.main import open_services
from linktill.platform.ids import encode
from linktill.settings import read_settings
from linktill.storage.attempt_lists import BEFORE_ALL, list_attempts
from linktill.storage.database import Tx
from linktill.storage.link_lists import tokens_of
from linktill.storage.merchants import get_merchant
from linktill.web.dashboard.home.chart import ByDay
from linktill.web.dashboard.home.routes import Glance, load
from tests.postgres import running_server

ROUNDS = 9
MONTH_US = 30 * 24 * 3600 * 1_000_000
SEARCHES = (
    "bicycle",
    "bi",
    "check spring bicyc",
    "INV-77777",
    "service 777",
    "payer777@example.com",
    "1,234.50",
    "42.00",
    "nothing of the kind",
)


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    for name in (asked.database,) if asked.database else ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="linktill-desk-") as folder, ExitStack() as stack:
            databases = _databases(name, Path(folder), stack)
            databases.create("desk")
            shop = found(databases.url("desk"), Path(folder))
            databases.fill("desk", _rows(shop, asked.links))
            _say(f"{name}, {asked.links:,} links and payments")
            asyncio.run(_measure(databases.url("desk"), Path(folder), shop))
    return 0


def _databases(name: str, folder: Path, stack: ExitStack) -> Databases:
    if name == "sqlite":
        return Sqlite(folder)
    databases = Postgres(stack.enter_context(running_server()))
    stack.callback(databases.close)
    return databases


def _rows(shop: Shop, size: int) -> list[Rows]:
    tokens = (
        (shop.merchant_id, token, prefixes.LINK + tail(number))
        for number in range(size)
        for token in tokens_of(f"b{number:010d} INV-{number} Bicycle service no. {number}, spring check")
    )
    return [
        *link_rows(shop, 0, size),
        *(_paid(part) for part in payment_rows(shop, size)),
        Rows("link_token", ("merchant_id", "token", "link_id"), tokens),
        *_booked(shop, size),
    ]


def _booked(shop: Shop, size: int) -> list[Rows]:
    """What the ledger has of the payments, spread over thirty days."""
    days = [MADE_AT - number * MONTH_US // size for number in range(size)]
    ids = [
        prefixes.LEDGER_TRANSACTION + encode((at // 1_000 << 80) + number) for number, at in enumerate(days)
    ]
    transactions = (
        (shop.merchant_id, ltx, "capture", f"capture:{ltx}", CURRENCY, at, at)
        for ltx, at in zip(ids, days, strict=True)
    )
    entries = (
        (shop.merchant_id, ltx, account, CURRENCY, minor)
        for ltx in ids
        for account, minor in ((ledger.SALES, -AMOUNT_MINOR), (f"clearing:{shop.account_id}", AMOUNT_MINOR))
    )
    of_transaction = ("merchant_id", "id", "kind", "business_key", "currency", "effective_at", "created_at")
    of_entry = ("merchant_id", "ledger_transaction_id", "account", "currency", "amount_minor")
    return [
        Rows("ledger_transaction", of_transaction, transactions),
        Rows("ledger_entry", of_entry, entries),
    ]


def _paid(part: Rows) -> Rows:
    if part.table != "payment_attempt":
        return part

    def rows() -> Iterator[tuple[object, ...]]:
        for number, row in enumerate(part.rows):
            yield (*row, f"payer{number}@example.com", f"Payer {number}", MADE_AT)

    return Rows(part.table, (*part.columns, "payer_email", "payer_name", "captured_at"), rows())


async def _measure(url: str, folder: Path, shop: Shop) -> None:
    merchant_id = MerchantId(shop.merchant_id)
    async with open_services(read_settings(environment_of(url, folder))) as services:
        begun, entered = time.perf_counter(), 0
        while found_now := await fill_search(services):
            entered += found_now
        took = time.perf_counter() - begun
        _say(f"  {entered:,} things entered after the fact in {took:.1f} s, {entered / took:,.0f} a second")
        home = await _home(services, merchant_id)
        await _time("home, the first look in ten minutes", lambda: home(None))
        past = (await home(None)).past
        await _time("home", lambda: home(past))
        for make, name in ((csv_of, "CSV"), (xlsx_of, "a spreadsheet")):
            for rows in (5_000, ROWS_MAX):
                await _export(services, merchant_id, make, f"{rows:,} payments as {name}", rows)
        for text in SEARCHES:
            await _time(f"search {text!r}", _searching(services, merchant_id, text))


def _searching(services: Services, merchant_id: MerchantId, text: str) -> Callable[[], Awaitable[Any]]:
    return lambda: search(services, merchant_id, text, limit=5)


async def _home(
    services: Services, merchant_id: MerchantId
) -> Callable[[ByDay | None], Coroutine[Any, Any, Glance]]:
    merchant = await services.database.read(get_merchant, merchant_id)
    assert merchant is not None
    now = MADE_AT + 3_600_000_000
    return lambda known: services.database.report(load, merchant, now, known, is_room_short=False)


async def _export(
    services: Services,
    merchant_id: MerchantId,
    make: Callable[[Services, Sheet], AsyncGenerator[bytes, None]],
    what: str,
    rows: int,
) -> None:
    pages = rows // ROWS_AT_ONCE

    async def read(tx: Tx, cursor: str | None) -> Page:
        nonlocal pages
        pages -= 1
        found = await list_attempts(tx, merchant_id, limit=ROWS_AT_ONCE, before=cursor or BEFORE_ALL)
        cells: list[list[Cell]] = [
            [each.id, each.amount, each.payer_email, each.payer_name, each.link_id, At(each.created_at)]
            for each in found
        ]
        return cells, found[-1].id if pages and len(found) == ROWS_AT_ONCE else None

    begun, size = time.perf_counter(), 0
    tracemalloc.start()
    async for chunk in make(
        services, Sheet("payments", ("id", "amount", "email", "name", "link", "at"), read)
    ):
        size += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    took = time.perf_counter() - begun
    _say(f"  {what}: {took:.1f} s, {size / 2**20:.1f} MB, at most {peak / 2**20:.1f} MB of memory")


async def _time(what: str, ask: Callable[[], Awaitable[Any]]) -> None:
    took: list[float] = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        await ask()
        took.append((time.perf_counter() - begun) * 1_000)
    _say(f"  {what}: {median(took):.1f} ms, at most {max(took):.1f} ms")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
