"""Where what is bought goes to: whether it may, how it is sent, and what a tax is there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.countries import COUNTRIES
from linktill.core.errors import FieldInvalid
from linktill.core.pricing import Choices, Pricing, ShippingRate, Tax
from linktill.core.sentence import sentence
from linktill.core.tax_id import checked_tax_id, is_of

_NOWHERE: Final = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the payer is; both empty where that does not matter."""

    country: str = _NOWHERE
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class ShippingPart:
    """How it is sent and what that costs."""

    name: str
    amount_minor: int
    taxes: tuple[str, ...]


ANYWHERE: Final = Destination()


def destination(pricing: Pricing, choices: Choices) -> Destination:
    """Where it goes: where the payer says, or where the form begins. Raises FieldInvalid naming `country` or `tax_id`."""
    if choices.tax_id and not pricing.takes_tax_ids:
        raise FieldInvalid("tax_id", "This link does not ask for a tax id.")
    if not pricing.asks_country:
        if choices.country:
            raise FieldInvalid("country", "This link does not ask for a country.")
        return ANYWHERE
    country = choices.country or filled_country(pricing)
    if country not in COUNTRIES:
        raise FieldInvalid("country", sentence("Choose a country by its two letters, such as DE."))
    if pricing.shipping and not rates_to(pricing, country):
        raise FieldInvalid("country", sentence("Nothing is sent to this country."))
    return Destination(country, checked_tax_id(choices.tax_id, country) if choices.tax_id else "")


def countries_served(pricing: Pricing) -> frozenset[str]:
    """Those that the payer may choose from."""
    if not pricing.shipping or any(not rate.countries for rate in pricing.shipping):
        return COUNTRIES
    return frozenset(country for rate in pricing.shipping for country in rate.countries)


def filled_country(pricing: Pricing) -> str:
    """What the form begins with: the merchant's own, or else the first that something is sent to."""
    if pricing.home in countries_served(pricing):
        return pricing.home
    return next(country for rate in pricing.shipping for country in rate.countries)


def rates_to(pricing: Pricing, country: str) -> Sequence[tuple[int, ShippingRate]]:
    """The ways to send something there, each with its place in the link."""
    return [
        (place, rate)
        for place, rate in enumerate(pricing.shipping)
        if not rate.countries or country in rate.countries
    ]


def on_the_way(pricing: Pricing, choices: Choices) -> Choices:
    """The same, without a way to send it that does not lead to the country that was chosen."""
    if choices.shipping is None or not pricing.shipping:
        return choices
    there = rates_to(pricing, choices.country or filled_country(pricing))
    return choices if choices.shipping in {place for place, _ in there} else replace(choices, shipping=None)


def shipped(pricing: Pricing, choices: Choices, country: str, bought_minor: int) -> ShippingPart | None:
    """How it is sent; None: it is not. `bought_minor`: what is bought comes to this, after discounts.

    Raises FieldInvalid naming `shipping` for a way that there is not.
    """
    if not pricing.shipping:
        if choices.shipping is not None:
            raise FieldInvalid("shipping", "Nothing is sent for this link.")
        return None
    there = rates_to(pricing, country)
    chosen = there[0][0] if choices.shipping is None else choices.shipping
    for place, rate in there:
        if place == chosen:
            taxes = tuple(tax.name for tax in pricing.taxes) if rate.taxes is None else rate.taxes
            return ShippingPart(rate.name, cost(rate, bought_minor), taxes)
    raise FieldInvalid(
        "shipping",
        sentence("That way does not lead to this country. Look at what it costs there, and choose again."),
    )


def cost(rate: ShippingRate, bought_minor: int) -> int:
    """What it costs to send what comes to this after discounts."""
    is_free = rate.free_from_minor is not None and bought_minor >= rate.free_from_minor
    return 0 if is_free else rate.amount_minor


def rate_in(tax: Tax, country: str) -> int:
    """Millionths; zero where there is no such tax."""
    return dict(tax.rates).get(country, tax.rate_ppm)


def is_reversed(tax: Tax, home: str, where: Destination) -> bool:
    """Does a business pay this tax itself, where it is? (EU: Directive 2006/112/EC, articles 138 and 196.)"""
    return (
        tax.is_reversible
        and where.country != home
        and where.country in dict(tax.rates)
        and is_of(where.tax_id, where.country)
    )
