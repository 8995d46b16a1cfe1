"""Documents as tests read them: their text, their letters, and how they look."""

from typing import Any

import pypdfium2

from linktill.core.money import Money
from linktill.documents.compose import composed
from linktill.documents.printer import draw
from linktill.documents.views import Credited, Item, Kind, Paid, Paper, Party, Sum
from linktill.platform.language import format_money

AT = 1_795_400_000_000_000
PAYMENT = "pay_01k9w3n8x2e7v5t4r6q1z0y8ab"
URL = "https://pay.example.com/p/9f3ka2m8/checkout/cs_1?k=secret"


def paper(**changes: Any) -> Paper:
    """An invoice that is paid, with one of everything."""
    made: dict[str, Any] = {
        "kind": Kind.INVOICE,
        "number": "INV-0042",
        "issued_at": AT,
        "language": "en",
        "size": "a4",
        "is_test": False,
        "merchant": Party(
            "Studio Nord GmbH", ("Hafenstraße 12", "20457 Hamburg"), "DE", "DE123456789", "hi@nord.example"
        ),
        "payer": Party("Ada Byron", ("Main St 1",), "GB", "GB123", "ada@example.com"),
        "currency": "EUR",
        "items": (Item("Logo design", 1, 100_000, 100_000), Item("Business cards", 2, 10_000, 20_000)),
        "sums": (
            Sum("subtotal", "", 120_000),
            Sum("less", "Friends 10%", -12_000),
            Sum("ship", "Parcel", 490, country="GB"),
            Sum("tax", "VAT", 20_520, 190_000, 108_000),
            Sum("tip", "", 1_000),
        ),
        "total_minor": 130_010,
        "paid": (Paid(PAYMENT, 130_010, AT, "Visa •••• 4242"),),
        "reference": "PO-4711",
        "footer": "HRB 12345 Hamburg",
        "url": URL,
    }
    return Paper(**(made | changes))


CREDIT: dict[str, Any] = {
    "kind": Kind.CREDIT_NOTE,
    "number": "CN-0007",
    "paid": (),
    "credited": Credited("INV-0042", AT, "re_1"),
}


def pdf_of(**changes: Any) -> bytes:
    made = paper(**changes)
    return draw("paper.typ", composed(made), at=made.issued_at)


def texts(pdf: bytes) -> list[str]:
    """The words of each page, one blank between them; places to break are none."""
    document = pypdfium2.PdfDocument(pdf)
    found = [page.get_textpage().get_text_bounded() for page in document]
    return [" ".join(each.replace("\u200b", "").replace("\ufffe", "").split()) for each in found]


def text(pdf: bytes) -> str:
    return " ".join(texts(pdf))


def money(minor: int, currency: str = "EUR", language: str = "en") -> str:
    return " ".join(format_money(Money(minor, currency), language).split())
