"""What a link says in other languages than its own, and the language that it may be fixed to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

from linktill.core.errors import FieldError, FieldInvalid
from linktill.core.payers_language import AUTO, SPOKEN

Clean: TypeAlias = Callable[[str, str], str]
"""Name of a text, text → as it is kept. Raises FieldInvalid naming the text."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A merchant's own texts in one language; empty: as the link has it."""

    description: str = ""
    note: str = ""
    closed_message: str = ""


TEXTS: Final = tuple(field.name for field in fields(Translation))


def checked_locale(text: str) -> str:
    """Raises FieldInvalid naming `locale`."""
    if text == AUTO or text in SPOKEN:
        return text
    raise FieldInvalid("locale", f"Send {AUTO} or one of these: {', '.join(SPOKEN)}.")


def checked_translations(
    translations: Mapping[str, Translation], clean: Clean
) -> tuple[dict[str, Translation], tuple[FieldError, ...]]:
    """The same, cleaned and without empty ones, in the order of the languages, and what is wrong with it. Names such as
    `translations.de.note`.
    """
    errors = [
        FieldError("translations", f"There are no pages in {language[:12]!r}. Send {', '.join(SPOKEN)}.")
        for language in translations
        if language not in SPOKEN
    ]
    found: dict[str, Translation] = {}
    for language in SPOKEN:
        if language in translations:
            texts = dict(_cleaned(language, translations[language], clean, errors))
            if any(texts.values()):
                found[language] = Translation(**texts)
    return found, tuple(errors)


def _cleaned(
    language: str, translation: Translation, clean: Clean, errors: list[FieldError]
) -> Iterator[tuple[str, str]]:
    for name in TEXTS:
        try:
            yield name, clean(name, getattr(translation, name))
        except FieldInvalid as invalid:
            errors.append(FieldError(f"translations.{language}.{name}", invalid.message))
