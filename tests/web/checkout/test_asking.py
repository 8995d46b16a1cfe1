"""Links that ask, in a browser's eyes: what is asked stands on the form, and what is answered is kept as it was shown."""

import re
from dataclasses import replace
from hashlib import sha256

from linktill.core.answers import NOTHING_GIVEN, Answer, Given
from linktill.core.asking import Asking, Collected, Condition, Consent, Kind, Option, Question, Standard
from linktill.core.link_terms import fields_of
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import OpenAmount, Pricing, ShippingRate
from linktill.flows.manage_links import edit_link
from linktill.storage.answers import given_with
from tests.web.browsing import Browser, Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

TERMS = "I agree to the terms of the studio."
ASKING = Asking(
    (
        Question(
            "size",
            Kind.CHOICE,
            "Size",
            is_required=True,
            options=(Option("s", "Small"), Option("l", "Large")),
        ),
        Question("age", Kind.INTEGER, "Your age", minimum="18", maximum="120", is_required=True),
        Question("motto", Kind.LONG_TEXT, "Motto", hint="On the back.", length_max=40),
        Question("gift", Kind.CHECKBOX, "It is a gift"),
        Question("day", Kind.DATE, "When?", minimum="2027-01-01", maximum="2027-12-31"),
        Question("site", Kind.URL, "Website"),
        Question("second", Kind.EMAIL, "Second e-mail"),
    ),
    (
        Collected(Standard.NAME, is_required=True),
        Collected(Standard.PHONE),
        Collected(Standard.SHIPPING_ADDRESS, is_required=True),
    ),
    (
        Consent("terms", TERMS, "https://example.com/terms", "2026-11", "en"),
        Consent("news", "Send me the newsletter.", is_required=False),
    ),
)
GOOD = {
    "name": "Ada Byron",
    "email": "ada@example.com",
    "answers.phone": "+1 (555) 010-9999",
    "answers.shipping_address.line1": "12 Main Street",
    "answers.shipping_address.city": "Springfield",
    "answers.shipping_address.postal_code": "62701",
    "answers.shipping_address.state": "IL",
    "answers.shipping_address.country": "US",
    "answers.size": "l",
    "answers.age": "042",
    "answers.motto": "Poetical\nscience",
    "answers.gift": "yes",
    "answers.day": "2027-02-28",
    "answers.second": "Ada@Example.com",
    "consents.terms": "yes",
}


async def opened(site: Site, asking: Asking = ASKING, **fields: object) -> tuple[Browser, Page, PaymentLink]:
    link = await site.shop.link(asking=asking, payments_max=None, **fields)  # type: ignore[arg-type]
    browser = site.browser()
    return browser, await browser.get(f"/p/{link.slug}"), link


async def given(site: Site, link: PaymentLink) -> Given:
    [attempt] = await site.shop.attempts(link)
    return await site.shop.services.database.read(given_with, attempt)


