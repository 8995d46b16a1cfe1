"""The money filter of every template: the one way in which pages print an amount. The writing itself: platform/language."""

from linktill.core.money import Money
from linktill.platform.language import LOCALE_DEFAULT, format_money, known_locale

__all__ = ["known_locale", "money_text"]


def money_text(amount: Money, locale: str = LOCALE_DEFAULT) -> str:
    """`Money(123450, "USD")` as `$1,234.50`: see `format_money`."""
    return format_money(amount, locale)
