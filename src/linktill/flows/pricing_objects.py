"""Pricing and computations as programs see and send them. Percentages are decimal text: `19`, `8.875`."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from linktill.core import pricing_terms as limits
from linktill.core.errors import FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR
from linktill.core.pricing import (
    QUANTITY_MAX,
    Choices,
    Computation,
    Discount,
    Item,
    OpenAmount,
    Pricing,
    Tax,
    Tips,
    Variant,
)

_AMOUNT: Final = {"minimum": 0, "maximum": AMOUNT_MAX_MINOR}
_MORE: Final = {"minimum": 1, "maximum": AMOUNT_MAX_MINOR}
_QUANTITY: Final = {"minimum": 1, "maximum": QUANTITY_MAX}
_NAME: Final = {"minLength": 1, "maxLength": limits.NAME_MAX}


def _told(words: str, **more: Any) -> Meta:
    return Meta(description=words, extra_json_schema=more)


Name = Annotated[str, _told("As the payer reads it.", **_NAME)]
Percent = Annotated[str, _told("Decimal digits, such as 19 or 8.875.", pattern=f"^{limits.PERCENT}$")]
Unit = Annotated[int, _told("What one costs, in minor units.", **_AMOUNT)]
TaxNames = Annotated[
    Sequence[Annotated[str, _told("Of `tax_rates`.", **_NAME)]],
    _told("Names of the taxes that fall on it.", maxItems=limits.TAXES_MAX),
]


class VariantObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One form of an item, at its own price."""

    name: Name
    unit_amount_minor: Unit


class LineItemObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that the link sells."""

    name: Name
    unit_amount_minor: Annotated[Unit | None, _told("Null where the variants have prices.")] = None
    quantity: Annotated[int, _told("What the form is filled with.", **_QUANTITY)] = 1
    quantity_min: Annotated[int | None, _told("The payer takes at least so many; null: `quantity`.")] = None
    quantity_max: Annotated[int | None, _told("The payer takes at most so many; null: `quantity`.")] = None
    is_optional: Annotated[bool, _told("An add-on: left out unless the payer takes it.")] = False
    variants: Annotated[
        Sequence[VariantObject],
        _told("The payer takes one of them; the first is filled in.", maxItems=limits.VARIANTS_MAX),
    ] = ()
    tax_rates: Annotated[TaxNames | None, _told("Null: all that the link has.")] = None


class OpenAmountObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payer says how much; `amount_minor` of the link, if any, is filled in."""

    minimum_minor: Annotated[int, _told("At least so much.", **_MORE)] = 1
    maximum_minor: Annotated[int | None, _told("At most so much; null: any amount.", **_MORE)] = None
    suggested_minor: Annotated[
        Sequence[int], _told("Amounts to choose from.", maxItems=limits.SUGGESTED_MAX)
    ] = ()


class TaxRateObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax on what the link sells."""

    name: Name
    percent: Percent
    is_inclusive: Annotated[bool, _told("Do the prices contain it? Otherwise it is added to them.")] = False


class DiscountObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Taken off without the payer's doing: a percentage or an amount."""

    name: Name
    percent: Percent | None = None
    amount_minor: Annotated[int | None, _told("Integer minor units.", **_MORE)] = None


class TipsObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the payer may add for the people who served them."""

    suggested_percents: Annotated[
        Sequence[Percent], _told("Percentages to choose from.", maxItems=limits.SUGGESTED_MAX)
    ] = ()
    is_open: Annotated[bool, _told("May the payer name an amount of their own?")] = True


class ChoicesObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a payer chooses; what is left out is as the form is filled in."""

    amount_minor: Annotated[int | None, _told("Of an open amount.")] = None
    quantities: Annotated[
        Sequence[int | None],
        _told("By the place of the item; 0 leaves out an add-on.", maxItems=limits.ITEMS_MAX),
    ] = ()
    variants: Annotated[
        Sequence[int | None],
        _told("By the place of the item: the place of its variant, from 0.", maxItems=limits.ITEMS_MAX),
    ] = ()
    tip_percent: Annotated[Percent | None, _told("One of the suggested percentages.")] = None
    tip_minor: Annotated[int | None, _told("A tip of the payer's own choice.")] = None


