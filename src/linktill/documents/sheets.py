"""Sheets to print with the code of a link: a poster for the wall or the counter, or cards to cut out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from linktill.core.money import Money
from linktill.documents import texts
from linktill.documents.codes import code_svg
from linktill.documents.compose import Words
from linktill.documents.fonts import FAMILIES
from linktill.documents.views import Size
from linktill.platform.translation import direction

WORDS_MAX: Final = 160
"""Characters of what a link is for: more is not read on a card."""


class Layout(StrEnum):
    """One code as large as the paper takes it, or twelve small ones."""

    POSTER = "poster"
    CARDS = "cards"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet. `amount` None: the payer chooses. `made_at`: microseconds UTC."""

    layout: Layout
    merchant_name: str
    description: str
    amount: Money | None
    url: str
    language: str
    size: Size
    is_test: bool
    made_at: int


def composed_sheet(sheet: Sheet) -> dict[str, Any]:
    """The template's data."""
    words = Words(sheet.language, "" if sheet.amount is None else sheet.amount.currency)
    description = " ".join(sheet.description.split())
    if len(description) > WORDS_MAX:
        description = f"{description[:WORDS_MAX]}…"
    return {
        "language": sheet.language,
        "direction": direction(sheet.language),
        "fonts": FAMILIES,
        "size": "us-letter" if sheet.size == "letter" else "a4",
        "layout": sheet.layout,
        "title": words.own(description),
        "merchant": words.own(sheet.merchant_name),
        "amount": words.say(texts.YOU_CHOOSE) if sheet.amount is None else words.money(sheet.amount.minor),
        "code": code_svg(sheet.url),
        "code_alt": words.say(texts.CODE_OF, url=sheet.url),
        "scan": words.say(texts.SCAN_TO_PAY),
        "open": words.say(texts.OR_OPEN, url=words.own(sheet.url.removeprefix("https://"))),
        "mark": words.say(texts.TEST) if sheet.is_test else "",
    }