async def test_what_is_answered_is_kept_and_told_everywhere(site: Site) -> None:
    browser, page, link = await opened(site)
    url = f"/p/{link.slug}"
    check_page(page)
    assert "script-src 'self'" not in page.header("content-security-policy")
    for words in (
        'autocomplete="shipping address-line1"',
        'autocomplete="shipping country"',
        'autocomplete="tel"',
        '<option value="DE">Germany</option>',
        'min="2027-01-01" max="2027-12-31"',
        "On the back.",
        "From 18 to 120.",
        'href="https://example.com/terms"',
    ):
        assert words in page.text, words
    pressed = await browser.submit(page, f"{url}/pay", **GOOD)
    assert pressed.status == 303, pressed.text
    await site.at_gateway(pressed)
    receipt = await browser.follow(await browser.get(url))
    address = "12 Main Street, Springfield, 62701, IL, United States"
    for words in ("Paid. Thank you!", "Large", "42", address):
        assert words in receipt.text
    kept = await given(site, link)
    assert kept.answers == (
        Answer("phone", "Phone", Kind.PHONE, "+1 (555) 010-9999"),
        Answer("shipping_address.line1", "Street and number", Kind.TEXT, "12 Main Street"),
        Answer("shipping_address.city", "City", Kind.TEXT, "Springfield"),
        Answer("shipping_address.postal_code", "Postal code", Kind.TEXT, "62701"),
        Answer("shipping_address.state", "State or region", Kind.TEXT, "IL"),
        Answer("shipping_address.country", "Country", Kind.COUNTRY, "US"),
        Answer("size", "Size", Kind.CHOICE, "l", "Large"),
        Answer("age", "Your age", Kind.INTEGER, "42"),
        Answer("motto", "Motto", Kind.LONG_TEXT, "Poetical\nscience"),
        Answer("gift", "It is a gift", Kind.CHECKBOX, "true"),
        Answer("day", "When?", Kind.DATE, "2027-02-28"),
        Answer("second", "Second e-mail", Kind.EMAIL, "Ada@example.com"),
    )
    [attempt] = await site.shop.attempts(link)
    assert (attempt.status, attempt.payer_name) == (AttemptStatus.CAPTURED, "Ada Byron")
    detail = await (await site.member()).get(f"/dashboard/payments/{attempt.id}")
    check_page(detail)
    for words in ("What the payer answered", address, "Large", TERMS, "Version 2026-11, en", "Not agreed"):
        assert words in detail.text, words


async def test_every_error_stands_beside_its_field_and_what_was_typed_stays(site: Site) -> None:
    browser, page, link = await opened(site)
    url = f"/p/{link.slug}"
    wrong = {
        **GOOD,
        "name": "",
        "email": "nobody",
        "answers.phone": "call me",
        "answers.shipping_address.postal_code": "",
        "answers.shipping_address.country": "XX",
        "answers.size": "xl",
        "answers.age": "17",
        "answers.motto": "x" * 41,
        "answers.day": "2028-01-01",
        "answers.site": "javascript:alert(1)",
        "answers.second": "4242 4242 4242 4242",
        "consents.terms": "",
    }
    refused = await browser.submit(page, f"{url}/pay", **wrong)
    check_page(refused, 422)
    for field, words in {
        "name": "Write your name.",
        "email": "Give an e-mail address",
        "answers-phone": "Write a phone number with digits",
        "answers-shipping_address-postal_code": "Fill this in: an address needs it.",
        "answers-shipping_address-country": "Choose a country.",
        "answers-size": "Choose one of these.",
        "answers-age": "At least 18.",
        "answers-motto": "At most 40 characters.",
        "answers-day": "Not after December 31, 2027.",
        "answers-site": "Write a whole address",
        "answers-second": "card number",
        "consents-terms": "Tick this box to go on.",
    }.items():
        assert f'id="{field}-error"' in refused.text, field
        assert words in refused.text.partition(f'id="{field}-error"')[2][:400], field
    assert "4242" not in refused.text
    form = refused.form(f"{url}/pay")
    for name in ("answers.age", "answers.phone", "answers.shipping_address.line1", "answers.site"):
        assert form[name] == wrong[name]
    assert form["answers.gift"] == "yes"
    assert await site.shop.attempts(link) == []
    mended = await browser.submit(
        refused, f"{url}/pay", **GOOD, **{"answers.site": "https://example.com/a?b=c"}
    )
    assert mended.status == 303, mended.text


