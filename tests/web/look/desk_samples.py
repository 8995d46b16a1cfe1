"""Samples of the pages that look across everything."""

from dataclasses import replace

from linktill.core.events import EventType
from linktill.core.money import Money
from linktill.web.dashboard.event.view import EventPage, Place
from linktill.web.dashboard.events.view import EventRow, EventsPage
from linktill.web.dashboard.payout.view import PayoutPage
from linktill.web.dashboard.payouts.view import PayoutRow, PayoutsPage
from linktill.web.dashboard.search.view import Group, HitRow, SearchPage
from linktill.web.dashboard.shell import Tab, TimelineEntry
from linktill.web.look.look import View
from tests.web.look.checkout_samples import LONG_EMAIL, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import HUGE, ID, PAGER, SHELL

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
_HISTORY = (TimelineEntry(NOW, "payout.paid"), TimelineEntry(NOW - 9_000_000_000, "payout.failed"))
PAYOUTS = PayoutsPage(
    SHELL,
    (
        Tab("All", "/dashboard/payouts", is_current=True),
        Tab("Paid out", "/dashboard/payouts?status=paid", is_current=False),
    ),
    "",
    "",
    tuple(
        PayoutRow(
            f"po_{status}", "Stripe – Studio Nord", status, HUGE, NOW, "" if status == "paid" else LONG_EMAIL
        )
        for status in ("pending", "paid", "failed", "canceled")
    ),
    PAGER,
    has_payouts=True,
)
PAYOUT = PayoutPage(
    SHELL,
    f"po_{ID}",
    "Stripe",
    "failed",
    HUGE,
    Money(200, "USD"),
    NOW,
    NOW,
    "po_1",
    LONG_TITLE,
    "Anna",
    "Account closed",
    _HISTORY,
)
EVENTS = EventsPage(
    SHELL,
    tuple(each.value for each in EventType),
    "",
    "",
    tuple(
        EventRow(f"evt_{each.name}", NOW, each.value, f"plink_{ID}", "/dashboard/links/plink_1")
        for each in list(EventType)[:6]
    ),
    PAGER,
)
EVENT = EventPage(
    SHELL, f"evt_{ID}", "payment.captured", NOW, (Place(f"pay_{ID}", "/dashboard/payments/pay_1"), Place("re_1", None)),
    '{\n  "object": "payment",\n  "note": "' + "W" * 300 + '"\n}',
)  # fmt: skip
DESK: dict[str, View] = {
    "search": SearchPage(SHELL, "a", _GROUPS),
    "payouts": PAYOUTS,
    "payouts-empty": replace(PAYOUTS, rows=(), has_payouts=False),
    "payouts-none": replace(PAYOUTS, rows=(), search="x"),
    "payout": PAYOUT,
    "events": EVENTS,
    "events-of": replace(EVENTS, of=f"plink_{ID}", rows=()),
    "event": EVENT,
    "search-empty": SearchPage(SHELL, "", ()),
    "search-none": SearchPage(SHELL, "Zebra & Söhne", ()),
}
