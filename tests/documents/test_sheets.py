"""Sheets with the code of a link: what stands on them, and that the code leads there."""

from dataclasses import replace

import pytest
import segno

from linktill.core.money import Money
from linktill.documents.codes import code_svg
from linktill.documents.printer import draw
from linktill.documents.sheets import Layout, Sheet, composed_sheet
from tests.documents.reading import AT, text, texts

URL = "https://pay.example.com/p/cake-order"
SHEET = Sheet(
    Layout.POSTER, "Studio Nord", "A cake", Money(3_500, "EUR"), URL, "en", "a4", is_test=False, made_at=AT
)


def drawn(sheet: Sheet) -> bytes:
    return draw("sheet.typ", composed_sheet(sheet), at=sheet.made_at)


def test_a_poster_says_what_for_how_much_and_to_whom() -> None:
    read = text(drawn(SHEET))
    for words in ("Studio Nord", "A cake", "€35.00", "Scan to pay", "or open pay.example.com/p/cake-order"):
        assert words in read, (words, read)
    assert "TEST" not in read
    assert "You choose how much" in text(drawn(replace(SHEET, amount=None)))


def test_cards_are_twelve_and_in_test_mode_each_says_so() -> None:
    [read] = texts(drawn(replace(SHEET, layout=Layout.CARDS, is_test=True)))
    assert (read.count("A cake"), read.count("€35.00"), read.count("TEST")) == (12, 12, 13)


def test_the_code_is_that_of_the_address() -> None:
    made = segno.make(URL, encoding="utf-8", error="m", micro=False)
    assert f'width="{len(made.matrix)}"' in code_svg(URL)
    with pytest.raises(ValueError, match="1200 bytes"):
        code_svg("x" * 1_201)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("size", ["a4", "letter"])
def test_iv04_long_words_stay_on_one_sheet(layout: Layout, size: str) -> None:
    wide = replace(
        SHEET,
        layout=layout,
        size="letter" if size == "letter" else "a4",
        merchant_name="W" * 100,
        description=f"#panic() $x$ {'W' * 500}",
        amount=Money(999_999_999_999, "KWD"),
        url=f"https://{'pay.' * 20}example.com/p/{'x' * 64}",
    )
    [read] = texts(drawn(wide))
    assert "#panic() $x$" in read
