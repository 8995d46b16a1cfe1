"""All sample pages, and the frames that some of them show."""

from linktill.web.look.look import page
from tests.web.look.asking_samples import ASKED, ASKS
from tests.web.look.checkout_samples import CHECKOUT as PAYING
from tests.web.look.choosing_samples import SAMPLES as CHOOSING
from tests.web.look.coupon_samples import COUPONS
from tests.web.look.customer_samples import CUSTOMERS
from tests.web.look.dashboard_samples import DASHBOARD as OTHERS
from tests.web.look.dashboard_samples import ID
from tests.web.look.desk_samples import DESK
from tests.web.look.dispute_samples import DISPUTES
from tests.web.look.domain_samples import DOMAINS
from tests.web.look.filing_samples import FILING
from tests.web.look.gateway_samples import GATEWAY_PAGES
from tests.web.look.held_samples import HOLDS, PAYING_HELD
from tests.web.look.import_samples import IMPORTS
from tests.web.look.link_samples import LINKS
from tests.web.look.offline_samples import OFFLINE
from tests.web.look.paper_samples import PAPERS_PAGES
from tests.web.look.reconcile_samples import RECONCILE
from tests.web.look.request_samples import ASKING, REQUESTS
from tests.web.look.share_samples import CARDS, SHARING

CHECKOUT = {**PAYING, **CHOOSING, **ASKED, **ASKING, **PAYING_HELD}
DASHBOARD = {
    **OTHERS,
    **ASKS,
    **COUPONS,
    **CUSTOMERS,
    **DESK,
    **DISPUTES,
    **DOMAINS,
    **FILING,
    **GATEWAY_PAGES,
    **HOLDS,
    **IMPORTS,
    **LINKS,
    **OFFLINE,
    **PAPERS_PAGES,
    **RECONCILE,
    **REQUESTS,
    **SHARING,
}
EXTRA: dict[str, bytes] = {
    "/dashboard/links/preview": page(CHECKOUT["link-preview"]).encode(),
    f"/dashboard/links/plink_{ID}/send/preview": (
        b"<!doctype html><html lang=en><title>Mail</title><p>Studio Nord asks you to pay."
    ),
    "/dashboard/mails/mail_1/body": b"<!doctype html><html lang=en><title>Mail</title><p>You paid $40.00.",
}
__all__ = ["CARDS", "CHECKOUT", "DASHBOARD", "EXTRA"]
