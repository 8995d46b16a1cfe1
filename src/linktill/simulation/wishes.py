"""What payers choose where a link asks them: mostly what may be chosen, now and then what may not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.coupon import Coupon
from linktill.core.pricing import AS_FILLED, Choices, Item, OpenAmount, Parts, Pricing, Tips
from linktill.flows.open_checkout import Checkout
from linktill.platform.randomness import SeededRandomness

WRONG_RATE: Final = 0.04
CUSTOMERS: Final = ("ada@example.com", "Ada@Example.com", "bob@example.com", "cem@example.com")
"""The first two are one person."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a payer puts into the form."""

    choices: Choices = AS_FILLED
    email: str | None = None

    @property
    def typed(self) -> tuple[int, ...]:
        """Amounts that they type themselves, and so see."""
        found = (self.choices.amount_minor, self.choices.part_minor)
        return tuple(minor for minor in found if minor is not None)


def wished(chance: SeededRandomness, page: Checkout, coupons: Sequence[Coupon]) -> Wish:
    """On this page. What may not be chosen is drawn as well: it must be refused."""
    pricing = page.link.terms.pricing
    if pricing is None:
        return Wish()
    is_wrong = chance.happens(WRONG_RATE)
    parts = pricing.parts
    if parts is not None:
        left = page.link.terms.due.minor - page.link.taken_minor
        return Wish(Choices(part_minor=_part(chance, parts, left, is_wrong=is_wrong)))
    choices = Choices(
        _amount(chance, pricing.open_amount, is_wrong=is_wrong),
        tuple(_quantity(chance, item, is_wrong=is_wrong) for item in pricing.items),
        tuple(_form(chance, item, is_wrong=is_wrong) for item in pricing.items),
        *_tip(chance, pricing, is_wrong=is_wrong),
        code=_code(chance, coupons) if pricing.takes_codes else "",
    )
    return Wish(choices, chance.pick(CUSTOMERS) if pricing.takes_codes and chance.happens(0.6) else None)


def _part(chance: SeededRandomness, parts: Parts, left: int, *, is_wrong: bool) -> int | None:
    if is_wrong:
        return chance.pick((parts.least_minor - 1, left + 1, left - 1, parts.first_minor - 1))
    least = max(parts.first_minor, parts.least_minor)
    return chance.pick((None, None, left, parts.least_minor, least, max(least, left // 2)))


def _amount(chance: SeededRandomness, rule: OpenAmount | None, *, is_wrong: bool) -> int | None:
    if rule is None:
        return None
    if is_wrong:
        return chance.pick((rule.minimum_minor - 1, rule.maximum_minor + 1))
    span = rule.maximum_minor - rule.minimum_minor + 1
    return chance.pick((rule.minimum_minor, *rule.suggested_minor, rule.minimum_minor + chance.below(span)))


def _quantity(chance: SeededRandomness, item: Item, *, is_wrong: bool) -> int | None:
    if is_wrong and chance.happens(0.5):
        return chance.pick((item.quantity_max + 1, item.quantity_min - 1))
    if chance.happens(0.4):
        return None
    if item.is_optional and chance.happens(0.3):
        return 0
    return item.quantity_min + chance.below(item.quantity_max - item.quantity_min + 1)


def _form(chance: SeededRandomness, item: Item, *, is_wrong: bool) -> int | None:
    if is_wrong and chance.happens(0.5):
        return len(item.variants)
    return chance.below(len(item.variants)) if item.variants and chance.happens(0.7) else None


def _tip(chance: SeededRandomness, pricing: Pricing, *, is_wrong: bool) -> tuple[int, int]:
    """A rate, or an amount."""
    tips = pricing.tips or (Tips((123_456,)) if is_wrong else None)
    if tips is None or not chance.happens(0.5):
        return 0, 0
    return (0, 1 + chance.below(500)) if chance.happens(0.3) else (chance.pick(tips.suggested_ppm), 0)


def _code(chance: SeededRandomness, coupons: Sequence[Coupon]) -> str:
    if not coupons or chance.happens(0.35):
        return "NO-SUCH-CODE" if chance.happens(0.05) else ""
    code = chance.pick(coupons).code
    return chance.pick((code, code.lower(), code.replace(" ", "-"), f" {code} "))
