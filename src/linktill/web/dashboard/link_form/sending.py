"""The rows of a link's form for what depends on where the payer is: taxes, and ways to send what is bought."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.money import Money, decimal_text
from linktill.core.pricing import ShippingRate, Tax
from linktill.core.pricing_terms import percent_text
from linktill.flows.tax_tables import countries_text, rates_of, rates_text, with_members
from linktill.web.dashboard.link_form.numbers import money_minor, money_or_none, percent_ppm

_BETWEEN: Final = re.compile(r"[,;\n]+")
_BLANK: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class TaxRow:
    """As typed. `countries`: `DE 19, AT 20`; `EU standard` stands for the standard rates of its members."""

    name: str = ""
    percent: str = ""
    inclusive: str = ""
    countries: str = ""
    reverse: str = ""


@dataclass(frozen=True, slots=True)
class ShippingRow:
    """As typed. `countries`: `DE AT`; `EU` stands for its members, nothing for all countries."""

    name: str = ""
    price: str = ""
    countries: str = ""
    free: str = ""


def tax_row(tax: Tax) -> TaxRow:
    """As it is now."""
    percent = percent_text(tax.rate_ppm) if tax.rate_ppm or not tax.rates else ""
    return TaxRow(
        tax.name,
        percent,
        "yes" if tax.is_inclusive else "",
        rates_text(tax.rates),
        "yes" if tax.is_reversible else "",
    )


def shipping_row(rate: ShippingRate, currency: str) -> ShippingRow:
    """As it is now."""
    free = rate.free_from_minor
    return ShippingRow(
        rate.name,
        decimal_text(Money(rate.amount_minor, currency)),
        countries_text(rate.countries),
        "" if free is None else decimal_text(Money(free, currency)),
    )


def read_tax(row: TaxRow, field: str, errors: dict[str, str]) -> Tax:
    """What was typed; what is wrong is said in `errors`."""
    rates = _rates(row.countries, f"{field}_countries", errors)
    is_elsewhere = row.percent.strip() or not row.countries.strip()
    percent = percent_ppm(row.percent, f"{field}_percent", errors) if is_elsewhere else 0
    return Tax(row.name, percent, bool(row.inclusive), rates, bool(row.reverse))


def read_shipping(
    row: ShippingRow, field: str, currency: str, before: Sequence[ShippingRate], errors: dict[str, str]
) -> ShippingRate:
    """What was typed; the taxes that it names, which the form does not ask, are as before."""
    known = {rate.name: rate.taxes for rate in before}
    return ShippingRate(
        row.name,
        money_minor(row.price or "0", f"{field}_price", currency, errors, may_be_zero=True),
        with_members(_BLANK.split(row.countries.strip()) if row.countries.strip() else ()),
        money_or_none(row.free, f"{field}_free", currency, errors),
        known.get(row.name.strip()),
    )


def _rates(text: str, field: str, errors: dict[str, str]) -> tuple[tuple[str, int], ...]:
    percents: list[tuple[str, str]] = []
    for each in _BETWEEN.split(text):
        if each.strip():
            country, _, percent = each.strip().partition(" ")
            percents.append((country, percent.strip().removesuffix("%")))
    try:
        return rates_of(percents, field)
    except FieldInvalid as invalid:
        country = (invalid.param or "").rpartition(".")[2]
        errors.setdefault(field, f"{country}: {invalid}")
        return ()
