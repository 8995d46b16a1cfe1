"""What the page about invoices shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class InvoicesPage:
    """`GET /dashboard/settings/invoices`. Posts `csrf_token` and all fields to the same address. Everything as it was typed."""

    TEMPLATE: ClassVar[str] = "dashboard/invoices/page.html"

    shell: Shell
    is_set: bool
    is_on: bool
    legal_name: str
    address: str
    country: str
    tax_id: str
    footer: str
    paper: str
    invoice_prefix: str
    credit_prefix: str
    digits: str
    next_invoice_number: str
    next_credit_number: str
    may_start_invoices: bool
    may_start_credits: bool
    example: str
    """How the next invoice will be called; empty: nothing is set yet."""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
