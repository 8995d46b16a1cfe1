"""What the list of payments shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.web.dashboard.shell import Pager, PaymentRow, Shell, Tab


@dataclass(frozen=True, slots=True)
class PaymentsPage:
    """`GET /dashboard/payments?status=&q=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/payments/page.html"

    shell: Shell
    tabs: tuple[Tab, ...]
    status: str
    search: str
    rows: tuple[PaymentRow, ...]
    pager: Pager
    has_payments: bool
