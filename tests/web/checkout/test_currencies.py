"""The payer's page of a link in several currencies: where it begins, how it changes, and that what it shows is charged."""

from dataclasses import replace
from datetime import date

import pytest

from linktill.core.link_terms import fields_of
from linktill.core.money import Money
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import CurrencyPrices, Item, ItemPrice, OpenAmount, Pricing, Tips
from linktill.flows.manage_links import edit_link
from linktill.flows.signed_links import Wanted, sign_link
from linktill.platform.region import currencies_of, regions
from tests.make import usd
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

THREE = Pricing(currencies=(CurrencyPrices("EUR", 3_900), CurrencyPrices("JPY", 6_000)))
MUGS = Pricing(
    items=(Item("Mug", 2_900, 1, 1, 6), Item("Saucer", 900, is_optional=True)),
    tips=Tips((100_000,)),
    currencies=(
        CurrencyPrices("EUR", items=(ItemPrice("", 2_700), ItemPrice("", 850))),
        CurrencyPrices("JPY", items=(ItemPrice("", 4_300), ItemPrice("", 1_300))),
    ),
)
GIFT = Pricing(
    open_amount=OpenAmount(100, 100_000),
    currencies=(CurrencyPrices("JPY", open_amount=OpenAmount(1_000, 500_000)),),
)


async def made(site: Site, pricing: Pricing, amount_minor: int = 4_000) -> PaymentLink:
    return await site.shop.link(amount_minor, pricing=pricing, payments_max=None)


async def opened(site: Site, link: PaymentLink, query: str = "", **headers: str) -> tuple[Browser, Page]:
    browser = site.browser()
    return browser, await browser.get(f"/p/{link.slug}{query}", **headers)


async def amounts(site: Site, link: PaymentLink) -> list[Money]:
    return [attempt.amount for attempt in await site.shop.attempts(link)]


@pytest.mark.parametrize(
    ("query", "language", "shown"),
    [
        ("", "", "$40.00"),
        ("", "en-DE,de;q=0.9,en;q=0.8", "€39.00"),
        ("", "en-JP", "¥6,000"),
        ("", "en-US;q=0.5,en-FR;q=0.9", "€39.00"),
        ("", "en", "$40.00"),
        ("", "en-CH,en-DE;q=0.5", "€39.00"),
        ("", "en-CH", "$40.00"),
        ("", "xx-ZZ,;;q=,de-DE;q=0", "$40.00"),
        ("?currency=JPY", "en-DE", "¥6,000"),
        ("?currency=%20jpy%20", "", "¥6,000"),
        ("?currency=CHF", "en-DE", "€39.00"),
        ("?currency=XXX", "", "$40.00"),
    ],
)
async def test_the_page_begins_where_the_payer_is(site: Site, query: str, language: str, shown: str) -> None:
    link = await made(site, THREE)
    _, page = await opened(site, link, query, **({"accept_language": language} if language else {}))
    check_page(page)
    assert f"Pay {shown}" in page.text
    assert page.text.count('name="pay_in"') == 3
    assert page.text.count('aria-pressed="true"') == 1
    assert "accept-language" in [value for name, value in page.headers if name == "vary"]


async def test_a_plain_link_has_no_currency_to_choose(site: Site) -> None:
    link = await site.shop.link()
    _, page = await opened(site, link, "?currency=EUR", accept_language="en-DE")
    assert "Pay $40.00" in page.text
    for words in ("pay_in", "currencies.css", 'id="pay"'):
        assert words not in page.text
    assert [value for name, value in page.headers if name == "vary"] == ["cookie", "accept-language"]


