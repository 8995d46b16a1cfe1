"""What a link with more than a price comes to on the payer's page. Of one that is just opened it is computed once."""

from typing import Final, final

from linktill.core.money import Money
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import Pricing
from linktill.flows.open_checkout import Checkout
from linktill.web.checkout.choosing import NOTHING_CHOSEN, Chosen, Priced, priced
from linktill.web.checkout.view import Goal

OPENED_MAX: Final = 128


@final
class Prices:
    """Keeps what was computed for the links that were opened last; with it goes what the page has drawn of it."""

    def __init__(self) -> None:
        self._opened: Final[dict[object, Priced]] = {}

    def of(self, checkout: Checkout, pricing: Pricing, chosen: Chosen) -> Priced:
        """What is asked and what it comes to. `pricing`: that of the link, with the coupon of this payer."""
        link, taken = checkout.link, checkout.taken
        before_minor = 0 if pricing.parts is None else link.taken_minor
        if chosen != NOTHING_CHOSEN or checkout.refused:
            return priced(
                link.terms, chosen, before_minor=before_minor, taken=taken, refused=checkout.refused
            )
        # A version never changes; what a coupon takes off is among the discounts.
        currency = link.terms.amount.currency
        key = (
            *(link.merchant_id, link.id, link.version, currency, link.terms.description),
            *(pricing.discounts, before_minor, tuple(taken.items())),
        )
        found = self._opened.get(key)
        if found is None:
            if len(self._opened) >= OPENED_MAX:
                self._opened.clear()
            found = self._opened[key] = priced(link.terms, before_minor=before_minor, taken=taken)
        return found


def goal_of(link: PaymentLink) -> Goal | None:
    """What is raised and what is to be; what went back is not raised."""
    pricing, currency = link.terms.pricing, link.terms.amount.currency
    if pricing is None or pricing.goal_minor is None:
        return None
    raised = max(0, link.captured_minor - link.refunded_minor)
    percent = min(100, raised * 100 // pricing.goal_minor)
    return Goal(Money(raised, currency), Money(pricing.goal_minor, currency), percent)
