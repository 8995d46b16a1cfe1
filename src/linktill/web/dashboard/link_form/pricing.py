"""The part of a link's form for more than a price: items, an open amount, discounts, taxes and tips, in rows that work without
a script.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.money import AMOUNT_MAX_MINOR, Money, decimal_text
from linktill.core.pricing import Discount, Item, OpenAmount, Parts, Pricing, Tax, Tips, Variant
from linktill.core.pricing_terms import (
    DISCOUNTS_MAX,
    ITEMS_MAX,
    TAXES_MAX,
    percent_text,
)
from linktill.core.stock import STOCK_MAX
from linktill.web.dashboard.link_form.numbers import (
    least_minor,
    money_minor,
    money_or_none,
    number,
    percent_ppm,
)
from linktill.web.form import Form

KINDS: Final = frozenset({"price", "items", "open"})
MORE: Final = "more_rows"
ROWS_SPARE: Final = 1
ROWS_MORE: Final = 4
_ROW: Final = re.compile(r"(item|tax|discount)_(\d{1,2})_[a-z]{2,9}", re.ASCII)
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
    }
)
_CHARS: Final = 2_000
_COUNTED: Final = re.compile(r"(.*\S)\s*\((\d{1,7})\)", re.ASCII)
"""A variant's line with how many there are."""
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
    "tax_rates": {"percent": "percent"},
    "discounts": {"percent": "off", "amount_minor": "off"},
}
"""Part of core → field of core → field of the row; a name where it is not here."""
_KIND: Final[Mapping[str, str]] = {"line_items": "item", "tax_rates": "tax", "discounts": "discount"}
_SINGLE: Final[Mapping[str, str]] = {
    "open_amount": "open_min",
    "minimum_minor": "open_min",
    "maximum_minor": "open_max",
    "suggested_minor": "open_suggested",
    "first_minimum_minor": "part_first",
    "amount_limit_minor": "amount_limit",
    "goal_minor": "goal",
    "takes_codes": "takes_codes",
}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """As typed. `variants`: one in a line, its name and then its price, and in brackets how many there are. `key`: under which
    its sales are counted, where they are.
    """

    name: str = ""
    price: str = ""
    variants: str = ""
    min: str = ""
    max: str = ""
    optional: str = ""
    stock: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """As typed."""

    name: str = ""
    percent: str = ""
    inclusive: str = ""


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

    @property
    def is_used(self) -> bool:
        """Is anything of it filled in?"""
        return self != replace(
            PricingValues(), items=self.items, taxes=self.taxes, discounts=self.discounts
        ) or any(row != type(row)() for row in (*self.items, *self.taxes, *self.discounts))


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
    spare = ROWS_MORE if form.text(MORE) == "yes" else ROWS_SPARE
    items = tuple(
        ItemRow(
            *_texts(
                form, f"item_{at}", ("name", "price", "variants", "min", "max", "optional", "stock", "key")
            )
        )
        for at in range(1, ITEMS_MAX + 1)
    )
    taxes = tuple(
        TaxRow(*_texts(form, f"tax_{at}", ("name", "percent", "inclusive"))) for at in range(1, TAXES_MAX + 1)
    )
    discounts = tuple(
        DiscountRow(*_texts(form, f"discount_{at}", ("name", "off"))) for at in range(1, DISCOUNTS_MAX + 1)
    )
    return PricingValues(
        **single,
        items=items[: _used(items) + spare],
        taxes=taxes[: _used(taxes) + 1],
        discounts=discounts[: _used(discounts) + 1],
    )


def values_of_pricing(pricing: Pricing | None, currency: str) -> PricingValues:
    """The form for a link as it is now, with rows to write in."""
    pricing = pricing or Pricing()
    opened, tips = pricing.open_amount, pricing.tips

    def text(minor: int) -> str:
        return decimal_text(Money(minor, currency))

    values = PricingValues(
        "items" if pricing.items else "price" if opened is None else "open",
        tuple(
            ItemRow(
                item.name,
                "" if item.variants else text(item.unit_minor),
                "\n".join(
                    f"{each.name} {text(each.unit_minor)}{_stock_text(each.stock)}" for each in item.variants
                ),
                str(item.quantity_min),
                str(item.quantity_max),
                "yes" if item.is_optional else "",
                "" if item.stock is None else str(item.stock),
                item.key,
            )
            for item in pricing.items
        )
        + (ItemRow(),) * ROWS_SPARE,
        (*(_tax_row(tax) for tax in pricing.taxes), TaxRow()),
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
    )


