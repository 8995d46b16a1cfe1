"""What a search is made of: amounts as people write them, beside words."""

import re
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.money import Money, exponent

TEXT_MAX: Final = 200
_DIGITS_MAX: Final = 15
_AMOUNT: Final = re.compile(
    r"([A-Za-z]{3}|[^\w\s.,'-])?\s*(\d(?:[\d.,']|[ \u00a0\u202f](?=\d))*)\s*([A-Za-z]{3}|[^\w\s.,'-])?",
    re.ASCII,
)
_BETWEEN: Final = re.compile(r"[ '\u00a0\u202f]")


def amount_token(amount: Money) -> str:
    """What an amount is found by, whatever its currency: `=1234.5` for 1,234.50."""
    digits = exponent(amount.currency)
    text = str(abs(amount.minor)).zfill(digits + 1)
    whole, part = (text[:-digits], text[-digits:]) if digits else (text, "")
    return _token(whole, part)


def amount_tokens(text: str) -> tuple[str, ...]:
    """How a text may be meant as an amount: not at all, in one way, or in two, as `1,234` can be."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return ()
    before, number, behind = found[1] or "", _BETWEEN.sub("", found[2]), found[3] or ""
    if any(sign.isalpha() and sign.upper() not in EXPONENTS for sign in (before, behind)):
        return ()
    if sum(char.isdigit() for char in number) > _DIGITS_MAX:
        return ()
    return tuple(dict.fromkeys(_token(whole, part) for whole, part in _readings(number)))


def _readings(number: str) -> list[tuple[str, str]]:
    point = max(number.rfind("."), number.rfind(","))
    if point < 0:
        return [(number, "")]
    mark, whole, part = number[point], number[:point], number[point + 1 :]
    plain = whole.replace(",", "").replace(".", "")
    if whole.count(mark):
        return [(plain + part, "")]
    if plain != whole or len(part) != 3:
        return [(plain, part)]
    return [(whole, part), (whole + part, "")]


def _token(whole: str, part: str) -> str:
    part = part.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"={whole}.{part}" if part else f"={whole}"
