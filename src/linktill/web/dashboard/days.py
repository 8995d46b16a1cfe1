"""Days as forms send them, `2026-11-30`: days in UTC, which begin and end at midnight."""

import re
from datetime import date, timedelta
from typing import Final

DAY_US: Final = 24 * 3600 * 1_000_000
_EPOCH: Final = date(1970, 1, 1)
_YEARS: Final = range(1970, 2100)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_day(text: str, name: str, errors: dict[str, str]) -> date | None:
    """The day, or None where nothing was typed, or no day: then `errors` says so for the field `name`."""
    text = text.strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        errors[name] = "Write the day as year, month and day, such as 2026-11-30."
        return None
    return day


def moment_of_day(day: date | None, before: int | None, *, ends: bool) -> int | None:
    """When the day begins, or its last microsecond. A time that a program has set stays while its day is not changed."""
    if day is None:
        return None
    if before is not None and day_text(before) == day.isoformat():
        return before
    begin = (day - _EPOCH).days * DAY_US
    return begin + DAY_US - 1 if ends else max(begin, 1)


def day_text(at: int | None) -> str:
    """The day of a time, as date inputs want it."""
    return "" if at is None else (_EPOCH + timedelta(days=at // DAY_US)).isoformat()
