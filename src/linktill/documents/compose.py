"""From a paper to the strings that its template lays out: the words are translated, amounts and days written, and what people
typed made fit to show. The template chooses places and letters, nothing else.
"""

from collections.abc import Iterator
from typing import Any, Final

from linktill.core.money import Money
from linktill.core.pricing_terms import percent_text
from linktill.documents import texts
from linktill.documents.codes import code_svg
from linktill.documents.fonts import FAMILIES, shown
from linktill.documents.views import Item, Kind, Paper, Party, Sum
from linktill.platform.known_words import method_text
from linktill.platform.language import country_name, format_day, format_money
from linktill.platform.translation import catalog, direction

SHORT_MAX: Final = 40
_ISOLATE: Final = "\u2068"
_END: Final = "\u2069"
ITEMS_MAX: Final = 500
"""Rows of a table. A link has at most a hundred items."""


class Words:
    """A language, and how this paper says things in it."""

    def __init__(self, language: str, currency: str) -> None:
        self.language: Final = language
        self._currency: Final = currency
        self._say: Final = catalog(language).gettext
        self._is_rtl: Final = direction(language) == "rtl"

    def say(self, text: str, **values: str) -> str:
        """A text of `texts`, with what belongs into it."""
        return self._say(text) % values if values else self._say(text)

    def own(self, text: str) -> str:
        """What somebody typed, fit to show. Where the paper is read from the right it keeps its own direction among our words."""
        return f"{_ISOLATE}{shown(text)}{_END}" if self._is_rtl and text else shown(text)

    def money(self, minor: int) -> str:
        """An amount in the paper's currency."""
        return format_money(Money(minor, self._currency), self.language)

    def day(self, at: int) -> str:
        """The day of a time."""
        return format_day(at, self.language)

    def rate(self, ppm: int) -> str:
        """190,000 as `19%`."""
        return f"{percent_text(ppm)}%"


def composed(paper: Paper) -> dict[str, Any]:
    """The template's data. Raises ValueError for a table that is too long."""
    if len(paper.items) > ITEMS_MAX:
        raise ValueError(f"A document has at most {ITEMS_MAX} rows, not {len(paper.items)}.")
    words = Words(paper.language, paper.currency)
    title = words.say(texts.TITLES[paper.kind])
    return {
        "language": paper.language,
        "direction": direction(paper.language),
        "fonts": FAMILIES,
        "size": "us-letter" if paper.size == "letter" else "a4",
        "title": title,
        "name": f"{title} {words.own(paper.number)}",
        "short_name": words.own(_short(paper.merchant.name)),
        "merchant": _party(words, paper.merchant),
        "payer": None if paper.payer is None else _party(words, paper.payer),
        "payer_title": words.say(texts.RECIPIENTS[paper.kind]),
        "facts": [[label, value] for label, value in _facts(words, paper)],
        "heads": [
            words.say(each) for each in (texts.DESCRIPTION, texts.QUANTITY, texts.UNIT_PRICE, texts.AMOUNT)
        ],
        "items": [
            [
                words.own(item.name),
                str(item.quantity),
                words.money(item.unit_minor),
                words.money(item.amount_minor),
            ]
            for item in paper.items or _credit_row(words, paper)
        ],
        "sums": [[label, amount] for label, amount in _sums(words, paper)],
        "total": [words.say(texts.TOTALS[paper.kind]), words.money(paper.total_minor)],
        "after": [[label, amount, is_strong] for label, amount, is_strong in _after(words, paper)],
        "notes": list(_notes(words, paper)),
        "footer": "\n".join(words.own(line) for line in paper.footer.split("\n")),
        "page_of": words.say(texts.PAGE_OF, page="{page}", pages="{pages}"),
        "code": code_svg(paper.url) if paper.url else "",
        "code_note": words.say(texts.SCAN_RECEIPT),
        "code_alt": words.say(texts.CODE_OF, url=paper.url),
        "mark": words.say(texts.VOID)
        if paper.voided_at is not None
        else words.say(texts.TEST)
        if paper.is_test
        else "",
        "mark_note": _mark_note(words, paper),
    }


def _short(name: str) -> str:
    """For the line above later pages."""
    return name if len(name) <= SHORT_MAX else f"{name[:SHORT_MAX]}…"


