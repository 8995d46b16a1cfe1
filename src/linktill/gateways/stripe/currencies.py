"""Amounts as Stripe counts them: integers whose decimals are not always those of ISO 4217. Exact, or not at all.

Source: https://docs.stripe.com/currencies (zero-decimal and three-decimal currencies, special cases, minimum and maximum
charge amounts), read in November 2026.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.money import AMOUNT_MAX_MINOR, Money

_NO_DIGITS: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
# ISK and UGX have no decimals, but are sent as if they had two, which must be 00.
_TWO_DIGITS: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE "
    "CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR "
    "KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
    "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS WST XCD XCG YER ZAR ZMW"
)
_THREE_DIGITS: Final = "BHD JOD KWD OMR TND"

DIGITS: Final[Mapping[str, int]] = MappingProxyType(
    {
        currency: digits
        for digits, currencies in ((0, _NO_DIGITS), (2, _TWO_DIGITS), (3, _THREE_DIGITS))
        for currency in currencies.split()
    }
)
"""Currency that can be charged → decimal digits of Stripe's integers."""

AMOUNT_MAX: Final = 999_999_999_999
"""Twelve digits of Stripe's integers, for cards. Other ways to pay take less; Stripe's page does not offer them then."""

MINIMUM: Final[Mapping[str, int]] = MappingProxyType(
    {
        currency: amount
        for amount, currencies in (
            (30, "GBP"),
            (50, "ARS AUD BRL CAD CHF COP EUR IDR ILS INR JPY KRW NZD PHP RUB SGD USD ZAR"),
            (200, "AED MYR PLN RON"),
            (250, "DKK"),
            (300, "NOK SEK"),
            (400, "HKD"),
            (1_000, "MXN THB"),
            (1_500, "CZK"),
            (17_500, "HUF"),
        )
        for currency in currencies.split()
    }
)
"""The least that Stripe charges where it names one. For the others it depends on the currency that the account settles in."""


def to_stripe(money: Money) -> int | None:
    """The amount in Stripe's integers; None: Stripe cannot charge exactly this."""
    digits = DIGITS.get(money.currency)
    if digits is None or not 0 < money.minor <= AMOUNT_MAX_MINOR:
        return None
    amount = _shifted(money.minor, digits - EXPONENTS[money.currency])
    if amount is None or amount > AMOUNT_MAX:
        return None
    # "The least-significant (last) digit must be 0" in three-decimal currencies.
    return None if digits == 3 and amount % 10 else amount


def accepts(money: Money) -> bool:
    """Can Stripe charge this amount in this currency?"""
    amount = to_stripe(money)
    return amount is not None and amount >= MINIMUM.get(money.currency, 1)


def from_stripe(amount: int, currency: str) -> Money | None:
    """What Stripe's integer in its (lower-case) currency means, of either sign. None: it fits no whole number of our minor units.

    Of a currency that we do not know, Stripe's own integer is kept: somebody has to look at it.
    """
    code = currency.upper()
    if code not in DIGITS or code not in EXPONENTS:
        return Money(amount, code)
    minor = _shifted(amount, EXPONENTS[code] - DIGITS[code])
    return None if minor is None else Money(minor, code)


def _shifted(amount: int, digits: int) -> int | None:
    """With so many more decimal digits (fewer, if negative); None if that is no whole number."""
    factor: int = 10 ** abs(digits)
    if digits >= 0:
        return amount * factor
    whole, rest = divmod(amount, factor)
    return None if rest else whole
