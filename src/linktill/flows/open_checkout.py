"""A payer opens a link: reads what is due and writes nothing but a buffered count. No gateway is called."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId, MerchantId
from linktill.core.merchant import Merchant
from linktill.core.payment_link import Payability, PaymentLink, payability
from linktill.core.pricing import AS_FILLED, Choices
from linktill.core.stock import has_stock, is_out
from linktill.flows.offers import Offer, offers_of
from linktill.flows.redeem import Redeemed, redeemed, takes_codes
from linktill.flows.services import Services
from linktill.storage.allotments import stock_counts
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
    taken: Mapping[str, int] = field(default_factory=dict[str, int])
    """How much of the link's stock is sold or being bought, by its key."""
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    """Why the code that was entered does not count: field and a whole sentence."""
    currencies: tuple[str, ...] = ()
    """What it can be paid in, where that is more than one; `link` is in one of them."""


async def open_checkout(
    services: Services,
    slug: str,
    choices: Choices = AS_FILLED,
    email: str | None = None,
    currency: str = "",
) -> Checkout | None:
    """The link behind an address with its merchant, or None if there is no such link. `choices`, `email`: of the payer, who may
    have entered a code. `currency`: what they pay in, where the link can be paid in it; else its own.
    """
    found = await services.database.read(page_of, slug)
    if found is None:
        return None
    merchant, link = found
    currencies = link.terms.currencies if link.terms.pricing is not None else ()
    link = link.in_currency(currency)
    state = payability(link, services.clock.now_us())
    if state is not Payability.PAYABLE:
        return Checkout(merchant, link, state)
    taken = await _taken(services, link)
    if is_out(link.terms.pricing, taken):
        return Checkout(merchant, link, Payability.IN_PROGRESS)
    priced, refused = Redeemed(link), dict[str, str]()
    if takes_codes(link):
        try:
            now = services.clock.now_us()
            priced = await services.database.read(redeemed, link, choices, email, now=now)
        except FieldInvalid as invalid:
            # What else cannot be chosen is shown beside its field, at the price without a code.
            refused = {invalid.param: invalid.message} if invalid.param in {"code", "email"} else {}
    offers = await offers_of(services, link.merchant_id, link.terms, amount=priced.total)
    several = currencies if len(currencies) > 1 else ()
    return Checkout(merchant, priced.link, state, offers, taken, refused, several)


async def _taken(services: Services, link: PaymentLink) -> Mapping[str, int]:
    if not has_stock(link.terms.pricing):
        return {}
    taken, _ = await services.database.read(stock_counts, link.merchant_id, link.id)
    return taken


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
