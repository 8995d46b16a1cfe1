"""A link is published, and closed for good with the money that came for it or without."""

from linktill.core.payment_link import LinkStatus
from linktill.core.pricing import Choices, Parts, Pricing
from linktill.flows.manage_links import find_links
from tests.make import usd
from tests.web.site import Site


async def test_canceling_asks_what_becomes_of_the_money(site: Site) -> None:
    shop = site.shop
    link = await shop.link(5_000, pricing=Pricing(parts=Parts()))
    result = await shop.press_pay(link, amount=usd(2_000), choices=Choices(part_minor=2_000))
    await shop.fill_card(result)
    await shop.deliver()
    browser = await site.member()
    url = f"/dashboard/links/{link.id}"
    page = await browser.get(url)
    assert "What becomes of the $20.00 that you have received?" in page.text
    assert (await browser.submit(page, f"{url}/cancel")).status == 422
    done = await browser.submit(page, f"{url}/cancel", payments="refund")
    assert "its payments are being refunded" in (await browser.follow(done)).text
    await shop.poll()
    assert (await shop.fresh(link)).refunded_minor == 2_000


async def test_a_draft_is_kept_and_published(site: Site) -> None:
    browser = await site.member()
    page = await browser.get("/dashboard/links/new")
    typed = {"description": "Guitar lesson", "amount": "40", "draft": "yes"}
    made = await browser.submit(page, "/dashboard/links", **typed)
    assert made.status == 303, made.text
    [link] = (await find_links(site.shop.services, site.shop.id, limit=1)).links
    assert link.status is LinkStatus.DRAFT
    assert (await site.browser().get(f"/p/{link.slug}")).status == 404
    url = f"/dashboard/links/{link.id}"
    detail = await browser.get(url)
    assert "This is a draft." in detail.text
    done = await browser.submit(detail, f"{url}/publish")
    assert "Published." in (await browser.follow(done)).text
    assert (await site.browser().get(f"/p/{link.slug}")).status == 200
