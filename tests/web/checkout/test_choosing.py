"""Links with more than a price, in a browser's eyes: what is chosen is what is shown, charged and told afterwards."""

from dataclasses import replace

from linktill.core.link_terms import fields_of
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import Discount, Item, OpenAmount, Pricing, ShippingRate, Tax, Tips, Variant
from linktill.flows.manage_links import edit_link
from linktill.storage.pricings import kept_computation
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

CAKES = Pricing(
    items=(
        Item("Cake", 0, 1, 1, 5, variants=(Variant("Small", 3_000), Variant("Large", 4_500))),
        Item("Candles", 250, 1, 1, 20, is_optional=True),
        Item("Box", 400, is_optional=True),
    ),
    taxes=(Tax("VAT", 70_000, is_inclusive=True),),
    discounts=(Discount("Regulars", rate_ppm=100_000),),
    tips=Tips((50_000, 100_000)),
)
GIFT = Pricing(open_amount=OpenAmount(500, 1_000_000, (1_000, 2_500)))


async def opened(site: Site, pricing: Pricing, **fields: object) -> tuple[Browser, Page, PaymentLink]:
    link = await site.shop.link(pricing=pricing, payments_max=None, **fields)  # type: ignore[arg-type]
    browser = site.browser()
    return browser, await browser.get(f"/p/{link.slug}"), link


async def paid(site: Site, browser: Browser, pressed: Page, url: str) -> Page:
    assert pressed.status == 303, pressed.text
    await site.at_gateway(pressed)
    return await browser.follow(await browser.get(url))


async def test_what_is_chosen_is_shown_charged_and_told(site: Site) -> None:
    browser, page, link = await opened(site, CAKES)
    url = f"/p/{link.slug}"
    check_page(page)
    assert "Pay $27.00" in page.text
    assert "script-src 'self'; connect-src 'self'" in page.header("content-security-policy")
    chosen = {
        "quantities.0": "2",
        "variants.0": "1",
        "quantities.1": "12",
        "quantities.2": "1",
        "tip": "100000",
    }
    # 2 x 45 + 12 x 2.50 + 4 = 124, less 10 %, and 10 % of that as a tip.
    shown = await browser.submit(page, f"{url}/pay", update="yes", email="not an address", **chosen)
    assert shown.status == 200
    check_page(shown)
    for words in ("Pay $122.76", "2 × ", "$90.00", "-$12.40", "includes VAT 7%", "$7.30", "$11.16"):
        assert words in shown.text
    assert await site.shop.attempts(link) == []
    pressed = await browser.submit(shown, f"{url}/pay", email="", **chosen)
    receipt = await paid(site, browser, pressed, url)
    for words in ("Paid. Thank you!", "$122.76", "Cake, Large", "Candles", "Regulars"):
        assert words in receipt.text
    [attempt] = await site.shop.attempts(link)
    assert (attempt.status, attempt.amount.minor) == (AttemptStatus.CAPTURED, 12_276)
    kept = await site.shop.services.database.read(kept_computation, attempt.merchant_id, attempt.id)
    assert kept is not None
    assert [(line.name, line.variant, line.quantity) for line in kept.lines] == [
        ("Cake", "Large", 2),
        ("Candles", "", 12),
        ("Box", "", 1),
    ]
    assert kept.total_minor == attempt.captured_minor
    detail = await (await site.member()).get(f"/dashboard/payments/{attempt.id}")
    for words in ("What was charged", "Cake, Large", "includes VAT 7%", "$122.76"):
        assert words in detail.text


async def test_mc17_pay_with_other_choices_than_the_shown_sum_asks_first(site: Site) -> None:
    browser, page, link = await opened(site, CAKES)
    url = f"/p/{link.slug}"
    first = await browser.submit(page, f"{url}/pay", **{"quantities.0": "3"})
    assert first.status == 200
    assert "With your choices it comes to" in first.text
    assert "Pay $81.00" in first.text
    assert await site.shop.attempts(link) == []
    assert (await browser.submit(first, f"{url}/pay", **{"quantities.0": "3"})).status == 303
    [attempt] = await site.shop.attempts(link)
    assert attempt.amount.minor == 8_100


async def test_mc15_ll16_what_cannot_be_chosen_is_said_beside_its_field(site: Site) -> None:
    browser, page, link = await opened(site, CAKES)
    url = f"/p/{link.slug}"
    for name, value, words in (
        ("quantities.0", "6", "From 1 to 5."),
        ("quantities.0", "-1", "Write a whole number."),
        ("quantities.0", "1.5", "Write a whole number."),
        ("quantities.1", "21", "From 1 to 20."),
        ("variants.0", "2", "From 0 to 1."),
        ("tip", "990000", "Choose one of the rates"),
        ("tip_amount", "1,50", "Write the amount with digits and a point"),
    ):
        sent = {name: value} | ({"tip": "other"} if name == "tip_amount" else {})
        refused = await browser.submit(page, f"{url}/pay", **sent)
        assert (refused.status, words in refused.text) == (422, True), (name, value, refused.text)
    assert await site.shop.attempts(link) == []