def _stock_text(stock: int | None) -> str:
    return "" if stock is None else f" ({stock})"


def read_pricing(values: PricingValues, currency: str, before: Pricing | None = None) -> ReadPricing:
    """What was typed as pricing. What this form does not ask of an item stays as it was `before`."""
    errors: dict[str, str] = {}
    items, places = _items(values, currency, before, errors) if values.price_kind == "items" else ((), ())
    tax_rows = [(at, row) for at, row in enumerate(values.taxes, 1) if row != TaxRow()]
    discount_rows = [(at, row) for at, row in enumerate(values.discounts, 1) if row != DiscountRow()]
    if values.price_kind not in KINDS:
        errors["price_kind"] = "Choose how the price is made up."
    if values.price_kind == "items" and not items:
        errors["item_1_name"] = "Say what you sell."
    pricing = Pricing(
        items,
        _open(values, currency, errors) if values.price_kind == "open" else None,
        tuple(
            Tax(row.name, percent_ppm(row.percent, f"tax_{at}_percent", errors), bool(row.inclusive))
            for at, row in tax_rows
        ),
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
    )
    return ReadPricing(
        pricing,
        errors,
        {
            "line_items": places,
            "tax_rates": [at for at, _ in tax_rows],
            "discounts": [at for at, _ in discount_rows],
        },
    )


def _items(
    values: PricingValues, currency: str, before: Pricing | None, errors: dict[str, str]
) -> tuple[tuple[Item, ...], tuple[int, ...]]:
    known = {each: item for item in before.items for each in (item.name, item.key) if each} if before else {}
    rows = [
        (at, row)
        for at, row in enumerate(values.items, 1)
        if row not in {ItemRow(), ItemRow(min="1", max="1")}
    ]
    items = tuple(
        _item(row, f"item_{at}", currency, known.get(row.key) or known.get(row.name.strip()), errors)
        for at, row in rows
    )
    return items, tuple(at for at, _ in rows)


def _item(row: ItemRow, field: str, currency: str, before: Item | None, errors: dict[str, str]) -> Item:
    keys = {} if before is None else {each.name: each.key for each in before.variants}
    variants = tuple(
        _variant(line, f"{field}_variants", currency, keys, errors)
        for line in row.variants.splitlines()
        if line.strip()
    )
    unit = 0 if variants else money_minor(row.price, f"{field}_price", currency, errors, may_be_zero=True)
    least = number(row.min, f"{field}_min", errors)
    most = max(least, 1) if not row.max.strip() else number(row.max, f"{field}_max", errors)
    filled = before.quantity if before is not None and least <= before.quantity <= most else least
    taxes = None if before is None else before.taxes
    stock = (
        number(row.stock, f"{field}_stock", errors, least=0, most=STOCK_MAX) if row.stock.strip() else None
    )
    key = "" if stock is None else row.key
    return Item(row.name, unit, filled, least, most, bool(row.optional), variants, taxes, stock, key)


def _variant(
    line: str, field: str, currency: str, keys: Mapping[str, str], errors: dict[str, str]
) -> Variant:
    counted = _COUNTED.fullmatch(line.strip())
    line, stock = (line, None) if counted is None else (counted[1], int(counted[2]))
    name, _, price = line.strip().rpartition(" ")
    if not name:
        errors.setdefault(field, "Write one in a line: its name, then its price, such as Large 45.00.")
        return Variant(line.strip(), 0)
    # What costs nothing is a price, too: a variant, or something that comes with the rest.
    unit = money_minor(price, field, currency, errors, may_be_zero=True)
    key = "" if stock is None else keys.get(name.strip(), "")
    return Variant(name.strip(), unit, stock, key)


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


def _tax_row(tax: Tax) -> TaxRow:
    return TaxRow(tax.name, percent_text(tax.rate_ppm), "yes" if tax.is_inclusive else "")


def _texts(form: Form, row: str, names: Sequence[str]) -> list[str]:
    return [form.text(f"{row}_{name}")[:_CHARS] for name in names]


def _used(rows: Sequence[ItemRow] | Sequence[TaxRow] | Sequence[DiscountRow]) -> int:
    """Up to the last one in which something stands."""
    return max((at for at, row in enumerate(rows, 1) if row != type(row)()), default=0)
