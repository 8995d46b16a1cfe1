"""Pricing and computations as programs see and send them. Percentages are decimal text: `19`, `8.875`."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec

from linktill.core import pricing_terms as limits
from linktill.core.errors import FieldInvalid
from linktill.core.pricing import (
    QUANTITY_MAX,
    Discount,
    Item,
    Parts,
    Pricing,
    ShippingRate,
    Tax,
    Tips,
    Variant,
)
from linktill.core.stock import STOCK_MAX
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
from linktill.flows.currency_objects import CurrencyOptionObject, currency_option, prices_of
from linktill.flows.tax_tables import rates_of, with_members

CODE_MAX: Final = 60
COUNTRIES_MAX: Final = 250
_QUANTITY: Final = {"minimum": 1, "maximum": QUANTITY_MAX}

Name = Annotated[str, told("As the payer reads it.", **NAME)]
Percent = Annotated[str, told("Decimal digits, such as 19 or 8.875.", pattern=f"^{limits.PERCENT}$")]
TaxNames = Annotated[
    Sequence[Annotated[str, told("Of `tax_rates`.", **NAME)]],
    told("Names of the taxes that fall on it.", maxItems=limits.TAXES_MAX),
]


Stock = Annotated[
    int,
    told(
        "How many of it are sold in all, what is sold already among them.",
        minimum=0,
        maximum=STOCK_MAX,
    ),
]
StockId = Annotated[
    str,
    told(
        "Its sales are counted under this, given where there is a `stock`. Send it back with a new name, and the count goes on.",
        maxLength=40,
    ),
]


class VariantObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One form of an item, at its own price."""

    name: Name
    unit_amount_minor: Unit
    stock: Stock | None = None
    id: StockId | None = None


class LineItemObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that the link sells."""

    name: Name
    unit_amount_minor: Annotated[Unit | None, told("Null where the variants have prices.")] = None
    quantity: Annotated[int, told("What the form is filled with.", **_QUANTITY)] = 1
    quantity_min: Annotated[int | None, told("The payer takes at least so many; null: `quantity`.")] = None
    quantity_max: Annotated[int | None, told("The payer takes at most so many; null: `quantity`.")] = None
    is_optional: Annotated[bool, told("An add-on: left out unless the payer takes it.")] = False
    variants: Annotated[
        Sequence[VariantObject],
        told("The payer takes one of them; the first is filled in.", maxItems=limits.VARIANTS_MAX),
    ] = ()
    tax_rates: Annotated[TaxNames | None, told("Null: all that the link has.")] = None
    stock: Stock | None = None
    id: StockId | None = None


class TaxRateObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax on what the link sells."""

    name: Name
    percent: Annotated[
        Percent | None, told("Of every country that `percents` does not name; null: none there.")
    ] = None
    is_inclusive: Annotated[bool, told("Do the prices contain it? Otherwise it is added to them.")] = False
    percents: Annotated[
        Mapping[str, str],
        told(
            "By country (ISO 3166, two letters). `standard` is filled in with the country's standard rate, where Linktill "
            "knows it (Europe), and `EU` with all members that are not named.",
            maxProperties=COUNTRIES_MAX,
        ),
    ] = {}
    reverse_charge: Annotated[
        bool,
        told(
            "Is it for businesses to pay themselves that give a VAT number of another country of `percents`, in the EU?"
        ),
    ] = False


class DiscountObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Taken off without the payer's doing: a percentage or an amount."""

    name: Name
    percent: Percent | None = None
    amount_minor: Annotated[int | None, told("Integer minor units.", **MORE)] = None


class TipsObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the payer may add for the people who served them."""

    suggested_percents: Annotated[
        Sequence[Percent], told("Percentages to choose from.", maxItems=limits.SUGGESTED_MAX)
    ] = ()
    is_open: Annotated[bool, told("May the payer name an amount of their own?")] = True


class ShippingRateObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to send what is sold, and what that costs."""

    name: Name
    amount_minor: Annotated[int, told("In minor units; discounts are not taken off of it.", **AMOUNT)]
    countries: Annotated[
        Sequence[str],
        told(
            "Where to (ISO 3166, two letters; `EU`: all its members); empty: anywhere.",
            maxItems=COUNTRIES_MAX,
        ),
    ] = ()
    free_from_minor: Annotated[
        int | None, told("It costs nothing where what is bought comes to this, after discounts.", **MORE)
    ] = None
    tax_rates: Annotated[TaxNames | None, told("Null: all that the link has.")] = None


class PartialPaymentsObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The total may be paid in several payments, by one payer or many. A rest that is smaller than a minimum is paid at once."""

    first_minimum_minor: Annotated[int, told("The first payment is at least so much.", **MORE)] = 1
    minimum_minor: Annotated[
        int, told("Every payment is at least so much, and so is what it leaves to be paid.", **MORE)
    ] = 1


AmountLimit = Annotated[int, told("All payments together come to no more than this.", **MORE)]
Goal = Annotated[
    int, told("What is to be raised. The page shows how much of it there is; it limits nothing.", **MORE)
]


MerchantCountry = Annotated[
    str,
    told(
        "The country you sell from (ISO 3166). Shipping and taxes by country need it; the page begins with it.",
        pattern="^[A-Z]{2}$",
    ),
]


class PricingObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a link's pricing."""

    line_items: list[LineItemObject] = []
    open_amount: OpenAmountObject | None = None
    tax_rates: list[TaxRateObject] = []
    discounts: list[DiscountObject] = []
    tips: TipsObject | None = None
    partial_payments: PartialPaymentsObject | None = None
    amount_limit_minor: int | None = None
    goal_minor: int | None = None
    takes_codes: bool = False
    shipping_rates: list[ShippingRateObject] = []
    merchant_country: str | None = None
    currency_options: list[CurrencyOptionObject] = []

    def pricing(self) -> Pricing:
        """Not checked yet but for its percentages. Raises FieldInvalid."""
        return Pricing(
            tuple(_item(item, f"line_items.{at}") for at, item in enumerate(self.line_items)),
            open_amount_of(self.open_amount),
            tuple(_tax(tax, f"tax_rates.{at}") for at, tax in enumerate(self.tax_rates)),
            tuple(_discount(discount, f"discounts.{at}") for at, discount in enumerate(self.discounts)),
            None
            if self.tips is None
            else Tips(
                tuple(
                    limits.parse_percent(percent, f"tips.suggested_percents.{at}")
                    for at, percent in enumerate(self.tips.suggested_percents)
                ),
                self.tips.is_open,
            ),
            None
            if self.partial_payments is None
            else Parts(self.partial_payments.first_minimum_minor, self.partial_payments.minimum_minor),
            self.amount_limit_minor,
            self.goal_minor,
            self.takes_codes,
            tuple(_shipping(rate) for rate in self.shipping_rates),
            self.merchant_country or "",
            tuple(prices_of(each, f"currency_options.{at}") for at, each in enumerate(self.currency_options)),
        )


PRICING_FIELDS: Final = (
    "line_items",
    "open_amount",
    "tax_rates",
    "discounts",
    "tips",
    "partial_payments",
    "amount_limit_minor",
    "goal_minor",
    "takes_codes",
    "shipping_rates",
    "merchant_country",
    "currency_options",
)
"""The fields of a link that make up its pricing."""
_PLAIN: Final = MappingProxyType(
    {
        "line_items": (),
        "open_amount": None,
        "tax_rates": (),
        "discounts": (),
        "tips": None,
        "partial_payments": None,
        "amount_limit_minor": None,
        "goal_minor": None,
        "takes_codes": False,
        "shipping_rates": (),
        "merchant_country": None,
        "currency_options": (),
    }
)
PLAIN_PRICING: Final = tuple(_PLAIN.values())
"""Of a link with nothing but a price, in the order of the fields."""


def pricing_fields(pricing: Pricing | None) -> dict[str, Any]:
    """As fields of a link."""
    if pricing is None:
        return dict(_PLAIN)
    tips, parts = pricing.tips, pricing.parts
    return {
        "line_items": [_item_object(item) for item in pricing.items],
        "open_amount": open_amount_object(pricing.open_amount),
        "tax_rates": [
            TaxRateObject(
                name=tax.name,
                percent=limits.percent_text(tax.rate_ppm) if tax.rate_ppm else None,
                is_inclusive=tax.is_inclusive,
                percents={country: limits.percent_text(ppm) for country, ppm in tax.rates},
                reverse_charge=tax.is_reversible,
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
        "partial_payments": None
        if parts is None
        else PartialPaymentsObject(first_minimum_minor=parts.first_minor, minimum_minor=parts.least_minor),
        "amount_limit_minor": pricing.limit_minor,
        "goal_minor": pricing.goal_minor,
        "takes_codes": pricing.takes_codes,
        "shipping_rates": [
            ShippingRateObject(
                name=rate.name,
                amount_minor=rate.amount_minor,
                countries=rate.countries,
                free_from_minor=rate.free_from_minor,
                tax_rates=rate.taxes,
            )
            for rate in pricing.shipping
        ],
        "merchant_country": pricing.home or None,
        "currency_options": [currency_option(each) for each in pricing.currencies],
    }


def _item_object(item: Item) -> LineItemObject:
    return LineItemObject(
        name=item.name,
        unit_amount_minor=None if item.variants else item.unit_minor,
        quantity=item.quantity,
        quantity_min=item.quantity_min,
        quantity_max=item.quantity_max,
        is_optional=item.is_optional,
        variants=[
            VariantObject(
                name=each.name, unit_amount_minor=each.unit_minor, stock=each.stock, id=each.key or None
            )
            for each in item.variants
        ],
        tax_rates=item.taxes,
        stock=item.stock,
        id=item.key or None,
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
        tuple(
            Variant(each.name, each.unit_amount_minor, each.stock, each.id or "") for each in item.variants
        ),
        None if item.tax_rates is None else tuple(item.tax_rates),
        item.stock,
        item.id or "",
    )


def _tax(tax: TaxRateObject, param: str) -> Tax:
    if tax.percent is None and not tax.percents:
        raise FieldInvalid(f"{param}.percent", "Say how much it is, in all countries or by country.")
    return Tax(
        tax.name,
        0 if tax.percent is None else limits.parse_percent(tax.percent, f"{param}.percent"),
        tax.is_inclusive,
        rates_of(tax.percents.items(), f"{param}.percents"),
        tax.reverse_charge,
    )


def _shipping(rate: ShippingRateObject) -> ShippingRate:
    return ShippingRate(
        rate.name,
        rate.amount_minor,
        with_members(rate.countries),
        rate.free_from_minor,
        None if rate.tax_rates is None else tuple(rate.tax_rates),
    )


def _discount(discount: DiscountObject, param: str) -> Discount:
    percent = discount.percent
    ppm = 0 if percent is None else limits.parse_percent(percent, f"{param}.percent")
    return Discount(discount.name, ppm, discount.amount_minor or 0)
