"""Finds what looks like a card number, so that none ever rests in our database (PCI DSS 4.0.1, requirement 3)."""

import re
from typing import Final

_CANDIDATE: Final = re.compile(r"(?<![0-9])[0-9](?:[ .\-]?[0-9]){12,18}(?![0-9])")
_ISSUERS: Final = re.compile(r"^(?:4|5[1-5]|2[2-7]|3[0-9]|6)")
"""First digits of the schemes' ranges (ISO/IEC 7812): Visa, Mastercard, Amex/Diners/JCB, Discover/UnionPay/Maestro."""


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def has_card_number(text: str) -> bool:
    """Is there a run of 13 to 19 digits, maybe in groups, that could be a card number?"""
    for match in _CANDIDATE.finditer(text):
        digits = re.sub(r"[^0-9]", "", match.group())
        if _ISSUERS.match(digits) and passes_luhn(digits):
            return True
    return False
