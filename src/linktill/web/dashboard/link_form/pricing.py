"""The part of a link's form for more than a price: items, an open amount, discounts, taxes and tips, in rows that work without
a script.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.currency_prices import CURRENCIES_MAX
from linktill.core.money import AMOUNT_MAX_MINOR, Money, decimal_text
from linktill.core.pricing import Discount, OpenAmount, Parts, Pricing, Tips
from linktill.core.pricing_terms import (
    DISCOUNTS_MAX,
    ITEMS_MAX,
    SHIPPING_MAX,
    TAXES_MAX,
    percent_text,
)
from linktill.web.dashboard.link_form.currencies import CurrencyRow, currency_row, read_currencies
from linktill.web.dashboard.link_form.items import ItemRow, item_row, read_items
from linktill.web.dashboard.link_form.numbers import (
    least_minor,
    money_minor,
    money_or_none,
    percent_ppm,
)
from linktill.web.dashboard.link_form.sending import (
    ShippingRow,
    TaxRow,
    read_shipping,
    read_tax,
    shipping_row,
    tax_row,
)
from linktill.web.form import Form

KINDS: Final = frozenset({"price", "items", "open"})
MORE: Final = "more_rows"
ROWS_SPARE: Final = 1
ROWS_MORE: Final = 4
CURRENCIES_SPARE: Final = 1
_ROW: Final = re.compile(r"(item|tax|discount|ship|cur)_(\d{1,2})_[a-z]{2,9}", re.ASCII)
_OWN: Final = frozenset(
    {
        "price_kind",
        "open_min",
        "open_max",
        "open_suggested",
        "takes_tips",
        "tips",
        "tips_open",
        "takes_parts",
        "part_first",
        "part_least",
        "amount_limit",
        "goal",
        "takes_codes",
        "home",
    }
)
_CHARS: Final = 2_000
_PRICES_CHARS: Final = 20_000
_PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "line_items": {
        "unit_amount_minor": "price",
        "variants": "variants",
        "quantity_min": "min",
        "quantity_max": "max",
        "quantity": "max",
        "stock": "stock",
        "id": "stock",
    },
    "tax_rates": {"percent": "percent", "percents": "countries"},
    "shipping_rates": {"amount_minor": "price", "countries": "countries", "free_from_minor": "free"},
    "discounts": {"percent": "off", "amount_minor": "off"},
}
"""Part of core → field of core → field of the row; a name where it is not here."""
_KIND: Final[Mapping[str, str]] = {
    "line_items": "item",
    "tax_rates": "tax",
    "discounts": "discount",
    "shipping_rates": "ship",
}
_SINGLE: Final[Mapping[str, str]] = {
    "open_amount": "open_min",
    "minimum_minor": "open_min",
    "maximum_minor": "open_max",
    "suggested_minor": "open_suggested",
    "first_minimum_minor": "part_first",
    "amount_limit_minor": "amount_limit",
    "goal_minor": "goal",
    "takes_codes": "takes_codes",
    "merchant_country": "home",
    "currency_options": "cur_1_code",
}


@dataclass(frozen=True, slots=True)
class DiscountRow:
    """As typed. `off`: `10%`, or an amount."""

    name: str = ""
    off: str = ""


@dataclass(frozen=True, slots=True)
class PricingValues:
    """As typed. Names of the form's fields: those of the single ones here, `item_1_price` and so on of the rows."""

    price_kind: str = "price"
    items: tuple[ItemRow, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    discounts: tuple[DiscountRow, ...] = ()
    open_min: str = ""
    open_max: str = ""
    open_suggested: str = ""
    takes_tips: str = ""
    tips: str = ""
    tips_open: str = ""
    takes_parts: str = ""
    part_first: str = ""
    part_least: str = ""
    amount_limit: str = ""
    goal: str = ""
    takes_codes: str = ""
    shipping: tuple[ShippingRow, ...] = ()
    home: str = ""
    currencies: tuple[CurrencyRow, ...] = ()

    @property
    def is_used(self) -> bool:
        """Is anything of it filled in?"""
        return self != replace(
            PricingValues(),
            items=self.items,
            taxes=self.taxes,
            discounts=self.discounts,
            shipping=self.shipping,
            home=self.home,
            currencies=self.currencies,
        ) or any(row != type(row)() for row in (*self.items, *self.taxes, *self.discounts, *self.shipping))

    @property
    def has_currencies(self) -> bool:
        """Is anything of further currencies filled in, or were rows for them asked for?"""
        return len(self.currencies) > CURRENCIES_SPARE or any(row != CurrencyRow() for row in self.currencies)


NO_PRICING: Final = PricingValues()


@dataclass(frozen=True, slots=True)
class ReadPricing:
    """What was typed, read. `places`: part of core → the row of each of its entries."""

    pricing: Pricing
    errors: Mapping[str, str]
    places: Mapping[str, Sequence[int]]

    def field_of(self, param: str) -> str | None:
        """The form's field for what core calls so; None: it is none of these."""
        part, _, rest = param.partition(".")
        if part == "tips":
            return "tips"
        if part == "partial_payments":
            return {"first_minimum_minor": "part_first", "minimum_minor": "part_least"}.get(
                rest, "takes_parts"
            )
        if part == "currency_options" and rest:
            at, _, name = rest.partition(".")
            places = self.places.get(part, ())
            place = places[int(at)] if at.isdigit() and int(at) < len(places) else 1
            return f"cur_{place}_{'code' if name == 'currency' else 'prices'}"
        if part in _SINGLE:
            return _SINGLE[part]
        if part == "open_amount":
            return _SINGLE.get(rest.partition(".")[0], "open_min")
        if part not in _KIND:
            return None
        at, _, name = rest.partition(".")
        places = self.places.get(part, ())
        place = places[int(at)] if at.isdigit() and int(at) < len(places) else (places[0] if places else 1)
        return f"{_KIND[part]}_{place}_{_PARTS[part].get(name.partition('.')[0], 'name')}"


def is_ours(name: str) -> bool:
    """Is it a field of this part?"""
    return name in _OWN or _ROW.fullmatch(name) is not None


def pricing_values(form: Form) -> PricingValues:
    """As sent; rows that are empty at the end are left out but for those to write in."""
    single = {name: form.text(name)[:_CHARS] for name in _OWN if name in form.fields}

    def spare(what: str) -> int:
        return ROWS_MORE if form.text(MORE) == what else ROWS_SPARE

    items = tuple(
        ItemRow(
            *_texts(
                form, f"item_{at}", ("name", "price", "variants", "min", "max", "optional", "stock", "key")
            )
        )
        for at in range(1, ITEMS_MAX + 1)
    )
    taxes = tuple(
        TaxRow(*_texts(form, f"tax_{at}", ("name", "percent", "inclusive", "countries", "reverse")))
        for at in range(1, TAXES_MAX + 1)
    )
    shipping = tuple(
        ShippingRow(*_texts(form, f"ship_{at}", ("name", "price", "countries", "free")))
        for at in range(1, SHIPPING_MAX + 1)
    )
    discounts = tuple(
        DiscountRow(*_texts(form, f"discount_{at}", ("name", "off"))) for at in range(1, DISCOUNTS_MAX + 1)
    )
    currencies = tuple(
        CurrencyRow(form.text(f"cur_{at}_code")[:_CHARS], form.text(f"cur_{at}_prices")[:_PRICES_CHARS])
        for at in range(1, CURRENCIES_MAX + 1)
    )
    spare_currencies = ROWS_MORE if form.text(MORE) == "currencies" else CURRENCIES_SPARE
    return PricingValues(
        **single,
        items=items[: _used(items) + spare("items")],
        taxes=taxes[: _used(taxes) + 1],
        discounts=discounts[: _used(discounts) + 1],
        shipping=shipping[: _used(shipping) + spare("ways")],
        currencies=currencies[: _used(currencies) + spare_currencies],
    )


def values_of_pricing(pricing: Pricing | None, currency: str) -> PricingValues:
    """The form for a link as it is now, with rows to write in."""
    pricing = pricing or Pricing()
    opened, tips = pricing.open_amount, pricing.tips

    def text(minor: int) -> str:
        return decimal_text(Money(minor, currency))

    values = PricingValues(
        "items" if pricing.items else "price" if opened is None else "open",
        tuple(item_row(item, currency) for item in pricing.items) + (ItemRow(),) * ROWS_SPARE,
        (*(tax_row(tax) for tax in pricing.taxes), TaxRow()),
        (
            *(
                DiscountRow(
                    each.name, f"{percent_text(each.rate_ppm)}%" if each.rate_ppm else text(each.amount_minor)
                )
                for each in pricing.discounts
            ),
            DiscountRow(),
        ),
    )
    if opened is not None:
        values = replace(
            values,
            open_min=text(opened.minimum_minor) if opened.minimum_minor > 1 else "",
            open_max=text(opened.maximum_minor) if opened.maximum_minor < AMOUNT_MAX_MINOR else "",
            open_suggested=" ".join(map(text, opened.suggested_minor)),
        )
    if tips is not None:
        rates = " ".join(map(percent_text, tips.suggested_ppm))
        values = replace(values, takes_tips="yes", tips=rates, tips_open="yes" if tips.is_open else "")
    if pricing.parts is not None:
        first, least = pricing.parts.first_minor, pricing.parts.least_minor
        values = replace(
            values,
            takes_parts="yes",
            part_first=text(first) if first > 1 else "",
            part_least=text(least) if least > 1 else "",
        )
    return replace(
        values,
        amount_limit="" if pricing.limit_minor is None else text(pricing.limit_minor),
        goal="" if pricing.goal_minor is None else text(pricing.goal_minor),
        takes_codes="yes" if pricing.takes_codes else "",
        shipping=(*(shipping_row(rate, currency) for rate in pricing.shipping), ShippingRow()),
        home=pricing.home,
        currencies=(
            *(currency_row(each) for each in pricing.currencies),
            *[CurrencyRow()] * min(CURRENCIES_SPARE, CURRENCIES_MAX - len(pricing.currencies)),
        ),
    )


def read_pricing(values: PricingValues, currency: str, before: Pricing | None = None) -> ReadPricing:
    """What was typed as pricing. What this form does not ask of an item stays as it was `before`."""
    errors: dict[str, str] = {}
    items, places = (
        read_items(values.items, currency, before, errors) if values.price_kind == "items" else ((), ())
    )
    tax_rows = [(at, row) for at, row in enumerate(values.taxes, 1) if row != TaxRow()]
    discount_rows = [(at, row) for at, row in enumerate(values.discounts, 1) if row != DiscountRow()]
    ship_rows = [(at, row) for at, row in enumerate(values.shipping, 1) if row != ShippingRow()]
    sent_before = () if before is None else before.shipping
    if values.price_kind not in KINDS:
        errors["price_kind"] = "Choose how the price is made up."
    if values.price_kind == "items" and not items:
        errors["item_1_name"] = "Say what you sell."
    pricing = Pricing(
        items,
        _open(values, currency, errors) if values.price_kind == "open" else None,
        tuple(read_tax(row, f"tax_{at}", errors) for at, row in tax_rows),
        tuple(_discount(row, at, currency, errors) for at, row in discount_rows),
        _tips(values, errors) if values.takes_tips else None,
        Parts(
            least_minor(values.part_first, "part_first", currency, errors),
            least_minor(values.part_least, "part_least", currency, errors),
        )
        if values.takes_parts
        else None,
        money_or_none(values.amount_limit, "amount_limit", currency, errors),
        money_or_none(values.goal, "goal", currency, errors),
        bool(values.takes_codes),
        tuple(read_shipping(row, f"ship_{at}", currency, sent_before, errors) for at, row in ship_rows),
    )
    if pricing.asks_country:
        pricing = replace(pricing, home=values.home)
    prices, price_rows = read_currencies(values.currencies, pricing, errors)
    return ReadPricing(
        replace(pricing, currencies=prices),
        errors,
        {
            "line_items": places,
            "tax_rates": [at for at, _ in tax_rows],
            "discounts": [at for at, _ in discount_rows],
            "shipping_rates": [at for at, _ in ship_rows],
            "currency_options": price_rows,
        },
    )


def _discount(row: DiscountRow, at: int, currency: str, errors: dict[str, str]) -> Discount:
    field = f"discount_{at}_off"
    if row.off.strip().endswith("%"):
        return Discount(row.name, percent_ppm(row.off, field, errors))
    return Discount(row.name, 0, money_minor(row.off, field, currency, errors))


def _open(values: PricingValues, currency: str, errors: dict[str, str]) -> OpenAmount:
    least = least_minor(values.open_min, "open_min", currency, errors)
    most = money_or_none(values.open_max, "open_max", currency, errors) or AMOUNT_MAX_MINOR
    suggested = tuple(
        money_minor(text, "open_suggested", currency, errors) for text in values.open_suggested.split()[:20]
    )
    return OpenAmount(least, most, suggested)


def _tips(values: PricingValues, errors: dict[str, str]) -> Tips:
    rates = tuple(percent_ppm(text, "tips", errors) for text in values.tips.split()[:20])
    return Tips(rates, bool(values.tips_open))


def _texts(form: Form, row: str, names: Sequence[str]) -> list[str]:
    return [form.text(f"{row}_{name}")[:_CHARS] for name in names]


def _used(rows: Sequence[ItemRow | TaxRow | DiscountRow | ShippingRow | CurrencyRow]) -> int:
    """Up to the last one in which something stands."""
    return max((at for at, row in enumerate(rows, 1) if row != type(row)()), default=0)
