"""`GET /dashboard/books`: what stands on each ledger account, and the journal behind it."""

import re
from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import MerchantId
from linktill.core.ledger import SALES, SURPLUS
from linktill.core.money import Money
from linktill.storage import ledger
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import count_foreign
from linktill.storage.overview import JOURNAL_FIRST, JournalRow, journal
from linktill.web.answer import Answer
from linktill.web.dashboard.books.view import Balance, BooksPage
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.paging import ROWS, list_url, pager
from linktill.web.dashboard.rows import entry_rows
from linktill.web.dashboard.shell import LedgerRow

PATH: Final = "/dashboard/books"
_ACCOUNT: Final = re.compile(r"[a-z_]{1,40}(?::[0-9A-Za-z_-]{1,60})?", re.ASCII)
_CREDITS: Final = frozenset({SALES, SURPLUS})
"""Accounts that are expected to stand in credit: income, and what is owed."""


def books_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show_books(visitor: Visitor) -> Answer:
        text = visitor.query("account")
        account = text if _ACCOUNT.fullmatch(text) else ""
        cursor = visitor.cursor(prefixes.LEDGER_TRANSACTION)
        balances, rows, to_decide = await desk.services.database.report(
            _load, visitor.merchant_id, account or None, cursor or JOURNAL_FIRST
        )
        shown = rows[:ROWS]
        page = BooksPage(
            shell=desk.shell(visitor),
            # One currency after the other: only what has the same currency can be compared.
            balances=tuple(
                _balance(balance) for balance in sorted(balances, key=lambda balance: balance.currency)
            ),
            account=account,
            rows=tuple(ledger_row(row) for row in shown),
            pager=pager(
                PATH,
                newer=None,
                older=shown[-1].id if len(rows) > ROWS else None,
                is_first=cursor is None,
                account=account,
            ),
            to_decide=0 if account or cursor else to_decide,
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show_books),)


async def _load(
    tx: Tx, merchant_id: MerchantId, account: str | None, before: str
) -> tuple[list[ledger.Balance], list[JournalRow], int]:
    balances = await ledger.balances(tx, merchant_id)
    rows = await journal(tx, merchant_id, limit=ROWS + 1, before=before, account=account)
    return balances, rows, await count_foreign(tx, merchant_id)


def _balance(balance: ledger.Balance) -> Balance:
    sign = -1 if balance.account in _CREDITS else 1
    return Balance(
        account=balance.account,
        balance=Money(sign * balance.amount_minor, balance.currency),
        url=list_url(PATH, account=balance.account),
    )


def ledger_row(row: JournalRow) -> LedgerRow:
    """A ledger transaction as the journal shows it."""
    return LedgerRow(
        id=row.id,
        at=row.at,
        kind=row.kind,
        entries=entry_rows(row.entries, row.currency),
        description=row.description,
        payment_id=row.attempt_id,
    )
