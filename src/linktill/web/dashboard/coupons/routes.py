"""`GET /dashboard/coupons`: the merchant's coupons, found by how their code begins, newest first."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.coupon import Coupon, code_start, state_of
from linktill.core.errors import FieldInvalid
from linktill.core.money import Money
from linktill.core.pricing_terms import percent_text
from linktill.flows.manage_coupons import CouponPage, find_coupons
from linktill.storage.coupons import BEFORE_ALL, CouponFilter
from linktill.web.answer import Answer
from linktill.web.dashboard.coupons.view import CouponRow, CouponsPage, Off
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.paging import ROWS, SEARCH_MAX, pager, tab

PATH: Final = "/dashboard/coupons"
_IS_ACTIVE: Final[Mapping[str, bool | None]] = {"": None, "on": True, "off": False}


def coupons_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        status = visitor.query("status")
        status = status if status in _IS_ACTIVE else ""
        search = visitor.query("q").strip()[:SEARCH_MAX]
        before = visitor.cursor(prefixes.COUPON)
        found = await _find(visitor, search, status, before)
        is_filtered = bool(status or search or before)
        has_any = bool(found.coupons) or (
            is_filtered and bool((await find_coupons(services, visitor.merchant_id, limit=1)).coupons)
        )
        now = services.clock.now_us()
        page = CouponsPage(
            shell=desk.shell(visitor),
            tabs=tuple(
                tab(PATH, label, name, status, search=search)
                for name, label in (("", "All"), ("on", "On"), ("off", "Off"))
            ),
            status=status,
            search=search,
            rows=tuple(_row(coupon, now) for coupon in found.coupons),
            pager=pager(
                PATH,
                newer=None,
                older=found.next_cursor,
                is_first=before is None,
                status=status,
                q=search,
            ),
            has_coupons=has_any,
        )
        return desk.show(visitor, page)

    async def _find(visitor: Visitor, search: str, status: str, before: str | None) -> CouponPage:
        try:
            wanted = CouponFilter(code_start(search), _IS_ACTIVE[status])
        except FieldInvalid:
            return CouponPage([], None)
        return await find_coupons(
            services, visitor.merchant_id, limit=ROWS, before=before or BEFORE_ALL, wanted=wanted
        )

    return (desk.page(PATH, show),)


def off_of(coupon: Coupon) -> Off:
    """What it takes off, for a page."""
    if coupon.rate_ppm:
        return Off(percent=percent_text(coupon.rate_ppm))
    assert coupon.currency is not None, "an amount has a currency"
    return Off(amount=Money(coupon.amount_minor, coupon.currency))


def _row(coupon: Coupon, now: int) -> CouponRow:
    return CouponRow(
        coupon.id,
        coupon.code,
        coupon.name,
        state_of(coupon, now).value,
        off_of(coupon),
        coupon.is_automatic,
        coupon.expires_at,
        coupon.uses,
        coupon.uses_max,
    )
