"""How the amount of a link comes about: from what the merchant set and what the payer chose to one sum, line by line.

The order is fixed: lines, discounts (each of what the ones before have left), shipping, taxes on what is left then and on
shipping, the tip; of a total that is paid in parts, the part. A fraction of a minor unit is rounded once for each discount,
tax and tip, half up; a discount is spread over the lines to the unit (largest remainder). Amounts are minor units of the
link's currency, rates are millionths: 19 % is 190,000.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from linktill.core.destination import Destination, ShippingPart, destination, is_reversed, rate_in, shipped
from linktill.core.errors import FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, HALF_DOWN, HALF_UP, Money, divide, spread
from linktill.core.pricing import (
    AS_FILLED,
    WHOLE_PPM,
    Choices,
    Discount,
    Item,
    OpenAmount,
    Pricing,
    Tax,
    Tips,
    Variant,
)
from linktill.core.sentence import from_to, sentence


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what is charged. `amount_minor` is before the discount."""

    name: str
    variant: str
    quantity: int
    unit_minor: int
    amount_minor: int
    discount_minor: int
    taxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiscountPart:
    """What a discount took off."""

    name: str
    amount_minor: int
    coupon_id: str = ""
    """Of the coupon that it is of; empty: it is the link's own."""


@dataclass(frozen=True, slots=True)
class TaxPart:
    """What a tax comes to, and of how much: prices without any tax, after discounts."""

    name: str
    rate_ppm: int
    is_inclusive: bool
    taxable_minor: int
    amount_minor: int
    is_reversed: bool = False
    """For the payer, a business, to pay to its own country."""


@dataclass(frozen=True, slots=True)
class Part:
    """One payment of a total that is paid in several. `before_minor`: paid before, or being paid by others."""

    before_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Computation:
    """How `total_minor` comes about: subtotal, less discounts, plus shipping, plus the taxes that the prices do not contain, plus
    the tip.
    """

    currency: str
    lines: tuple[Line, ...]
    subtotal_minor: int
    discounts: tuple[DiscountPart, ...]
    taxes: tuple[TaxPart, ...]
    tip_minor: int
    total_minor: int
    choices: Choices = field(default_factory=Choices)
    part: Part | None = None
    shipping: ShippingPart | None = None
    country: str = ""
    """Where the payer is; empty: it does not matter."""
    tax_id: str = ""
    """Of the payer, as it is written."""

    @property
    def total(self) -> Money:
        """What it all comes to."""
        return Money(self.total_minor, self.currency)

    @property
    def charged(self) -> Money:
        """What this payment is charged: the total, or a part of it."""
        return self.total if self.part is None else Money(self.part.amount_minor, self.currency)


def compute(price: Money, description: str, pricing: Pricing, choices: Choices = AS_FILLED) -> Computation:
    """The sum that these choices come to. `price` and `description` are the link's own.

    Raises FieldInvalid, naming `amount_minor`, `quantities.N`, `variants.N`, `tip_percent`, `tip_minor`, `country`, `shipping` or
    `tax_id`, for what may not be chosen. The total may be zero.
    """
    lines = _lines(price, description, pricing, choices)
    subtotal = sum(line.amount_minor for line in lines)
    lines, discounts = _discounted(lines, pricing.discounts)
    left = subtotal - sum(part.amount_minor for part in discounts)
    where = destination(pricing, choices)
    sent = shipped(pricing, choices, where.country, left)
    taxes = _taxes(pricing, lines, sent, where)
    added = sum(part.amount_minor for part in taxes if not part.is_inclusive)
    tip = _tip(left, pricing.tips, choices)
    total = left + (0 if sent is None else sent.amount_minor) + added + tip
    if choices.code and not any(discount.coupon_id for discount in pricing.discounts):
        words = sentence("This link takes no codes.")
        words = sentence("There is no such code.") if pricing.takes_codes else words
        raise FieldInvalid("code", words)
    if pricing.parts is None and choices.part_minor is not None:
        raise FieldInvalid("part_minor", "This link is not paid in parts.")
    if max(total, subtotal) > AMOUNT_MAX_MINOR:
        raise FieldInvalid("amount_minor", f"All in all at most {AMOUNT_MAX_MINOR} minor units.")
    return Computation(
        price.currency,
        lines,
        subtotal,
        discounts,
        taxes,
        tip,
        total,
        choices,
        shipping=sent,
        country=where.country,
        tax_id=where.tax_id,
    )


def _lines(price: Money, description: str, pricing: Pricing, choices: Choices) -> tuple[Line, ...]:
    if not pricing.items:
        amount = price.minor if pricing.open_amount is None else _open(price, pricing.open_amount, choices)
        return (Line(description, "", 1, amount, amount, 0, tuple(tax.name for tax in pricing.taxes)),)
    for name, chosen in (("quantities", choices.quantities), ("variants", choices.variants)):
        if len(chosen) > len(pricing.items):
            raise FieldInvalid(name, f"The link has {len(pricing.items)} items, and here are {len(chosen)}.")
    lines = (_line(place, item, pricing, choices) for place, item in enumerate(pricing.items))
    return tuple(line for line in lines if line is not None)


def _open(price: Money, rule: OpenAmount, choices: Choices) -> int:
    amount = price.minor if choices.amount_minor is None else choices.amount_minor
    # An open amount that the merchant did not fill in is none yet: it is shown as such, and not charged.
    if (
        choices.amount_minor is not None or amount
    ) and not rule.minimum_minor <= amount <= rule.maximum_minor:
        raise FieldInvalid("amount_minor", f"From {rule.minimum_minor} to {rule.maximum_minor} minor units.")
    return amount


