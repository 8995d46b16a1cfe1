"""Invoices and credit notes: what a merchant sets about them, how their numbers read, and what a credit takes back of a tax.

A number is given once: a document that was wrong is voided and keeps it, and the next one has the next number.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from linktill.core.countries import COUNTRIES
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.ids import InvoiceId, LinkId, MerchantId
from linktill.core.link_terms import clean_text
from linktill.core.money import HALF_UP, Money, divide

NAME_MAX: Final = 200
ADDRESS_MAX: Final = 400
ADDRESS_LINES_MAX: Final = 6
FOOTER_MAX: Final = 400
FOOTER_LINES_MAX: Final = 4
TAX_ID_MAX: Final = 60
PREFIX_MAX: Final = 20
NUMBER_MAX: Final = 999_999_999
DIGITS_MAX: Final = 9
REASON_MAX: Final = 200
_PREFIX: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/#-]*)?", re.ASCII)
_LETTER: Final = frozenset(
    {"US", "CA", "MX", "CL", "CO", "CR", "DO", "GT", "NI", "PA", "PH", "PR", "SV", "VE"}
)
"""Where letters are written on US letter paper (CLDR, measurementData, paperSize)."""


class InvoiceKind(StrEnum):
    """Each kind has a series of numbers of its own."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class PaperSize(StrEnum):
    """What documents are printed on. AUTOMATIC: what is usual in the merchant's country."""

    AUTOMATIC = "automatic"
    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class InvoiceTerms:
    """What a merchant sets. `is_on`: does every payment get an invoice by itself? `address` and `footer` are lines of text.

    `digits`: numbers are filled up with zeros to so many.
    """

    is_on: bool
    legal_name: str
    address: str
    country: str
    tax_id: str = ""
    footer: str = ""
    paper: PaperSize = PaperSize.AUTOMATIC
    invoice_prefix: str = "INV-"
    credit_prefix: str = "CN-"
    digits: int = 4

    def label(self, kind: InvoiceKind, number: int) -> str:
        """The number as people read it: `INV-0042`."""
        prefix = self.invoice_prefix if kind is InvoiceKind.INVOICE else self.credit_prefix
        return f"{prefix}{number:0{self.digits}}"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or a credit note as stored: never changed, only voided, once.

    `scope_id`: the payment that it bills, or the link where all its payments are one bill. `subject_id`: the same, or the refund
    that a credit note is of. `label`: its number as people read it. `drawn`: what stands on it, as JSON.
    """

    merchant_id: MerchantId
    id: InvoiceId
    kind: InvoiceKind
    number: int
    label: str
    scope_id: str
    subject_id: str
    link_id: LinkId
    invoice_id: InvoiceId | None
    """Of a credit note: the invoice that it takes back."""
    total: Money
    language: str
    issued_at: int
    drawn: str
    voided_at: int | None = None
    void_reason: str = ""


def paper_size(terms: InvoiceTerms | None) -> PaperSize:
    """A4 or LETTER; A4 where nothing is known."""
    if terms is None:
        return PaperSize.A4
    if terms.paper is not PaperSize.AUTOMATIC:
        return terms.paper
    return PaperSize.LETTER if terms.country in _LETTER else PaperSize.A4


def checked_terms(terms: InvoiceTerms) -> InvoiceTerms:
    """The terms as they are kept. Raises FieldsInvalid naming every field at fault."""
    errors: list[FieldError] = []

    def text(value: str, param: str, *, max_length: int, lines_max: int = 1) -> str:
        try:
            kept = clean_text(value, param, max_length=max_length, is_multiline=lines_max > 1)
        except FieldInvalid as invalid:
            errors.append(FieldError(param, str(invalid)))
            return ""
        lines = [line.strip() for line in kept.split("\n")]
        if len(lines) > lines_max:
            errors.append(FieldError(param, f"At most {lines_max} lines."))
        return "\n".join(lines)

    legal_name = text(terms.legal_name, "legal_name", max_length=NAME_MAX)
    address = text(terms.address, "address", max_length=ADDRESS_MAX, lines_max=ADDRESS_LINES_MAX)
    footer = text(terms.footer, "footer", max_length=FOOTER_MAX, lines_max=FOOTER_LINES_MAX)
    # Not looked into: besides a VAT number it may be any other under which a tax office knows the merchant.
    tax_id = text(terms.tax_id, "tax_id", max_length=TAX_ID_MAX)
    for name, value in (("legal_name", legal_name), ("address", address)):
        if not value and all(error.param != name for error in errors):
            errors.append(FieldError(name, "An invoice needs this."))
    if terms.country not in COUNTRIES:
        errors.append(FieldError("country", "Choose the country where the business is."))
    errors.extend(_number_errors(terms))
    if errors:
        raise FieldsInvalid(tuple(errors))
    return replace(terms, legal_name=legal_name, address=address, footer=footer, tax_id=tax_id)


def _number_errors(terms: InvoiceTerms) -> list[FieldError]:
    errors = [
        FieldError(
            name, f"Up to {PREFIX_MAX} letters, digits, spaces and . _ / # -, a letter or digit first."
        )
        for name, prefix in (("invoice_prefix", terms.invoice_prefix), ("credit_prefix", terms.credit_prefix))
        if prefix and (len(prefix) > PREFIX_MAX or not _PREFIX.fullmatch(prefix))
    ]
    if terms.invoice_prefix == terms.credit_prefix:
        errors.append(FieldError("credit_prefix", "Credit notes need another prefix than invoices."))
    if not 1 <= terms.digits <= DIGITS_MAX:
        errors.append(FieldError("digits", f"From 1 to {DIGITS_MAX}."))
    return errors


def checked_start(number: int, param: str) -> int:
    """The first number of a series. Raises FieldInvalid."""
    if not 1 <= number <= NUMBER_MAX:
        raise FieldInvalid(param, f"From 1 to {NUMBER_MAX}.")
    return number


def credited_share(of_minor: int, total_minor: int, *, before_minor: int, amount_minor: int) -> int:
    """What a credit of `amount_minor` takes back of a part of an invoice, such as its tax, `before_minor` being credited already.

    Rounded half up each time on what is credited in all, so that credits of the whole total take back the whole part.
    """
    assert 0 <= before_minor <= before_minor + amount_minor <= total_minor, "credits never exceed the invoice"
    assert total_minor > 0, "an invoice is over something"
    after = divide(of_minor * (before_minor + amount_minor), total_minor, HALF_UP)
    return after - divide(of_minor * before_minor, total_minor, HALF_UP)
