"""Several gateways on one link, as the payer sees them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from linktill.core.payment_attempt import AttemptStatus
from linktill.flows.offline_account import set_up_offline
from linktill.flows.services import Services
from linktill.gateways.kind import Gateways
from linktill.gateways.offline import offline
from linktill.storage.database import Database
from tests.make import BASE_URL
from tests.offline import TERMS
from tests.web.site import Site, site_on
from tests.web.test_every_page import check_page


@pytest.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    async with site_on(database, has_other=True) as found:
        yield found


async def test_the_payer_chooses_and_pays_there(site: Site) -> None:
    link = await site.shop.link()
    url, browser = f"/p/{link.slug}", site.browser()
    page = await browser.get(url)
    check_page(page)
    assert page.form(f"{url}/pay")["gateway"] == "sandbox", "the merchant's favorite is ticked"
    assert "Other" in page.text
    pressed = await browser.submit(page, f"{url}/pay", gateway="other")
    assert pressed.status == 303
    await site.at_gateway(pressed)
    receipt = await browser.follow(await browser.get(url))
    assert "Paid. Thank you!" in receipt.text
    [attempt] = await site.shop.attempts(link)
    assert attempt.gateway == "other"


async def test_a_choice_that_is_gone_is_asked_for_again_with_what_was_typed(site: Site) -> None:
    link = await site.shop.link()
    url, browser = f"/p/{link.slug}", site.browser()
    page = await browser.submit(
        await browser.get(url), f"{url}/pay", gateway="stripe", email="ada@example.com"
    )
    check_page(page, status=409)
    assert "This way to pay is not offered any more" in page.text
    assert page.form(f"{url}/pay")["email"] == "ada@example.com"
    assert await site.shop.attempts(link) == []


async def test_a_gateway_that_is_down_is_left_out_of_the_next_page(site: Site) -> None:
    link = await site.shop.link()
    url, browser = f"/p/{link.slug}", site.browser()
    site.shop.wire.is_plugged = False
    page = await browser.submit(await browser.get(url), f"{url}/pay", gateway="sandbox")
    check_page(page, status=503)
    assert "gateway" not in page.form(f"{url}/pay")
    assert "Other takes your payment on a secure page" in page.text
    pressed = await browser.submit(page, f"{url}/pay")
    assert pressed.status == 303
    await site.at_gateway(pressed)
    await browser.follow(await browser.get(url))
    member = await site.member()
    paid, _failed = await site.shop.attempts(link)
    shown = await member.get(f"/dashboard/payments/{paid.id}")
    assert "could not be reached" in shown.text


async def test_who_turns_back_may_pay_in_another_way(site: Site) -> None:
    link = await site.shop.link()
    url, browser = f"/p/{link.slug}", site.browser()
    await browser.submit(await browser.get(url), f"{url}/pay", gateway="sandbox")
    unfinished = await browser.follow(await browser.get(url))
    check_page(unfinished)
    [attempt] = await site.shop.attempts(link)
    turn_back = f"{url}/checkout/{attempt.session_id}/turn_back"
    back = await browser.submit(unfinished, turn_back)
    page = await browser.follow(back)
    check_page(page)
    assert "You turned back" in page.text
    assert (await site.shop.attempt(attempt.id)).status is AttemptStatus.CANCELED
    pressed = await browser.submit(page, f"{url}/pay", gateway="other")
    await site.at_gateway(pressed)
    assert "Paid. Thank you!" in (await browser.follow(await browser.get(url))).text
    wrong = await browser.post(turn_back, {"k": "1234567890123456789"})
    assert wrong.status == 404


async def test_the_payer_chooses_between_a_card_and_a_transfer_and_back(database: Database) -> None:
    def with_offline(services: Services) -> Services:
        return replace(services, gateways=Gateways(*services.gateways.kinds.values(), offline()))

    async with site_on(database, change=with_offline) as site:
        shop = site.shop
        shop.services = with_offline(shop.services)
        await set_up_offline(shop.services, shop.id, TERMS)
        link = await shop.link(currency="EUR")
        url, browser = f"/p/{link.slug}", site.browser()
        page = await browser.get(url)
        check_page(page)
        pressed = await browser.submit(page, f"{url}/pay", gateway="offline")
        instructions = await browser.get(pressed.location.removeprefix(BASE_URL))
        check_page(instructions)
        assert "DE89 3704 0044 0532 0130 00" in instructions.text
        [attempt] = await shop.attempts(link)
        assert attempt.gateway == "offline"
        turn_back = f"{url}/checkout/{attempt.session_id}/turn_back"
        token = pressed.location.partition("k=")[2]
        back = await browser.post(turn_back, {"k": token})
        assert (await shop.attempt(attempt.id)).status is AttemptStatus.CANCELED
        again = await browser.follow(back)
        pressed = await browser.submit(again, f"{url}/pay", gateway="sandbox")
        await site.at_gateway(pressed)
        assert "Paid. Thank you!" in (await browser.follow(await browser.get(url))).text
        await shop.check()


async def test_ll17_without_an_account_the_page_says_so_and_asks_for_nothing(database: Database) -> None:
    async with site_on(database) as site:
        link = await site.shop.link()
        site.shop.services.connected.keep(site.shop.id, (), now_s=site.shop.services.clock.monotonic_s())
        page = await site.browser().get(f"/p/{link.slug}")
        check_page(page)
        assert "cannot be paid online right now" in page.text
        assert "<button" not in page.body.decode()
