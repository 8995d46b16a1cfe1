"""A whole installation in this process: the pages behind their door, a member who signs in, a sandbox company over HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from litestar import Litestar

from linktill.core import ids as prefixes
from linktill.core.ids import MemberId, MerchantId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.merchant import Member, Role
from linktill.core.payment_link import LinkTerms, PaymentLink
from linktill.flows.manage_api_keys import KeyRing
from linktill.flows.newsroom import Newsroom
from linktill.flows.open_checkout import ViewCounter, open_checkout
from linktill.flows.services import Services
from linktill.flows.set_up import MERCHANT_FACT
from linktill.flows.sign_in import SignInGate
from linktill.platform.passwords import Passwords
from linktill.sandbox.cards import BY_NAME, CARDS
from linktill.storage import directory
from linktill.storage.database import Database, Tx
from linktill.storage.installation import claim_fact
from linktill.storage.members import insert_member
from linktill.surface.door import Door
from linktill.surface.own_domains import OwnDomains
from linktill.web.app import answer_error, create_web
from linktill.web.options import WebOptions
from tests.make import BASE_URL, Shop, shop_on
from tests.web.browsing import Browser, Page

EMAIL = "owner@example.com"
PASSWORD = "brick lamp river nine"


@dataclass
class Site:
    """The pages of a shop, whose merchant the member signs in for. `opened`: accounts that set-up has asked for."""

    shop: Shop
    app: Any
    views: ViewCounter
    options: WebOptions
    opened: list[MerchantId]
    services: Services

    def browser(self) -> Browser:
        """Somebody's browser, which says where its forms come from."""
        return Browser(self.app, headers={"origin": BASE_URL})

    async def member(self) -> Browser:
        """The owner's browser, signed in."""
        browser = self.browser()
        page = await browser.post("/sign-in", {"email": EMAIL, "password": PASSWORD, "next": "/dashboard"})
        assert page.status == 303, page.text
        return browser

    async def link_at(self, url: str) -> PaymentLink:
        """The link behind `/p/{slug}`, as it is now."""
        found = await open_checkout(self.shop.services, url.removeprefix("/p/"))
        assert found is not None
        return found.link

    async def pay(self, browser: Browser, link: PaymentLink, card: str = "success") -> Page:
        """A payer opens the link, presses Pay, fills in the gateway's page and comes back."""
        url = f"/p/{link.slug}"
        page = await browser.get(url)
        pressed = await browser.submit(page, f"{url}/pay", email="ada@example.com", name="Ada")
        assert pressed.status == 303, pressed.text
        await self.at_gateway(pressed, card)
        return await browser.follow(await browser.get(url))

    async def at_gateway(self, pressed: Page, card: str = "success") -> None:
        """Fills in the card on the page that Pay led to."""
        payment_id = pressed.location.rsplit("/", 1)[-1]
        response = await self.shop.running.pay(payment_id, BY_NAME[card].number)
        assert response.status == 303, response.body


def priced(amount_minor: int) -> Callable[[LinkTerms], LinkFields]:
    """An edit: another price."""
    return lambda terms: replace(fields_of(terms), amount_minor=amount_minor)


@asynccontextmanager
async def site_on(
    database: Database,
    *,
    is_set_up: bool = True,
    mail_server: str | None = None,
    has_other: bool = False,
    change: Callable[[Services], Services] = lambda services: services,
) -> AsyncIterator[Site]:
    """The pages over this database. The shop's own merchant belongs to the member who signs in. `change`: other ports."""
    async with shop_on(database, has_other=has_other) as shop:
        services = change(shop.services)
        passwords = Passwords()
        gate = SignInGate(shop.services.clock, passwords)
        opened: list[MerchantId] = []

        async def open_account(merchant_id: MerchantId) -> None:
            opened.append(merchant_id)

        options = WebOptions(
            views=ViewCounter(),
            gate=gate,
            key_ring=KeyRing(shop.services),
            open_account=open_account,
            mail_server=mail_server,
            mail_sender="linktill@example.com",
            product_version="0.1.0",
            newsroom=Newsroom(services),
            test_numbers=tuple((card.spaced, card.effect) for card in CARDS),
            may_endpoints_be_private=True,
        )
        app: Any = Litestar(
            create_web(services, options),
            openapi_config=None,
            exception_handlers={Exception: answer_error},
        )
        door = Door(app, shop.services.ids, OwnDomains(services), base_url=BASE_URL)
        site = Site(shop, door, options.views, options, opened, services)
        if is_set_up:
            await own(site)
        try:
            yield site
        finally:
            passwords.close()


async def own(site: Site) -> None:
    """Makes the shop's merchant the installation's, with one member."""
    services, merchant = site.shop.services, site.shop.merchant
    member = Member(merchant.id, MemberId(services.ids.new(prefixes.MEMBER)), EMAIL, "", Role.OWNER)
    password_hash = await site.options.gate.passwords.hash(PASSWORD)

    async def install(tx: Tx) -> None:
        await claim_fact(tx, MERCHANT_FACT, merchant.id)
        await directory.claim(tx, directory.EMAIL, EMAIL, merchant.id, member.id)
        await insert_member(tx, member, password_hash=password_hash, now=services.clock.now_us())

    await services.database.run(install)
