"""Home says that work is stuck; its page shows why, and tries it again (WI17)."""

from linktill.flows.receive_webhook import process_inbox
from linktill.gateways.contract import Hint
from tests.stuck import stuck_news, stuck_webhook
from tests.web.site import Site
from tests.web.test_every_page import check_page

STUCK = "/dashboard/stuck"


async def test_wi17_home_says_it_and_the_page_tries_it_again(site: Site) -> None:
    shop = site.shop
    browser = await site.member()
    assert "stuck" not in (await browser.get("/dashboard")).text
    assert "Nothing is stuck" in (await browser.get(STUCK)).text
    result = await shop.press_pay(await shop.link())
    await shop.fill_card(result, "webhook_lost")
    attempt = await shop.attempt(result.session.attempt_id)
    hint = Hint("e1", "payment.captured", 1, payment_ref=attempt.gateway_ref)
    webhook = await stuck_webhook(shop.services, shop.id, shop.account.id, hint)
    assert "One piece of work is stuck." in (await browser.get("/dashboard")).text
    news = await stuck_news(shop.services, shop.id, "evt_none")
    home = await browser.get("/dashboard")
    assert "2 pieces of work are stuck." in home.text
    assert f'href="{STUCK}"' in home.body.decode()
    page = await browser.get(STUCK)
    check_page(page)
    for words in ("payment.captured", "does not find it yet. <b>", "1 try", "Mails and webhooks of yours"):
        assert words in page.text, words
    assert f"/dashboard/payments/{attempt.id}" in page.body.decode()
    forged = await browser.submit(page, f"{STUCK}/{webhook}/retry", csrf_token="x")
    check_page(forged, 403)
    assert await process_inbox(shop.services) == 0
    tried = await browser.submit(page, f"{STUCK}/{webhook}/retry")
    shown = await browser.follow(tried)
    check_page(shown)
    assert "It is being tried again" in shown.text
    assert await process_inbox(shop.services) == 1
    assert (await shop.attempt(attempt.id)).captured_minor == 4_000
    # Pressed twice, or from a page that is old by now.
    check_page(await browser.submit(page, f"{STUCK}/{webhook}/retry"), 404)
    assert (await browser.get(f"{STUCK}/{webhook}/retry")).location == STUCK
    assert (await browser.submit(shown, f"{STUCK}/{news}/retry")).status == 303
    assert "Nothing is stuck" in (await browser.get(STUCK)).text


async def test_what_is_not_stuck_is_not_found(site: Site) -> None:
    browser = await site.member()
    token = (await browser.get("/dashboard/settings")).form("/dashboard/settings")["csrf_token"]
    for work_id in ("ib_none", "ob_none", "nonsense", "ib_%00"):
        check_page(await browser.post(f"{STUCK}/{work_id}/retry", {"csrf_token": token}), 404)


async def test_more_than_a_page_says_how_many_and_what_tries_all(site: Site) -> None:
    shop = site.shop
    for number in range(27):
        await stuck_news(shop.services, shop.id, f"evt_{number}")
    page = await (await site.member()).get(STUCK)
    check_page(page)
    assert page.body.decode().count("Try again</button>") == 25
    assert "And 2 more." in page.text
    assert "linktill stuck retry --all" in page.text
