"""The rows of a link's form for further currencies: a code, and a price for each thing of the link, one in a line.

`Mug 11.00`: its name, as the link has it, and then its price. Of a link with one price: the price alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.errors import FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, Money, decimal_text, parse_decimal
from linktill.core.pricing import CurrencyPrices, ItemPrice, NamedPrice, OpenAmount, Pricing

PRICE: Final = "Price"
FILLED: Final = "Filled in"
LEAST: Final = "At least"
MOST: Final = "At most"
SUGGESTED: Final = "Suggested"
_OPEN: Final = (FILLED, LEAST, MOST, SUGGESTED)
_FREE: Final = "free from"
_LINES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class CurrencyRow:
    """As typed."""

    code: str = ""
    prices: str = ""


def currency_row(prices: CurrencyPrices) -> CurrencyRow:
    """As it is now."""
    lines = list(_lines(prices))
    is_alone = len(lines) == 1 and lines[0].startswith(f"{PRICE} ")
    text = lines[0].removeprefix(f"{PRICE} ") if is_alone else "\n".join(lines)
    return CurrencyRow(prices.currency, text)


def _lines(prices: CurrencyPrices) -> Iterator[str]:
    currency = prices.currency
    if prices.open_amount is not None:
        yield from _open_lines(prices, prices.open_amount)
    elif not prices.items:
        yield _line(PRICE, prices.amount_minor, currency)
    for item in prices.items:
        if not item.variants:
            yield _line(item.name, item.unit_minor, currency)
        for form in item.variants:
            yield _line(f"{item.name}, {form.name}", form.minor, currency)
    for off in prices.discounts:
        if off.minor:
            yield _line(off.name, off.minor, currency)
    for rate in prices.shipping:
        yield _line(rate.name, rate.minor, currency)
        if rate.free_from_minor is not None:
            yield _line(f"{rate.name} {_FREE}", rate.free_from_minor, currency)


def _open_lines(prices: CurrencyPrices, opened: OpenAmount) -> Iterator[str]:
    if prices.amount_minor:
        yield _line(FILLED, prices.amount_minor, prices.currency)
    if opened.minimum_minor > 1:
        yield _line(LEAST, opened.minimum_minor, prices.currency)
    if opened.maximum_minor < AMOUNT_MAX_MINOR:
        yield _line(MOST, opened.maximum_minor, prices.currency)
    if opened.suggested_minor:
        texts = [decimal_text(Money(minor, prices.currency)) for minor in opened.suggested_minor]
        yield f"{SUGGESTED} {' '.join(texts)}"


def _line(name: str, minor: int, currency: str) -> str:
    return f"{name} {decimal_text(Money(minor, currency))}"


def read_currencies(
    rows: Sequence[CurrencyRow], pricing: Pricing, errors: dict[str, str]
) -> tuple[tuple[CurrencyPrices, ...], tuple[int, ...]]:
    """What was typed of a link that is priced so, and the row of each; what is wrong is said in `errors`."""
    found: list[CurrencyPrices] = []
    places: list[int] = []
    for at, row in enumerate(rows, 1):
        if row == CurrencyRow():
            continue
        code = row.code.strip().upper()
        if code not in EXPONENTS:
            errors.setdefault(f"cur_{at}_code", "Write the three letters of a currency, such as EUR.")
            continue
        found.append(_Reading(code, row.prices, f"cur_{at}_prices", errors).of(pricing))
        places.append(at)
    return tuple(found), tuple(places)


class _Reading:
    """Lines of one currency, each used once, for the first thing of that name."""

    def __init__(self, currency: str, text: str, field: str, errors: dict[str, str]) -> None:
        self._currency: Final = currency
        self._field: Final = field
        self._errors: Final = errors
        lines = (" ".join(line.split()) for line in text.splitlines()[:_LINES_MAX])
        self._left: Final = [line for line in lines if line]
        self._missing: Final[list[str]] = []

    def of(self, pricing: Pricing) -> CurrencyPrices:
        names = list(dict.fromkeys(_names(pricing)))
        if PRICE in names:
            self._left[:] = [line if " " in line else f"{PRICE} {line}" for line in self._left]
        # A name may begin with another one: `Parcel free from` is not about `Parcel`. The longest is looked for first.
        by_length = sorted(names, key=lambda name: -len(name))
        taken: dict[str, list[str]] = {name: [] for name in names}
        for line in self._left:
            name = next((each for each in by_length if _is_of(line, each)), None)
            if name is None:
                self._wrong(
                    f"“{line[:60]}” is nothing of this link. Write a name as it is above, and its price."
                )
            else:
                taken[name].append(line[len(name) :].strip())
        prices = self._prices(pricing, taken)
        if self._missing:
            missing = "; ".join(self._missing)
            self._wrong(f"A price is missing: {missing}. One in a line, its name and then its price.")
        elif any(taken.values()):
            self._wrong("There are more lines than prices. Write each name once.")
        return prices

    def _prices(self, pricing: Pricing, taken: dict[str, list[str]]) -> CurrencyPrices:
        def one(name: str, *, is_needed: bool = True) -> int:
            lines = taken[name]
            if not lines:
                if is_needed:
                    self._missing.append(name)
                return 0
            return self._money(lines.pop(0))

        opened = None
        amount = 0
        if pricing.open_amount is not None:
            amount = one(FILLED, is_needed=False)
            suggested = taken[SUGGESTED]
            opened = OpenAmount(
                one(LEAST, is_needed=pricing.open_amount.minimum_minor > 1) or 1,
                one(MOST, is_needed=pricing.open_amount.maximum_minor < AMOUNT_MAX_MINOR) or AMOUNT_MAX_MINOR,
                tuple(self._money(text) for text in (suggested.pop(0).split() if suggested else ())),
            )
        elif not pricing.items:
            amount = one(PRICE)
        return CurrencyPrices(
            self._currency,
            amount,
            tuple(
                ItemPrice(
                    _plain(item.name),
                    0 if item.variants else one(_plain(item.name)),
                    tuple(
                        NamedPrice(form.name, one(f"{_plain(item.name)}, {_plain(form.name)}"))
                        for form in item.variants
                    ),
                )
                for item in pricing.items
            ),
            opened,
            tuple(
                NamedPrice(_plain(each.name), one(_plain(each.name)) if each.amount_minor else 0)
                for each in pricing.discounts
            )
            if any(each.amount_minor for each in pricing.discounts)
            else (),
            tuple(
                NamedPrice(
                    _plain(rate.name),
                    one(_plain(rate.name)),
                    None if rate.free_from_minor is None else one(f"{_plain(rate.name)} {_FREE}"),
                )
                for rate in pricing.shipping
            ),
        )

    def _money(self, text: str) -> int:
        try:
            return parse_decimal(text, self._currency, may_be_zero=True).minor
        except FieldInvalid as invalid:
            self._wrong(f"{text.strip()[:40]}: {invalid}")
            return 1

    def _wrong(self, words: str) -> None:
        self._errors.setdefault(self._field, words)


def _plain(name: str) -> str:
    return " ".join(name.split())


def _is_of(line: str, name: str) -> bool:
    return line[: len(name) + 1].casefold() == f"{name} ".casefold()


def _names(pricing: Pricing) -> Iterator[str]:
    if pricing.open_amount is not None:
        yield from _OPEN
    elif not pricing.items:
        yield PRICE
    for item in pricing.items:
        if not item.variants:
            yield _plain(item.name)
        for form in item.variants:
            yield f"{_plain(item.name)}, {_plain(form.name)}"
    for discount in pricing.discounts:
        if discount.amount_minor:
            yield _plain(discount.name)
    for rate in pricing.shipping:
        yield _plain(rate.name)
        if rate.free_from_minor is not None:
            yield f"{_plain(rate.name)} {_FREE}"
