"""Prices in further currencies as programs see and send them: nothing but amounts, each at the place of what it belongs to."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from linktill.core import pricing_terms as limits
from linktill.core.errors import FieldInvalid
from linktill.core.pricing import CurrencyPrices, ItemPrice, NamedPrice
from linktill.flows.amount_objects import (
    AMOUNT,
    MORE,
    NAME,
    OpenAmountObject,
    Unit,
    open_amount_object,
    open_amount_of,
    told,
)

Whose = Annotated[
    str,
    told("Of what it is the price: as the link has it at this place. May be left out.", **NAME),
]


class VariantPriceObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a variant costs."""

    name: Whose | None = None
    unit_amount_minor: Unit


class ItemPriceObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an item costs."""

    name: Whose | None = None
    unit_amount_minor: Annotated[Unit | None, told("Null where the variants have prices.")] = None
    variants: Annotated[
        Sequence[VariantPriceObject],
        told("One for each variant, in their order.", maxItems=limits.VARIANTS_MAX),
    ] = ()


class DiscountPriceObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a discount takes off."""

    name: Whose | None = None
    amount_minor: Annotated[
        int | None, told("Null where it is a percentage, which holds in every currency.", **MORE)
    ] = None


class ShippingPriceObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a way to send it costs."""

    name: Whose | None = None
    amount_minor: Annotated[int, told("In minor units.", **AMOUNT)]
    free_from_minor: Annotated[
        int | None, told("It costs nothing from here on; null where it always costs.", **MORE)
    ] = None


class CurrencyOptionObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices in another currency. Nothing is converted, and nothing but amounts differs from the link's own."""

    currency: Annotated[str, told("ISO 4217 code in capitals.", pattern="^[A-Z]{3}$")]
    amount_minor: Annotated[
        int | None,
        told("The price; of an open amount what the form is filled with. Of items it follows.", **AMOUNT),
    ] = None
    line_items: Annotated[
        Sequence[ItemPriceObject],
        told("One for each item, in their order.", maxItems=limits.ITEMS_MAX),
    ] = ()
    open_amount: Annotated[
        OpenAmountObject | None,
        told("Needed where that of the link has a minimum, a maximum or suggestions."),
    ] = None
    discounts: Annotated[
        Sequence[DiscountPriceObject],
        told("One for each discount; none where all are percentages.", maxItems=limits.DISCOUNTS_MAX),
    ] = ()
    shipping_rates: Annotated[
        Sequence[ShippingPriceObject],
        told("One for each shipping rate, in their order.", maxItems=limits.SHIPPING_MAX),
    ] = ()


def prices_of(sent: CurrencyOptionObject, param: str) -> CurrencyPrices:
    """As core has them, not checked yet. Raises FieldInvalid."""
    return CurrencyPrices(
        sent.currency,
        sent.amount_minor or 0,
        tuple(_item(each, f"{param}.line_items.{at}") for at, each in enumerate(sent.line_items)),
        open_amount_of(sent.open_amount),
        tuple(NamedPrice(each.name or "", each.amount_minor or 0) for each in sent.discounts),
        tuple(
            NamedPrice(each.name or "", each.amount_minor, each.free_from_minor)
            for each in sent.shipping_rates
        ),
    )


def _item(sent: ItemPriceObject, param: str) -> ItemPrice:
    if sent.unit_amount_minor is None and not sent.variants:
        raise FieldInvalid(f"{param}.unit_amount_minor", "Say what one costs in this currency, too.")
    return ItemPrice(
        sent.name or "",
        sent.unit_amount_minor or 0,
        tuple(NamedPrice(each.name or "", each.unit_amount_minor) for each in sent.variants),
    )


def currency_option(prices: CurrencyPrices) -> CurrencyOptionObject:
    """As programs see them, with the names of what they are of."""
    return CurrencyOptionObject(
        currency=prices.currency,
        amount_minor=prices.amount_minor,
        line_items=[
            ItemPriceObject(
                name=each.name,
                unit_amount_minor=None if each.variants else each.unit_minor,
                variants=[
                    VariantPriceObject(name=form.name, unit_amount_minor=form.minor) for form in each.variants
                ],
            )
            for each in prices.items
        ],
        open_amount=open_amount_object(prices.open_amount),
        discounts=[
            DiscountPriceObject(name=each.name, amount_minor=each.minor or None) for each in prices.discounts
        ],
        shipping_rates=[
            ShippingPriceObject(name=each.name, amount_minor=each.minor, free_from_minor=each.free_from_minor)
            for each in prices.shipping
        ],
    )
