"""Where a thing has its page, by its id."""

from typing import Final

from linktill.core import ids as prefixes

_PATHS: Final = (
    (prefixes.LINK, "/dashboard/links/"),
    (prefixes.ATTEMPT, "/dashboard/payments/"),
    (prefixes.CUSTOMER, "/dashboard/customers/"),
    (prefixes.DISPUTE, "/dashboard/disputes/"),
    (prefixes.PAYOUT, "/dashboard/payouts/"),
    (prefixes.COUPON, "/dashboard/coupons/"),
    (prefixes.ENDPOINT, "/dashboard/developers/endpoints/"),
    (prefixes.EVENT, "/dashboard/events/"),
)


def page_of(object_id: str) -> str | None:
    """The path of its page; None: it has none of its own."""
    for prefix, path in _PATHS:
        if object_id.startswith(prefix):
            return path + object_id
    return None
