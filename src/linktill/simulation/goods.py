"""What merchants ask for beyond one price: items, stock, open amounts, parts, limits, tips and coupons, drawn from the seed.

There is little of everything, so that payers meet over the last of it.
"""

from dataclasses import replace
from typing import Final

from linktill.core.coupon import CouponFields
from linktill.core.pricing import (
    CurrencyPrices,
    Discount,
    Item,
    ItemPrice,
    NamedPrice,
    OpenAmount,
    Parts,
    Pricing,
    Tax,
    Tips,
    Variant,
)
from linktill.platform.randomness import SeededRandomness
from linktill.simulation.reckoning import stock_limits

CURRENCIES: Final = ("EUR", "JPY", "KWD")
CURRENCIES_RATE: Final = 0.8
"""So many of the links with more than a price that may have further currencies have some."""
RICH_RATE: Final = 0.3
"""So many links have more than a price."""
KINDS: Final = (
    "stock",
    "stock",
    "stock",
    "items",
    "open",
    "open",
    "parts",
    "parts",
    "parts",
    "price",
    "price",
)
_TAXES: Final = (
    (Tax("VAT", 190_000),),
    (Tax("VAT", 200_000, is_inclusive=True),),
    (Tax("City", 88_750), Tax("Food", 70_000, is_inclusive=True)),
)
_CODES: Final = ("SPRING-10", "Friends", "LAST ONE", "first2026", "Más-Menos")


