"""What the pages of one customer show: the form for a new one, the page of one that there is, and the merge of two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.customers.view import CustomerRow
from linktill.web.dashboard.shell import CustomerLink, Pager, PaymentRow, Shell, TimelineEntry


@dataclass(frozen=True, slots=True)
class CustomerValues:
    """The form's values as typed. The names are the names of the form's fields."""

    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewCustomerPage:
    """`GET /dashboard/customers/new`. Posts all names of `CustomerValues` and `csrf_token, submit_token` to
    `/dashboard/customers`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/customer/new.html"

    shell: Shell
    submit_token: str
    """Makes a second press of the same form harmless."""
    values: CustomerValues
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str | None = None
    """A trouble of the whole form."""


@dataclass(frozen=True, slots=True)
class TotalRow:
    """What was paid in one currency."""

    net: Money
    """Less what went back."""
    refunded: Money
    payments: int


@dataclass(frozen=True, slots=True)
class TheirLink:
    """A link that names the customer."""

    id: str
    description: str
    status: str
    """A `LinkStatus`; the template chooses the words."""
    amount: Money


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """Money that came without a gateway."""

    payment_id: str
    way: str
    """As people read it, such as `Bank transfer`."""
    received_on: str
    amount: Money
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """`GET /dashboard/customers/{id}?cursor=`, which goes through the payments. Posts all names of `CustomerValues`,
    `csrf_token` and `seen_at` to it, and `csrf_token` to `…/delete`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/customer/page.html"

    shell: Shell
    id: str
    label: str
    email: str
    company: str
    phone: str
    note: str
    metadata: Mapping[str, str]
    merged_into: CustomerLink | None
    """Set: it has become part of that one, and nothing hangs on it."""
    created_at: int
    seen_at: int
    """When it last changed, so that two editors do not overwrite one another."""
    totals: tuple[TotalRow, ...]
    links: tuple[TheirLink, ...]
    has_more_links: bool
    payments: tuple[PaymentRow, ...]
    payments_pager: Pager
    receipts: tuple[ReceiptRow, ...]
    may_delete: bool
    values: CustomerValues
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str | None = None
    timeline: tuple[TimelineEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One of two that become one."""

    id: str
    label: str
    email: str
    company: str
    phone: str
    paid: tuple[Money, ...]
    payments: int
    created_at: int


@dataclass(frozen=True, slots=True)
class MergePage:
    """`GET /dashboard/customers/{id}/merge?q=&into=`: finds the other one, then asks whether they are one. Posts `into` and
    `csrf_token` to the same address.
    """

    TEMPLATE: ClassVar[str] = "dashboard/customer/merge.html"

    shell: Shell
    gone: Side
    into: Side | None
    """The one that stays; None: it is still to be found."""
    search: str
    rows: tuple[CustomerRow, ...]
    """Who may be meant."""
    problem: str | None = None
