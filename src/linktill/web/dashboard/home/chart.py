"""The money of thirty days: sums by day, and a picture of them in whole numbers."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from linktill.core.money import Money
from linktill.web.dashboard.home.view import Bar, Chart

DAYS: Final = 30
HEIGHT: Final = 100
_SLOT: Final = 10
_WIDTH: Final = 8
_LEAST: Final = 1
"""Also a day without money has a line to stand on."""
_EPOCH: Final = date(1970, 1, 1)

ByDay = Mapping[tuple[int, str], int]
"""(day since 1970, currency) → minor units."""


def chart_of(sums: ByDay, today: int, currency: str) -> Chart | None:
    """The last thirty days of a currency, today the last; None where nothing came in."""
    days = range(today - DAYS + 1, today + 1)
    amounts = [sums.get((day, currency), 0) for day in days]
    if not any(amounts):
        return None
    top, low = max(*amounts, 0), min(*amounts, 0)
    bars = tuple(
        _bar(place, day, amount, currency, top - low, top)
        for place, (day, amount) in enumerate(zip(days, amounts, strict=True))
    )
    week = amounts[-8:-1]
    return Chart(
        bars=bars,
        today=Money(amounts[-1], currency),
        same_day=Money(amounts[-8], currency),
        same_day_on=_date(today - 7),
        average=Money(sum(week) // len(week), currency),
        total=Money(sum(amounts), currency),
        best=max(bars, key=lambda bar: bar.amount.minor),
    )


def main_currency(sums: ByDay, own: str) -> str:
    """What the chart is drawn in: the merchant's currency if anything came in it, else the one that came on most days."""
    counts: dict[str, int] = {}
    for _, currency in sums:
        counts[currency] = counts.get(currency, 0) + 1
    return own if own in counts or not counts else max(sorted(counts), key=lambda each: counts[each])


def totals(sums: ByDay, days: Sequence[int]) -> tuple[Money, ...]:
    """What came in on these days, by currency; those in which it was nothing are left out."""
    found: dict[str, int] = {}
    wanted = set(days)
    for (day, currency), minor in sums.items():
        if day in wanted:
            found[currency] = found.get(currency, 0) + minor
    return tuple(Money(minor, currency) for currency, minor in sorted(found.items()) if minor)


def _bar(place: int, day: int, amount: int, currency: str, span: int, top: int) -> Bar:
    height = max(abs(amount) * HEIGHT // span, _LEAST)
    zero = top * HEIGHT // span
    return Bar(
        x=place * _SLOT + (_SLOT - _WIDTH) // 2,
        y=zero - height if amount >= 0 else zero,
        width=_WIDTH,
        height=height,
        day=_date(day),
        amount=Money(amount, currency),
    )


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)
