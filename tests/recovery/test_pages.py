"""What people see of a copy, of backups that stopped, and of news that wait: UB09, UB12."""

from collections.abc import AsyncIterator

import pytest_asyncio

from linktill.flows.last_backup import MADE_FACT
from linktill.flows.standing import Why
from linktill.storage import recovery
from linktill.storage.database import Database, Tx
from linktill.storage.installation import put_fact
from tests.web.site import Site, site_on
from tests.web.test_every_page import check_page

COPY = "This is a copy or a restored backup."
OVERDUE = "No backup has succeeded for more than a day."
PAGES = ("", "/links", "/links/new", "/payments", "/books", "/developers", "/mails", "/settings")
HOUR_US = 3_600_000_000


@pytest_asyncio.fixture
async def site(database: Database) -> AsyncIterator[Site]:
    async with site_on(database) as made:
        yield made


async def test_ub12_every_page_of_the_dashboard_says_that_it_is_a_copy_and_can_be_read(site: Site) -> None:
    shop = site.shop
    link = await shop.link()
    paid = await shop.pay(link, "9")
    browser = await site.member()
    pages = [f"/dashboard{page}" for page in (*PAGES, f"/links/{link.id}", f"/payments/{paid.id}")]
    for url in pages:
        assert COPY not in (await browser.get(url)).text
    shop.services.standing.why = Why.RESTORED
    for url in pages:
        page = await browser.get(url)
        check_page(page)
        assert COPY in page.text, url
        assert "linktill adopt" in page.text


async def test_ub12_a_payer_of_a_copy_is_told_that_nothing_was_charged(site: Site) -> None:
    link = await site.shop.link()
    site.shop.services.standing.why = Why.MOVED
    payer = site.browser()
    page = await payer.get(f"/p/{link.slug}")
    assert page.status == 200
    assert COPY not in page.text
    pressed = await payer.submit(page, f"/p/{link.slug}/pay", email="ada@example.com", name="Ada")
    assert pressed.status == 503
    assert "adopt" not in pressed.text
    assert await site.shop.attempts(link) == []


async def test_ub12_webhooks_that_come_meanwhile_are_kept(site: Site) -> None:
    shop = site.shop
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result)
    shop.services.standing.why = Why.RESTORED
    await shop.running.step(0)
    assert await shop.deliver() > 0
    assert (await shop.attempt(result.session.attempt_id)).status.value == "requires_action"
    shop.services.standing.why = None
    await shop.later(60)
    assert (await shop.attempt(result.session.attempt_id)).status.value == "captured"


async def test_ub09_home_warns_once_backups_stopped(site: Site) -> None:
    services = site.shop.services
    browser = await site.member()
    assert OVERDUE not in (await browser.get("/dashboard")).text

    async def made(tx: Tx, hours: int) -> None:
        await put_fact(tx, MADE_FACT, str(services.clock.now_us() - hours * HOUR_US))

    await services.database.run(made, 25)
    assert OVERDUE not in (await browser.get("/dashboard")).text
    await services.database.run(made, 27)
    assert OVERDUE in (await browser.get("/dashboard")).text


async def test_home_says_how_much_waits_for_a_decision(site: Site) -> None:
    browser = await site.member()
    await site.shop.link()
    assert "before the restore" not in (await browser.get("/dashboard")).text
    await site.shop.services.database.run(recovery.park_news, site.shop.id)
    page = await browser.get("/dashboard")
    assert "One message from before the restore waits for a decision." in page.text
