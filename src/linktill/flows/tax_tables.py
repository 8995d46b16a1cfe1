"""Standard rates of VAT in Europe as they were when this version's table was made; a link keeps the rates it was saved with."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from linktill.core.errors import FieldInvalid
from linktill.core.pricing_terms import parse_percent, percent_text

EU: Final = "EU"
"""Stands for all of its members, where countries are asked for."""
STANDARD: Final = "standard"
"""Stands for a country's standard rate, where a percentage is asked for."""


def with_members(countries: Iterable[str]) -> tuple[str, ...]:
    """The same, sorted and in capitals, with the members of the EU in place of `EU`; what is named itself is not added twice."""
    named = [country.strip().upper() for country in countries]
    spread: list[str] = []
    for country in named:
        spread += [each for each in _members() if each not in named] if country == EU else [country]
    return tuple(sorted(spread))


def rates_of(percents: Iterable[tuple[str, str]], param: str) -> tuple[tuple[str, int], ...]:
    """Country → percentage, or `standard`, as country → millionths, sorted. `EU`: those of its members that are not named.

    Raises FieldInvalid naming `param` and the country.
    """
    named = [(country.strip().upper(), percent.strip().lower()) for country, percent in percents]
    own = {country for country, _ in named}
    return tuple(
        sorted(
            (each, _rate(each, percent, f"{param}.{country}"))
            for country, percent in named
            for each in ([one for one in _members() if one not in own] if country == EU else [country])
        )
    )


def _rate(country: str, percent: str, param: str) -> int:
    if percent != STANDARD:
        return parse_percent(percent, param, may_be_zero=True)
    found = _standard().get(country)
    if found is None:
        raise FieldInvalid(
            param, "The standard rate of this country is not known here. Write its percentage."
        )
    return found


@cache
def _table() -> Mapping[str, Any]:
    # Loaded with the first link that names it.
    found: Mapping[str, Any] = import_module("eu_vat_rates_data").get_all_rates()
    return found


@cache
def _standard() -> Mapping[str, int]:
    return MappingProxyType(
        {country: parse_percent(str(rate["standard"]), "percents") for country, rate in _table().items()}
    )


@cache
def _members() -> tuple[str, ...]:
    return tuple(sorted(country for country, rate in _table().items() if rate["eu_member"]))


def rates_text(rates: Iterable[tuple[str, int]]) -> str:
    """As people write it, `DE 19, GB 20`; with `EU standard` where all its members have their standard rate."""
    left = dict(rates)
    if not left:
        return ""
    words: list[str] = []
    if all(left.get(each) == _standard()[each] for each in _members()):
        words.append(f"{EU} {STANDARD}")
        left = {country: ppm for country, ppm in left.items() if country not in _members()}
    return ", ".join([*words, *(f"{country} {percent_text(ppm)}" for country, ppm in sorted(left.items()))])


def countries_text(countries: Iterable[str]) -> str:
    """As people write it, `CH DE`; with `EU` where all its members are among them."""
    left = set(countries)
    if left and left.issuperset(_members()):
        left = {EU, *left.difference(_members())}
    return " ".join(sorted(left))
