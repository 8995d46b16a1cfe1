"""Which language a payer's pages speak: their own choice, the link's, the browser's, the merchant's, else English."""

import pytest

from linktill.core.localization import Translation
from linktill.core.payment_link import PaymentLink
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.storage.link_requests import list_requests
from linktill.storage.sessions import get_session
from tests.web.browsing import Page
from tests.web.site import Site
from tests.web.test_every_page import check_page

PAY = {
    "en": "Pay $40.00",
    "de": "40,00\u00a0$ bezahlen",
    "fr": "Payer 40,00\u00a0$US",
    "ja": "$40.00を支払う",
}


async def speaking(site: Site, language: str) -> None:
    """The merchant's usual language."""
    asked = MerchantSettings("Bea's Bikes", "bea@example.com", "USD", language=language)
    await change_settings(site.shop.services, site.shop.id, asked)


def language_of(page: Page) -> str:
    text = page.body.decode()
    start = text.index('<html lang="') + 12
    return text[start : start + 2]


@pytest.mark.parametrize(
    ("asked", "fixed", "browser", "merchant", "spoken"),
    [
        ("fr", "ja", "de", "es", "fr"),
        ("", "ja", "de", "es", "ja"),
        ("", "auto", "de", "es", "de"),
        ("", "auto", "sv,nl;q=0.5", "es", "es"),
        ("", "auto", "", "es", "es"),
        ("", "auto", "", "en", "en"),
        ("xx", "auto", "de-CH", "en", "de"),
        ("", "auto", "en;q=0.2, de;q=0.8, *;q=0.1", "en", "de"),
        ("", "auto", "de;q=0, ja-JP-x-foo;q=0.1", "en", "ja"),
        ("", "auto", "sv, ar-EG", "en", "ar"),
        ("DE", "auto", ";;,=;q", "fr", "fr"),
    ],
)
async def test_the_payer_then_the_link_the_browser_and_the_merchant_decide(
    site: Site, asked: str, fixed: str, browser: str, merchant: str, spoken: str
) -> None:
    await speaking(site, merchant)
    link = await site.shop.link(locale=fixed)
    headers = {"accept_language": browser} if browser else {}
    page = await site.browser().get(f"/p/{link.slug}{f'?lang={asked}' if asked else ''}", **headers)
    check_page(page)
    assert language_of(page) == spoken
    assert ('dir="rtl"' in page.text) is (spoken == "ar")
    assert "accept-language" in [value for name, value in page.headers if name == "vary"]
    assert page.header("set-cookie") == ""
    if spoken in PAY:
        assert PAY[spoken] in page.text
    assert page.form(f"/p/{link.slug}/pay").get("lang", "") == (asked if asked == "fr" else "")


async def test_every_page_offers_every_language_and_keeps_what_its_address_says(site: Site) -> None:
    link = await site.shop.link()
    page = await site.browser().get(f"/p/{link.slug}?prefilled_email=a%40b.example&lang=de")
    for language in ("en", "de", "fr", "es", "ja", "ar"):
        assert f'href="?prefilled_email=a%40b.example&lang={language}"' in page.text
    assert 'aria-current="true">Deutsch<' in page.text
    for path in ("/p/nowhere", f"/p/{link.slug}/checkout/cs_1?k=1234567890123456"):
        unknown = await site.browser().get(path, accept_language="ja")
        assert (unknown.status, language_of(unknown)) == (404, "ja")
        assert "ここに支払いリンクはありません" in unknown.text


