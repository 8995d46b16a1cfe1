"""Words of ours that are kept in English, as ways to pay and labels are, and translated where a payer reads them."""

from typing import Final

from linktill.core.sentence import marked
from linktill.platform.translation import translated

KNOWN: Final = frozenset(
    {
        marked("Bank debit"),
        marked("Bank transfer"),
        marked("Bank transfer, cash or check"),
        marked("Card"),
        marked("Cash"),
        marked("Check"),
        marked("Direct debit"),
        marked("Gift card"),
        marked("SEPA debit"),
    }
)
"""How gateways name what was paid with, as far as it is no brand."""
_LAST_DIGITS: Final = " •••• "


def known_word(text: str, language: str) -> str:
    """One of the words above in this language; a brand or anybody's own word as it is."""
    return translated(text, language) if text in KNOWN else text


def method_text(method: str, language: str) -> str:
    """What was paid with, such as `Visa •••• 4242`, or several of them with commas between."""
    return ", ".join(_method(each, language) for each in method.split(", "))


def _method(method: str, language: str) -> str:
    name, gap, digits = method.partition(_LAST_DIGITS)
    return f"{known_word(name, language)}{gap}{digits}"