def _line(place: int, item: Item, pricing: Pricing, choices: Choices) -> Line | None:
    quantity = _quantity(place, item, choices)
    variant = _variant(place, item, choices)
    if quantity == 0:
        return None
    unit = item.unit_minor if variant is None else variant.unit_minor
    taxes = item.taxes if item.taxes is not None else tuple(tax.name for tax in pricing.taxes)
    return Line(item.name, "" if variant is None else variant.name, quantity, unit, unit * quantity, 0, taxes)


def _quantity(place: int, item: Item, choices: Choices) -> int:
    chosen = choices.quantities[place] if place < len(choices.quantities) else None
    if chosen is None:
        return 0 if item.is_optional else item.quantity
    if chosen == 0 and item.is_optional:
        return 0
    if not item.quantity_min <= chosen <= item.quantity_max:
        few, many = item.quantity_min, item.quantity_max
        words = sentence("Send %(count)s.", count=few) if few == many else from_to(few, many)
        raise FieldInvalid(f"quantities.{place}", words)
    return chosen


def taken_lines(pricing: Pricing, choices: Choices) -> Iterator[tuple[int, Item, Variant | None, int]]:
    """What is taken of which item at which place, add-ons that are left out aside. Of choices that may be made."""
    for place, item in enumerate(pricing.items):
        quantity = _quantity(place, item, choices)
        if quantity:
            yield place, item, _variant(place, item, choices), quantity


def _variant(place: int, item: Item, choices: Choices) -> Variant | None:
    chosen = choices.variants[place] if place < len(choices.variants) else None
    if not item.variants:
        if chosen is not None:
            raise FieldInvalid(f"variants.{place}", "This item has no variants.")
        return None
    if chosen is not None and not 0 <= chosen < len(item.variants):
        raise FieldInvalid(f"variants.{place}", f"From 0 to {len(item.variants) - 1}.")
    return item.variants[chosen or 0]


def _discounted(
    lines: tuple[Line, ...], discounts: Sequence[Discount]
) -> tuple[tuple[Line, ...], tuple[DiscountPart, ...]]:
    if not discounts:
        return lines, ()
    left = [line.amount_minor for line in lines]
    parts: list[DiscountPart] = []
    for discount in discounts:
        base = sum(left)
        off = min(base, discount.amount_minor + divide(base * discount.rate_ppm, WHOLE_PPM, HALF_UP))
        if off:
            left = [amount - share for amount, share in zip(left, spread(off, left), strict=True)]
        parts.append(DiscountPart(discount.name, off, discount.coupon_id))
    kept = tuple(
        Line(
            line.name,
            line.variant,
            line.quantity,
            line.unit_minor,
            line.amount_minor,
            line.amount_minor - amount,
            line.taxes,
        )
        for line, amount in zip(lines, left, strict=True)
    )
    return kept, tuple(parts)


def _taxes(
    pricing: Pricing, lines: Sequence[Line], sent: ShippingPart | None, where: Destination
) -> tuple[TaxPart, ...]:
    """Those that there are in the payer's country, at its rates."""
    if sent is not None:
        lines = (*lines, Line(sent.name, "", 1, sent.amount_minor, sent.amount_minor, 0, sent.taxes))
    if not where.country:
        return tuple(_tax(tax, lines, pricing.taxes, is_away=False) for tax in pricing.taxes)
    away = {tax.name for tax in pricing.taxes if is_reversed(tax, pricing.home, where)}
    there = [
        replace(tax, rate_ppm=0 if tax.name in away else rate_in(tax, where.country)) for tax in pricing.taxes
    ]
    return tuple(
        _tax(tax, lines, there, is_away=tax.name in away) for tax in there if tax.rate_ppm or tax.name in away
    )


def _tax(tax: Tax, lines: Sequence[Line], taxes: Sequence[Tax], *, is_away: bool) -> TaxPart:
    """One formula for both kinds: a price p that contains rates of R in all is p / (1 + R) without them, and taxed on that."""
    contained = {each.name: each.rate_ppm for each in taxes if each.is_inclusive}
    bases = [
        (
            line.amount_minor - line.discount_minor,
            WHOLE_PPM + sum(contained.get(name, 0) for name in line.taxes),
        )
        for line in lines
        if tax.name in line.taxes
    ]
    whole = 1
    for divisor in {divisor for _, divisor in bases}:
        whole *= divisor
    net = sum(amount * (whole // divisor) for amount, divisor in bases)
    # Half down, so that a price and the one tax that it contains add up to it.
    taxable = divide(net * WHOLE_PPM, whole, HALF_DOWN)
    due = divide(net * tax.rate_ppm, whole, HALF_UP)
    return TaxPart(tax.name, tax.rate_ppm, tax.is_inclusive, taxable, due, is_away)


def _tip(left: int, tips: Tips | None, choices: Choices) -> int:
    if choices.tip_ppm == 0 and choices.tip_minor == 0:
        return 0
    if tips is None:
        raise FieldInvalid("tip_minor", "This link takes no tips.")
    if choices.tip_ppm and choices.tip_minor:
        raise FieldInvalid("tip_minor", "A tip is either a rate or an amount.")
    if choices.tip_ppm:
        if choices.tip_ppm not in tips.suggested_ppm:
            raise FieldInvalid("tip_percent", "Choose one of the rates that the link suggests.")
        return divide(left * choices.tip_ppm, WHOLE_PPM, HALF_UP)
    if not tips.is_open:
        raise FieldInvalid("tip_minor", "Choose one of the rates that the link suggests.")
    if not 0 < choices.tip_minor <= AMOUNT_MAX_MINOR:
        raise FieldInvalid("tip_minor", "A tip is more than zero.")
    return choices.tip_minor
