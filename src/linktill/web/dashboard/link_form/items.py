"""The rows of a link's form for what it sells: an item in each, its variants one in a line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.money import Money, decimal_text
from linktill.core.pricing import Item, Pricing, Variant
from linktill.core.stock import STOCK_MAX
from linktill.web.dashboard.link_form.numbers import money_minor, number

_COUNTED: Final = re.compile(r"(.*\S)\s*\((\d{1,7})\)", re.ASCII)
"""A variant's line with how many there are."""


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


def item_row(item: Item, currency: str) -> ItemRow:
    """As it is now."""

    def text(minor: int) -> str:
        return decimal_text(Money(minor, currency))

    return ItemRow(
        item.name,
        "" if item.variants else text(item.unit_minor),
        "\n".join(f"{each.name} {text(each.unit_minor)}{_stock_text(each.stock)}" for each in item.variants),
        str(item.quantity_min),
        str(item.quantity_max),
        "yes" if item.is_optional else "",
        "" if item.stock is None else str(item.stock),
        item.key,
    )


def _stock_text(stock: int | None) -> str:
    return "" if stock is None else f" ({stock})"


def read_items(
    typed: Sequence[ItemRow], currency: str, before: Pricing | None, errors: dict[str, str]
) -> tuple[tuple[Item, ...], tuple[int, ...]]:
    """What was typed, and the row of each. What the form does not ask of an item stays as it was `before`."""
    known = {each: item for item in before.items for each in (item.name, item.key) if each} if before else {}
    rows = [(at, row) for at, row in enumerate(typed, 1) if row != ItemRow()]
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
