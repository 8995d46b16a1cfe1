"""Money: integer minor units of one currency. Nothing here rounds without a named rounding."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

from typing_extensions import override

from linktill.core.currencies import EXPONENTS
from linktill.core.errors import CurrencyMismatch, FieldInvalid
from linktill.core.sentence import counted, sentence

AMOUNT_MAX_MINOR: Final = 999_999_999_999
"""Twelve digits: what the widest gateway takes, far below 2^53, so that no JSON reader rounds it."""


class Rounding(Enum):
    """How a fraction of a minor unit is dropped."""

    HALF_UP = "half_up"
    """Half away from zero: what invoices use."""
    HALF_DOWN = "half_down"
    """Half towards zero: of what is left where its other part was rounded half up."""
    HALF_EVEN = "half_even"
    """Half to the even neighbor: no drift over many amounts."""
    DOWN = "down"
    """Towards zero."""


HALF_UP: Final = Rounding.HALF_UP
HALF_DOWN: Final = Rounding.HALF_DOWN
HALF_EVEN: Final = Rounding.HALF_EVEN
DOWN: Final = Rounding.DOWN


def exponent(currency: str) -> int:
    """Decimal digits of the minor unit after ISO 4217 (JPY 0, USD 2, KWD 3). Raises FieldInvalid if unknown."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise FieldInvalid(
            "currency",
            f"Not a currency in use: {currency[:8]!r}. Send an ISO 4217 code in capitals, such as USD.",
        ) from None


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """`numerator / denominator` as an integer. `denominator` > 0; exact, no floats on the way."""
    assert denominator > 0, "a divisor of money is positive"
    sign = -1 if numerator < 0 else 1
    whole, rest = divmod(abs(numerator), denominator)
    match rounding:
        case Rounding.DOWN:
            up = False
        case Rounding.HALF_UP:
            up = rest * 2 >= denominator
        case Rounding.HALF_DOWN:
            up = rest * 2 > denominator
        case Rounding.HALF_EVEN:
            up = rest * 2 > denominator or (rest * 2 == denominator and whole % 2 == 1)
        case _:
            assert_never(rounding)
    return sign * (whole + up)


def spread(size: int, shares: Sequence[int]) -> list[int]:
    """Parts in proportion to `shares` that sum to `size` exactly (largest remainder, earlier first).

    `size` and `shares` are not negative, and the shares not all zero.
    """
    total = sum(shares)
    assert total > 0, "shares sum to something"
    assert all(share >= 0 for share in shares), "no share is negative"
    parts = [size * share // total for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda at: -(size * shares[at] % total))
    for at in by_remainder[: size - sum(parts)]:
        parts[at] += 1
    return parts


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents, yen, fils). May be zero or negative; a *price* is checked by `price`."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    @override
    def __str__(self) -> str:
        """As programs read it, `40.00 USD`. Never for people: see the money filter."""
        return f"{decimal_text(self)} {self.currency}"

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: "Money") -> bool:
        return other < self

    def __ge__(self, other: "Money") -> bool:
        return other <= self

    def split(self, shares: Sequence[int]) -> tuple["Money", ...]:
        """As `spread`; the parts of a negative amount are negative."""
        sign = -1 if self.minor < 0 else 1
        return tuple(Money(sign * part, self.currency) for part in spread(abs(self.minor), shares))

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up.")


def price(minor: int, currency: str, *, param: str = "amount_minor") -> Money:
    """A chargeable amount: positive, at most `AMOUNT_MAX_MINOR`, in a known currency. Raises FieldInvalid."""
    exponent(currency)
    check_amount(minor, param=param)
    return Money(minor, currency)


def check_amount(minor: int, *, param: str = "amount_minor") -> None:
    """Raises FieldInvalid unless so many minor units, of whichever currency, can be charged."""
    if minor <= 0:
        raise FieldInvalid(param, sentence("The amount must be more than zero."))
    if minor > AMOUNT_MAX_MINOR:
        raise FieldInvalid(param, f"The amount must be at most {AMOUNT_MAX_MINOR} minor units.")


def parse_decimal(text: str, currency: str, *, param: str = "amount", may_be_zero: bool = False) -> Money:
    """Reads what a person typed as a price, such as `40`, `40.00` or `1250.5`: ASCII digits and one point.

    Refuses, naming the field: signs, exponents, grouping, other digits, and more decimals than the currency has.
    A comma is refused and not guessed at: `1,00` is one in Berlin and a hundred in Boston.
    """
    digits = exponent(currency)
    text = text.strip()
    whole, point, fraction = text.partition(".")
    is_plain = text.isascii() and whole.isdigit() and (fraction.isdigit() if point else True)
    if not is_plain:
        raise FieldInvalid(param, sentence("Write the amount with digits and a point, such as 40 or 40.50."))
    if len(whole) > len(str(AMOUNT_MAX_MINOR)):
        raise FieldInvalid(param, sentence("The amount is too large."))
    if len(fraction) > digits:
        words = sentence("%(currency)s has no decimals.", currency=currency)
        if digits:
            words = counted(
                "%(currency)s has %(count)s decimal.",
                "%(currency)s has %(count)s decimals.",
                digits,
                currency=currency,
            )
        raise FieldInvalid(param, words)
    minor = int(whole + fraction.ljust(digits, "0"))
    return Money(0, currency) if may_be_zero and minor == 0 else price(minor, currency, param=param)


def decimal_text(money: Money) -> str:
    """The amount as canonical decimal digits, `40.00`, for machines and form fields. Never for people: see the money filter."""
    digits = exponent(money.currency)
    text = str(abs(money.minor)).rjust(digits + 1, "0")
    sign = "-" if money.minor < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)