async def test_a_button_changes_the_currency_and_pay_charges_what_is_shown(site: Site) -> None:
    link = await made(site, THREE)
    url = f"/p/{link.slug}"
    browser, page = await opened(site, link, accept_language="en-DE")
    shown = await browser.submit(page, f"{url}/pay", pay_in="JPY", email="not an address", name="Ada")
    check_page(shown)
    assert (shown.status, await amounts(site, link)) == (200, [])
    form = shown.form(f"{url}/pay")
    assert (form["amount_minor"], form["currency"], form["name"], form["email"]) == (
        "6000",
        "JPY",
        "Ada",
        "not an address",
    )
    pressed = await browser.submit(shown, f"{url}/pay", email="")
    assert pressed.status == 303
    assert await amounts(site, link) == [Money(6_000, "JPY")]
    await site.at_gateway(pressed)
    [attempt] = await site.shop.attempts(link)
    told = await browser.get(await site.shop.page_of(attempt))
    assert "¥6,000" in told.text
    assert "Paid. Thank you!" in told.text


async def test_choices_go_along_and_amounts_do_not(site: Site) -> None:
    link = await made(site, MUGS, 0)
    url = f"/p/{link.slug}"
    browser, page = await opened(site, link)
    chosen = {"quantities.0": "3", "quantities.1": "1", "tip": "other", "tip_amount": "5.00"}
    shown = await browser.submit(page, f"{url}/pay", pay_in="JPY", **chosen)
    # Three mugs and a saucer in yen. A tip of five dollars is not one of five yen.
    assert "Pay ¥14,200" in shown.text
    assert "tip_amount" in shown.text
    fields = shown.form(f"{url}/pay")
    assert (fields["quantities.0"], fields["quantities.1"], fields["tip"], fields["tip_amount"]) == (
        "3",
        "1",
        "0",
        "",
    )
    back = await browser.submit(shown, f"{url}/pay", pay_in="EUR", tip="100000")
    assert "Pay €98.45" in back.text
    assert (await browser.submit(back, f"{url}/pay")).status == 303
    assert await amounts(site, link) == [Money(9_845, "EUR")]


async def test_an_open_amount_that_was_typed_stays_in_its_currency(site: Site) -> None:
    link = await made(site, GIFT, 0)
    url = f"/p/{link.slug}"
    browser, page = await opened(site, link)
    typed = await browser.submit(page, f"{url}/pay", amount="50.00", update="yes")
    assert "Pay $50.00" in typed.text
    yen = await browser.submit(typed, f"{url}/pay", pay_in="JPY")
    assert yen.form(f"{url}/pay")["amount"] == ""
    assert "¥5,000" not in yen.text
    assert (await browser.submit(yen, f"{url}/pay", amount="5000")).status == 303
    assert await amounts(site, link) == [Money(5_000, "JPY")]


async def test_a_forged_currency_is_no_price(site: Site) -> None:
    """The number of one currency with the name of another: it was never shown."""
    link = await made(site, THREE)
    url = f"/p/{link.slug}"
    for currency, status in (("JPY", 409), ("EUR", 409), ("GBP", 409), ("XXX", 422)):
        browser, page = await opened(site, link)
        pressed = await browser.submit(page, f"{url}/pay", currency=currency, amount_minor="4000")
        assert pressed.status == status
    browser, page = await opened(site, link)
    for odd in ("GBP", "eur", "EURO", "x" * 5_000):
        shown = await browser.submit(page, f"{url}/pay", pay_in=odd)
        assert (shown.status, "Pay $40.00" in shown.text) == (200, True)
    assert await amounts(site, link) == []


async def test_a_currency_that_was_taken_away_asks_first(site: Site) -> None:
    link = await made(site, GIFT, 0)
    url = f"/p/{link.slug}"
    browser, page = await opened(site, link, "?currency=JPY")
    typed = await browser.submit(page, f"{url}/pay", amount="5000", update="yes")
    await edit_link(
        site.shop.services,
        link.merchant_id,
        link.id,
        lambda terms: replace(fields_of(terms), pricing=Pricing(open_amount=OpenAmount(100, 100_000))),
        by="test",
    )
    pressed = await browser.submit(typed, f"{url}/pay")
    assert pressed.status == 409
    # Five thousand yen are not fifty dollars.
    assert pressed.form(f"{url}/pay")["amount"] == ""
    assert await amounts(site, link) == []


