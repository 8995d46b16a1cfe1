"""What the pages of one coupon show: the form for a new one, and the page of one that there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.web.dashboard.coupons.view import Off
from linktill.web.dashboard.shell import Currency, Shell, TimelineEntry


@dataclass(frozen=True, slots=True)
class CouponValues:
    """The form's values as typed. The names are the names of the form's fields; those up to `amount` only of a new one."""

    code: str = ""
    kind: str = "percent"
    """What it takes off: `percent` or `amount`."""
    percent: str = ""
    amount: str = ""
    """Decimal digits, such as `5.00`; so is `minimum`."""
    currency: str = "USD"
    """Of the amount and of the minimum."""
    name: str = ""
    """What the bill calls it; empty: the code."""
    minimum: str = ""
    uses_max: str = ""
    uses_per_customer_max: str = ""
    starts_on: str = ""
    """`2026-11-30`, as date inputs send it; so is the next."""
    expires_on: str = ""
    where: str = "all"
    """For `all` links that take codes, or `some`."""
    links: str = ""
    """Their ids with blanks between, each ticked as a field `link_…` of its own."""
    is_automatic: str = ""
    """Anything: it applies by itself."""


@dataclass(frozen=True, slots=True)
class LinkChoice:
    """A link that a coupon may be for, or not."""

    id: str
    description: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class NewCouponPage:
    """`GET /dashboard/coupons/new`. Posts all names of `CouponValues` and `csrf_token, submit_token` to `/dashboard/coupons`."""

    TEMPLATE: ClassVar[str] = "dashboard/coupon/new.html"

    shell: Shell
    submit_token: str
    """Makes a second press of the same form harmless."""
    currencies: tuple[Currency, ...]
    links: tuple[LinkChoice, ...]
    values: CouponValues
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str | None = None
    """A trouble of the whole form."""


@dataclass(frozen=True, slots=True)
class CouponPage:
    """`GET /dashboard/coupons/{id}`. Posts what may change of `CouponValues`, `csrf_token` and `seen_at` to it, and
    `csrf_token` to `…/on` and `…/off`.
    """

    TEMPLATE: ClassVar[str] = "dashboard/coupon/page.html"

    shell: Shell
    id: str
    code: str
    label: str
    """What the bill calls it."""
    status: str
    """A `CouponState`; the template chooses the words."""
    off: Off
    has_own_currency: bool
    """It takes off an amount, whose currency stays."""
    is_active: bool
    created_at: int
    seen_at: int
    """When it last changed, so that two editors do not overwrite one another."""
    currencies: tuple[Currency, ...]
    links: tuple[LinkChoice, ...]
    values: CouponValues
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str | None = None
    timeline: tuple[TimelineEntry, ...] = ()
