"""A shop whose payers fill in Stripe's fields on a page of Linktill's: the real pages, and a Stripe that remembers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.flows.connect_gateway import connect
from linktill.gateways.contract import Started
from linktill.storage.database import Database
from tests.flows.test_answer_through_vendors import set_clock
from tests.gateways.stripe_objects import Thing
from tests.gateways.stripe_rig import OWN_PAGE_KEYS, StripeRig
from tests.make import BASE_URL
from tests.vendors import vendors
from tests.web.browsing import Browser, Page
from tests.web.site import Site, site_on


@dataclass
class Elements:
    """Its link can be paid through Stripe only."""

    site: Site
    rig: StripeRig
    link: PaymentLink

    @property
    def url(self) -> str:
        return f"/p/{self.link.slug}"

    async def press_pay(self, payer: Browser, **typed: str) -> str:
        """Opens the link and presses Pay: the path of the page that follows."""
        pressed = await payer.submit(await payer.get(self.url), f"{self.url}/pay", **typed)
        assert pressed.status == 303, pressed.text
        assert pressed.location.startswith(f"{BASE_URL}{self.url}/checkout/cs_")
        return pressed.location.removeprefix(BASE_URL)

    async def attempts(self) -> list[PaymentAttempt]:
        return await self.site.shop.attempts(self.link)

    def session(self) -> Thing:
        """The newest at Stripe."""
        return list(self.rig.fake.things["checkout.session"].values())[-1]

    def started(self) -> Started:
        return Started(self.session()["id"], "")


def turn_back_of(own_page: str) -> str:
    """Where the page's form for stopping posts to."""
    return own_page.replace("/pay?", "/turn_back?").partition("?")[0]


async def stops(payer: Browser, own_page: str, page: Page) -> Page:
    """Presses Stop on the page."""
    return await payer.submit(page, turn_back_of(own_page))


@asynccontextmanager
async def elements_on(database: Database) -> AsyncIterator[Elements]:
    """The shop over this database, its Stripe account connected."""
    async with vendors() as at, site_on(database, change=at.offered) as site:
        set_clock(at.stripe)
        site.shop.services = site.services
        await connect(site.services, site.shop.id, "stripe", OWN_PAGE_KEYS)
        link = await site.shop.link(allowed_gateways=("stripe",))
        yield Elements(site, at.stripe, link)
