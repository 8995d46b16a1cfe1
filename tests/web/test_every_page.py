"""Every page answers: first empty, then with something on it, to members only, with the headers that pages must have."""

import re

from tests.make import make_merchant
from tests.web.browsing import Browser, Page
from tests.web.site import Site

EMPTY = (
    "/dashboard",
    "/dashboard/search",
    "/dashboard/search?q=%00ada+1%2C234.50%25",
    "/dashboard/links",
    "/dashboard/links?status=active",
    "/dashboard/links?status=nonsense&q=bicycle&cursor=nonsense",
    "/dashboard/links/new",
    "/dashboard/links/preview",
    "/dashboard/coupons",
    "/dashboard/coupons?status=on&q=spring",
    "/dashboard/coupons?status=nonsense&cursor=nonsense&q=%25",
    "/dashboard/coupons/new",
    "/dashboard/customers",
    "/dashboard/customers?q=ada&cursor=nonsense",
    "/dashboard/customers/new",
    "/dashboard/requests",
    "/dashboard/requests?status=answered&link=plink_00000000000000000000000000",
    "/dashboard/requests?status=nonsense&link=nonsense&cursor=nonsense",
    "/dashboard/payments",
    "/dashboard/payments?status=captured&q=ada",
    "/dashboard/disputes",
    "/dashboard/disputes?status=waiting",
    "/dashboard/disputes?status=nonsense&cursor=nonsense",
    "/dashboard/payouts",
    "/dashboard/payouts?status=paid&q=po",
    "/dashboard/payouts?status=nonsense&cursor=nonsense",
    "/dashboard/events",
    "/dashboard/events?type=payment.captured",
    "/dashboard/events?type=nonsense&of=plink_1&cursor=nonsense",
    "/dashboard/books",
    "/dashboard/books?account=sales",
    "/dashboard/developers",
    "/dashboard/gateways",
    "/dashboard/links/templates",
    "/dashboard/mails",
    "/dashboard/settings",
    "/dashboard/settings/invoices",
    "/dashboard/stuck",
)


