"""The currencies that a form offers, with their names."""

from functools import lru_cache

from babel.numbers import get_currency_name

from linktill.core.currencies import EXPONENTS
from linktill.platform.language import known_locale
from linktill.web.dashboard.shell import Currency


@lru_cache(maxsize=8)
def currencies(lang: str) -> tuple[Currency, ...]:
    """Every currency that a link may have, by code."""
    locale = known_locale(lang)
    return tuple(Currency(code, get_currency_name(code, locale=locale)) for code in sorted(EXPONENTS))
