"""What a payment must come to, reckoned a second time: in fractions, and by docs/prices.md instead of the code that charges.

Two that agree are worth more than one. What the simulator's watch and `make carts` hold against the product's computation.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from linktill.core.pricing import Choices, Item, Parts, Pricing

_MILLION = 1_000_000
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Bill:
    """Sums in minor units. `lines` before discounts; `off`: what discounts take off each of them."""

    lines: tuple[int, ...]
    off: tuple[int, ...]
    discounts: tuple[int, ...]
    taxes: tuple[int, ...]
    taxable: tuple[int, ...]
    tip: int
    total: int


def reckoned(price_minor: int, pricing: Pricing, choices: Choices) -> Bill:
    """The whole bill for choices that may be made; `price_minor`: the link's own, for one that has no items."""
    taken = list(_taken(pricing, choices))
    if pricing.items:
        lines = [quantity * _unit(item, form) for item, form, quantity in taken]
    else:
        typed = choices.amount_minor if pricing.open_amount is not None else None
        lines = [price_minor if typed is None else typed]
    left, discounts = list(lines), []
    for discount in pricing.discounts:
        base = sum(left)
        wanted = discount.amount_minor or _half_up(Fraction(base * discount.rate_ppm, _MILLION))
        discounts.append(min(base, wanted))
        left = _less(left, discounts[-1])
    names = [item.taxes for item, _, _ in taken] if pricing.items else [None]
    nets = [_without_tax(amount, of, pricing) for amount, of in zip(left, names, strict=True)]
    taxable = [
        sum((net for net, of in zip(nets, names, strict=True) if of is None or tax.name in of), Fraction(0))
        for tax in pricing.taxes
    ]
    taxes = [_half_up(net * tax.rate_ppm / _MILLION) for net, tax in zip(taxable, pricing.taxes, strict=True)]
    added = sum(tax for tax, rule in zip(taxes, pricing.taxes, strict=True) if not rule.is_inclusive)
    tip = choices.tip_minor or _half_up(Fraction(sum(left) * choices.tip_ppm, _MILLION))
    return Bill(
        tuple(lines),
        tuple(before - after for before, after in zip(lines, left, strict=True)),
        tuple(discounts),
        tuple(taxes),
        tuple(-((-2 * net + 1) // 2) for net in taxable),
        tip,
        sum(left) + added + tip,
    )


def in_currency(price_minor: int, own: str, pricing: Pricing, currency: str) -> tuple[int, Pricing] | None:
    """Price and pricing of a link in this currency, put together from its amounts there; None: it takes none. `own`: the
    link's.
    """
    alone = replace(pricing, currencies=())
    if currency == own:
        return price_minor, alone
    prices = {each.currency: each for each in pricing.currencies}.get(currency)
    if prices is None:
        return None
    items = []
    for at, item in enumerate(pricing.items):
        forms = [
            replace(form, unit_minor=prices.items[at].variants[n].minor)
            for n, form in enumerate(item.variants)
        ]
        items.append(replace(item, unit_minor=prices.items[at].unit_minor, variants=tuple(forms)))
    discounts = [
        discount if discount.rate_ppm else replace(discount, amount_minor=prices.discounts[at].minor)
        for at, discount in enumerate(pricing.discounts)
    ]
    alone = replace(alone, items=tuple(items), discounts=tuple(discounts), open_amount=prices.open_amount)
    return prices.amount_minor, alone


def may_be_chosen(pricing: Pricing, choices: Choices) -> bool:
    """Does the link let a payer choose so? What is paid in parts, and codes, are judged elsewhere."""
    quantities, forms = choices.quantities, choices.variants
    if pricing.items and max(len(quantities), len(forms)) > len(pricing.items):
        return False
    for item, chosen, form in zip(
        pricing.items, _filled(quantities, pricing), _filled(forms, pricing), strict=True
    ):
        is_left_out = item.is_optional and chosen in {None, 0}
        if not is_left_out and chosen is not None and not item.quantity_min <= chosen <= item.quantity_max:
            return False
        if form is not None and not 0 <= form < len(item.variants):
            return False
    rule, amount = pricing.open_amount, choices.amount_minor
    if rule is not None and amount is not None and not rule.minimum_minor <= amount <= rule.maximum_minor:
        return False
    tips = pricing.tips
    if tips is None:
        return not choices.tip_ppm and not choices.tip_minor
    is_rate_offered = not choices.tip_ppm or choices.tip_ppm in tips.suggested_ppm
    return is_rate_offered and (not choices.tip_minor or (tips.is_open and choices.tip_minor > 0))


def may_be_part(parts: Parts, total: int, before: int, part: int) -> bool:
    """May a payment pay so much of a total, `before` of which is paid or being paid?"""
    rest = total - before - part
    if rest < 0 or part <= 0:
        return False
    least = parts.least_minor if before else max(parts.first_minor, parts.least_minor)
    return rest == 0 or (part >= least and rest >= parts.least_minor)


def taken_stock(pricing: Pricing, choices: Choices) -> Counter[str]:
    """How many of what is counted these choices take, by its key."""
    found: Counter[str] = Counter()
    for item, form, quantity in _taken(pricing, choices):
        if item.stock is not None:
            found[item.key] += quantity
        if form is not None and item.variants[form].stock is not None:
            found[item.variants[form].key] += quantity
    return found


def stock_limits(pricing: Pricing) -> dict[str, int]:
    """How many there are in all, by key."""
    found = {item.key: item.stock for item in pricing.items}
    found |= {form.key: form.stock for item in pricing.items for form in item.variants}
    return {key: stock for key, stock in found.items() if stock is not None}


def is_sold_out(pricing: Pricing, sold: Counter[str]) -> bool:
    """Is something gone that everybody has to buy, or all of it?"""
    gone = [_is_gone(item, sold) for item in pricing.items]
    needed = [is_gone for item, is_gone in zip(pricing.items, gone, strict=True) if not item.is_optional]
    return any(needed) or (len(gone) > 0 and all(gone))


def least_of(price_minor: int, pricing: Pricing) -> int:
    """The least that one payment of the link comes to, as far as the link alone tells."""
    if pricing.parts is not None or pricing.takes_codes:
        return 1
    fewest = tuple(0 if item.is_optional else item.quantity_min for item in pricing.items)
    cheapest = tuple(_cheapest([form.unit_minor for form in item.variants]) for item in pricing.items)
    amount = None if pricing.open_amount is None else pricing.open_amount.minimum_minor
    return max(1, reckoned(price_minor, pricing, Choices(amount, fewest, cheapest)).total)


def _cheapest(prices: list[int]) -> int | None:
    return prices.index(min(prices)) if prices else None


def _is_gone(item: Item, sold: Counter[str]) -> bool:
    if item.stock is not None and item.stock - sold[item.key] < item.quantity_min:
        return True
    if item.quantity_max < item.quantity_min:
        return True
    return len(item.variants) > 0 and all(
        form.stock is not None and form.stock - sold[form.key] < item.quantity_min for form in item.variants
    )


def _taken(pricing: Pricing, choices: Choices) -> Iterator[tuple[Item, int | None, int]]:
    """Item, which of its forms, and how many."""
    quantities, forms = _filled(choices.quantities, pricing), _filled(choices.variants, pricing)
    for item, chosen, form in zip(pricing.items, quantities, forms, strict=True):
        as_shown = 0 if item.is_optional else item.quantity
        quantity = as_shown if chosen is None else chosen
        if quantity:
            yield item, (form or 0) if item.variants else None, quantity


def _filled(chosen: Sequence[int | None], pricing: Pricing) -> list[int | None]:
    return [chosen[at] if at < len(chosen) else None for at in range(len(pricing.items))]


def _unit(item: Item, form: int | None) -> int:
    return item.unit_minor if form is None else item.variants[form].unit_minor


def _without_tax(amount: int, of: tuple[str, ...] | None, pricing: Pricing) -> Fraction:
    within = sum(tax.rate_ppm for tax in pricing.taxes if tax.is_inclusive and (of is None or tax.name in of))
    return Fraction(amount * _MILLION, _MILLION + within)


def _less(left: list[int], off: int) -> list[int]:
    """Takes so much off all together: each its proportion, what is left of that by the largest fraction, the first first."""
    whole = sum(left)
    if not off:
        return left
    exact = [Fraction(off * amount, whole) for amount in left]
    shares = [int(share) for share in exact]
    order = sorted(range(len(left)), key=lambda at: (shares[at] - exact[at], at))
    for at in order[: off - sum(shares)]:
        shares[at] += 1
    return [amount - share for amount, share in zip(left, shares, strict=True)]


def _half_up(exact: Fraction) -> int:
    return int(exact + _HALF)
