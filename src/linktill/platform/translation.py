"""The languages that payers read, and the catalog of each: gettext's, one `.po` file a language beside this module.

English is what the code says; a text that a catalog lacks is shown in English, never as an empty place. A catalog is read
when the first person needs it: a server whose payers all read English needs none of them.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Final

from linktill.core.money import Money
from linktill.core.payers_language import OTHERWISE, SPOKEN
from linktill.core.sentence import Percent, Sentence, Value
from linktill.platform.language import format_date, format_money, format_percent

ENGLISH: Final = OTHERWISE
LANGUAGES: Final = SPOKEN
"""Two letters each (ISO 639-1)."""
OWN_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ja": "日本語", "ar": "العربية"}
)
"""As whoever reads the language calls it."""
RIGHT_TO_LEFT: Final = frozenset({"ar"})
CATALOGS: Final = Path(__file__).parent / "catalogs"
ACCEPT_CHARS: Final = 400
"""So much of what a browser says it reads is looked at."""
_WISHES_MAX: Final = 10
_WISH: Final = re.compile(
    r"\s*([A-Za-z]{2,3}|\*)(?:-[0-9A-Za-z-]{1,20})?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?", re.ASCII
)
ISOLATES: Final = "\u2068\u2069"
"""First strong isolate, pop directional isolate: around what may run the other way."""
_FROM_RIGHT: Final = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""Where Unicode keeps the scripts that run from right to left (DerivedBidiClass.txt)."""


@cache
def catalog(language: str) -> NullTranslations:
    """What a language says: `gettext`, `ngettext` and `pgettext` of it. One that is not among LANGUAGES speaks English."""
    if language == ENGLISH or language not in LANGUAGES:
        return NullTranslations()
    with (CATALOGS / f"{language}.po").open("rb") as file:
        read = import_module("babel.messages.pofile").read_po(file, locale=language, abort_invalid=True)
    compiled = BytesIO()
    import_module("babel.messages.mofile").write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)


def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML's `dir` has it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def say(text: str, language: str) -> str:
    """A sentence of ours in this language; any other text, such as the merchant's, as it is."""
    if not isinstance(text, Sentence):
        return text
    known = catalog(language)
    said = known.ngettext(text.one, text.many, text.number) if text.many else known.gettext(text.one)
    return said % {name: _said(value, language) for name, value in text.values.items()}


def translated(text: str, language: str) -> str:
    """One of the texts that are `marked`, in this language."""
    return catalog(language).gettext(text) if text else ""


def _said(value: Value, language: str) -> str:
    match value:
        case Sentence():
            return say(value, language)
        case Money():
            return isolated(format_money(value, language), language)
        case Percent(ppm):
            return isolated(format_percent(ppm, language), language)
        case date():
            return format_date(value, language)
        case _:
            return isolated(str(value), language)


def isolated(text: str, language: str) -> str:
    """Text that stands in a sentence of this language and may run the other way: isolated from what is around it where the
    two could mix (Unicode's bidirectional algorithm, UAX 9). What runs along is left as it is.
    """
    if language not in RIGHT_TO_LEFT and (text.isascii() or _FROM_RIGHT.search(text) is None):
        return text
    return f"{ISOLATES[0]}{text}{ISOLATES[1]}"


@lru_cache(maxsize=512)
def preferred(accept_language: str, languages: tuple[str, ...] = LANGUAGES) -> str | None:
    """The one of these that an `Accept-Language` likes best (RFC 9110, 12.5.4), by language alone; None: none of them."""
    found: list[tuple[float, str]] = []
    for part in accept_language[:ACCEPT_CHARS].split(",")[:_WISHES_MAX]:
        match = _WISH.fullmatch(part)
        if match is not None and match[1].lower() in languages and float(match[2] or 1) > 0:
            found.append((float(match[2] or 1), match[1].lower()))
    return max(found, key=lambda each: each[0])[1] if found else None
