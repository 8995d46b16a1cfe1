"""Money: exact, one currency at a time, every rounding named."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.currencies import EXPONENTS
from linktill.core.errors import CurrencyMismatch, FieldInvalid
from linktill.core.money import (
    AMOUNT_MAX_MINOR,
    DOWN,
    HALF_EVEN,
    HALF_UP,
    Money,
    decimal_text,
    divide,
    exponent,
    parse_decimal,
    price,
)

amounts = st.integers(-AMOUNT_MAX_MINOR, AMOUNT_MAX_MINOR)
shares = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any)


@given(amounts, shares)
def test_mc06_mc10_a_split_never_gains_or_loses_a_unit(minor: int, weights: list[int]) -> None:
    parts = Money(minor, "USD").split(weights)
    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(Fraction(part.minor) - Fraction(minor * weight, sum(weights))) < 1


@given(amounts, st.integers(0, 100_000))
def test_mc08_a_share_is_the_exact_rational_rounded(minor: int, bps: int) -> None:
    exact = Fraction(minor * bps, 10_000)
    half_up = divide(minor * bps, 10_000, HALF_UP)
    assert abs(half_up - exact) <= Fraction(1, 2)
    assert half_up == (1 if minor >= 0 else -1) * int(abs(exact) + Fraction(1, 2))
    assert divide(minor * bps, 10_000, HALF_EVEN) == round(exact)
    assert divide(minor * bps, 10_000, DOWN) == int(exact)


@pytest.mark.parametrize(
    ("numerator", "up", "even", "down"), [(5, 3, 2, 2), (7, 4, 4, 3), (-5, -3, -2, -2), (4, 2, 2, 2)]
)
def test_halves(numerator: int, up: int, even: int, down: int) -> None:
    assert [divide(numerator, 2, rounding) for rounding in (HALF_UP, HALF_EVEN, DOWN)] == [up, even, down]


def test_currencies_do_not_mix() -> None:
    usd, eur = Money(1, "USD"), Money(1, "EUR")
    for operation in (lambda: usd + eur, lambda: usd - eur, lambda: usd < eur, lambda: usd >= eur):
        with pytest.raises(CurrencyMismatch):
            operation()
    assert usd != eur


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("JPY", 0), ("KRW", 0), ("USD", 2), ("KWD", 3), ("BHD", 3), ("TND", 3), ("ISK", 0), ("HUF", 2)],
)
def test_mc02_digits_of_the_minor_unit(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("currency", ["usd", "USD ", "UsD", "XXX", "XTS", "HRK", "BGN", "", "US", "ＵＳＤ"])
def test_mc16_other_codes_are_refused(currency: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        price(100, currency)
    assert refused.value.param == "currency"


@pytest.mark.parametrize("minor", [0, -1, AMOUNT_MAX_MINOR + 1, 2**53, 2**63, 2**64])
def test_mc04_ll22_prices_have_limits(minor: int) -> None:
    with pytest.raises(FieldInvalid) as refused:
        price(minor, "USD")
    assert refused.value.param == "amount_minor"
    assert price(AMOUNT_MAX_MINOR, "USD").minor == AMOUNT_MAX_MINOR


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "+1",
        "1e3",
        "１００",
        "1,00",
        "1.234,56",
        "NaN",
        "inf",
        "",
        " ",
        ".5",
        "5.",
        "1.234",
        "0",
        "0.00",
        "1 0",
        "٤٠",
        "9" * 14,
        "0x10",
        "1_0",
    ],
)
def test_mc13_what_is_not_plain_digits_is_refused(text: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        parse_decimal(text, "USD")
    assert refused.value.param == "amount"


@given(st.integers(1, AMOUNT_MAX_MINOR), st.sampled_from(sorted(EXPONENTS)))
def test_mc03_text_and_back_is_the_same_amount(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert parse_decimal(decimal_text(money), currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("40", "USD", 4_000),
        ("40.5", "USD", 4_050),
        (" 40.50 ", "USD", 4_050),
        ("40", "JPY", 40),
        ("1.234", "KWD", 1_234),
    ],
)
def test_amounts_as_people_type_them(text: str, currency: str, minor: int) -> None:
    assert parse_decimal(text, currency) == Money(minor, currency)


def test_more_decimals_than_the_currency_has() -> None:
    for text, currency in (("1.0", "JPY"), ("1.2345", "KWD"), ("1.001", "USD")):
        with pytest.raises(FieldInvalid):
            parse_decimal(text, currency)
