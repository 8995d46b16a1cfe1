"""What a browser tells of where its person is: regions in `Accept-Language`, and which money is used there, after CLDR."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from importlib import import_module
from typing import Final

LANGUAGES_MAX: Final = 10
_LANGUAGE: Final = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?-([A-Za-z]{2})(?:-[0-9A-Za-z-]+)?\s*(?:;\s*q=([01](?:\.[0-9]{1,3})?))?",
    re.ASCII,
)


def regions(accept_language: str) -> Iterator[str]:
    """Two letters each, in the order in which the browser likes them; what names no region is passed over."""
    found: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:LANGUAGES_MAX]:
        match = _LANGUAGE.fullmatch(part.strip())
        if match is not None:
            weight = float(match[2] or 1)
            if weight:
                found.append((weight, match[1].upper()))
    yield from dict.fromkeys(region for _, region in sorted(found, key=lambda each: -each[0]))


@lru_cache(maxsize=256)
def currencies_of(region: str, day: date) -> tuple[str, ...]:
    """What is paid with there on this day, the usual one first; empty where nobody knows."""
    found: list[str] = import_module("babel.numbers").get_territory_currencies(region, day, day)
    return tuple(found)
