"""What the list of coupons shows."""

from dataclasses import dataclass
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Pager, Shell, Tab


@dataclass(frozen=True, slots=True)
class Off:
    """What a coupon takes off: exactly one of the two is set."""

    percent: str = ""
    """Such as `8.875`."""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class CouponRow:
    """A coupon in the list."""

    id: str
    code: str
    name: str
    status: str
    """A `CouponState`; the template chooses the words."""
    off: Off
    is_automatic: bool
    expires_at: int | None
    uses: int
    uses_max: int | None


@dataclass(frozen=True, slots=True)
class CouponsPage:
    """`GET /dashboard/coupons?status=&q=&cursor=`."""

    TEMPLATE: ClassVar[str] = "dashboard/coupons/page.html"

    shell: Shell
    tabs: tuple[Tab, ...]
    status: str
    """The chosen filter, `on` or `off`, sent again with a search; empty for all."""
    search: str
    rows: tuple[CouponRow, ...]
    pager: Pager
    has_coupons: bool
    """False where the merchant has none at all."""