async def test_an_open_amount_is_paid_as_it_is_typed(site: Site) -> None:
    browser, page, link = await opened(site, GIFT, amount_minor=0)
    url = f"/p/{link.slug}"
    check_page(page)
    assert "You say how much" in page.text
    assert "From $5.00 to $10,000.00." in page.text
    for typed, words in (
        ("", "Say how much you want to pay."),
        ("4.99", "From $5.00"),
        ("5,00", "digits and a point"),
    ):
        refused = await browser.submit(page, f"{url}/pay", amount=typed, amount_choice="other")
        assert (refused.status, words in refused.text) == (422, True), typed
    # The amount that somebody types is what they saw: nothing is asked twice.
    assert (await browser.submit(page, f"{url}/pay", amount="12.34", amount_choice="other")).status == 303
    other = site.browser()
    assert (await other.submit(await other.get(url), f"{url}/pay", amount_choice="2500")).status == 303
    assert sorted(attempt.amount.minor for attempt in await site.shop.attempts(link)) == [1_234, 2_500]


async def test_a_declined_payer_tries_again_with_the_same_choices(site: Site) -> None:
    browser, page, link = await opened(site, CAKES)
    url = f"/p/{link.slug}"
    chosen = {"quantities.0": "2", "variants.0": "1", "tip": "other", "tip_amount": "5.00"}
    shown = await browser.submit(page, f"{url}/pay", update="yes", **chosen)
    pressed = await browser.submit(shown, f"{url}/pay", **chosen)
    await site.at_gateway(pressed, card="declined")
    declined = await browser.follow(await browser.get(url))
    assert "did not go through" in declined.text
    again = await browser.submit(declined, f"{url}/pay")
    receipt = await paid(site, browser, again, url)
    assert "$86.00" in receipt.text
    assert [attempt.amount.minor for attempt in await site.shop.attempts(link)] == [8_600, 8_600]


async def test_ll08_an_edit_between_display_and_pay_asks_again(site: Site) -> None:
    browser, page, link = await opened(site, GIFT, amount_minor=0)
    url = f"/p/{link.slug}"
    dearer = Pricing(open_amount=OpenAmount(2_000))
    await edit_link(
        site.shop.services,
        site.shop.id,
        link.id,
        lambda terms: replace(fields_of(terms), pricing=dearer),
        by="test",
    )
    refused = await browser.submit(page, f"{url}/pay", amount="10")
    assert refused.status == 409
    assert await site.shop.attempts(link) == []


SHOP = Pricing(
    taxes=(Tax("VAT", 0, rates=(("DE", 190_000), ("AT", 200_000)), is_reversible=True),),
    shipping=(ShippingRate("Letter", 190, ("DE",)), ShippingRate("Parcel", 590, ("DE", "AT"), 10_000)),
    home="DE",
)


async def test_a_payer_abroad_is_shown_and_charged_shipping_and_their_tax(site: Site) -> None:
    browser, page, link = await opened(site, SHOP)
    url = f"/p/{link.slug}"
    check_page(page)
    # 40.00 and a letter of 1.90, with 19 %.
    for words in ("Letter, Germany", "Pay $49.86", '<option value="DE" selected>Germany', "VAT 19%"):
        assert words in page.text
    shown = await browser.submit(page, f"{url}/pay", update="yes", country="AT", shipping="0")
    for words in ("Parcel, Austria", "VAT 20%", "Pay $55.08"):
        assert words in shown.text
    assert 'name="shipping"' not in shown.text, "there is one way only"
    wrong = await browser.submit(shown, f"{url}/pay", country="AT", tax_id="ATU13585628")
    assert (wrong.status, "There is no such tax id" in wrong.text) == (422, True)
    assert "Parcel, Austria" in wrong.text
    business = await browser.submit(wrong, f"{url}/pay", update="yes", country="AT", tax_id="atu13585627")
    for words in ("VAT, reverse charge: ATU13585627", "Pay $45.90"):
        assert words in business.text
    pressed = await browser.submit(business, f"{url}/pay", country="AT", tax_id="atu13585627")
    receipt = await paid(site, browser, pressed, url)
    for words in ("$45.90", "Parcel, Austria", "reverse charge: ATU13585627"):
        assert words in receipt.text
    [attempt] = await site.shop.attempts(link)
    kept = await site.shop.services.database.read(kept_computation, attempt.merchant_id, attempt.id)
    assert kept is not None
    assert (attempt.amount.minor, kept.total_minor, kept.country) == (4_590, 4_590, "AT")


async def test_pay_with_a_way_that_does_not_lead_there_asks_again(site: Site) -> None:
    browser, page, link = await opened(site, SHOP)
    url = f"/p/{link.slug}"
    again = await browser.submit(page, f"{url}/pay", country="AT", shipping="0")
    assert again.status == 422
    assert "That way does not lead to this country" in again.text
    assert "Pay $55.08" in again.text
    nowhere = await browser.submit(page, f"{url}/pay", country="JP")
    assert "Nothing is sent to this country" in nowhere.text
    assert await site.shop.attempts(link) == []


async def test_another_country_that_costs_more_is_shown_before_it_is_charged(site: Site) -> None:
    browser, page, link = await opened(site, replace(SHOP, shipping=SHOP.shipping[1:]))
    url = f"/p/{link.slug}"
    asked = await browser.submit(page, f"{url}/pay", country="AT")
    assert asked.status == 200
    assert "With your choices it comes to" in asked.text
    assert "Pay $55.08" in asked.text
    assert await site.shop.attempts(link) == []
