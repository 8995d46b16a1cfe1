"""Numbers and days as they are typed, and as something to compare. Never floats."""

import re
from datetime import date
from typing import Final

_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SCALE: Final = 9


def scaled(text: str) -> int | None:
    """Decimal digits as a whole number that can be compared; None: it is no such number."""
    if _NUMBER.fullmatch(text) is None:
        return None
    whole, _, fraction = text.removeprefix("-").partition(".")
    number = int(whole + fraction.ljust(_SCALE, "0"))
    return -number if text.startswith("-") else number


def day(text: str) -> date | None:
    """`2027-01-31` as a date, or None."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