async def test_the_words_that_were_agreed_to_stay_as_they_were(site: Site) -> None:
    browser, page, link = await opened(site)
    url = f"/p/{link.slug}"
    before = site.shop.services.clock.now_us()
    pressed = await browser.submit(page, f"{url}/pay", **GOOD)
    await site.at_gateway(pressed)
    await browser.follow(await browser.get(url))
    first = await given(site, link)
    anew = replace(ASKING, questions=(), standard=(), consents=(Consent("terms", "I agree to everything."),))
    await edit_link(
        site.shop.services,
        link.merchant_id,
        link.id,
        lambda terms: replace(fields_of(terms), asking=anew),
        by="test",
    )
    kept = await given(site, link)
    assert kept == first
    terms, news = kept.consents
    assert (terms.text, terms.version, terms.language, terms.is_given) == (TERMS, "2026-11", "en", True)
    assert (terms.url, terms.sha256) == ("https://example.com/terms", sha256(TERMS.encode()).hexdigest())
    assert before <= terms.at <= site.shop.services.clock.now_us()
    assert (news.key, news.is_given) == ("news", False)


async def test_nobody_agrees_to_words_that_changed_while_they_read(site: Site) -> None:
    browser, page, link = await opened(site)
    url = f"/p/{link.slug}"
    consents = (Consent("terms", "I agree to everything."),)
    await edit_link(
        site.shop.services,
        link.merchant_id,
        link.id,
        lambda terms: replace(fields_of(terms), asking=replace(ASKING, consents=consents)),
        by="test",
    )
    refused = await browser.submit(page, f"{url}/pay", **GOOD)
    check_page(refused, 409)
    assert "I agree to everything." in refused.text
    form = refused.form(f"{url}/pay")
    assert "consents.terms" not in form
    assert (form["answers.age"], form["name"]) == ("042", "Ada Byron")
    assert await site.shop.attempts(link) == []
    agreed = await browser.submit(refused, f"{url}/pay", **{"consents.terms": "yes"})
    assert agreed.status == 303, agreed.text
    assert [each.text for each in (await given(site, link)).consents] == ["I agree to everything."]


async def test_answers_outlive_a_declined_card(site: Site) -> None:
    browser, page, link = await opened(site)
    url = f"/p/{link.slug}"
    pressed = await browser.submit(page, f"{url}/pay", **GOOD)
    await site.at_gateway(pressed, "declined")
    not_paid = await browser.follow(await browser.get(url))
    again = await browser.submit(not_paid, f"{url}/pay")
    assert again.status == 303, again.text
    latest, earlier = await site.shop.attempts(link)
    read = site.shop.services.database.read
    one, other = await read(given_with, earlier), await read(given_with, latest)
    assert one.answers == other.answers != ()
    assert [each.is_given for each in other.consents] == [True, False]


async def test_a_second_try_is_not_agreed_to_for_the_payer(site: Site) -> None:
    browser, page, link = await opened(site)
    url = f"/p/{link.slug}"
    pressed = await browser.submit(page, f"{url}/pay", **GOOD)
    await site.at_gateway(pressed, "declined")
    not_paid = await browser.follow(await browser.get(url))
    consents = (Consent("terms", "I agree to everything."),)
    await edit_link(
        site.shop.services,
        link.merchant_id,
        link.id,
        lambda terms: replace(fields_of(terms), asking=replace(ASKING, consents=consents)),
        by="test",
    )
    opened_again = await browser.get(url)
    form = opened_again.form(f"{url}/pay")
    assert "consents.terms" not in form
    assert form["answers.age"] == "42"
    # The page of the try that came to nothing has a button, too.
    refused = await browser.submit(not_paid, f"{url}/pay")
    check_page(refused, 409)
    assert "consents.terms" not in refused.form(f"{url}/pay")
    assert len(await site.shop.attempts(link)) == 1


async def test_mc17_answers_change_no_price(site: Site) -> None:
    asking = Asking(
        (Question("amount_minor", Kind.INTEGER, "A number"), Question("currency", Kind.TEXT, "A word"))
    )
    browser, page, link = await opened(site, asking)
    typed = {"answers.amount_minor": "1", "answers.currency": "JPY"}
    assert (await browser.submit(page, f"/p/{link.slug}/pay", **typed)).status == 303
    [attempt] = await site.shop.attempts(link)
    assert attempt.amount == link.terms.amount
    assert [each.value for each in (await given(site, link)).answers] == ["1", "JPY"]


