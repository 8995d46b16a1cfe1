"""Sample pages of coupons."""

from dataclasses import replace

from linktill.core.money import Money
from linktill.web.dashboard.coupon.view import CouponPage, CouponValues, LinkChoice, NewCouponPage
from linktill.web.dashboard.coupons.view import CouponRow, CouponsPage, Off
from linktill.web.dashboard.shell import Currency, Pager, Tab
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import HUGE, SHELL

CURRENCIES = (Currency("EUR", "Euro"), Currency("USD", "US Dollar"))
CHOICES = (
    LinkChoice("plink_1", "Guitar lesson", is_ticked=True),
    LinkChoice("plink_2", LONG_TITLE, is_ticked=False),
    LinkChoice("plink_3", "Logo design, final invoice", is_ticked=False),
)
TABS = tuple(
    Tab(label, f"/dashboard/coupons?status={name}", not name)
    for name, label in (("", "All"), ("on", "On"), ("off", "Off"))
)
ROWS = (
    CouponRow("cpn_1", "SPRING-10", "Spring sale", "active", Off("10"), False, NOW + 30 * DAY, 12, 100),
    CouponRow("cpn_2", "FRIENDS", "", "scheduled", Off(amount=Money(500, "USD")), True, None, 0, None),
    CouponRow(
        "cpn_3",
        "LONG " * 16,
        LONG_TITLE[:120],
        "expired",
        Off(amount=HUGE),
        True,
        NOW - DAY,
        1_000_000,
        1_000_000,
    ),
    CouponRow("cpn_4", "OLD", "", "off", Off("8.875"), False, None, 3, None),
    CouponRow("cpn_5", "FIRST100", "First hundred", "used_up", Off("100"), False, None, 100, 100),
)
LIST = CouponsPage(SHELL, TABS, "", "", ROWS, Pager(older_url="/dashboard/coupons?cursor=cpn_1"), True)
NEW = NewCouponPage(SHELL, "tok_1", CURRENCIES, CHOICES, CouponValues())
FILLED = CouponValues(
    code="SPRING-10", name="Spring sale", minimum="50.00", uses_max="100", uses_per_customer_max="1",
    starts_on="2027-03-01", expires_on="2027-05-31", where="some", links="plink_1", is_automatic="yes",
)  # fmt: skip
PAGE = CouponPage(
    SHELL, "cpn_1", "SPRING-10", "Spring sale", "active", Off("10"), False, True, NOW - DAY, NOW, CURRENCIES, CHOICES, FILLED
)  # fmt: skip
COUPONS: dict[str, View] = {
    "coupons": LIST,
    "coupons-none": replace(LIST, rows=(), pager=Pager(), has_coupons=False),
    "coupons-not-found": replace(LIST, rows=(), pager=Pager(), search="sprung", status="on"),
    "coupon-new": NEW,
    "coupon-new-first": replace(NEW, links=()),
    "coupon-new-errors": replace(
        NEW,
        values=replace(FILLED, code="%", kind="amount", amount="5,00", uses_max="many", links=""),
        errors={
            "code": "A code has 2 to 40 letters and digits; spaces and hyphens may stand between them.",
            "amount": "Write the amount with digits and a point, such as 40 or 40.50.",
            "uses_max": "Write a number from 1 to 1,000,000, or nothing for no limit.",
            "where": "Tick at least one link.",
        },
    ),
    "coupon-page": PAGE,
    "coupon-page-off": replace(
        PAGE, code="LONG " * 16, status="off", is_active=False, off=Off(amount=HUGE), has_own_currency=True,
        values=replace(FILLED, kind="amount"),
    ),
    "coupon-page-changed": replace(
        PAGE, problem="Someone else has changed this coupon since you opened it. Check your values and save again."
    ),
}  # fmt: skip
