"""Finds what looks like a card number, so that none ever rests in our database (PCI DSS 4.0.1, requirement 3).

People write a card number beside other digits (an order, the expiry, the security code), in groups, with the digits of any
script. Phone numbers, IBANs, UUIDs and hashes hold as many digits and are no card numbers.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from linktill.core.sentence import sentence

REMOVE_IT: Final = sentence("This looks like a card number. Linktill never keeps card numbers: remove it.")
"""What a person is told who sent one."""

DIGITS_MIN: Final = 13
DIGITS_MAX: Final = 19

_DIGITS: Final = re.compile(r"\d+")
_WORD: Final = re.compile(r"[^\W_]+")
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_IBAN: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,4})?\b")
_GAP_MAX: Final = 3
"""So many blanks, hyphens and the like may stand between two groups of one number."""
_GROUP_MAX: Final = 6
_PHONE_MAX: Final = 15
"""With a plus before it: ITU-T E.164."""
_SCHEMES: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{17,18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0235689]\d{12,17}|(?:6\d|5[0678])\d{11,17}"
)
"""First digits and lengths of the schemes (ISO/IEC 7812): Visa, Mastercard, Amex, Diners and JCB, Discover, UnionPay, Maestro."""
_GROUPINGS: Final = frozenset(
    {(4, 4, 4, 4), (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4)}
)
"""As they are printed on cards."""


def passes_luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def has_card_number(text: str) -> bool:
    """Are there 13 to 19 digits, maybe in groups, maybe among others, that could be a card number?"""
    if sum(map(len, _DIGITS.findall(text))) < DIGITS_MIN:
        return False
    return any(_is_card(digits) for groups in _runs(_without_ibans(text)) for digits in _candidates(groups))


def _is_card(digits: str) -> bool:
    return _SCHEMES.fullmatch(digits) is not None and passes_luhn(digits)


def _candidates(groups: Sequence[str]) -> Iterator[str]:
    """What one number may be made of: neighbors as cards group them, or all of the groups however they are."""
    sizes = tuple(map(len, groups))
    if max(sizes) <= _GROUP_MAX and DIGITS_MIN <= sum(sizes) <= DIGITS_MAX:
        yield "".join(groups)
    for start in range(len(groups)):
        if DIGITS_MIN <= sizes[start] <= DIGITS_MAX:
            yield groups[start]
        for end in range(start + 3, min(start + 5, len(groups)) + 1):
            if sizes[start:end] in _GROUPINGS:
                yield "".join(groups[start:end])


def _runs(text: str) -> Iterator[list[str]]:
    """Groups of digits that stand together, in ASCII. Left out: phone numbers, and digits within hexadecimal words."""
    run: list[str] = []
    start = end = 0
    for word in _WORD.finditer(text):
        groups = _DIGITS.findall(word[0])
        is_number = groups == [word[0]]
        if run and (not is_number or word.start() - end > _GAP_MAX):
            yield from _unless_phone(run, text[:start])
            run = []
        if is_number:
            start = start if run else word.start()
            run.append(_ascii(word[0]))
            end = word.end()
        elif _HEX.fullmatch(word[0]) is None:
            yield from ([_ascii(group)] for group in groups)
    if run:
        yield from _unless_phone(run, text[:start])


def _unless_phone(run: list[str], before: str) -> Iterator[list[str]]:
    if not before.endswith("+") or sum(map(len, run)) > _PHONE_MAX:
        yield run


def _ascii(digits: str) -> str:
    return "".join(str(int(digit)) for digit in digits)


def _without_ibans(text: str) -> str:
    return _IBAN.sub(lambda found: "IBAN" if _is_iban(found[0].replace(" ", "")) else found[0], text)


def _is_iban(text: str) -> bool:
    """The check of ISO 13616: letters count as 10 to 35."""
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1
