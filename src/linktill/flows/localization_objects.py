"""A link's texts in other languages, as programs see and send them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from linktill.core.link_terms import CLOSED_MESSAGE_MAX, DESCRIPTION_MAX, NOTE_MAX
from linktill.core.localization import TEXTS, Translation
from linktill.core.payers_language import AUTO, SPOKEN
from linktill.core.payment_link import LinkTerms
from linktill.flows.amount_objects import told


class TranslationObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link's texts in one language. Empty: as the link has it."""

    description: Annotated[str, told("What it is for.", maxLength=DESCRIPTION_MAX)] = ""
    note: Annotated[str, told("The message to the payer.", maxLength=NOTE_MAX)] = ""
    closed_message: Annotated[str, told("Shown when the link is closed.", maxLength=CLOSED_MESSAGE_MAX)] = ""


Locale = Annotated[
    str,
    told(
        "The language of the payer's page: `auto` for that of their browser, or always this one, in two letters (ISO 639-1).",
        enum=[AUTO, *SPOKEN],
    ),
]
Translations = Annotated[
    Mapping[str, TranslationObject],
    told(
        "The link's texts in other languages, by language. Sent whole, or not at all.",
        maxProperties=len(SPOKEN),
    ),
]


class LocalizationObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of a file, or of the command line."""

    locale: Locale = AUTO
    translations: Translations = {}


LOCALIZATION_FIELDS: Final = ("locale", "translations")


def localization_fields(terms: LinkTerms) -> dict[str, Any]:
    """As fields of a link."""
    return {"locale": terms.locale, "translations": translation_objects(terms.translations)}


def translation_objects(translations: Mapping[str, Translation]) -> dict[str, TranslationObject]:
    """As stored."""
    return {
        language: TranslationObject(**{name: getattr(each, name) for name in TEXTS})
        for language, each in translations.items()
    }


def translations_of(sent: Mapping[str, TranslationObject]) -> dict[str, Translation]:
    """As they were sent, not checked yet."""
    return {
        language: Translation(**{name: getattr(each, name) for name in TEXTS})
        for language, each in sent.items()
    }
