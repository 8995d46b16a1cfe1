"""The page of a link with twenty items, taxes and a coupon, beside that of a link with a price."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.compare import PAGE
from bench.paths import page
from bench.shop import environment_of, found, link_rows
from bench.sides import World, product
from linktill.core.coupon import CouponFields
from linktill.core.ids import MerchantId
from linktill.core.pricing import Item, Pricing, Tax, Variant
from linktill.flows.manage_coupons import create_coupon
from linktill.main import open_services
from linktill.settings import read_settings
from linktill.storage.pricings import text_of

LINKS = 100
"""Of each kind, plain ones first; each is opened many times, as links that many people were sent are."""
ROUNDS = 5
SECONDS = 2
CONNECTIONS = 1
"""One after the other, so that it is the time of a request which is compared."""
CART = Pricing(
    items=tuple(
        Item(
            f"Part no. {number}",
            0 if number % 5 == 0 else 250 + number,
            quantity_max=10,
            is_optional=number % 2 == 0,
            variants=(Variant("Steel", 400 + number), Variant("Titanium", 4_400)) if number % 5 == 0 else (),
        )
        for number in range(1, 21)
    ),
    taxes=(Tax("State tax", 62_500), Tax("City tax", 8_875)),
    takes_codes=True,
)
COUPON = CouponFields(code="SPRING", name="Spring", rate_ppm=100_000, is_automatic=True)


def cart(world: World, records: list[dict[str, Any]]) -> None:
    """Adds to the record of the page how much longer it takes where there is much to choose and to compute."""
    database = "cart"
    world.databases.create(database)
    url = world.databases.url(database)
    shop = found(url, world.folder)
    asyncio.run(_offer(url, world.folder, MerchantId(shop.merchant_id)))
    plain = link_rows(shop, 0, LINKS)
    world.databases.fill(database, [*plain, *link_rows(shop, LINKS, 2 * LINKS, pricing=text_of(CART))])
    with ExitStack() as stack:
        side = product(world, database)
        stack.callback(side.process.stop)
        rounds = [
            [
                page(SECONDS, first=first, last=first + LINKS - 1, connections=CONNECTIONS)(side)
                for first in (0, LINKS)
            ]
            for _ in range(ROUNDS)
        ]
    one, many = (median(pair[kind].p50_ms for pair in rounds) for kind in (0, 1))
    record = next(each for each in records if each["path"] == PAGE)
    record.update(
        {
            "p50_ms_of_a_price": round(one, 3),
            "p50_ms_of_a_cart": round(many, 3),
            "cart_ratio": round(median(pair[1].p50_ms / pair[0].p50_ms for pair in rounds), 3),
        }
    )


async def _offer(url: str, folder: Path, merchant_id: MerchantId) -> None:
    async with open_services(read_settings(environment_of(url, folder))) as services:
        await create_coupon(services, merchant_id, COUPON)