async def test_a_declined_payer_is_in_their_currency_again(site: Site) -> None:
    link = await made(site, THREE)
    url = f"/p/{link.slug}"
    browser, page = await opened(site, link, "?currency=JPY")
    pressed = await browser.submit(page, f"{url}/pay")
    await site.at_gateway(pressed, "declined")
    [attempt] = await site.shop.attempts(link)
    told = await browser.get(await site.shop.page_of(attempt))
    assert "¥6,000" in told.text
    again = await browser.get(url, accept_language="en-DE")
    assert "Pay ¥6,000" in again.text
    assert "Pay €39.00" in (await browser.get(f"{url}?currency=EUR")).text
    assert (await browser.submit(told, f"{url}/pay")).status == 303
    assert await amounts(site, link) == [Money(6_000, "JPY")] * 2


async def test_a_signed_amount_is_in_the_links_own_currency_and_stays_there(site: Site) -> None:
    link = await made(site, GIFT, 0)
    wanted = Wanted(amount_minor=5_000)
    signed = await sign_link(site.shop.services, link.merchant_id, link.id, wanted)
    path = signed.url.removeprefix(site.shop.services.base_url)
    url = f"/p/{link.slug}"
    browser = site.browser()
    page = await browser.get(f"{path}&currency=JPY", accept_language="en-JP")
    assert "Pay $50.00" in page.text
    assert "pay_in" not in page.text
    # A form that was made for yen does not get five thousand of them.
    forged = await browser.submit(page, f"{url}/pay", currency="JPY")
    assert (forged.status, "Pay $50.00" in forged.text) == (422, True)
    changed = await browser.submit(page, f"{url}/pay", pay_in="JPY")
    assert (changed.status, "Pay $50.00" in changed.text) == (200, True)
    assert await amounts(site, link) == []
    assert (await browser.submit(page, f"{url}/pay")).status == 303
    assert await amounts(site, link) == [usd(5_000)]


async def test_a_signed_name_leaves_the_currency_to_the_payer(site: Site) -> None:
    link = await made(site, THREE)
    wanted = Wanted(reference="INV-7", email="ada@example.com")
    signed = await sign_link(site.shop.services, link.merchant_id, link.id, wanted)
    path = signed.url.removeprefix(site.shop.services.base_url)
    browser = site.browser()
    page = await browser.get(path, accept_language="en-DE")
    assert "Pay €39.00" in page.text
    shown = await browser.submit(page, f"/p/{link.slug}/pay", pay_in="JPY")
    assert "Pay ¥6,000" in shown.text
    assert (await browser.submit(shown, f"/p/{link.slug}/pay")).status == 303
    [attempt] = await site.shop.attempts(link)
    assert (attempt.amount, attempt.payer_email) == (Money(6_000, "JPY"), "ada@example.com")


async def test_what_is_filled_in_by_the_address_is_in_the_pages_currency(site: Site) -> None:
    link = await made(site, GIFT, 0)
    for query, pay in (
        ("?prefilled_amount=50&currency=JPY", None),
        ("?prefilled_amount=5000&currency=JPY", "¥5,000"),
    ):
        _, page = await opened(site, link, query)
        assert (pay is not None) == ("Pay ¥" in page.text)
        assert pay is None or f"Pay {pay}" in page.text


def test_regions_and_their_money() -> None:
    assert list(regions("en-DE,de;q=0.9,en-US;q=0.8,zh-Hant-TW;q=0.85,pt-BR;q=1.0")) == [
        "DE",
        "BR",
        "TW",
        "US",
    ]
    assert list(regions("")) == []
    assert list(regions(",".join(["en-GB"] * 100))) == ["GB"]
    assert list(regions("en-GB;q=0, *;q=0.1, en-us-posix")) == ["US"]
    day = date(2026, 11, 23)
    assert [currencies_of(region, day)[:1] for region in ("DE", "JP", "CH", "ZZ")] == [
        ("EUR",),
        ("JPY",),
        ("CHF",),
        (),
    ]
