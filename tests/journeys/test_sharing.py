"""A link on a page of somebody else's: the buy button, the card and what an editor makes of the address, paid through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Any
from urllib.parse import urljoin

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from tests.journeys.chromium import faults, person
from tests.journeys.people import Payer
from tests.journeys.shop import Shop

CARD = "4242 4242 4242 4242"
STRICT = "default-src 'none'; script-src {shop}; frame-src {shop}; style-src 'self'"
"""A page that allows its visitors nothing but what it says: no inline style, and of others only the shop."""


@pytest.fixture(scope="module", params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """One will do: nothing of it is stored."""
    return str(request.param)


@asynccontextmanager
async def page_of_others(body: str, policy: str = "") -> AsyncIterator[str]:
    """A blog on a host and port of its own; its address."""
    html = f'<!doctype html><html lang="en"><title>A blog</title><main><h1>A blog</h1>{body}</main></html>'
    headers = {"content-security-policy": policy} if policy else {}

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/blog", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "localhost", 0)
    await site.start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}/blog"
    finally:
        await runner.cleanup()


async def paid(page: Page, shop: Shop, link: dict[str, Any]) -> None:
    payer = Payer(page)
    await payer.press_pay()
    await payer.card(CARD)
    await payer.reads("Paid. Thank you!")
    assert await shop.payments(link) == [("captured", 4200)]


def script(shop: Shop) -> str:
    return f'<script async src="{shop.linktill.base_url}/static/embed.js"></script>'


async def test_the_buy_button_leads_to_the_page_that_is_paid(shop: Shop, browser: Browser) -> None:
    link = await shop.link()
    button = f'<linktill-button><a href="{link["url"]}">Book your place</a></linktill-button>{script(shop)}'
    async with (
        page_of_others(button, STRICT.format(shop=shop.linktill.base_url)) as url,
        person(browser, width=390) as reader,
    ):
        await reader.page.goto(url)
        anchor = reader.page.get_by_role("link", name="Book your place")
        await expect(anchor).to_have_css("background-color", "rgb(12, 90, 107)")
        assert await faults(reader.page) == []
        await anchor.focus()
        await reader.page.keyboard.press("Enter")
        await paid(reader.page, shop, link)


async def test_without_scripts_button_and_card_are_plain_links(shop: Shop, browser: Browser) -> None:
    link = await shop.link()
    plain = (
        f'<linktill-button><a href="{link["url"]}">Book</a></linktill-button>'
        f'<linktill-card><a href="{link["url"]}">Class</a></linktill-card>{script(shop)}'
    )
    async with page_of_others(plain) as url, person(browser, script=False) as reader:
        await reader.page.goto(url)
        await expect(reader.page.get_by_role("link", name="Class")).to_be_visible()
        await reader.page.get_by_role("link", name="Book").click()
        await paid(reader.page, shop, link)


async def test_the_card_tells_and_leads_to_a_page_of_its_own(shop: Shop, browser: Browser) -> None:
    link = await shop.link(description="Pottery class")
    card = f'<linktill-card theme="dark"><a href="{link["url"]}?utm_source=blog">Class</a></linktill-card>{script(shop)}'
    async with (
        page_of_others(card, STRICT.format(shop=shop.linktill.base_url)) as url,
        person(browser, width=390) as reader,
    ):
        await reader.page.goto(url)
        frame = reader.page.frame_locator("linktill-card iframe")
        await expect(frame.get_by_role("heading", name="Pottery class")).to_be_visible()
        await expect(frame.get_by_text("$42.00")).to_be_visible()
        is_cut = "document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth"
        assert not await reader.page.frames[1].evaluate(is_cut)
        assert await faults(reader.page) == []
        async with reader.context.expect_page() as opened:
            await frame.get_by_role("link", name="Pay").click()
        tab = await opened.value
        assert tab.url == f"{link['url']}?utm_source=blog"
        assert await tab.evaluate("window.opener") is None
        await paid(tab, shop, link)


async def test_a_card_of_another_server_stays_a_plain_link(shop: Shop, browser: Browser) -> None:
    foreign = f'<linktill-card><a href="http://localhost:1/p/abc">Class</a></linktill-card>{script(shop)}'
    async with page_of_others(foreign) as url, person(browser) as reader:
        await reader.page.goto(url)
        await reader.page.evaluate("customElements.whenDefined('linktill-card')")
        await expect(reader.page.get_by_role("link", name="Class")).to_be_visible()
        assert await reader.page.locator("iframe").count() == 0


async def test_an_editor_makes_a_card_of_the_pasted_address(shop: Shop, browser: Browser) -> None:
    """Finds the provider in the page, as https://oembed.com tells, and puts the answer's HTML into a page."""
    link = await shop.link(description='Pottery "for two" & tea')
    async with aiohttp.ClientSession() as http, person(browser, width=390) as reader:
        await reader.page.goto(link["url"])
        tag = reader.page.locator('link[type="application/json+oembed"]')
        async with http.get(urljoin(link["url"], await tag.get_attribute("href"))) as answer:
            found = await answer.json()
        async with page_of_others(found["html"]) as url:
            await reader.page.goto(url)
            frame = reader.page.frame_locator("iframe")
            await expect(frame.get_by_role("heading", name='Pottery "for two" & tea')).to_be_visible()
            async with reader.context.expect_page() as opened:
                await frame.get_by_role("link", name="Pay").click()
            await paid(await opened.value, shop, link)


async def test_in_a_frame_that_may_open_nothing_the_page_around_is_asked(
    shop: Shop, browser: Browser
) -> None:
    """WordPress frames cards so, and follows what they ask with the secret that it gave them."""
    link = await shop.link()
    frame = f'<iframe src="{escape(link["url"])}/card#?secret=s3cr3t" sandbox="allow-scripts" title="Card"></iframe>'
    async with page_of_others(frame) as url, person(browser) as reader:
        await reader.page.goto(url)
        await reader.page.evaluate("addEventListener('message', (event) => { window.heard = event.data; })")
        await reader.page.frame_locator("iframe").get_by_role("link", name="Pay").click()
        await reader.page.wait_for_function("window.heard")
        heard = await reader.page.evaluate("window.heard")
        assert heard == {"message": "link", "value": link["url"], "secret": "s3cr3t"}


async def test_wh07_nobody_frames_the_page_with_pay_on_it(shop: Shop, browser: Browser) -> None:
    link = await shop.link()
    async with page_of_others(f'<iframe src="{escape(link["url"])}" title="Page"></iframe>') as url:
        context = await browser.new_context()
        try:
            page = await context.new_page()
            await page.goto(url)
            await expect(page.frame_locator("iframe").get_by_role("button", name="Pay")).to_have_count(0)
        finally:
            await context.close()
