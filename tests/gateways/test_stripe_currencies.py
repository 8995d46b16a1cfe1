"""MC02, MC04: Stripe's integers for every currency that it charges, exactly or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linktill.core.currencies import EXPONENTS
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.gateways.stripe.currencies import AMOUNT_MAX, DIGITS, MINIMUM, accepts, from_stripe, to_stripe

CURRENCIES = sorted(DIGITS)
minors = st.one_of(st.integers(1, 10_000), st.integers(1, AMOUNT_MAX_MINOR))


def worth(number: int, digits: int) -> Decimal:
    return Decimal(number).scaleb(-digits)


@pytest.mark.parametrize("currency", CURRENCIES)
@settings(max_examples=60)
@given(minor=minors)
def test_what_is_sent_is_worth_the_same_and_comes_back_as_it_went(currency: str, minor: int):
    """Refused is only what Stripe cannot say: too much, a fraction of an ariary, a third decimal that is not 0."""
    money = Money(minor, currency)
    exact = worth(minor, EXPONENTS[currency]).scaleb(DIGITS[currency])
    can_be_said = exact == int(exact) and exact <= AMOUNT_MAX and (DIGITS[currency] < 3 or exact % 10 == 0)
    amount = to_stripe(money)
    assert amount == (int(exact) if can_be_said else None)
    if amount is not None:
        assert from_stripe(amount, currency.lower()) == money


@pytest.mark.parametrize("currency", CURRENCIES)
def test_each_currency_can_be_charged_in_steps_that_it_has(currency: str):
    step = {"MGA": 100, "BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}.get(currency, 1)
    taken = [minor for minor in range(1, 401) if to_stripe(Money(minor, currency)) is not None]
    assert taken == list(range(step, 401, step))


@pytest.mark.parametrize("currency", CURRENCIES)
@settings(max_examples=40)
@given(amount=st.integers(-(10**12), 10**12))
def test_what_comes_is_worth_the_same_or_is_not_read_at_all(currency: str, amount: int):
    money = from_stripe(amount, currency.lower())
    step = 100 if currency in {"ISK", "UGX"} else 1
    assert (money is None) == (amount % step != 0)
    if money is not None:
        assert worth(money.minor, EXPONENTS[currency]) == worth(amount, DIGITS[currency])


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(1_099, "USD"), 1_099),
        (Money(500, "JPY"), 500),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(100_050, "HUF"), 100_050),
        (Money(800_45, "TWD"), 80_045),
        (Money(5_120, "KWD"), 5_120),
        (Money(5_124, "KWD"), None),
        (Money(1_000, "MGA"), 10),
        (Money(1_020, "MGA"), None),
        (Money(AMOUNT_MAX_MINOR, "EUR"), AMOUNT_MAX_MINOR),
        (Money(AMOUNT_MAX_MINOR, "ISK"), None),
        (Money(9_999_999_999, "ISK"), 999_999_999_900),
        (Money(1_000, "IQD"), None),
        (Money(0, "USD"), None),
        (Money(-5, "USD"), None),
    ],
)
def test_the_examples_of_stripe_s_page(money: Money, amount: int | None):
    assert to_stripe(money) == amount


def test_each_currency_is_one_of_ours():
    assert set(DIGITS) - set(EXPONENTS) == set()
    assert set(MINIMUM) - set(DIGITS) == set()
    assert {code for code in DIGITS if DIGITS[code] != EXPONENTS[code]} == {"ISK", "UGX", "MGA"}


@pytest.mark.parametrize("currency", sorted(MINIMUM))
def test_less_than_stripe_s_minimum_is_not_offered(currency: str):
    least = from_stripe(MINIMUM[currency], currency.lower())
    assert least is not None
    assert accepts(least)
    assert not accepts(Money(least.minor - 1, currency))


def test_an_unknown_currency_of_the_balance_keeps_stripe_s_integer():
    assert from_stripe(123, "xyz") == Money(123, "XYZ")
