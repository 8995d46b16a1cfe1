"""The gateway's own fields on a page of Linktill's: who may see it, under which policy, and where it leads (WH02, WH04, DA04)."""

from collections.abc import AsyncIterator

import pytest

from linktill.core.payment_attempt import AttemptStatus
from linktill.flows.connect_gateway import change_keys, list_accounts
from linktill.gateways.testing import How
from linktill.storage.database import Database
from tests.flows.leading import HOST, verified
from tests.gateways.stripe_objects import VISA
from tests.vendors import STRIPE_KEYS
from tests.web.browsing import Browser, Page
from tests.web.elements import Elements, elements_on, stops
from tests.web.test_every_page import check_page

POLICY = (
    "default-src 'none'; base-uri 'none'; script-src 'self' https://js.stripe.com https://*.js.stripe.com; "
    "frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com; connect-src https://api.stripe.com; "
    "style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; frame-ancestors 'none'"
)
STRANGER = "k=wrong-token-of-a-stranger"


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Elements]:
    async with elements_on(database) as made:
        yield made


def may(page: Page, what: str) -> str:
    """What a page may do by its Permissions-Policy."""
    allowed = dict(each.partition("=")[::2] for each in page.header("permissions-policy").split(", "))
    return allowed[what]


async def test_wh02_wh04_pay_leads_to_a_page_of_ours_with_stripe_s_fields(shop: Elements) -> None:
    payer = shop.site.browser()
    link_page = await payer.get(shop.url)
    assert "js.stripe.com" not in str(link_page.headers) + link_page.text, (
        "only the page that uses it names it"
    )
    assert "Stripe takes your payment on a secure page" in link_page.text
    url = await shop.press_pay(payer, email="ada@example.com")
    page = await payer.get(url)
    check_page(page)
    assert page.header("content-security-policy") == POLICY
    origins = '(self "https://js.stripe.com" "https://*.js.stripe.com" "https://hooks.stripe.com")'
    assert (may(page, "payment"), may(page, "publickey-credentials-get")) == (origins, origins)
    assert (may(page, "camera"), may(link_page, "payment")) == ("()", "(self)")
    assert page.header("cross-origin-opener-policy") == "same-origin-allow-popups"
    assert page.header("cross-origin-embedder-policy") == ""
    assert page.header("referrer-policy") == "same-origin"
    for words in ("A bicycle repair", "$40.00", "Pay $40.00", "never sees your card number", "JavaScript"):
        assert words in page.text, words
    secret = shop.session()["client_secret"]
    assert f'data-secret="{secret}"' in page.text
    assert 'data-key="pk_test_51LinktillFake"' in page.text
    assert "sk_test_51" not in page.text
    assert "ada@example.com" not in page.text
    assert 'type="email"' not in page.text, "Stripe has the address already"
    [attempt] = await shop.attempts()
    assert secret not in repr(attempt)
    head = await payer.head(url)
    assert (head.status, head.body) == (200, b"")


async def test_without_an_address_the_page_asks_for_it(shop: Elements) -> None:
    payer = shop.site.browser()
    page = await payer.get(await shop.press_pay(payer))
    check_page(page)
    assert 'type="email"' in page.text
    assert "Stripe needs an address to take your payment." in page.text