def drawn_pricing(chance: SeededRandomness, price_minor: int) -> Pricing:
    """Of a new link whose items and amounts are about so much. One that the rules refuse is no link."""
    kind = chance.pick(KINDS)
    pricing = _EMPTY
    match kind:
        case "stock" | "items":
            pricing = replace(pricing, items=_items(chance, price_minor, has_stock=kind == "stock"))
        case "open":
            least = 1 + chance.below(price_minor)
            suggested = (least, least + chance.below(price_minor)) if chance.happens(0.5) else ()
            pricing = replace(pricing, open_amount=OpenAmount(least, least + 2 * price_minor, suggested))
        case "parts":
            pricing = replace(pricing, parts=drawn_parts(chance, price_minor))
        case _:
            pass
    if chance.happens(0.4):
        pricing = replace(pricing, taxes=chance.pick(_TAXES))
    if chance.happens(0.3):
        pricing = replace(pricing, discounts=drawn_discounts(chance, price_minor))
    if kind == "parts":
        return pricing
    if chance.happens(0.25):
        pricing = replace(pricing, tips=Tips((100_000, 150_000), is_open=chance.happens(0.5)))
    is_limited = chance.happens({"price": 0.8, "open": 0.4}.get(kind, 0.05))
    if is_limited:
        pricing = replace(pricing, limit_minor=price_minor * 5 // 4 + chance.below(2 * price_minor))
    return replace(pricing, takes_codes=chance.happens(0.2 if is_limited else 0.5))


def drawn_currencies(seed: str, own: str, price_minor: int, pricing: Pricing) -> Pricing:
    """With prices in one or two further currencies, now and then. A chance of its own: all else is drawn as without it."""
    chance = SeededRandomness(f"{CURRENCIES} {seed}")
    counts = (pricing.parts, pricing.limit_minor, pricing.goal_minor)
    if any(each is not None for each in counts) or not chance.happens(CURRENCIES_RATE):
        return replace(pricing, currencies=())
    others = [currency for currency in CURRENCIES if currency != own]
    return replace(
        pricing,
        currencies=tuple(
            _prices_in(chance, currency, price_minor, pricing) for currency in others[: 1 + chance.below(2)]
        ),
    )


def _prices_in(chance: SeededRandomness, currency: str, price_minor: int, pricing: Pricing) -> CurrencyPrices:
    def some() -> int:
        return 1 + price_minor // 2 + chance.below(2 * price_minor)

    least = some()
    return CurrencyPrices(
        currency,
        0 if pricing.items or pricing.open_amount is not None else some(),
        tuple(
            ItemPrice(item.name, some(), tuple(NamedPrice(form.name, some()) for form in item.variants))
            for item in pricing.items
        ),
        None if pricing.open_amount is None else OpenAmount(least, least + 2 * price_minor, (least,)),
        tuple(
            NamedPrice(each.name, 1 + chance.below(price_minor) if each.amount_minor else 0)
            for each in pricing.discounts
        )
        if any(each.amount_minor for each in pricing.discounts)
        else (),
    )


def room_of(pricing: Pricing, payments_max: int | None) -> int:
    """How many payers a link draws: more than there is room for, where there is little of something."""
    if pricing.parts is not None:
        return 8
    stocks = stock_limits(pricing).values()
    if stocks:
        return 6 + 2 * max(stocks)
    return 14 if pricing.limit_minor is not None else payments_max or 100


def changed(chance: SeededRandomness, pricing: Pricing | None, price_minor: int, own: str) -> Pricing | None:
    """Other numbers for what there is a number of, other discounts, other currencies, or (None) just a price, which stays one.
    `own`: the link's currency.
    """
    if pricing is None or chance.happens(0.05):
        return None
    after = _changed(chance, replace(pricing, currencies=()), price_minor)
    if not pricing.currencies:
        return after
    # Where there were several currencies there may be others now, or none, and a limit in the one that is left.
    after = drawn_currencies(f"{price_minor}", own, price_minor, after)
    is_limited = not after.currencies and after.open_amount is None and not after.items
    return replace(after, limit_minor=3 * price_minor) if is_limited else after


def _changed(chance: SeededRandomness, pricing: Pricing, price_minor: int) -> Pricing:
    if chance.happens(0.2):
        return replace(pricing, discounts=drawn_discounts(chance, price_minor))
    stock = chance.below(6)
    items = tuple(
        replace(
            item,
            stock=None if item.stock is None else stock + 1,
            variants=tuple(
                each if each.stock is None else replace(each, stock=stock) for each in item.variants
            ),
        )
        for item in pricing.items
    )
    limit = None if pricing.limit_minor is None else price_minor + chance.below(3 * price_minor)
    parts = None if pricing.parts is None else drawn_parts(chance, price_minor)
    return replace(pricing, items=items, limit_minor=limit, parts=parts)


def drawn_parts(chance: SeededRandomness, price_minor: int) -> Parts:
    """The first is at least so much, and every other."""
    return Parts(1 + price_minor // (2 + chance.below(6)), 1 + price_minor // (3 + chance.below(9)))


def drawn_discounts(chance: SeededRandomness, price_minor: int) -> tuple[Discount, ...]:
    """One or two."""
    rate = Discount("Regulars", rate_ppm=1 + chance.below(400_000))
    return (rate, Discount("Voucher", amount_minor=1 + chance.below(price_minor)))[: 1 + chance.below(2)]


def drawn_coupon(chance: SeededRandomness, number: int, currency: str) -> CouponFields:
    """For few uses, in all or by customer."""
    is_rate = chance.happens(0.6)
    minimum = chance.below(20_000) if chance.happens(0.2) else 0
    return CouponFields(
        f"{_CODES[number % len(_CODES)]} {number}",
        rate_ppm=10_000 + chance.below(500_000) if is_rate else 0,
        amount_minor=0 if is_rate else 1 + chance.below(5_000),
        currency=currency if not is_rate or minimum else None,
        minimum_minor=minimum,
        uses_max=chance.pick((1, 1, 2, 5, 20, None)),
        uses_per_customer_max=chance.pick((1, 2, None, None)),
        is_automatic=chance.happens(0.4),
        is_active=chance.happens(0.8),
    )


def _items(chance: SeededRandomness, price_minor: int, *, has_stock: bool) -> tuple[Item, ...]:
    def some(rate: float, most: int) -> int | None:
        return chance.below(most) + 1 if has_stock and chance.happens(rate) else None

    forms = (
        Variant("Small", 1 + price_minor // 3, some(0.7, 3)),
        Variant("Large", 1 + price_minor // 2, some(0.4, 4)),
    )
    cake = Item(
        "Cake",
        price_minor,
        quantity_max=chance.pick((1, 2, 5)),
        variants=forms if chance.happens(0.6) else (),
        stock=some(0.6, 5),
    )
    candle = Item("Candle", 1 + price_minor // 9, 1, 1, 4, is_optional=True, stock=some(0.8, 6))
    return (cake, candle)[: 1 + chance.below(2)]


_EMPTY: Final = Pricing()
