"""Money and days in the words of a locale, after CLDR; never a float on the way.

Pages, mails and documents all print amounts through `format_money`, so that a payer never sees two spellings of one price.
The parsed pattern of a locale and currency is kept: the checkout page is the hottest page there is. What Babel has for dates and
numbers is loaded when the first is written, as a server that nobody asks needs none of it.
"""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from typing import Final

from babel import Locale, UnknownLocaleError

from linktill.core.money import Money, exponent

LOCALE_DEFAULT: Final = "en_US"
_NO_BREAK_SPACE: Final = "\u00a0"
_FROM_LEFT: Final = "\u200e"
_MINUS_FROM_LEFT: Final = "\u200e-"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def format_money(amount: Money, locale: str = LOCALE_DEFAULT) -> str:
    """`Money(123450, "USD")` as `$1,234.50`. `locale` is a tag such as `en`, `de-AT` or `pt_BR`.

    A currency of which CLDR shows fewer digits than are charged (RSD: 0 instead of 2) is shown short only where
    nothing is lost by it: the amount shown is always exactly the amount charged.
    """
    return _text(amount.minor, amount.currency, locale)


def format_day(at_us: int, locale: str = LOCALE_DEFAULT) -> str:
    """A time in microseconds as its UTC day, such as `November 22, 2026`."""
    return format_date((_EPOCH + timedelta(microseconds=at_us)).date(), locale)


def format_date(day: date, locale: str = LOCALE_DEFAULT) -> str:
    """`November 22, 2026`, with the digits that amounts have."""
    written: str = import_module("babel.dates").format_date(day, "long", locale=known_locale(locale))
    return written


@lru_cache(maxsize=256)
def format_percent(ppm: int, locale: str = LOCALE_DEFAULT) -> str:
    """A rate in millionths, such as `7.5%`."""
    known = known_locale(locale)
    pattern = known.percent_formats[None].pattern.replace("0", "0.####", 1)
    written: str = import_module("babel.numbers").format_percent(
        Decimal(ppm).scaleb(-6), pattern, locale=known
    )
    return written


@dataclass(frozen=True, slots=True)
class _Layout:
    """A CLDR currency pattern, taken apart once. Pairs are for amounts ≥ 0 and < 0."""

    before: tuple[str, str]
    after: tuple[str, str]
    group: str
    decimal: str
    group_first: int
    group_next: int
    digits_charged: int
    digits_shown: int

    def write(self, minor: int) -> str:
        digits = str(abs(minor)).rjust(self.digits_charged + 1, "0")
        at = len(digits) - self.digits_charged
        whole, fraction = digits[:at], digits[at:]
        if not fraction[self.digits_shown :].strip("0"):
            fraction = fraction[: self.digits_shown].ljust(self.digits_shown, "0")
        number = self._grouped(whole) + (self.decimal + fraction if fraction else "")
        negative = minor < 0
        return f"{self.before[negative]}{number}{self.after[negative]}"

    def _grouped(self, whole: str) -> str:
        if len(whole) <= self.group_first:
            return whole
        head, parts = whole[: -self.group_first], [whole[-self.group_first :]]
        while len(head) > self.group_next:
            head, part = head[: -self.group_next], head[-self.group_next :]
            parts.append(part)
        return self.group.join([head, *reversed(parts)])


@lru_cache(maxsize=8192)
def _text(minor: int, currency: str, locale: str) -> str:
    return _layout(currency, locale).write(minor)


@lru_cache(maxsize=1024)
def _layout(currency: str, locale: str) -> _Layout:
    known = known_locale(locale)
    pattern = known.currency_formats["standard"]
    symbols = known.number_symbols["latn"]
    numbers = import_module("babel.numbers")
    before, after = pattern.prefix, pattern.suffix
    symbol: str = numbers.get_currency_symbol(currency, known)
    if known.text_direction == "rtl":
        # What belongs to a number or to letters from the left stays where it is written: US$ 40.00, -3.00.
        before = (before[0], before[1].replace("-", _MINUS_FROM_LEFT))
        symbol += _FROM_LEFT if symbol[0].isascii() and not symbol[-1].isalpha() else ""
    charged = exponent(currency)
    return _Layout(
        before=(
            _with_symbol(before[0], symbol, is_before=True),
            _with_symbol(before[1], symbol, is_before=True),
        ),
        after=(
            _with_symbol(after[0], symbol, is_before=False),
            _with_symbol(after[1], symbol, is_before=False),
        ),
        group=symbols.get("currencyGroup", symbols["group"]),
        decimal=symbols.get("currencyDecimal", symbols["decimal"]),
        group_first=pattern.grouping[0],
        group_next=pattern.grouping[1],
        digits_charged=charged,
        digits_shown=min(charged, numbers.get_currency_precision(currency)),
    )


def _with_symbol(affix: str, symbol: str, *, is_before: bool) -> str:
    """The symbol in its place; a no-break space parts letters from digits (CHF 10, not CHF10: CLDR currencySpacing)."""
    written = affix.replace("¤", symbol)
    if is_before and affix.endswith("¤") and symbol[-1].isalpha():
        return written + _NO_BREAK_SPACE
    if not is_before and affix.startswith("¤") and symbol[0].isalpha():
        return _NO_BREAK_SPACE + written
    return written


def country_name(code: str, locale: str = LOCALE_DEFAULT) -> str:
    """`DE` as `Germany`; a code that CLDR does not know as it is."""
    return str(known_locale(locale).territories.get(code, code))


def currency_name(code: str, locale: str = LOCALE_DEFAULT) -> str:
    """`EUR` as `Euro`."""
    name: str = import_module("babel.numbers").get_currency_name(code, locale=known_locale(locale))
    return name


@lru_cache(maxsize=64)
def countries_by_name(codes: frozenset[str], locale: str = LOCALE_DEFAULT) -> tuple[tuple[str, str], ...]:
    """Code and name of each, in the order of the names, letters with and without accents beside one another."""
    named = [(code, country_name(code, locale)) for code in codes]
    return tuple(sorted(named, key=lambda each: (_plain_letters(each[1]), each[0])))


def _plain_letters(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


@lru_cache(maxsize=256)
def known_locale(tag: str) -> Locale:
    """The locale of a tag, its language alone where the country is unknown, else American English. Never raises."""
    for attempt in (tag.replace("-", "_"), tag.replace("-", "_").partition("_")[0]):
        try:
            return Locale.parse(attempt)
        except (ValueError, TypeError, UnknownLocaleError):
            continue
    return Locale.parse(LOCALE_DEFAULT)
