"""What the books show."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import LedgerRow, Pager, Shell


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on a ledger account, one row per currency."""

    account: str
    balance: Money
    """Debits less credits for assets and costs, credits less debits for sales and debts: positive is what one expects."""
    url: str
    """The books with this account only."""


@dataclass(frozen=True, slots=True)
class BooksPage:
    """`GET /dashboard/books?account=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/books/page.html"

    shell: Shell
    balances: tuple[Balance, ...]
    account: str
    """The chosen account; empty for all."""
    rows: tuple[LedgerRow, ...]
    pager: Pager
    to_decide: int = 0
    """Money at gateways that no link started, and that waits for a person: on the first page of all accounts only."""
