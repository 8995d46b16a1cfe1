"""Amounts as people read them."""

import warnings
from decimal import Decimal
from itertools import pairwise

import pytest
from babel.numbers import format_currency, get_currency_precision, parse_pattern
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.currencies import EXPONENTS
from linktill.core.money import Money, exponent
from linktill.surface.money_filter import known_locale, money_text

LOCALES = [
    "en",
    "en_US",
    "en_GB",
    "de",
    "de_CH",
    "fr",
    "ja",
    "hi",
    "en_IN",
    "nl",
    "he",
    "ar",
    "tr",
    "pt_BR",
    "sv",
    "fa",
]


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (4_000, "USD", "en", "$40.00"),
        (-4_000, "USD", "en", "-$40.00"),
        (0, "EUR", "en", "€0.00"),
        (5, "USD", "en", "$0.05"),
        (123_456_789, "USD", "en", "$1,234,567.89"),
        (123_456_789, "EUR", "de", "1.234.567,89\u00a0€"),
        (123_456_789, "INR", "en-IN", "₹12,34,567.89"),
        (1_250_000, "JPY", "ja", "￥1,250,000"),
        (1_234, "KWD", "en", "KWD\u00a01.234"),
        (123_450, "CHF", "de_CH", "CHF\u00a01’234.50"),
        # CLDR shows no paras; 100.50 dinars must not be shown as 100 or 101
        (10_000, "RSD", "en", "RSD\u00a0100"),
        (10_050, "RSD", "en", "RSD\u00a0100.50"),
        (-123_450, "USD", "ar", "\u200f\u200e-1,234.50\u00a0US$\u200e"),
        (4_000, "USD", "xx-nowhere", "$40.00"),
        (4_000, "USD", "en-XX", "$40.00"),
        (4_000, "USD", "", "$40.00"),
        (4_000, "USD", "../etc", "$40.00"),
    ],
)
def test_money_text(minor, currency, locale, text):
    assert money_text(Money(minor, currency), locale) == text


@given(st.integers(-(10**12), 10**12), st.sampled_from(sorted(EXPONENTS)), st.sampled_from(LOCALES))
def test_money_text_agrees_with_babel(minor, currency, locale):
    digits = exponent(currency)
    is_short = (
        get_currency_precision(currency) < digits
        and minor % 10 ** (digits - get_currency_precision(currency)) == 0
    )
    shown = get_currency_precision(currency) if is_short else digits
    known = known_locale(locale)
    pattern = parse_pattern(known.currency_formats["standard"].pattern)
    pattern.frac_prec = (shown, shown)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = format_currency(
            Decimal(minor).scaleb(-digits), currency, pattern, known, currency_digits=False
        )
    # we part letters from digits and keep signs beside what they belong to, Babel does not
    marks = str.maketrans("", "", "\u00a0\u200e")
    assert money_text(Money(minor, currency), locale).translate(marks) == expected.translate(marks)


def test_no_digit_touches_a_letter():
    for locale in LOCALES:
        for currency in EXPONENTS:
            text = money_text(Money(123_456, currency), locale)
            pairs = pairwise(text)
            assert not [pair for pair in pairs if {pair[0].isdigit(), pair[1].isdigit()} == {True, False}
                        and any(sign.isalpha() for sign in pair)], (locale, text)  # fmt: skip
