"""What the books show."""

from dataclasses import dataclass
from typing import ClassVar, Literal

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
class ForeignRow:
    """Money at the gateway that no link started, and that is in no account."""

    kind: Literal["payment", "refund", "dispute"]
    gateway_ref: str
    reference: str
    """What it carries of ours: its record was lost. Empty where it carries nothing."""
    amount: Money | None
    """None where the gateway does not say, or names a currency that we do not know."""
    found_at: int


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
    foreign: tuple[ForeignRow, ...] = ()
    """On the first page of all accounts only."""