async def test_the_fields_are_asked_for_each_time_and_never_kept(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    first = shop.session()["client_secret"]
    assert first in (await payer.get(url)).text
    shop.session()["client_secret"] = "cs_other_secret"
    page = await payer.get(url)
    assert ("cs_other_secret" in page.text, first in page.text) == (True, False)


async def test_da04_looking_at_the_page_makes_nothing_at_stripe(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    for _ in range(5):
        await payer.get(url)
    assert len(shop.rig.fake.things["checkout.session"]) == 1
    assert "payment_intent" not in shop.rig.fake.things
    [attempt] = await shop.attempts()
    assert attempt.status is AttemptStatus.REQUIRES_ACTION


async def test_who_has_paid_is_led_to_the_receipt(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer, email="ada@example.com")
    await shop.rig.pay(shop.started(), How.SUCCESS)
    on = await payer.get(url)
    assert (on.status, on.location) == (303, url.replace("/pay?", "?"))
    receipt = await payer.follow(on)
    assert "Paid. Thank you!" in receipt.text
    [attempt] = await shop.attempts()
    assert attempt.status is AttemptStatus.CAPTURED
    asked = len(shop.rig.wire.sent)
    assert (await payer.get(url)).status == 303
    assert len(shop.rig.wire.sent) == asked, "what is known is not asked for"


async def test_a_debit_that_is_under_way_is_not_paid_a_second_time(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    await shop.rig.pay(shop.started(), How.SLOW)
    page = await payer.follow(await payer.get(url))
    assert "Your payment is under way" in page.text
    assert (await payer.get(url)).status == 303


async def test_after_a_decline_the_payer_goes_on_there(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    shop.rig.fake.attempt(shop.session(), VISA, "failed")
    shop.rig.fake.decline(shop.session(), "card_declined", "stolen_card")
    page = await payer.get(url)
    check_page(page)
    assert "stolen" not in page.text
    unfinished = await payer.get(url.replace("/pay?", "?"))
    assert "Not finished yet" in unfinished.text
    pressed = await payer.submit(unfinished, f"{shop.url}/pay")
    assert pressed.location.endswith(url), "to the same page, with the same session"
    assert len(shop.rig.fake.things["checkout.session"]) == 1


async def test_stop_closes_the_session_and_leads_to_the_other_ways(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    back = await payer.follow(await stops(payer, url, await payer.get(url)))
    check_page(back)
    assert "You turned back" in back.text
    assert shop.session()["status"] == "expired"
    gone = await payer.get(url)
    assert (gone.status, gone.location) == (303, url.replace("/pay?", "?"))


async def test_when_its_time_is_over_the_page_leads_to_how_it_stands(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    shop.site.shop.running.clock.advance(31 * 60)
    page = await payer.follow(await payer.get(url))
    assert "The payment page timed out" in page.text
    assert shop.session()["status"] == "expired"


@pytest.mark.parametrize("query", ["", STRANGER, "k=short", f"{STRANGER}&k=x"])
async def test_nobody_else_sees_it(shop: Elements, query: str) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    asked = len(shop.rig.wire.sent)
    check_page(await payer.get(f"{url.partition('?')[0]}?{query}"), 404)
    check_page(await payer.get(url.replace("/checkout/cs_", "/checkout/cs_0")), 404)
    check_page(await payer.get(url.replace(shop.link.slug, "another")), 404)
    assert len(shop.rig.wire.sent) == asked


async def test_a_payment_on_stripe_s_page_has_none_of_ours(shop: Elements) -> None:
    services, merchant_id = shop.site.services, shop.site.shop.id
    account = next(each for each in await list_accounts(services, merchant_id) if each.gateway == "stripe")
    await change_keys(services, merchant_id, account.id, STRIPE_KEYS)
    payer = shop.site.browser()
    pressed = await payer.submit(await payer.get(shop.url), f"{shop.url}/pay")
    assert pressed.location.startswith("https://checkout.stripe.com/c/pay/")
    own = (await payer.get(shop.url)).location
    asked = len(shop.rig.wire.sent)
    led = await payer.get(own.replace("?", "/pay?"))
    assert (led.status, led.location, len(shop.rig.wire.sent)) == (303, own, asked)


async def test_wh17_stripe_out_of_reach_is_said_with_the_way_back(shop: Elements) -> None:
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    shop.rig.wire.is_plugged = False
    page = await payer.get(url)
    check_page(page, 503)
    assert page.header("retry-after")
    assert "The payment form of Stripe could not be loaded" in page.text
    assert "<script" not in page.text
    assert "js.stripe.com" not in page.header("content-security-policy")
    stopped = await stops(payer, url, page)
    assert (stopped.status, stopped.location) == (303, url.replace("/pay?", "?"))
    shop.rig.wire.is_plugged = True
    check_page(await payer.get(url))
    back = await payer.follow(await stops(payer, url, page))
    assert "You turned back" in back.text


async def test_a_key_that_is_gone_is_said_to_the_merchant_and_not_to_payers(shop: Elements) -> None:
    services, merchant_id = shop.site.services, shop.site.shop.id
    payer = shop.site.browser()
    url = await shop.press_pay(payer)
    account = next(each for each in await list_accounts(services, merchant_id) if each.gateway == "stripe")
    await change_keys(services, merchant_id, account.id, STRIPE_KEYS)
    page = await payer.get(url)
    check_page(page, 503)
    assert "publishable" not in page.text
    noted = next(each for each in await list_accounts(services, merchant_id) if each.id == account.id)
    assert noted.last_failure == "The publishable key is gone: enter it again with the other keys."


async def test_with_a_domain_of_ones_own_the_page_is_on_the_host_where_pay_was_pressed(
    shop: Elements,
) -> None:
    """Browsers follow a form to no other host than the page's policy names (form-action)."""
    await verified(shop.site.shop)
    for host in ("linktill.test", HOST):
        payer = Browser(shop.site.app, headers={"origin": f"http://{host}"}, host=host)
        pressed = await payer.submit(await payer.get(shop.url), f"{shop.url}/pay", email="ada@example.com")
        assert pressed.location.startswith(f"{shop.url}/checkout/cs_"), host
        page = await payer.get(pressed.location)
        check_page(page)
        assert (await stops(payer, pressed.location, page)).status == 303
    returns = [each["return_url"] for each in shop.rig.fake.things["checkout.session"].values()]
    assert {url.partition("/p/")[0] for url in returns} == {f"http://{HOST}"}
