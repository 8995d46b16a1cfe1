"""Samples of the pages that look across everything."""

from linktill.core.money import Money
from linktill.web.dashboard.search.view import Group, HitRow, SearchPage
from linktill.web.look.look import View
from tests.web.look.checkout_samples import LONG_EMAIL, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import HUGE, ID, SHELL

_FORTY = Money(4_000, "USD")
_GROUPS = (
    Group(
        "payment",
        (
            HitRow(
                f"/dashboard/payments/pay_{ID}",
                "Portrait session",
                "ada@example.com",
                "captured",
                _FORTY,
                NOW,
            ),
            HitRow("/dashboard/payments/pay_2", LONG_TITLE, LONG_EMAIL, "partly_refunded", HUGE, NOW),
        ),
        "/dashboard/payments?q=a",
    ),
    Group("link", (HitRow("/dashboard/links/plink_1", LONG_TITLE, "INV-7", "active", None, NOW),), None),
    Group("customer", (HitRow("/dashboard/customers/cus_1", "Ada", "ada@example.com", "", None, NOW),), None),
    Group(
        "dispute",
        (HitRow("/dashboard/disputes/dp_1", "Fraudulent", "", "needs_response", _FORTY, NOW),),
        None,
    ),
    Group("payout", (HitRow("/dashboard/payouts/po_1", "po_at_gateway", "", "paid", HUGE, NOW),), None),
    Group("coupon", (HitRow("/dashboard/coupons/cpn_1", "SPRING", "Ten percent", "", None, NOW),), None),
)
DESK: dict[str, View] = {
    "search": SearchPage(SHELL, "a", _GROUPS),
    "search-empty": SearchPage(SHELL, "", ()),
    "search-none": SearchPage(SHELL, "Zebra & Söhne", ()),
}
