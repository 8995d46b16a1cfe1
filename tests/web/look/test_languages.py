"""Every sample of every payer's page in every language: translated, isolated, small, and with nothing English left on it."""

import re
from dataclasses import fields, is_dataclass, replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from typing_extensions import override

from linktill.platform.translation import LANGUAGES, RIGHT_TO_LEFT
from linktill.web.look.look import View, page
from tests.web.look.checkout_samples import PAYEE
from tests.web.look.samples import CHECKOUT

OTHERS = [each for each in LANGUAGES if each != "en"]
BYTES_MAX = 50_000
SAID_ALIKE = {
    # Names, codes and words that are spelled alike; each was looked at.
    *(
        "Linktill",
        "IBAN",
        "BIC",
        "Stripe",
        "PayPal",
        "Square",
        "Sandbox",
        "English",
        "Deutsch",
        "Français",
        "Español",
    ),
    *("日本語", "العربية", "Total", "VAT", "EUR, Euro", "·", "Code", "Message", "No"),
}
WORD = re.compile(r"[A-Z]?[a-z]{2,}")


class Shown(HTMLParser):
    """What a person reads or hears of a page, piece by piece."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.is_country = False
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Countries are named by CLDR, many of them alike everywhere.
        self.is_country = tag == "option" and bool(dict(attrs).get("value"))
        for name, value in attrs:
            if name in {"aria-label", "alt", "title", "placeholder", "data-declined"} and value:
                self.pieces.append(value)

    @override
    def handle_data(self, data: str) -> None:
        if data.strip() and not self.is_country:
            self.pieces.append(" ".join(data.split()))


def in_language(view: View, lang: str) -> View:
    """A sample as it would be shown to whoever reads that."""
    made: Any = view
    return replace(made, lang=lang)


def own_texts(value: object) -> set[str]:
    """All texts of a view: what is the merchant's, the payer's or a gateway's."""
    if is_dataclass(value) and not isinstance(value, type):
        return set().union(*(own_texts(getattr(value, field.name)) for field in fields(value)))
    if isinstance(value, dict):
        return set().union(*map(own_texts, value.values()), *map(own_texts, value.keys()))
    if isinstance(value, list | tuple | frozenset | set):
        return set().union(*map(own_texts, value))
    return {" ".join(unescape(str(value)).split())} if isinstance(value, str) else set()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CHECKOUT)
def test_a_page_names_its_language_and_direction_and_stays_small(name: str, lang: str) -> None:
    html = page(in_language(CHECKOUT[name], lang))
    direction = "rtl" if lang in RIGHT_TO_LEFT else "ltr"
    assert f'<html lang="{lang}" dir="{direction}">' in html
    assert len(html.encode()) < BYTES_MAX
    assert "%(" not in html


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("name", CHECKOUT)
def test_nothing_english_is_left_on_a_page(name: str, lang: str) -> None:
    view = CHECKOUT[name]
    english = Shown(page(in_language(view, "en"))).pieces
    there = Shown(page(in_language(view, lang))).pieces
    theirs = own_texts(view)
    left = [
        piece
        for piece in set(english) & set(there)
        if WORD.search(piece)
        and piece not in SAID_ALIKE
        and piece not in theirs
        and not any(piece in text or text in piece for text in theirs if len(text) > 3)
    ]
    assert not left


def test_what_stands_in_a_sentence_from_the_right_is_isolated() -> None:
    html = page(in_language(CHECKOUT["link"], "ar"))
    assert f"\u2068{PAYEE.name}\u2069" in html
    assert "\u2068\u200f40.00\u00a0US$\u200e\u2069" in html
    assert "\u2068" not in page(CHECKOUT["link"])
