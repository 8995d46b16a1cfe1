"""What a payer told with a payment, as its page shows it."""

from dataclasses import dataclass

from linktill.core.answers import Given
from linktill.core.origin import REFERENCE
from linktill.flows.asking_words import answer_lines

_WORDS = {
    REFERENCE: "Your reference",
    "utm_source": "Source",
    "utm_medium": "Medium",
    "utm_campaign": "Campaign",
    "utm_term": "Term",
    "utm_content": "Content",
}


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent as it was shown, and what the payer did."""

    text: str
    url: str
    about: str
    """Version and language, where the merchant gave them."""
    is_given: bool
    sha256: str
    at: int


@dataclass(frozen=True, slots=True)
class ToldPanel:
    """Answers and origin: label and words."""

    answers: tuple[tuple[str, str], ...]
    consents: tuple[ConsentRow, ...]
    origin: tuple[tuple[str, str], ...]
    is_signed: bool


def told_panel(given: Given, lang: str) -> ToldPanel | None:
    """None: the payer told nothing but their name and e-mail."""
    if given.is_empty:
        return None
    return ToldPanel(
        answer_lines(given, lang),
        tuple(
            ConsentRow(
                each.text,
                each.url,
                ", ".join(
                    words
                    for words in (f"Version {each.version}" if each.version else "", each.language)
                    if words
                ),
                each.is_given,
                each.sha256,
                each.at,
            )
            for each in given.consents
        ),
        tuple(_origin(given)),
        bool(given.origin.signed),
    )


def _origin(given: Given) -> list[tuple[str, str]]:
    came = {REFERENCE: given.origin.reference, **given.origin.utm}
    return [
        (_WORDS[name], f"{came.get(name, '')}{' … (cut)' if name in given.origin.cut else ''}".strip())
        for name in _WORDS
        if came.get(name) or name in given.origin.cut
    ]
