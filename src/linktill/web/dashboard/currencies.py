"""The currencies that a form offers, with their names."""

from functools import lru_cache
from importlib import import_module

from linktill.core.currencies import EXPONENTS
from linktill.platform.language import known_locale
from linktill.web.dashboard.shell import Currency


@lru_cache(maxsize=8)
def currencies(lang: str) -> tuple[Currency, ...]:
    """Every currency that a link may have, by code."""
    locale = known_locale(lang)
    name_of = import_module("babel.numbers").get_currency_name
    return tuple(Currency(code, name_of(code, locale=locale)) for code in sorted(EXPONENTS))
