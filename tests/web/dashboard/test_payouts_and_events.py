"""Payouts and events on pages of their own, and the history of what belongs to no payment."""

from linktill.core.coupon import CouponFields
from linktill.core.customer import CustomerFields
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.flows.enter_search import fill_search
from linktill.flows.manage_coupons import create_coupon
from linktill.flows.manage_customers import create_customer, edit_customer
from linktill.flows.record_payout import apply_payout_fact
from linktill.flows.services import moment_of
from tests.make import make_merchant, usd
from tests.web.site import Site
from tests.web.test_every_page import check_page

NOW = 1_790_000_000_000_000


async def told(site: Site, ref: str, kind: PayoutFactKind, minor: int = 3_000) -> str:
    fact = PayoutFact(ref, kind, usd(minor), NOW)
    shop = site.shop
    payout = await site.services.database.run(
        apply_payout_fact, moment_of(site.services), shop.id, shop.account.id, fact
    )
    return payout.id


async def test_what_belongs_to_no_payment_has_a_history(site: Site) -> None:
    await told(site, "sbpo_1", PayoutFactKind.PAID)
    payout_id = await told(site, "sbpo_1", PayoutFactKind.FAILED)
    customer = await create_customer(site.services, site.shop.id, CustomerFields(name="Ada"))
    await edit_customer(site.services, site.shop.id, customer.id, lambda _: CustomerFields(name="Ada L"))
    coupon = await create_coupon(site.services, site.shop.id, CouponFields("SPRING", rate_ppm=100_000))
    browser = await site.member()
    for url, times in (
        (f"/dashboard/payouts/{payout_id}", 2),
        (f"/dashboard/customers/{customer.id}", 2),
        (f"/dashboard/coupons/{coupon.id}", 1),
    ):
        page = await browser.get(url)
        check_page(page)
        assert page.text.count('<ol class="timeline">') == 1, url
        history = page.text.partition('<ol class="timeline">')[2].partition("</ol>")[0]
        assert history.count("<li") == times, url


async def test_payouts_are_listed_filtered_and_searched(site: Site) -> None:
    paid = await told(site, "sbpo_1", PayoutFactKind.PAID, 3_000)
    pending = await told(site, "sbpo_2", PayoutFactKind.PENDING, 4_500)
    await fill_search(site.services)
    browser = await site.member()
    for query, found in (
        ("", {paid, pending}),
        ("?status=paid", {paid}),
        ("?status=pending", {pending}),
        ("?q=sbpo_2", {pending}),
        ("?q=30.00", {paid}),
        ("?q=30.00&status=pending", set[str]()),
    ):
        page = await browser.get(f"/dashboard/payouts{query}")
        check_page(page)
        assert {each for each in (paid, pending) if each in page.text} == found, query
    assert "sbpo_1" in (await browser.get(f"/dashboard/payouts/{paid}")).text


async def test_events_are_listed_by_type_and_by_what_they_are_about(site: Site) -> None:
    tea = await site.shop.pay(await site.shop.link(description="Tea"))
    cake = await site.shop.pay(await site.shop.link(description="Cake"), "2")
    browser = await site.member()
    every = await browser.get("/dashboard/events?type=payment.captured")
    check_page(every)
    assert tea.id in every.text
    assert cake.id in every.text
    one = await browser.get(f"/dashboard/events?of={tea.link_id}")
    assert tea.id in one.text
    assert cake.id not in one.text
    url = "/dashboard/events/" + every.text.partition('href="/dashboard/events/evt_')[2].partition('"')[0]
    page = await browser.get(url.replace("events/", "events/evt_"))
    check_page(page)
    assert '"object": "payment"' in page.text
    assert f"/dashboard/payments/{cake.id}" in page.text


async def test_other_books_events_and_payouts_are_not_there(site: Site) -> None:
    payout_id = await told(site, "sbpo_1", PayoutFactKind.PAID)
    browser = await site.member()
    event_id = (
        "evt_" + (await browser.get("/dashboard/events")).text.partition("/dashboard/events/evt_")[2][:26]
    )
    check_page(await browser.get(f"/dashboard/events/{event_id}"))
    mine = site.shop.merchant
    site.shop.merchant = await make_merchant(site.services, "Other")
    other = await site.shop.link(description="Theirs")
    site.shop.merchant = mine
    page = await browser.get(f"/dashboard/events?of={other.id}")
    assert "payment_link.created</p>" not in page.text
    assert payout_id in (await browser.get("/dashboard/payouts")).text
