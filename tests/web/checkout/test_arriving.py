"""What comes by a link's address: it fills in, it is told, and what a merchant has signed cannot be changed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from linktill.core.asking import Asking, Collected, Consent, Kind, Option, Question, Standard
from linktill.core.link_terms import fields_of
from linktill.core.origin import NO_ORIGIN, Origin
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import OpenAmount, Parts, Pricing, Tips
from linktill.flows.manage_links import edit_link
from linktill.flows.signed_links import Wanted, sign_link
from linktill.storage.answers import given_with
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

OPEN = Pricing(open_amount=OpenAmount(500, 100_000, (1_000, 2_500)))
ASKING = Asking(
    (
        Question("cup", Kind.TEXT, "Name on the cup"),
        Question("size", Kind.CHOICE, "Size", options=(Option("l", "Large"),)),
        Question("gift", Kind.CHECKBOX, "A gift"),
    ),
    (Collected(Standard.PHONE), Collected(Standard.BILLING_ADDRESS)),
    (Consent("terms", "I agree."),),
)


async def signed(site: Site, link: PaymentLink, **wanted: Any) -> str:
    """The path of a signed address."""
    made = await sign_link(site.shop.services, link.merchant_id, link.id, Wanted(**wanted))
    return made.url.removeprefix(site.shop.services.base_url)


async def open_link(site: Site, **fields: Any) -> PaymentLink:
    return await site.shop.link(0, pricing=OPEN, payments_max=None, **fields)


async def pressed(site: Site, browser: Browser, page: Page, link: PaymentLink, **typed: str) -> Page:
    return await browser.submit(page, f"/p/{link.slug}/pay", **typed)


async def test_an_address_fills_in_and_decides_nothing(site: Site) -> None:
    link = await site.shop.link(asking=ASKING, payments_max=None)
    query = {
        "prefilled_email": "ada@example.com",
        "prefilled_name": "Ada <b>",
        "prefilled_phone": "+1 555 010 9999",
        "prefilled_billing_address_city": "Springfield",
        "prefilled_custom_cup": '"><script>',
        "prefilled_custom_size": "l",
        "prefilled_custom_gift": "true",
        "prefilled_custom_terms": "yes",
        "prefilled_terms": "yes",
        "consents.terms": "yes",
        "prefilled_custom_nothing": "x",
        "amount_minor": "1",
    }
    page = await site.browser().get(f"/p/{link.slug}?{urlencode(query)}")
    check_page(page)
    form = page.form(f"/p/{link.slug}/pay")
    assert form["email"] == "ada@example.com"
    assert form["name"] == "Ada <b>"
    assert form["answers.phone"] == "+1 555 010 9999"
    assert form["answers.billing_address.city"] == "Springfield"
    assert form["answers.cup"] == '"><script>'
    assert (form["answers.size"], form["answers.gift"]) == ("l", "yes")
    assert "consents.terms" not in form
    assert (form["amount_minor"], "-error" in page.text) == ("4000", False)
    assert await site.shop.attempts(link) == []


async def test_an_address_fills_in_an_open_amount(site: Site) -> None:
    link = await open_link(site)
    url = f"/p/{link.slug}"
    browser = site.browser()
    for text, shown in (("12.50", "Pay $12.50"), ("1.00", "You say how much"), ("many", "You say how much")):
        page = await browser.get(f"{url}?{urlencode({'prefilled_amount': text})}")
        check_page(page)
        assert shown in page.text
    page = await browser.get(f"{url}?prefilled_amount=12.50")
    # It is theirs to change.
    assert (await pressed(site, browser, page, link, amount="7.00")).status == 303
    [attempt] = await site.shop.attempts(link)
    assert attempt.amount.minor == 700


async def test_no_card_number_is_shown_again(site: Site) -> None:
    link = await site.shop.link(asking=ASKING)
    card = "4242424242424242"
    query = urlencode(
        {
            "prefilled_custom_cup": card,
            "prefilled_name": card,
            "utm_source": card,
            "client_reference_id": card,
        }
    )
    page = await site.browser().get(f"/p/{link.slug}?{query}")
    check_page(page)
    assert card not in page.text


async def test_where_a_payer_came_from_is_kept_and_told(site: Site) -> None:
    link = await site.shop.link()
    query = {
        "utm_source": "newsletter",
        "utm_medium": "email",
        "utm_campaign": "x" * 201,
        "client_reference_id": "Student 17 & Söhne",
        "utm_other": "no",
        "cut": "utm_source",
    }
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}?{urlencode(query)}")
    assert (await pressed(site, browser, page, link)).status == 303
    [attempt] = await site.shop.attempts(link)
    given = await site.shop.services.database.read(given_with, attempt)
    utm = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "x" * 200}
    assert given.origin == Origin("Student 17 & Söhne", utm, ("utm_campaign",))
    detail = await (await site.member()).get(f"/dashboard/payments/{attempt.id}")
    check_page(detail)
    for words in ("Where they came from", "Student 17 & Söhne", "newsletter", f"{'x' * 200} … (cut)"):
        assert words in detail.text


async def test_where_they_came_from_outlives_a_declined_card(site: Site) -> None:
    link = await site.shop.link()
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}?utm_source=mail")
    sent = await pressed(site, browser, page, link)
    await site.at_gateway(sent, "declined")
    not_paid = await browser.follow(await browser.get(f"/p/{link.slug}"))
    assert (await browser.submit(not_paid, f"/p/{link.slug}/pay")).status == 303
    latest, _ = await site.shop.attempts(link)
    assert (await site.shop.services.database.read(given_with, latest)).origin.utm == {"utm_source": "mail"}


async def test_a_signed_address_locks_amount_reference_and_email(site: Site) -> None:
    link = await open_link(site)
    path = await signed(site, link, amount_minor=4_321, reference="INV-7", email="ada@example.com")
    browser = site.browser()
    page = await browser.get(
        f"{path}&prefilled_email=eve@example.com&client_reference_id=other&prefilled_amount=9"
    )
    check_page(page)
    assert "Pay $43.21" in page.text
    assert 'name="amount"' not in page.text
    assert 'name="amount_choice"' not in page.text
    assert 'type="email" readonly' in page.text
    forged = {
        "amount": "5.00",
        "amount_choice": "1000",
        "email": "eve@example.com",
        "client_reference_id": "other",
    }
    sent = await pressed(site, browser, page, link, **forged)
    assert sent.status == 303, sent.text
    await site.at_gateway(sent)
    [attempt] = await site.shop.attempts(link)
    assert (attempt.amount.minor, attempt.payer_email) == (4_321, "ada@example.com")
    given = await site.shop.services.database.read(given_with, attempt)
    assert given.origin.reference == "INV-7"
    assert path.endswith(given.origin.signed)
    detail = await (await site.member()).get(f"/dashboard/payments/{attempt.id}")
    assert "signed by you" in detail.text


async def test_no_field_of_the_form_makes_it_another_sum(site: Site) -> None:
    link = await open_link(site)
    browser = site.browser()
    page = await browser.get(await signed(site, link, amount_minor=4_321))
    sent = await pressed(site, browser, page, link, amount_minor="500", part_minor="500", tip_minor="1")
    check_page(sent, 422)
    sent = await pressed(site, browser, page, link, amount_minor="500")
    assert sent.status == 303
    [attempt] = await site.shop.attempts(link)
    assert attempt.amount.minor == 4_321


async def test_a_signed_amount_outlives_a_declined_card_and_a_second_visit(site: Site) -> None:
    link = await open_link(site)
    browser = site.browser()
    page = await browser.get(await signed(site, link, amount_minor=4_321, email="ada@example.com"))
    sent = await pressed(site, browser, page, link)
    await site.at_gateway(sent, "declined")
    not_paid = await browser.follow(await browser.get(f"/p/{link.slug}"))
    again = await browser.submit(
        not_paid, f"/p/{link.slug}/pay", amount_choice="500", email="eve@example.com"
    )
    assert again.status == 303, again.text
    await site.at_gateway(again, "declined")
    # The bare address, in the browser that was there before.
    resumed = await browser.get(f"/p/{link.slug}")
    if resumed.status == 303:
        resumed = await browser.follow(resumed)
    else:
        assert "Pay $43.21" in resumed.text
    found = await site.shop.attempts(link)
    assert [(each.amount.minor, each.payer_email) for each in found] == [(4_321, "ada@example.com")] * 2


@pytest.mark.parametrize("pricing", [replace(OPEN, tips=Tips((100_000,))), replace(OPEN, takes_codes=True)])
async def test_what_is_not_signed_is_asked_as_ever(site: Site, pricing: Pricing) -> None:
    link = await site.shop.link(0, pricing=pricing, payments_max=None)
    browser = site.browser()
    page = await browser.get(await signed(site, link, amount_minor=1_000))
    check_page(page)
    assert "Pay $10.00" in page.text
    if pricing.tips:
        shown = await pressed(site, browser, page, link, update="yes", tip="100000", amount="50")
        assert "Pay $11.00" in shown.text
        assert (await pressed(site, browser, shown, link)).status == 303
        [attempt] = await site.shop.attempts(link)
        assert attempt.amount.minor == 1_100


def forged(path: str, old: str, new: str) -> str:
    """The same address, with something else in what was signed."""
    start, _, text = path.partition("signed=")
    payload, _, signature = text.partition(".")
    plain = urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    assert old in plain
    changed = urlsafe_b64encode(plain.replace(old, new).encode()).decode().rstrip("=")
    return f"{start}signed={changed}.{signature}"


async def test_an_address_that_was_changed_is_refused_on_a_page_that_says_so(site: Site) -> None:
    link, other = await open_link(site), await open_link(site)
    path = await signed(site, link, amount_minor=4_321)
    elsewhere = path.replace(link.slug, other.slug)
    browser = site.browser()
    page = await browser.get(path)
    for wrong in (
        forged(path, "4321", "500"),
        forged(path, '"exp":', '"exp":9'),
        path[:-1] + ("0" if path[-1] != "0" else "1"),
        path[:-64],
        f"/p/{link.slug}?signed=x",
        f"/p/{link.slug}?signed=%C3%A9.%C3%A9",
        f"/p/{link.slug}?signed=.",
        elsewhere,
    ):
        refused = await browser.get(wrong)
        check_page(refused, 403)
        assert "This address was changed" in refused.text, wrong
        assert "<form" not in refused.text
        value = wrong.partition("signed=")[2]
        posted = await pressed(site, browser, page, link, signed=value)
        assert "This address was changed" in posted.text or wrong == elsewhere
    assert [each.amount.minor for each in await site.shop.attempts(link)] in ([], [4_321])
    assert await site.shop.attempts(other) == []


async def test_an_address_whose_time_is_over_is_refused(site: Site) -> None:
    link = await open_link(site)
    services = site.shop.services
    soon = services.clock.now_us() + 60 * 1_000_000
    path = await signed(site, link, amount_minor=4_321, expires_at=soon)
    browser = site.browser()
    page = await browser.get(path)
    assert page.status == 200
    await edit_link(
        services,
        link.merchant_id,
        link.id,
        lambda terms: replace(fields_of(terms), pricing=Pricing(open_amount=OpenAmount(5_000))),
        by="test",
    )
    # The link does not take that much any more, or that little.
    for refused in (await browser.get(path), await pressed(site, browser, page, link)):
        check_page(refused, 410)
        assert "This address has expired" in refused.text
    assert await site.shop.attempts(link) == []


async def test_a_signed_address_stays_signed_where_capitals_are_typed(site: Site) -> None:
    link = await open_link(site, slug="gift-to-the-club")
    path = await signed(site, link, amount_minor=4_321)
    browser = site.browser()
    moved = await browser.get(path.replace("/p/gift", "/p/Gift"))
    assert (moved.status, moved.location) == (303, path)
    assert "Pay $43.21" in (await browser.follow(moved)).text


async def test_a_bill_in_parts_takes_a_signed_reference(site: Site) -> None:
    link = await site.shop.link(10_000, pricing=Pricing(parts=Parts()))
    browser = site.browser()
    page = await browser.get(await signed(site, link, reference="INV-7"))
    sent = await pressed(site, browser, page, link, part="other", part_amount="25.00")
    assert sent.status == 303, sent.text
    [attempt] = await site.shop.attempts(link)
    given = await site.shop.services.database.read(given_with, attempt)
    assert (attempt.amount.minor, given.origin.reference, given.origin != NO_ORIGIN) == (2_500, "INV-7", True)
