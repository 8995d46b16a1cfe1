"""Days and moments in the words of a locale. Times are microseconds UTC; a page's script may show them in local time."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Final

from linktill.surface.money_filter import known_locale

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(at_us: int) -> datetime:
    """The UTC time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at_us)


def iso_text(at_us: int) -> str:
    """RFC 3339 with seconds, for the `datetime` attribute."""
    return moment_of(at_us).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_text(at_us: int, locale: str = "en_US") -> str:
    """`Nov 22, 2026, 10:25 AM UTC`."""
    moment = moment_of(at_us)
    return f"{_day(moment.date(), 'medium', locale)}, {_minute(moment.hour, moment.minute, locale)} UTC"


def day_text(day: date | int, locale: str = "en_US") -> str:
    """`November 30, 2026`, of a date or of a time in microseconds."""
    return _day(moment_of(day).date() if isinstance(day, int) else day, "long", locale)


@lru_cache(maxsize=64)
def weekday_text(day: date, locale: str = "en_US") -> str:
    """`Monday`."""
    written: str = import_module("babel.dates").format_date(day, "EEEE", locale=known_locale(locale))
    return written


@lru_cache(maxsize=2048)
def _day(day: date, length: str, locale: str) -> str:
    written: str = import_module("babel.dates").format_date(day, length, locale=known_locale(locale))
    return written


@lru_cache(maxsize=2048)
def _minute(hour: int, minute: int, locale: str) -> str:
    time = datetime(2000, 1, 1, hour, minute, tzinfo=UTC).time()
    written: str = import_module("babel.dates").format_time(time, "short", locale=known_locale(locale))
    return written
