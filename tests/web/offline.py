"""A site whose merchant takes transfers and cash, and has no other gateway."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from sqlalchemy import bindparam, delete

from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.flows.offline_account import set_up_offline
from linktill.flows.services import Services
from linktill.gateways.kind import Gateways
from linktill.gateways.offline import offline
from linktill.storage.database import Database, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import gateway_account
from tests.offline import TERMS
from tests.web.browsing import Browser
from tests.web.site import Site, site_on

_WITHOUT = compiled(delete(gateway_account).where(gateway_account.c.merchant_id == bindparam("merchant_id")))


@pytest_asyncio.fixture
async def offline_site(database: Database) -> AsyncIterator[Site]:
    def with_offline(services: Services) -> Services:
        return replace(services, gateways=Gateways(*services.gateways.kinds.values(), offline()))

    async with site_on(database, change=with_offline) as made:
        shop = made.shop
        shop.services = with_offline(shop.services)

        async def remove(tx: Tx) -> None:
            await tx.run(_WITHOUT, merchant_id=shop.id)

        await shop.services.database.run(remove)
        await set_up_offline(shop.services, shop.id, TERMS)
        yield made
        await shop.check()


async def chosen(site: Site, link: PaymentLink) -> tuple[Browser, str, PaymentAttempt]:
    """A payer who has chosen to pay offline: their browser, the address of their page, and the payment."""
    browser = site.browser()
    url = f"/p/{link.slug}"
    pressed = await browser.submit(await browser.get(url), f"{url}/pay", email="ada@example.com", name="Ada")
    assert pressed.status == 303, pressed.text
    (attempt,) = await site.shop.attempts(link)
    return browser, pressed.location.removeprefix("http://linktill.test"), attempt
