"""Money as PayPal writes it: decimal strings, in PayPal's currencies and with PayPal's decimals. Pure.

Source: https://developer.paypal.com/reference/currency-codes
"""

import re
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.money import AMOUNT_MAX_MINOR, Money, decimal_text
from linktill.gateways.answers import Nonsense

CURRENCIES: Final = frozenset(
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split()
)
"""BRL, CNY and MYR only between accounts of their own country: PayPal refuses the others when the order is made."""
WHOLE: Final = frozenset({"HUF", "JPY", "TWD"})
"""Without decimals at PayPal, which refuses `1000.00` as well. ISO 4217 gives HUF and TWD two."""

_DECIMAL: Final = re.compile(r"(-?)([0-9]{0,24})(?:\.([0-9]{1,24}))?")


def is_accepted(amount: Money) -> bool:
    """Whether PayPal takes this amount: 1,000 forints it does, 1,000.50 it does not."""
    if amount.currency not in CURRENCIES or not 0 < amount.minor <= AMOUNT_MAX_MINOR:
        return False
    return amount.currency not in WHOLE or amount.minor % _unit(amount.currency) == 0


def encoded(amount: Money) -> dict[str, str]:
    """`{"currency_code": "EUR", "value": "40.00"}`, of what is accepted."""
    assert is_accepted(amount), "asked before"
    text = decimal_text(amount)
    value = text.partition(".")[0] if amount.currency in WHOLE else text
    return {"currency_code": amount.currency, "value": value}


def decoded(currency: str, value: str) -> Money:
    """Any amount that PayPal may tell, negative ones as well. Raises Nonsense, also for parts of a minor unit."""
    digits = EXPONENTS.get(currency)
    found = _DECIMAL.fullmatch(value)
    if digits is None or found is None or not (found[2] or found[3]):
        raise Nonsense(f"Not an amount: {value[:40]!r} {currency[:8]!r}.")
    fraction = (found[3] or "").rstrip("0")
    if len(fraction) > digits:
        raise Nonsense(f"{currency} has no such parts: {value[:40]!r}.")
    minor = int((found[2] or "0") + fraction.ljust(digits, "0"))
    return Money(-minor if found[1] else minor, currency)


def _unit(currency: str) -> int:
    return int(10 ** EXPONENTS[currency])
