"""Links of every kind of price, and what a payer may choose of them: cart number N is the same each time."""

import random
from dataclasses import dataclass, replace

from linktill.core.money import Money
from linktill.core.pricing import (
    WHOLE_PPM,
    Choices,
    Discount,
    Item,
    OpenAmount,
    Parts,
    Pricing,
    Tax,
    Tips,
    Variant,
)

RATES = (WHOLE_PPM, 190_000, 70_000, 88_750, 200_000, 333_333, 1, 5)
"""Often used ones, thirds, and the ends."""
CURRENCIES = ("USD", "EUR", "JPY", "KWD")
TAXES = ("VAT", "Food", "City")
PRICES_MAX = (3, 100, 10_000, 1_000_000, 20_000_000)
"""Small prices round most often."""


@dataclass(frozen=True, slots=True)
class Cart:
    """What a link asks for, and what one payer wants of it; `before_minor`: of what is paid in parts, paid by others."""

    price: Money
    pricing: Pricing
    choices: Choices
    before_minor: int


def cart(seed: int, number: int) -> Cart:
    """The cart of that number. Its part, if it has parts, is still all that is left."""
    draw = random.Random(f"{seed}:{number}")
    most = draw.choice(PRICES_MAX)
    taxes = tuple(
        Tax(name, _rate(draw), draw.random() < 0.5)
        for name in draw.sample(TAXES, draw.choice((0, 0, 1, 2, 3)))
    )
    pricing = Pricing(
        taxes=taxes, discounts=tuple(_discount(draw, most) for _ in range(draw.choice((0, 0, 1, 2, 3))))
    )
    price = Money(draw.randint(1, most), draw.choice(CURRENCIES))
    kind = draw.random()
    if kind < 0.15:
        parts = Parts(draw.randint(1, most), draw.randint(1, most))
        return Cart(
            price, replace(pricing, parts=parts), Choices(), draw.randrange(2) * draw.randint(0, most)
        )
    choices = Choices()
    if kind < 0.3:
        least = draw.randint(1, most)
        pricing = replace(pricing, open_amount=OpenAmount(least, least + draw.randint(0, most)))
        choices = Choices(
            amount_minor=draw.randint(
                least, pricing.open_amount.maximum_minor if pricing.open_amount else least
            )
        )
    elif kind < 0.9:
        items = tuple(_item(draw, most, taxes) for _ in range(draw.randint(1, 8)))
        pricing = replace(pricing, items=items)
        choices = Choices(
            quantities=tuple(_quantity(draw, item) for item in items),
            variants=tuple(_form(draw, item) for item in items),
        )
    return Cart(price, *_tipped(draw, most, pricing, choices), 0)


def _rate(draw: random.Random) -> int:
    return draw.choice(RATES) if draw.random() < 0.5 else draw.randint(1, WHOLE_PPM)


def _discount(draw: random.Random, most: int) -> Discount:
    if draw.random() < 0.6:
        return Discount("rate", _rate(draw))
    return Discount("fixed", 0, draw.randint(1, most * 2))


def _item(draw: random.Random, most: int, taxes: tuple[Tax, ...]) -> Item:
    lowest = draw.randint(1, 5)
    highest = lowest + draw.randint(0, 20)
    forms = tuple(Variant(f"form {at}", draw.randint(0, most)) for at in range(draw.choice((0, 0, 0, 1, 3))))
    names = [tax.name for tax in taxes]
    on_it = tuple(draw.sample(names, draw.randint(0, len(names)))) if names and draw.random() < 0.5 else None
    filled = draw.randint(lowest, highest)
    return Item("item", draw.randint(0, most), filled, lowest, highest, draw.random() < 0.3, forms, on_it)


def _quantity(draw: random.Random, item: Item) -> int | None:
    if draw.random() < 0.2:
        return None
    if item.is_optional and draw.random() < 0.3:
        return 0
    return draw.randint(item.quantity_min, item.quantity_max)


def _form(draw: random.Random, item: Item) -> int | None:
    return draw.randrange(len(item.variants)) if item.variants and draw.random() < 0.8 else None


def _tipped(draw: random.Random, most: int, pricing: Pricing, choices: Choices) -> tuple[Pricing, Choices]:
    if draw.random() < 0.6:
        return pricing, choices
    suggested = tuple(_rate(draw) for _ in range(draw.randint(0, 3)))
    pricing = replace(pricing, tips=Tips(suggested, is_open=True))
    if suggested and draw.random() < 0.7:
        return pricing, replace(choices, tip_ppm=draw.choice(suggested))
    return pricing, replace(choices, tip_minor=draw.randint(1, most) if draw.random() < 0.7 else 0)
