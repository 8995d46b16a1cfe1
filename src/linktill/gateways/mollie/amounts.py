"""Money as Mollie writes it: decimal strings with as many decimals as the currency has. Pure.

Source: https://docs.mollie.com/docs/multicurrency
"""

import re
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.money import AMOUNT_MAX_MINOR, Money, decimal_text
from linktill.gateways.answers import Nonsense
from linktill.gateways.mollie.messages import Amount

CURRENCIES: Final = frozenset(
    "AED AUD BRL CAD CHF CZK DKK EUR GBP HKD HUF ILS ISK JPY MXN MYR NOK NZD PHP PLN RON SEK SGD THB TWD USD ZAR".split()
)
"""Which of them a profile takes depends on the payment methods that are switched on there."""
WHOLE: Final = frozenset({"HUF", "TWD"})
"""Mollie rounds these to whole units where the payer chooses PayPal: what is whole already cannot change on its way."""

_DECIMAL: Final = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,4}))?")


def is_accepted(amount: Money) -> bool:
    """Whether Mollie charges this amount by some method, and nothing else instead."""
    if amount.currency not in CURRENCIES or not 0 < amount.minor <= AMOUNT_MAX_MINOR:
        return False
    return amount.currency not in WHOLE or amount.minor % 10 ** EXPONENTS[amount.currency] == 0


def encoded(amount: Money) -> dict[str, str]:
    """`{"currency": "EUR", "value": "40.00"}`."""
    return {"currency": amount.currency, "value": decimal_text(amount)}


def decoded(amount: Amount) -> Money:
    """Raises Nonsense, also for parts of a minor unit."""
    digits = EXPONENTS.get(amount.currency)
    found = _DECIMAL.fullmatch(amount.value)
    if digits is None or found is None:
        raise Nonsense(f"Not an amount: {amount.value[:40]!r} {amount.currency[:8]!r}.")
    fraction = (found[3] or "").rstrip("0")
    if len(fraction) > digits:
        raise Nonsense(f"{amount.currency} has no such parts: {amount.value[:40]!r}.")
    minor = int(found[2] + fraction.ljust(digits, "0"))
    return Money(-minor if found[1] else minor, amount.currency)