def check_page(page: Page, status: int = 200) -> None:
    """WH01, WH05: strict policy, nothing inline, nothing kept by caches."""
    assert page.status == status, page.text
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert page.header("cache-control") == "no-store"
    assert page.header("x-content-type-options") == "nosniff"
    assert page.header("request-id").startswith("req_")
    policy = page.header("content-security-policy")
    assert policy.startswith("default-src 'none'; base-uri 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors" in policy
    assert len([name for name, _ in page.headers if name == "content-security-policy"]) == 1
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|<style", page.body.decode())
    # What is promised is of the payer's pages; the dashboard's longest form comes with the frame of every page.
    assert len(page.body) < (56 if b'<body class="desk"' in page.body else 50) * 1024


async def test_wh01_wh05_every_page_answers_where_there_is_nothing_yet(site: Site) -> None:
    browser = await site.member()
    for url in EMPTY:
        check_page(await browser.get(url))
        head = await browser.head(url)
        assert (head.status, head.body) == (200, b""), url


async def test_a_page_of_the_dashboard_is_for_members(site: Site) -> None:
    for url in EMPTY:
        page = await site.browser().get(url)
        assert page.status == 303, url
        assert page.location.startswith("/sign-in?next=%2Fdashboard")
        assert page.body == b""


async def test_every_page_answers_with_something_on_it(site: Site) -> None:
    shop = site.shop
    link = await shop.link(description="<b>Bicycle</b> & more", note="Thank you\nvery much", reference="R-7")
    paid = await shop.pay(link)
    later = await shop.link(payments_max=None, description="Tea")
    failed = await shop.pay(later, "2", "declined")
    browser = await site.member()
    for url in (
        *EMPTY,
        f"/dashboard/links/{link.id}",
        f"/dashboard/links/{later.id}",
        f"/dashboard/links/{later.id}/edit",
        f"/dashboard/payments/{paid.id}",
        f"/dashboard/payments/{failed.id}",
        "/dashboard/payments?q=ada%40example.com",
        f"/dashboard/payments?q={paid.id}",
        "/dashboard/links?q=bicycle&status=completed",
    ):
        page = await browser.get(url)
        check_page(page)
        assert b"<b>Bicycle" not in page.body, url
    assert "<b>Bicycle</b> & more" in (await browser.get(f"/dashboard/links/{link.id}")).text


NOT_THERE = (
    "/dashboard/links/plink_00000000000000000000000000",
    "/dashboard/links/plink_%00",
    "/dashboard/links/nonsense",
    "/dashboard/links/nonsense/edit",
    "/dashboard/payments/pay_00000000000000000000000000",
    "/dashboard/customers/cus_00000000000000000000000000",
    "/dashboard/customers/cus_00000000000000000000000000/export",
    "/dashboard/customers/cus_00000000000000000000000000/merge",
    "/dashboard/links/new?request=lrq_00000000000000000000000000",
    "/dashboard/payments/re_1",
    "/dashboard/payouts/po_00000000000000000000000000",
    "/dashboard/events/evt_00000000000000000000000000",
    "/dashboard/developers/endpoints/we_00000000000000000000000000",
    "/dashboard/gateways/gwa_00000000000000000000000000",
    "/dashboard/gateways/connect/sandbox",
    "/dashboard/gateways/connect/nonsense",
    "/dashboard/mails/mail_00000000000000000000000000",
    "/dashboard/mails/mail_00000000000000000000000000/body",
)


async def test_what_is_not_there_is_not_found(site: Site) -> None:
    browser = await site.member()
    for url in NOT_THERE:
        check_page(await browser.get(url), 404)


async def test_an_unknown_address_is_a_page_too(site: Site) -> None:
    browser = site.browser()
    for url, status in (("/nothing", 404), ("/dashboard/nothing", 404), ("/p/", 404), ("/p/a/b/c/d", 404)):
        check_page(await browser.get(url), status)
    wrong = await browser.request("DELETE", "/dashboard")
    assert wrong.status == 405
    assert "GET" in wrong.header("allow")
    check_page(wrong, 405)


async def test_an_address_says_what_it_takes(site: Site) -> None:
    browser = site.browser()
    for url, takes in (("/sign-in", "GET, HEAD, OPTIONS, POST"), ("/p/cake-order", "GET, HEAD, OPTIONS")):
        told = await browser.request("OPTIONS", url)
        assert (told.status, told.body, told.header("allow")) == (204, b"", takes)


async def test_static_files_are_kept_for_good(site: Site) -> None:
    browser = site.browser()
    page = await browser.get("/sign-in")
    urls = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.body.decode()))
    assert len(urls) >= 2
    for url in urls:
        file = await browser.get(url)
        assert file.status == 200
        assert file.header("cache-control") == "public, max-age=31536000, immutable"
        assert file.header("x-content-type-options") == "nosniff"
    assert (await browser.get("/static/0000000000000000/dashboard.css")).status == 404
    assert (await browser.get("/static/x/../../../../etc/passwd")).status == 404


async def test_the_books_of_another_merchant_are_not_there(site: Site) -> None:
    shop = site.shop
    stranger = await make_merchant(shop.services, "Stranger")
    mine, shop.merchant = shop.merchant, stranger
    theirs = await shop.link(description="Secret")
    shop.merchant = mine
    browser: Browser = await site.member()
    assert (await browser.get(f"/dashboard/links/{theirs.id}")).status == 404
    assert (await browser.get(f"/dashboard/links/{theirs.id}/edit")).status == 404
    assert "Secret" not in (await browser.get("/dashboard/links")).text
    settings = await browser.get("/dashboard/settings")
    token = settings.form("/dashboard/settings")["csrf_token"]
    for action in ("pause", "cancel", "resume", "duplicate", "edit"):
        page = await browser.post(
            f"/dashboard/links/{theirs.id}/{action}", {"csrf_token": token, "submit_token": "x" * 20}
        )
        assert page.status == 404, action
