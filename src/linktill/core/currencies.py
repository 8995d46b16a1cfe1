"""The currencies in use and the digits of their minor units.

Source: ISO 4217 list one (SIX, amendments through 2026): national currencies that people pay with. Left out: funds
(CLF, USN, …), metals and tests (XAU, XTS, XXX), and what was withdrawn (HRK 2023, ANG 2025, BGN 2026). What is *shown* follows
CLDR, whose digits differ for some (ALL, IQD, RSD); what is stored and charged follows this table.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NO_DIGITS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO_DIGITS: Final = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE "
    "SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR "
    "ZMW ZWG"
)
_THREE_DIGITS: Final = "BHD IQD JOD KWD LYD OMR TND"

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        currency: digits
        for digits, currencies in ((0, _NO_DIGITS), (2, _TWO_DIGITS), (3, _THREE_DIGITS))
        for currency in currencies.split()
    }
)
"""Currency code → decimal digits of its minor unit."""