class LineObject(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what is charged."""

    name: Annotated[str, _told("What it is.")]
    variant: Annotated[str, _told("Which one; empty where there is nothing to choose.")]
    quantity: Annotated[int, _told("How many.")]
    unit_amount_minor: Annotated[int, _told("What one costs.")]
    amount_minor: Annotated[int, _told("What they cost, before discounts.")]
    discount_minor: Annotated[int, _told("Its share of the discounts.")]
    tax_rates: TaxNames


class DiscountPartObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a discount takes off."""

    name: Annotated[str, _told("Its name.")]
    amount_minor: Annotated[int, _told("What it takes off.")]


class TaxPartObject(msgspec.Struct, frozen=True, kw_only=True):
    """What a tax comes to."""

    name: Annotated[str, _told("Its name.")]
    percent: Annotated[str, _told("Its rate.")]
    is_inclusive: Annotated[bool, _told("Do the prices contain it?")]
    taxable_minor: Annotated[int, _told("Of how much: discounted prices without any tax.")]
    amount_minor: Annotated[int, _told("What it comes to.")]


class ComputationObject(msgspec.Struct, frozen=True, kw_only=True):
    """How an amount comes about, in the order in which it is computed."""

    object: Literal["computation"] = "computation"
    currency: str
    lines: Annotated[Sequence[LineObject], _told("What is paid for.")]
    subtotal_minor: Annotated[int, _told("The sum of the lines.")]
    discounts: Annotated[Sequence[DiscountPartObject], _told("In the order in which they are taken off.")]
    taxes: Annotated[Sequence[TaxPartObject], _told("Those that the prices contain change no sum.")]
    tip_minor: Annotated[int, _told("What the payer adds.")]
    total_minor: Annotated[int, _told("What is charged.")]


class PricingObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a link's pricing."""

    line_items: list[LineItemObject] = []
    open_amount: OpenAmountObject | None = None
    tax_rates: list[TaxRateObject] = []
    discounts: list[DiscountObject] = []
    tips: TipsObject | None = None

    def pricing(self) -> Pricing:
        """Not checked yet but for its percentages. Raises FieldInvalid."""
        return pricing_of(self.line_items, self.open_amount, self.tax_rates, self.discounts, self.tips)


PRICING_FIELDS: Final = ("line_items", "open_amount", "tax_rates", "discounts", "tips")
"""The fields of a link that make up its pricing."""
_PLAIN: Final = MappingProxyType(
    {"line_items": (), "open_amount": None, "tax_rates": (), "discounts": (), "tips": None}
)


def pricing_fields(pricing: Pricing | None) -> dict[str, Any]:
    """As fields of a link."""
    if pricing is None:
        return dict(_PLAIN)
    opened, tips = pricing.open_amount, pricing.tips
    return {
        "line_items": [_item_object(item) for item in pricing.items],
        "open_amount": None
        if opened is None
        else OpenAmountObject(
            minimum_minor=opened.minimum_minor,
            maximum_minor=None if opened.maximum_minor == AMOUNT_MAX_MINOR else opened.maximum_minor,
            suggested_minor=opened.suggested_minor,
        ),
        "tax_rates": [
            TaxRateObject(
                name=tax.name, percent=limits.percent_text(tax.rate_ppm), is_inclusive=tax.is_inclusive
            )
            for tax in pricing.taxes
        ],
        "discounts": [
            DiscountObject(
                name=discount.name,
                percent=limits.percent_text(discount.rate_ppm) if discount.rate_ppm else None,
                amount_minor=discount.amount_minor or None,
            )
            for discount in pricing.discounts
        ],
        "tips": None
        if tips is None
        else TipsObject(
            suggested_percents=[limits.percent_text(ppm) for ppm in tips.suggested_ppm], is_open=tips.is_open
        ),
    }


def _item_object(item: Item) -> LineItemObject:
    return LineItemObject(
        name=item.name,
        unit_amount_minor=None if item.variants else item.unit_minor,
        quantity=item.quantity,
        quantity_min=item.quantity_min,
        quantity_max=item.quantity_max,
        is_optional=item.is_optional,
        variants=[VariantObject(name=each.name, unit_amount_minor=each.unit_minor) for each in item.variants],
        tax_rates=item.taxes,
    )


def pricing_of(
    line_items: Sequence[LineItemObject],
    open_amount: OpenAmountObject | None,
    tax_rates: Sequence[TaxRateObject],
    discounts: Sequence[DiscountObject],
    tips: TipsObject | None,
) -> Pricing:
    """What was sent, not checked yet but for its percentages. Raises FieldInvalid."""
    return Pricing(
        tuple(_item(item, f"line_items.{at}") for at, item in enumerate(line_items)),
        None
        if open_amount is None
        else OpenAmount(
            open_amount.minimum_minor,
            AMOUNT_MAX_MINOR if open_amount.maximum_minor is None else open_amount.maximum_minor,
            tuple(open_amount.suggested_minor),
        ),
        tuple(
            Tax(tax.name, limits.parse_percent(tax.percent, f"tax_rates.{at}.percent"), tax.is_inclusive)
            for at, tax in enumerate(tax_rates)
        ),
        tuple(_discount(discount, f"discounts.{at}") for at, discount in enumerate(discounts)),
        None
        if tips is None
        else Tips(
            tuple(
                limits.parse_percent(percent, f"tips.suggested_percents.{at}")
                for at, percent in enumerate(tips.suggested_percents)
            ),
            tips.is_open,
        ),
    )


def _item(item: LineItemObject, param: str) -> Item:
    if item.unit_amount_minor is None and not item.variants:
        raise FieldInvalid(f"{param}.unit_amount_minor", "Say what one costs, in minor units.")
    return Item(
        item.name,
        item.unit_amount_minor or 0,
        item.quantity,
        item.quantity if item.quantity_min is None else item.quantity_min,
        item.quantity if item.quantity_max is None else item.quantity_max,
        item.is_optional,
        tuple(Variant(each.name, each.unit_amount_minor) for each in item.variants),
        None if item.tax_rates is None else tuple(item.tax_rates),
    )


def _discount(discount: DiscountObject, param: str) -> Discount:
    percent = discount.percent
    ppm = 0 if percent is None else limits.parse_percent(percent, f"{param}.percent")
    return Discount(discount.name, ppm, discount.amount_minor or 0)


def choices_of(asked: ChoicesObject) -> Choices:
    """What was sent; the link says what may be chosen. Raises FieldInvalid."""
    percent = asked.tip_percent
    return Choices(
        asked.amount_minor,
        tuple(asked.quantities),
        tuple(asked.variants),
        0 if percent is None else limits.parse_percent(percent, "tip_percent"),
        asked.tip_minor or 0,
    )


def computation_object(computation: Computation) -> ComputationObject:
    """Line by line."""
    return ComputationObject(
        currency=computation.currency,
        lines=[
            LineObject(
                name=line.name,
                variant=line.variant,
                quantity=line.quantity,
                unit_amount_minor=line.unit_minor,
                amount_minor=line.amount_minor,
                discount_minor=line.discount_minor,
                tax_rates=line.taxes,
            )
            for line in computation.lines
        ],
        subtotal_minor=computation.subtotal_minor,
        discounts=[
            DiscountPartObject(name=part.name, amount_minor=part.amount_minor)
            for part in computation.discounts
        ],
        taxes=[
            TaxPartObject(
                name=part.name,
                percent=limits.percent_text(part.rate_ppm),
                is_inclusive=part.is_inclusive,
                taxable_minor=part.taxable_minor,
                amount_minor=part.amount_minor,
            )
            for part in computation.taxes
        ],
        tip_minor=computation.tip_minor,
        total_minor=computation.total_minor,
    )
