"""What may be paid over which gateway: the merchant's rules for an account, by currency and amount, and a link's own choice."""

from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.money import Money, check_amount, exponent

RULES_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class OfferRule:
    """From and up to which amount (minor units, both included) one currency is offered; None: without that limit."""

    currency: str
    minimum_minor: int | None = None
    maximum_minor: int | None = None

    def allows(self, amount: Money) -> bool:
        """Of an amount in this currency."""
        is_enough = self.minimum_minor is None or amount.minor >= self.minimum_minor
        return is_enough and (self.maximum_minor is None or amount.minor <= self.maximum_minor)


@dataclass(frozen=True, slots=True)
class Offering:
    """What an account is offered for, at most one rule for each currency. As here: for whatever its gateway takes.

    `has_others`: currencies without a rule are offered, too.
    """

    rules: tuple[OfferRule, ...] = ()
    has_others: bool = True

    def allows(self, amount: Money) -> bool:
        """Does the merchant want this amount over this account?"""
        for rule in self.rules:
            if rule.currency == amount.currency:
                return rule.allows(amount)
        return self.has_others


EVERYTHING: Final = Offering()


def checked_offering(offering: Offering) -> Offering:
    """The same, in the order of the currencies. Raises FieldInvalid."""
    if len(offering.rules) > RULES_MAX:
        raise FieldInvalid("rules", f"At most {RULES_MAX} rules.")
    if not offering.rules and not offering.has_others:
        raise FieldInvalid(
            "rules", "Nothing would be offered. Name a currency, or disconnect the account instead."
        )
    seen: set[str] = set()
    for rule in offering.rules:
        exponent(rule.currency)
        if rule.currency in seen:
            raise FieldInvalid("rules", f"There are two rules for {rule.currency}. One is enough.")
        seen.add(rule.currency)
        for limit in (rule.minimum_minor, rule.maximum_minor):
            if limit is not None:
                check_amount(limit, param="rules")
        lowest, highest = rule.minimum_minor, rule.maximum_minor
        if lowest is not None and highest is not None and lowest > highest:
            raise FieldInvalid("rules", f"The rule for {rule.currency} begins above its end.")
    return Offering(tuple(sorted(offering.rules, key=lambda rule: rule.currency)), offering.has_others)
