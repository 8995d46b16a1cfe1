"""A payer opens a link: reads what is due and writes nothing but a buffered count. No gateway is called."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from linktill.core.ids import LinkId, MerchantId
from linktill.core.merchant import Merchant
from linktill.core.payment_link import Payability, PaymentLink, payability
from linktill.flows.offers import Offer, offers_of
from linktill.flows.services import Services
from linktill.storage.checkout_pages import page_of
from linktill.storage.database import Tx
from linktill.storage.link_views import add_views

VIEWS_MAX: Final = 10_000
"""So many links are counted between two flushes; further ones are not, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the page shows."""

    merchant: Merchant
    link: PaymentLink
    payability: Payability
    offers: tuple[Offer, ...] = ()
    """How it can be paid now, the merchant's favorite first."""


async def open_checkout(services: Services, slug: str) -> Checkout | None:
    """The link behind an address with its merchant, or None if there is no such link."""
    found = await services.database.read(page_of, slug)
    if found is None:
        return None
    merchant, link = found
    state = payability(link, services.clock.now_us())
    if state is not Payability.PAYABLE:
        return Checkout(merchant, link, state)
    return Checkout(merchant, link, state, await offers_of(services, link.merchant_id, link.terms))


class ViewCounter:
    """Counts openings in memory. A crash loses the last few seconds of counts, never anything else."""

    def __init__(self) -> None:
        self._views: Counter[tuple[MerchantId, LinkId]] = Counter()

    def count(self, link: PaymentLink) -> None:
        """One more opening."""
        key = (link.merchant_id, link.id)
        if key in self._views or len(self._views) < VIEWS_MAX:
            self._views[key] += 1

    async def flush(self, services: Services) -> int:
        """Adds what was counted to the database; answers how many links that were."""
        views, self._views = self._views, Counter()
        if views:
            counts = [(merchant_id, link_id, count) for (merchant_id, link_id), count in views.items()]
            await services.database.run(_flush, counts, services.clock.now_us())
        return len(views)


async def _flush(tx: Tx, counts: list[tuple[MerchantId, LinkId, int]], now: int) -> None:
    await add_views(tx, counts, now=now)