def _party(words: Words, party: Party) -> dict[str, Any]:
    lines = [*party.lines]
    if party.country:
        lines.append(country_name(party.country, words.language))
    if party.tax_id:
        lines.append(words.say(texts.TAX_NUMBER, number=party.tax_id))
    if party.email:
        lines.append(party.email)
    return {"name": words.own(party.name), "lines": [words.own(line) for line in lines]}


def _credit_row(words: Words, paper: Paper) -> tuple[Item, ...]:
    """What a credit note says of a part of an invoice, which has no items of its own."""
    if paper.credited is None:
        return ()
    name = words.say(texts.CREDIT_ROW, number=paper.credited.number)
    return (Item(name, 1, paper.total_minor, paper.total_minor),)


def _facts(words: Words, paper: Paper) -> Iterator[tuple[str, str]]:
    yield words.say(texts.NUMBERS[paper.kind]), words.own(paper.number)
    if paper.kind is not Kind.RECEIPT:
        yield words.say(texts.ISSUED_ON), words.day(paper.issued_at)
    if paper.credited is not None:
        of_day = words.say(
            texts.OF_DAY, number=words.own(paper.credited.number), day=words.day(paper.credited.issued_at)
        )
        yield words.say(texts.CREDITS_INVOICE), of_day
        yield words.say(texts.REFUND_NUMBER), paper.credited.refund_id
    if len(paper.paid) == 1:
        [paid] = paper.paid
        yield words.say(texts.PAID_ON), words.day(paid.at)
        if paid.method:
            yield words.say(texts.PAID_WITH), words.own(method_text(paid.method, words.language))
        if paper.kind is Kind.INVOICE:
            yield words.say(texts.NUMBERS[Kind.RECEIPT]), paid.payment_id
    if paper.due_at is not None and paper.left_minor:
        yield words.say(texts.DUE_ON), words.day(paper.due_at)
    if paper.reference:
        yield words.say(texts.REFERENCE), words.own(paper.reference)


def _sums(words: Words, paper: Paper) -> Iterator[tuple[str, str]]:
    for each in paper.sums:
        yield _sum_label(words, each), words.money(each.amount_minor)


def _sum_label(words: Words, row: Sum) -> str:
    match row.kind:
        case "subtotal":
            return words.say(texts.SUBTOTAL)
        case "tip":
            return words.say(texts.TIP)
        case "less":
            return words.own(row.name)
        case "ship":
            if not row.country:
                return words.own(row.name)
            return words.say(
                texts.SHIPPING_TO, name=words.own(row.name), country=country_name(row.country, words.language)
            )
        case "reversed":
            return words.say(texts.TAX_REVERSED, tax=words.own(row.name))
        case "tax" | "within":
            text = texts.TAX_ON if row.kind == "tax" else texts.TAX_WITHIN
            return words.say(
                text,
                tax=words.own(row.name),
                rate=words.rate(row.rate_ppm),
                amount=words.money(row.base_minor),
            )


def _after(words: Words, paper: Paper) -> Iterator[tuple[str, str, bool]]:
    """What follows the total: what of it is paid, and what is left."""
    if paper.kind is Kind.RECEIPT:
        if paper.part_minor is not None:
            yield words.say(texts.PAID_BY_THIS), words.money(paper.part_minor), True
        if paper.left_minor:
            yield words.say(texts.AMOUNT_DUE), words.money(paper.left_minor), False
        if paper.refunded_minor:
            yield words.say(texts.GIVEN_BACK), words.money(paper.refunded_minor), False
        return
    for paid in paper.paid:
        yield words.say(texts.PAID_THEN, day=words.day(paid.at)), words.money(-paid.amount_minor), False
    if paper.kind is Kind.INVOICE:
        yield words.say(texts.AMOUNT_DUE), words.money(paper.left_minor), True


def _notes(words: Words, paper: Paper) -> Iterator[str]:
    if any(each.kind == "reversed" for each in paper.sums):
        yield words.say(texts.REVERSE_CHARGE)
    if paper.kind is Kind.INVOICE and not paper.left_minor:
        yield words.say(texts.PAID_IN_FULL)


def _mark_note(words: Words, paper: Paper) -> str:
    if paper.voided_at is not None:
        return words.say(texts.VOID_NOTE, day=words.day(paper.voided_at))
    return words.say(texts.TEST_NOTE) if paper.is_test else ""
