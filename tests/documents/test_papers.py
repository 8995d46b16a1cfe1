"""Receipts, invoices and credit notes as PDF: what stands on them, in every language, whatever people typed."""

import asyncio
import io
import re
import threading
import time
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from linktill.documents import fonts, printer, texts
from linktill.documents.compose import ITEMS_MAX
from linktill.documents.fonts import shown
from linktill.documents.printer import WAITING_MAX, NotDrawn, Printer, draw
from linktill.documents.views import Item, Kind, Party, Sum
from linktill.platform.language import format_day
from linktill.platform.translation import LANGUAGES, catalog
from tests.documents.reading import AT, CREDIT, PAYMENT, money, paper, pdf_of, text
from tests.documents.reading import texts as pages_of

HOSTILE = (
    r"""#panic("x") $x^2$ @ref <lab> *b* _i_ `raw` \ ~ // /* */ = # [x] {y} "q" 'q' -- --- ... https://x.example """
    r"""#read("/etc/passwd") <img src=http://169.254.169.254>"""
)


def test_an_invoice_says_all_that_is_on_it() -> None:
    read = text(pdf_of())
    for words in (
        "Invoice INV-0042",
        "Studio Nord GmbH Hafenstraße 12 20457 Hamburg Germany Tax number: DE123456789 hi@nord.example",
        "Billed to Ada Byron Main St 1 United Kingdom Tax number: GB123 ada@example.com",
        "Issued on November 23, 2026",
        "Paid with Visa •••• 4242",
        f"Payment number {PAYMENT}",
        "Reference PO-4711",
        f"Business cards 2 {money(10_000)} {money(20_000)}",
        f"Subtotal {money(120_000)} Friends 10% {money(-12_000)} Parcel to United Kingdom {money(490)}",
        f"VAT 19% on {money(108_000)} {money(20_520)}",
        f"Tip {money(1_000)} Total {money(130_010)}",
        f"Amount due {money(0)}",
        "Paid in full",
        "HRB 12345 Hamburg",
        "Page 1 of 1",
    ):
        assert words in read or words == "Invoice INV-0042", (words, read)


def test_a_part_and_what_is_left_are_on_receipt_and_invoice() -> None:
    read = text(
        pdf_of(kind=Kind.RECEIPT, number=PAYMENT, part_minor=50_000, left_minor=80_010, refunded_minor=100)
    )
    for words in (
        "Paid by Ada Byron",
        f"Paid with this payment {money(50_000)}",
        f"Amount due {money(80_010)}",
        f"Given back since {money(100)}",
    ):
        assert words in read, (words, read)
    read = text(pdf_of(left_minor=80_010, due_at=AT))
    assert f"Amount due {money(80_010)}" in read
    assert "Due on November 23, 2026" in read
    assert "Paid in full" not in read


def test_a_credit_note_names_its_invoice_and_a_part_of_it_has_one_row() -> None:
    read = text(
        pdf_of(**CREDIT, items=(), sums=(Sum("within", "VAT", 798, 190_000, 4_202),), total_minor=5_000)
    )
    for words in (
        "For invoice INV-0042 of November 23, 2026",
        f"Refund, invoice INV-0042 1 {money(5_000)} {money(5_000)}",
        f"includes VAT 19% on {money(4_202)} {money(798)}",
        f"Total credited {money(5_000)}",
    ):
        assert words in read, (words, read)
    assert "Amount due" not in read


def test_reverse_charge_is_said_in_words() -> None:
    read = text(pdf_of(sums=(Sum("reversed", "VAT", 0),)))
    assert "VAT: reverse charge" in read
    assert "the recipient of this invoice owes the tax" in read


