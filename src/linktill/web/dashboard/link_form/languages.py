"""The part of a link's form for its languages: which one its page is in, and its texts in others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linktill.core.localization import TEXTS, Translation
from linktill.core.payers_language import AUTO, SPOKEN
from linktill.platform.translation import OWN_NAMES
from linktill.web.form import Form

MORE_LANGUAGES: Final = "languages"
"""What the button sends that adds fields for all of them."""
_KEPT_CHARS: Final = 4_000


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """Texts in one language, as typed. Fields `in_de_description` and so on."""

    language: str
    texts: Translation

    @property
    def name(self) -> str:
        """As whoever reads it calls it."""
        return OWN_NAMES[self.language]

    @property
    def is_empty(self) -> bool:
        """Is nothing written in it?"""
        return self.texts == Translation()


@dataclass(frozen=True, slots=True)
class LanguageValues:
    """As typed. `locale`: AUTO or a language."""

    locale: str = AUTO
    rows: tuple[LanguageRow, ...] = ()

    @property
    def is_used(self) -> bool:
        """Is anything of it filled in?"""
        return self.locale != AUTO or bool(self.rows)

    @property
    def is_whole(self) -> bool:
        """Are all languages there?"""
        return len(self.rows) == len(SPOKEN)

    def translations(self) -> Mapping[str, Translation]:
        """What was typed, not checked yet."""
        return {row.language: row.texts for row in self.rows}


NO_LANGUAGES: Final = LanguageValues()


def is_language_field(name: str) -> bool:
    """Is it a field of this part?"""
    return name == "locale" or name.startswith("in_")


def language_values(form: Form, more: str) -> LanguageValues:
    """As sent; once the button was pressed, with fields for every language."""
    is_asked = form.text(more) == MORE_LANGUAGES
    rows: list[LanguageRow] = []
    for language in SPOKEN:
        texts = {name: form.text(_field(language, name))[:_KEPT_CHARS] for name in TEXTS}
        if is_asked or any(texts.values()):
            rows.append(LanguageRow(language, Translation(**texts)))
    return LanguageValues(form.text("locale")[:_KEPT_CHARS] or AUTO, tuple(rows))


def values_of_languages(locale: str, translations: Mapping[str, Translation]) -> LanguageValues:
    """The form for a link as it is now."""
    return LanguageValues(locale, tuple(LanguageRow(*each) for each in translations.items()))


def field_of_language(param: str) -> str | None:
    """The form's field for what core calls so; None: it is none of these."""
    part, _, rest = param.partition(".")
    if part != "translations":
        return None
    language, _, name = rest.partition(".")
    return _field(language, name) if name else "locale"


def _field(language: str, name: str) -> str:
    return f"in_{language}_{name}"
