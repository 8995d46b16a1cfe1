"""A merchant brings a domain along; a link is opened and paid on it. Two names of one real server, both on loopback."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from linktill.core.ids import MerchantId
from linktill.flows.manage_domain import check_domain
from linktill.flows.set_up import MERCHANT_FACT
from linktill.main import open_services
from linktill.platform.http import HttpRequest, HttpResponse
from linktill.settings import read_settings
from linktill.storage.installation import get_fact
from tests.journeys.chromium import chromium, faults, person
from tests.journeys.people import Merchant, Payer, reload_until
from tests.journeys.shop import Shop
from tests.journeys.test_dashboard import signed_in

HOST = "pay.bikes.example"
CARD = "4242 4242 4242 4242"


@pytest.fixture(scope="module", params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """One will do: what is stored is tried on both elsewhere, and a browser is dear."""
    return str(request.param)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser for which the merchant's name leads to this machine."""
    async with chromium(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as started:
        yield started


class Here:
    """A client for which every name leads to this machine, as the merchant's DNS record will have it."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        url = f"http://127.0.0.1:{parts.port}{parts.path}"
        async with (
            aiohttp.ClientSession() as http,
            http.request(request.method, url, headers={"host": parts.netloc}) as response,
        ):
            return HttpResponse(response.status, {}, await response.read())


async def check(environment: Mapping[str, str]) -> str:
    """Presses Check where the name leads here; what it says is wrong."""
    async with open_services(read_settings(environment)) as services:
        merchant_id = await services.database.read(get_fact, MERCHANT_FACT)
        assert merchant_id is not None
        checked = await check_domain(replace(services, http=Here()), MerchantId(merchant_id))
        return checked.failure


def is_of_the_test(trouble: str, origin: str) -> bool:
    """Here the name looks like one elsewhere, and it is served over plain HTTP, where browsers leave out one header."""
    return trouble.startswith(f"asked {origin}/") or "Opener-Policy header has been ignored" in trouble


async def test_a_link_is_opened_and_paid_on_the_merchants_own_domain(shop: Shop, browser: Browser) -> None:
    link = await shop.link(description="Cake", slug="cake-order")
    port = urlsplit(shop.linktill.base_url).port
    origin = f"http://{HOST}:{port}"
    async with person(browser) as owner:
        page, merchant = owner.page, Merchant(owner.page, shop.linktill.base_url)
        await signed_in(merchant, shop)
        await merchant.go("Settings")
        await page.get_by_role("link", name="Your own domain").click()
        await page.get_by_label("Domain").fill(HOST.upper())
        await merchant.press("Set it")
        await expect(merchant.notice).to_have_text("Set. Make the record below, then press Check.")
        assert await merchant.faults() == []
        await merchant.press("Check")
        await expect(merchant.notice).to_have_text("It does not lead here yet: see below what to do.")
        assert (await shop.call("GET", f"/payment_links/{link['id']}"))["url"] == link["url"]
        environment = {
            **shop.linktill.environment,
            "LINKTILL_BASE_URL": shop.linktill.base_url,
        }
        assert await check(environment) == ""
        await reload_until(page, page.get_by_text(f"{origin}/p/"))
        assert await merchant.faults() == []
        # The server that was not pressed at looks every few seconds.
        await merchant.go("Settings")
        await reload_until(page, page.get_by_text(origin))
        await merchant.open(f"/dashboard/links/{link['id']}")
        await expect(page.get_by_label("Share this address")).to_have_value(f"{origin}/p/cake-order")
    assert (await shop.call("GET", f"/payment_links/{link['id']}"))["url"] == f"{origin}/p/cake-order"
    async with person(browser, width=390, scheme="dark") as somebody:
        payer = Payer(somebody.page)
        await somebody.page.goto(f"{origin}/p/Cake-Order")
        assert await faults(somebody.page) == []
        await payer.press_pay()
        await payer.card(CARD)
        await payer.reads("Paid. Thank you!")
        assert somebody.page.url.startswith(f"{origin}/p/cake-order/checkout/")
        for path in ("/dashboard", "/sign-in", "/v1/payment_links"):
            answer = await somebody.page.goto(f"{origin}{path}")
            assert answer is not None
            assert answer.status == 404, path
        await somebody.page.goto(link["url"])
        await payer.reads("This has been paid")
        somebody.troubles[:] = [each for each in somebody.troubles if not is_of_the_test(each, origin)]
    assert await shop.payments(link) == [("captured", 4200)]
