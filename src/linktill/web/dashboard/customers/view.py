"""What the list of customers shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Pager, Shell


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in a list."""

    id: str
    label: str
    """What people know it by."""
    email: str
    company: str
    paid: tuple[Money, ...]
    """What it paid less what went back, by currency; nothing of one that has not paid."""
    created_at: int


@dataclass(frozen=True, slots=True)
class CustomersPage:
    """`GET /dashboard/customers?q=&cursor=`. `…/export?q=` has the same as CSV."""

    TEMPLATE: ClassVar[str] = "dashboard/customers/page.html"

    shell: Shell
    search: str
    rows: tuple[CustomerRow, ...]
    pager: Pager
    export_url: str
    has_customers: bool
    """False where the merchant has none at all."""
