"""An amount is found however it is written; a word that only holds digits is none."""

import pytest

from linktill.core.money import Money
from linktill.core.search import amount_token, amount_tokens


@pytest.mark.parametrize(
    ("amount", "token"),
    [
        (Money(123_450, "USD"), "=1234.5"),
        (Money(4_000, "USD"), "=40"),
        (Money(5, "USD"), "=0.05"),
        (Money(1_000, "JPY"), "=1000"),
        (Money(1_500, "KWD"), "=1.5"),
        (Money(-250, "EUR"), "=2.5"),
    ],
)
def test_an_amount_has_one_token(amount: Money, token: str) -> None:
    assert amount_token(amount) == token


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1,234.50", ("=1234.5",)),
        ("1.234,50", ("=1234.5",)),
        ("1234.5", ("=1234.5",)),
        ("$1 234.50", ("=1234.5",)),
        ("1'234.50 CHF", ("=1234.5",)),
        ("1,234,567", ("=1234567",)),
        ("1,234", ("=1.234", "=1234")),
        ("0040", ("=40",)),
        ("40 USD", ("=40",)),
        ("EUR 0,05", ("=0.05",)),
        ("40.", ("=40",)),
        ("R-7", ()),
        ("ada 40", ()),
        ("1" * 16, ()),
        ("", ()),
        ("٤٠", ()),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, tokens: tuple[str, ...]) -> None:
    assert amount_tokens(text) == tokens
