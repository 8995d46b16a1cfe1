"""The languages that payers read, and the catalog of each: gettext's, one `.po` file a language beside this module.

English is what the code says; a text that a catalog lacks is shown in English, never as an empty place. A catalog is read
when the first person needs it: a server whose payers all read English needs none of them.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Final

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "de", "fr", "es", "ja", "ar")
"""Two letters each (ISO 639-1)."""
RIGHT_TO_LEFT: Final = frozenset({"ar"})
CATALOGS: Final = Path(__file__).parent / "catalogs"


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
