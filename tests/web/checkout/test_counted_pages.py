"""Parts, stock, limits, goals and codes, in a browser's eyes."""

from dataclasses import replace

from linktill.core.coupon import CouponFields
from linktill.core.link_terms import fields_of
from linktill.core.pricing import Choices, Item, OpenAmount, Parts, Pricing, Variant
from linktill.flows.manage_coupons import create_coupon, edit_coupon
from linktill.flows.manage_links import edit_link
from tests.web.checkout.test_choosing import opened, paid
from tests.web.site import Site
from tests.web.test_every_page import check_page


async def test_ll15_a_bill_in_two_parts(site: Site) -> None:
    browser, page, link = await opened(site, Pricing(parts=Parts(1_000)))
    url = f"/p/{link.slug}"
    check_page(page)
    assert "Pay $40.00" in page.text
    wrong = await browser.submit(page, f"{url}/pay", part="other", part_amount="9.99")
    assert (wrong.status, "From $10.00 to $40.00." in wrong.text) == (422, True)
    missing = await browser.submit(wrong, f"{url}/pay", part="other", part_amount="")
    assert "Say how much you want to pay now." in missing.text
    assert await site.shop.attempts(link) == []
    receipt = await paid(
        site, browser, await browser.submit(missing, f"{url}/pay", part="other", part_amount="15"), url
    )
    for words in ("This payment", "$15.00", "Left to pay", "$25.00"):
        assert words in receipt.text
    other = site.browser()
    rest = await other.get(url)
    for words in ("Pay $25.00", "Paid before", "-$15.00"):
        assert words in rest.text
    assert (
        "Left to pay"
        not in (await paid(site, other, await other.submit(rest, f"{url}/pay", part="all"), url)).text
    )
    assert (await site.browser().get(url)).status == 410
    detail = await (await site.member()).get(f"/dashboard/links/{link.id}")
    for words in ("Left to pay", "$0.00", "in parts"):
        assert words in detail.text


async def test_what_is_sold_out_cannot_be_chosen(site: Site) -> None:
    sizes = (Variant("Small", 1_000, stock=1), Variant("Large", 2_000))
    browser, page, link = await opened(site, Pricing(items=(Item("Cake", 0, variants=sizes),)))
    url = f"/p/{link.slug}"
    assert "1 left" in page.text
    await paid(site, browser, await browser.submit(page, f"{url}/pay", **{"variants.0": "0"}), url)
    other = site.browser()
    late = await other.get(url)
    check_page(late)
    for words in ("Sold out", "Pay $20.00"):
        assert words in late.text
    refused = await other.submit(late, f"{url}/pay", **{"variants.0": "0"})
    assert (refused.status, "Small: all gone." in refused.text) == (200, True), (
        "another sum is shown, and why not"
    )
    again = await other.submit(refused, f"{url}/pay", **{"variants.0": "0"})
    assert (again.status, "Small: all gone." in again.text) == (422, True)
    detail = await (await site.member()).get(f"/dashboard/links/{link.id}")
    assert "1 of 1 sold" in detail.text


async def test_a_code_is_shown_charged_and_refused_beside_its_field(site: Site) -> None:
    fields = CouponFields("SPRING-10", "Spring", rate_ppm=100_000, uses_per_customer_max=1)
    await create_coupon(site.shop.services, site.shop.id, fields)
    browser, page, link = await opened(site, Pricing(takes_codes=True))
    url = f"/p/{link.slug}"
    wrong = await browser.submit(page, f"{url}/pay", code="nope")
    assert (wrong.status, "There is no such code." in wrong.text) == (422, True)
    nobody = await browser.submit(wrong, f"{url}/pay", code="spring 10")
    assert "For this code, write your e-mail address." in nobody.text
    shown = await browser.submit(
        nobody, f"{url}/pay", code="spring 10", email="ada@example.com", update="yes"
    )
    check_page(shown)
    for words in ("Pay $36.00", "Spring", "-$4.00"):
        assert words in shown.text
    receipt = await paid(
        site,
        browser,
        await browser.submit(shown, f"{url}/pay", code="spring 10", email="ada@example.com"),
        url,
    )
    assert "-$4.00" in receipt.text


async def test_a_page_that_was_opened_before_shows_what_holds_now(site: Site) -> None:
    shop = site.shop
    browser, page, link = await opened(site, Pricing(takes_codes=True))
    url = f"/p/{link.slug}"
    assert "Pay $40.00" in page.text
    fields = CouponFields("SPRING-10", "Spring", rate_ppm=100_000, is_automatic=True)
    coupon = await create_coupon(shop.services, shop.id, fields)
    shown = await site.browser().get(url)
    assert "Pay $36.00" in shown.text
    assert "-$4.00" in shown.text
    await edit_coupon(shop.services, shop.id, coupon.id, lambda now: replace(now, is_active=False))
    assert "Pay $40.00" in (await browser.get(url)).text
    await edit_link(
        shop.services, shop.id, link.id, lambda now: replace(fields_of(now), amount_minor=5_000), by="test"
    )
    assert "Pay $50.00" in (await browser.get(url)).text
    # What somebody typed is theirs alone.
    await browser.submit(page, f"{url}/pay", update="yes", email="ada@example.com", code="TYPED")
    assert "TYPED" not in (await site.browser().get(url)).text


async def test_a_limit_is_told_where_nothing_else_would_show_it_and_a_goal_is_shown(site: Site) -> None:
    items = (Item("Seat", 1_000, 1, 1, 9),)
    browser, page, link = await opened(site, Pricing(items=items, limit_minor=3_000, goal_minor=4_000))
    refused = await browser.submit(page, f"/p/{link.slug}/pay", **{"quantities.0": "4"})
    assert (refused.status, "Only 30.00 USD can still be paid here." in refused.text) == (422, True)
    assert "$0.00</strong> of" in page.text
    gift, page, other = await opened(site, Pricing(open_amount=OpenAmount(500), goal_minor=4_000))
    result = await site.shop.press_pay(other, amount=other.terms.amount, choices=Choices(4_000))
    await site.shop.fill_card(result)
    await site.shop.deliver()
    shown = await gift.get(f"/p/{other.slug}")
    assert '<progress max="100" value="100"' in shown.text