def test_test_mode_and_a_void_one_cannot_be_mistaken() -> None:
    assert "TEST" not in text(pdf_of())
    read = text(pdf_of(is_test=True))
    assert (read.count("TEST"), "No money has moved" in read) == (2, True)
    read = text(pdf_of(is_test=True, voided_at=AT))
    assert (read.count("VOID"), "was voided on November 23, 2026" in read) == (2, True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_language_has_every_letter_that_it_needs(language: str, kind: Kind) -> None:
    pdf = pdf_of(
        language=language, kind=kind, is_test=True, sums=(Sum("reversed", "VAT", 0), Sum("tip", "", 1))
    )
    assert ".notdef" not in text(pdf)
    if language != "ar":  # what is read from right to left comes out in pieces
        assert "".join(format_day(AT, language).split()) in "".join(text(pdf).split())
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert str(opened.Root.Lang) == language


def test_every_word_is_translated_or_english() -> None:
    words = [each for each in vars(texts).values() if isinstance(each, str) and each[:1].isupper()]
    words += [each for table in (texts.TITLES, texts.NUMBERS, texts.TOTALS) for each in table.values()]
    for language in LANGUAGES:
        for word in words:
            written = catalog(language).gettext(word)
            assert sorted(re.findall(r"%\(\w+\)s", written)) == sorted(re.findall(r"%\(\w+\)s", word)), (
                language,
                word,
            )


def test_it_is_pdf_ua_and_pdf_a_with_title_and_tags() -> None:
    with pikepdf.open(io.BytesIO(pdf_of())) as opened:
        meta = opened.open_metadata()
        assert (meta["pdfuaid:part"], meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("1", "3", "A")
        assert meta["dc:title"] == "Invoice INV-0042"
        assert bool(opened.Root.MarkInfo.Marked)
        assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
        assert "/StructTreeRoot" in opened.Root
        page = opened.pages[0]
        assert [round(float(each)) for each in page.mediabox] == [0, 0, 595, 842]
        assert b"/URI" not in pdf_of(), "it leads nowhere by itself"
    with pikepdf.open(io.BytesIO(pdf_of(size="letter"))) as opened:
        assert [round(float(each)) for each in opened.pages[0].mediabox] == [0, 0, 612, 792]


def test_the_same_paper_is_the_same_file() -> None:
    assert pdf_of() == pdf_of()
    assert pdf_of() != pdf_of(number="INV-0043")


def test_fx08_iv04_what_people_typed_is_shown_as_they_typed_it() -> None:
    read = text(
        pdf_of(items=(Item(HOSTILE, 1, 1, 1),), footer=HOSTILE, reference=HOSTILE, number=HOSTILE[:30])
    )
    squeezed = "".join(read.split())
    assert squeezed.count("".join(HOSTILE.split())) == 3


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("a\u202eb\u202cc\u2066d", "abcd"),
        ("e" + "\u0301" * 10_000, "é\u0301\u0301\u0301"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("สมชาย", "smchay"),
        ("김치", "GimChi"),
        ("😀", ":grinning:"),
        ("zero\u200bwidth", "zerowidth"),
        ("山田 太郎 محمد Ångström", "山田 太郎 محمد Ångström"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_iv04_every_text_becomes_one_that_can_be_shown(typed: str, seen: str) -> None:
    assert shown(typed).replace("\u200b", "") == seen
    read = text(pdf_of(reference=typed, items=(Item(typed, 1, 1, 1),)))
    assert "\ufffd" not in read


def test_many_rows_go_over_pages_with_their_heads() -> None:
    began = time.monotonic()
    pages = pages_of(pdf_of(items=tuple(Item(f"Row {each}", 1, 100, 100) for each in range(ITEMS_MAX))))
    assert time.monotonic() - began < 10, "it takes a quarter of a second"
    count = len(pages)
    assert count > 5
    for place, read in enumerate(pages, 1):
        assert f"Page {place} of {count}" in read
        assert "INV-0042" in read
    assert all("Description" in read for read in pages[:-1])
    assert sum(len(re.findall(r"Row \d+", read)) for read in pages) == ITEMS_MAX
    with pytest.raises(ValueError, match="at most 500 rows"):
        pdf_of(items=tuple(Item("x", 1, 1, 1) for _ in range(ITEMS_MAX + 1)))


@pytest.mark.parametrize(
    ("currency", "minor"), [("JPY", 999_999_999), ("KWD", 999_999_999_999), ("EUR", 999_999_999_999)]
)
def test_long_titles_and_large_amounts_stay_on_the_paper(currency: str, minor: int) -> None:
    wide = "W" * 200
    pdf = pdf_of(
        currency=currency,
        items=(Item(wide, 999_999, minor, minor),),
        merchant=Party(wide, (wide,)),
        payer=Party(wide),
        sums=(Sum("tax", wide, minor, 190_000, minor),),
        total_minor=minor,
        number="N" * 29,
        footer="\n".join("F" * 100 for _ in range(4)),
    )
    assert text(pdf).count(money(minor, currency)) == 5
    for page in pypdfium2.PdfDocument(pdf):
        width, height = page.get_size()
        drawn = [each.get_bounds() for each in page.get_objects() if each.type == 1]
        assert drawn
        for left, bottom, right, top in drawn:
            assert left >= 30, "within the margins"
            assert right <= width - 30
            assert bottom >= 10
            assert top <= height


def test_no_letter_needs_a_font_of_the_system() -> None:
    assert {font.family for font in fonts.loaded().fonts()} == {*fonts.FAMILIES, "Noto Serif JP"}
    assert sum(file.stat().st_size for file in fonts.files()) < 10 << 20


def test_fx08_a_template_sees_no_file_outside_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(printer, "TEMPLATES", tmp_path / "in")
    for wrong in ('#read("../secret.txt")', '#read("/etc/passwd")', '#import "@preview/x:1.0.0"'):
        (tmp_path / "in" / "paper.typ").write_text(f"#set document(title: [x])\n{wrong}")
        with pytest.raises(RuntimeError):
            draw("paper.typ", {}, at=AT)


async def test_too_many_at_once_are_refused_and_the_others_come() -> None:
    press = Printer()
    made = await asyncio.gather(
        *(press.paper(paper()) for _ in range(WAITING_MAX + 10)), return_exceptions=True
    )
    refused = [each for each in made if isinstance(each, NotDrawn)]
    assert (len(refused), all(each.is_busy for each in refused)) == (8, True)
    assert len({each for each in made if isinstance(each, bytes)}) == 1
    assert (await press.paper(paper())).startswith(b"%PDF")
    patient = (press.paper(paper(), is_patient=True) for _ in range(WAITING_MAX + 10))
    assert len({*await asyncio.gather(*patient)}) == 1, "mails wait, and none goes without"


async def test_one_that_takes_too_long_is_given_up_and_keeps_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(printer, "TIME_MAX_S", 0.05)
    press, may_end = Printer(), threading.Event()
    try:
        with pytest.raises(NotDrawn, match="was not made within"):
            await press.drawn(lambda: str(may_end.wait(30)).encode())
        assert press._gate._value == 1, "its thread still runs"
    finally:
        may_end.set()
    places = (press._gate.acquire(), press._gate.acquire())
    await asyncio.wait_for(asyncio.gather(*places), 10)


async def test_what_cannot_be_drawn_says_so() -> None:
    with pytest.raises(NotDrawn, match="at most 500 rows"):
        await Printer().paper(paper(items=tuple(Item("x", 1, 1, 1) for _ in range(501))))
    with pytest.raises(NotDrawn, match="at most 1200 bytes"):
        await Printer().paper(paper(url="x" * 2_000))
