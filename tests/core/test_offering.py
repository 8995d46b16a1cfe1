"""For which amounts a merchant offers an account, and which rules are refused."""

import pytest

from linktill.core.errors import FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.offering import (
    EVERYTHING,
    RULES_MAX,
    Offering,
    OfferRule,
    checked_offering,
)

EUR_FROM_5_TO_10 = OfferRule("EUR", 500, 1_000)


@pytest.mark.parametrize(
    ("minor", "is_allowed"), [(1, False), (499, False), (500, True), (1_000, True), (1_001, False)]
)
def test_both_ends_of_a_rule_belong_to_it(minor: int, is_allowed: bool):
    assert Offering((EUR_FROM_5_TO_10,)).allows(Money(minor, "EUR")) is is_allowed


def test_an_end_that_is_not_given_is_no_limit():
    offering = Offering((OfferRule("EUR", minimum_minor=500), OfferRule("JPY", maximum_minor=90)))
    assert offering.allows(Money(AMOUNT_MAX_MINOR, "EUR"))
    assert not offering.allows(Money(499, "EUR"))
    assert offering.allows(Money(1, "JPY"))
    assert not offering.allows(Money(91, "JPY"))


def test_currencies_without_a_rule_are_offered_or_not():
    assert EVERYTHING.allows(Money(1, "USD"))
    assert Offering((EUR_FROM_5_TO_10,)).allows(Money(1, "USD"))
    assert not Offering((EUR_FROM_5_TO_10,), has_others=False).allows(Money(1, "USD"))


@pytest.mark.parametrize(
    ("offering", "words"),
    [
        (Offering((), has_others=False), "Nothing would be offered"),
        (Offering((EUR_FROM_5_TO_10, OfferRule("EUR"))), "two rules for EUR"),
        (Offering((OfferRule("EUR", 1_001, 1_000),)), "begins above its end"),
        (Offering((OfferRule("EUR", 0),)), "more than zero"),
        (Offering((OfferRule("EUR", None, AMOUNT_MAX_MINOR + 1),)), "999"),
        (Offering((OfferRule("EURO"),)), "Not a currency"),
        (Offering((OfferRule("EUR"),) * (RULES_MAX + 1)), "At most 50"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(offering: Offering, words: str):
    with pytest.raises(FieldInvalid, match=words):
        checked_offering(offering)


def test_rules_are_kept_in_the_order_of_their_currencies():
    asked = Offering((OfferRule("USD", None, 5), EUR_FROM_5_TO_10), has_others=False)
    assert [rule.currency for rule in checked_offering(asked).rules] == ["EUR", "USD"]