async def test_a_link_that_asks_nothing_keeps_nothing(site: Site) -> None:
    link = await site.shop.link()
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}")
    pressed = await browser.submit(
        page, f"/p/{link.slug}/pay", **{"answers.size": "l", "consents.terms": "yes"}
    )
    assert pressed.status == 303
    [attempt] = await site.shop.attempts(link)
    assert not attempt.has_answers
    assert await given(site, link) == NOTHING_GIVEN


async def test_prices_that_follow_choices_keep_what_was_answered(site: Site) -> None:
    browser, page, link = await opened(site, amount_minor=0, pricing=Pricing(open_amount=OpenAmount(500)))
    url = f"/p/{link.slug}"
    shown = await browser.submit(page, f"{url}/pay", update="yes", amount="12.00", **GOOD)
    assert shown.status == 200
    check_page(shown)
    form = shown.form(f"{url}/pay")
    assert (form["answers.age"], form["consents.terms"]) == ("042", "yes")
    assert "-error" not in shown.text.replace("data-part", "")  # nothing is wrong yet


async def test_an_address_does_not_ask_again_where_things_are_sent(site: Site) -> None:
    pricing = Pricing(
        shipping=(ShippingRate("Post", 500, ("DE", "FR")), ShippingRate("Parcel", 900, ("US",))), home="DE"
    )
    asking = Asking(
        standard=(Collected(Standard.BILLING_ADDRESS), Collected(Standard.SHIPPING_ADDRESS, is_required=True))
    )
    browser, page, link = await opened(site, asking, pricing=pricing)
    url = f"/p/{link.slug}"
    check_page(page)
    assert 'name="answers.shipping_address.country"' not in page.text
    assert 'name="answers.billing_address.country"' in page.text
    typed = {
        f"answers.shipping_address.{part}": text
        for part, text in {"line1": "1 Rue", "city": "Paris", "country": "US"}.items()
    }
    refused = await browser.submit(page, f"{url}/pay", country="FR", **typed)
    check_page(refused, 422)
    assert 'id="answers-shipping_address-postal_code-error"' in refused.text
    assert 'id="answers-shipping_address-state-error"' not in refused.text
    shown = await browser.submit(page, f"{url}/pay", country="US", update="yes", **typed)
    refused = await browser.submit(shown, f"{url}/pay")
    assert 'id="answers-shipping_address-state-error"' in refused.text
    more = {"answers.shipping_address.postal_code": "62701", "answers.shipping_address.state": "IL"}
    pressed = await browser.submit(refused, f"{url}/pay", **more)
    assert pressed.status == 303, pressed.text
    kept = {each.key: each.value for each in (await given(site, link)).answers}
    assert kept["shipping_address.country"] == "US"
    assert "billing_address.country" not in kept


HUNG = Asking(
    (
        Question("way", Kind.CHOICE, "Way", options=(Option("fetch", "Fetched"), Option("send it", "Sent"))),
        Question("card", Kind.TEXT, "Words", is_required=True, shown_if=Condition("way", ("send it",))),
    )
)


async def test_what_hangs_on_an_answer_is_asked_only_with_it(site: Site) -> None:
    browser, page, link = await opened(site, HUNG)
    check_page(page)
    assert 'data-only="answers.way"' in page.text
    assert "If “Way” is Sent" in page.text
    # Without a script it stands there, and a browser that insists on it could not be answered.
    [field] = re.findall(r'<input[^>]*name="answers.card"[^>]*>', page.text)
    assert " required" not in field
    assert "asking.js" in page.text
    missing = await browser.submit(page, f"/p/{link.slug}/pay", **{"answers.way": "send it"})
    assert missing.status == 422
    assert "Fill this in." in missing.text
    paid = await browser.submit(
        page, f"/p/{link.slug}/pay", **{"answers.way": "fetch", "answers.card": "not asked"}
    )
    assert paid.status == 303, paid.text
    assert [each.key for each in (await given(site, link)).answers] == ["way"]
