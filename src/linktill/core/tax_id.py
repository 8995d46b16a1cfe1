"""Tax ids of businesses: how they are written, and whether one can exist. Whether it does is for a register to say."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from linktill.core.errors import FieldInvalid
from linktill.core.sentence import sentence

if TYPE_CHECKING:
    from stdnum.util import NumberValidationModule

TAX_ID_MAX: Final = 40
_LEAST: Final = 4
_MOST: Final = 20
_PREFIXES: Final = {"GR": "EL"}
"""Where a VAT number does not begin with its country's own letters."""
_EUROPE: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
"""Where a VAT number is written with the country's letters before it (Directive 2006/112/EC, article 215)."""


def checked_tax_id(text: str, country: str) -> str:
    """The number as it is written, without blanks: in the EU with the country's letters before it.

    Its check digits are checked where its country's are known. Raises FieldInvalid naming `tax_id`.
    """
    written = "".join(each for each in text.upper() if each.isalnum() and each.isascii())
    if not _LEAST <= len(written) <= _MOST:
        raise FieldInvalid("tax_id", sentence("Write the tax id of your business, or nothing."))
    prefix = _PREFIXES.get(country, country) if country in _EUROPE else ""
    number = written.removeprefix(prefix)
    known = _rules(country)
    if known is not None and not known.is_valid(number) and not known.is_valid(written):
        raise FieldInvalid(
            "tax_id", sentence("There is no such tax id in your country. Look for a typing error.")
        )
    return prefix + number


def is_of(tax_id: str, country: str) -> bool:
    """Is it, checked, a VAT number of this country of the EU?"""
    return country in _EUROPE and tax_id.startswith(_PREFIXES.get(country, country))


@cache
def _rules(country: str) -> "NumberValidationModule | None":
    # Loaded with the first one: most links never ask.
    found: NumberValidationModule | None = import_module("stdnum.util").get_cc_module(country.lower(), "vat")
    return found