async def test_what_was_chosen_goes_along_through_a_refusal_and_the_payment(site: Site) -> None:
    link = await site.shop.link()
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}?lang=de", accept_language="fr")
    refused = await browser.submit(page, f"/p/{link.slug}/pay", email="nobody")
    assert (refused.status, language_of(refused)) == (422, "de")
    assert "Geben Sie eine E-Mail-Adresse an, zum Beispiel name@example.com." in refused.text
    assert "Bitte prüfen:" in refused.text
    back = await browser.get(f"/p/{link.slug}/pay?lang=de")
    assert back.location == f"/p/{link.slug}?lang=de"
    pressed = await browser.submit(refused, f"/p/{link.slug}/pay", email="ada@example.com")
    await site.at_gateway(pressed)
    [attempt] = await site.shop.attempts(link)
    session = await site.shop.services.database.read(get_session, site.shop.id, attempt.session_id)
    assert session is not None
    assert session.language == "de"
    own = f"/p/{link.slug}/checkout/{session.id}?k={session.token}"
    paid = await site.browser().get(own, accept_language="fr")
    assert (paid.status, language_of(paid)) == (200, "de")
    assert "Bezahlt. Vielen Dank!" in paid.text
    other = await site.browser().get(f"{own}&lang=ar")
    assert other.location == own
    assert language_of(await site.browser().get(own)) == "ar"
    assert (await site.browser().get(f"{own}x&lang=fr")).status == 404
    assert language_of(await site.browser().get(own)) == "ar"


async def test_another_try_speaks_what_its_page_has_spoken(site: Site) -> None:
    link = await site.shop.link()
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}?lang=de")
    await site.at_gateway(await browser.submit(page, f"/p/{link.slug}/pay"), "declined")
    own = (await browser.get(f"/p/{link.slug}")).location
    assert "Die Zahlung hat nicht geklappt" in (await browser.get(own)).text
    again = await browser.get(f"/p/{link.slug}?lang=fr")
    await browser.submit(again, f"/p/{link.slug}/pay")
    [first, second] = await site.shop.attempts(link)
    assert first.session_id == second.session_id
    session = await site.shop.services.database.read(get_session, site.shop.id, first.session_id)
    assert session is not None
    assert session.language == "fr"


async def test_the_merchants_own_words_are_shown_in_the_payers_language_and_kept_as_shown(site: Site) -> None:
    link = await site.shop.link(
        description="Guitar lesson",
        note="See you on Friday.",
        closed_message="Over.",
        translations={
            "de": Translation("Gitarrenstunde", "", "Vorbei."),
            "fr": Translation(note="À vendredi."),
        },
    )
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}", accept_language="de")
    assert ("Gitarrenstunde" in page.text, "See you on Friday." in page.text) == (True, True)
    french = await site.browser().get(f"/p/{link.slug}", accept_language="fr")
    assert ("Guitar lesson" in french.text, "À vendredi." in french.text) == (True, True)
    pressed = await browser.post(
        f"/p/{link.slug}/pay", page.form(f"/p/{link.slug}/pay"), accept_language="de"
    )
    assert pressed.status == 303
    [attempt] = await site.shop.attempts(link)
    session = await site.shop.services.database.read(get_session, site.shop.id, attempt.session_id)
    assert session is not None
    assert (session.description, session.language) == ("Gitarrenstunde", "de")


async def test_a_closed_link_speaks_and_answers_in_the_language_of_its_page(site: Site) -> None:
    link: PaymentLink = await site.shop.link(
        closed_message="Over.", translations={"de": Translation(closed_message="Vorbei.")}
    )
    await cancel_link(site.shop.services, site.shop.id, link.id)
    browser = site.browser()
    page = await browser.get(f"/p/{link.slug}?lang=de")
    assert ("Vorbei." in page.text, "Um einen neuen Link bitten" in page.text) == (True, True)
    wrong = await browser.submit(page, f"/p/{link.slug}/request", email="nobody")
    assert (wrong.status, language_of(wrong)) == (422, "de")
    noted = await browser.submit(wrong, f"/p/{link.slug}/request", email="ada@example.com")
    assert (noted.status, language_of(noted)) == (200, "de")
    found = await site.shop.services.database.read(list_requests, site.shop.id, limit=5)
    assert [each.language for each in found] == ["de"]
