"""The columns of a file of links: one line for each field of a link, read and written the same way everywhere."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

import msgspec

from linktill.core.asking import Asking
from linktill.core.capture import CaptureMethod
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.link_terms import PAYMENTS_MAX, LinkFields
from linktill.core.localization import Translation
from linktill.core.money import decimal_text, parse_decimal
from linktill.core.payers_language import AUTO
from linktill.core.payment_link import LinkTerms
from linktill.core.pricing import Pricing
from linktill.core.stock import unkeyed
from linktill.flows.asking_objects import ASKING_FIELDS, AskingObject, asking_fields
from linktill.flows.localization_objects import LocalizationObject, translation_objects, translations_of
from linktill.flows.pricing_objects import PRICING_FIELDS, PricingObject, pricing_fields
from linktill.flows.representations import microseconds_of, time_of

T = TypeVar("T")

Cells = Mapping[str, str]
"""Column → what its cell holds, without blanks around it; empty cells are left out."""

KEY: Final = "key"
SLUG: Final = "slug"
AMOUNT: Final = "amount"
PRICING: Final = "pricing"
FIELDS: Final = "fields"
METADATA: Final = "metadata."
"""Begins the names of columns that hold pairs of the merchant's own."""
NO_LIMIT: Final = "unlimited"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_NAMES: Final = re.compile(r"[\s,]+")
_YEARS: Final = range(1970, 2100)
_TIME_WORDS: Final = "Write a day such as 2030-01-31, or a time with its zone such as 2030-01-31T18:00:00Z."
_EPOCH: Final = date(1970, 1, 1)
_DAY_US: Final = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """How a cell is read (raises FieldInvalid) and written. `read` is given the cell and the whole row."""

    read: Callable[[str, Cells], object]
    write: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column, the field of LinkFields that it fills, and what it holds, in words for people."""

    name: str
    field: str
    kind: Kind
    words: str
    is_required: bool = False
    of: Callable[[LinkTerms], Any] | None = None
    """What of a link's terms it shows; None: what is named as its field."""

    def shown(self, terms: LinkTerms) -> str:
        """The cell of a link."""
        return self.kind.write(getattr(terms, self.field) if self.of is None else self.of(terms))


def _amount(text: str, cells: Cells) -> object:
    return parse_decimal(text, cells.get("currency", "").upper()).minor


def _limit(text: str, _cells: Cells) -> object:
    if text.lower() in {NO_LIMIT, "none"}:
        return None
    if not _WHOLE.fullmatch(text):
        raise FieldInvalid("payments_max", f"Write a number from 1 to {PAYMENTS_MAX}, or {NO_LIMIT}.")
    return int(text)


def _names(text: str, _cells: Cells) -> object:
    return tuple(_NAMES.split(text.lower()))


def _moment(*, ends: bool) -> Callable[[str, Cells], object]:
    """A time with its zone, or a day in UTC: its first microsecond, or with `ends` its last."""

    def read(text: str, _cells: Cells) -> object:
        try:
            if _DAY.fullmatch(text):
                begin = (date.fromisoformat(text) - _EPOCH).days * _DAY_US
                return begin + _DAY_US - 1 if ends else begin or 1
            at = datetime.fromisoformat(text)
        except ValueError:
            raise FieldInvalid("", _TIME_WORDS) from None
        if at.tzinfo is None or at.year not in _YEARS:
            raise FieldInvalid("", _TIME_WORDS)
        return microseconds_of(at)

    return read


def _written_moment(at: int | None) -> str:
    return "" if at is None else time_of(at).isoformat().replace("+00:00", "Z")


def _plain(value: str | None) -> str:
    return value or ""


def _json(text: str, kind: type[T], column: str) -> T:
    try:
        return msgspec.json.decode(text.encode(), type=kind)
    except msgspec.ValidationError as error:
        raise FieldInvalid(column, f"{error}.") from None
    except msgspec.DecodeError as error:
        raise FieldInvalid(column, f"Write JSON, such as the API takes it: {error}.") from None


def _compact(now: Mapping[str, Any], plain: Mapping[str, Any]) -> str:
    """JSON of what is not as in a link that has none of it; empty where all is."""
    told = {name: value for name, value in now.items() if value != plain[name]}
    return msgspec.json.encode(told).decode() if told else ""


def _written_pricing(pricing: Pricing | None) -> str:
    # A copy counts its own stock.
    return _compact(pricing_fields(unkeyed(pricing)), pricing_fields(None))


def _written_asking(asking: Asking | None) -> str:
    return _compact(asking_fields(asking), asking_fields(None))


def _written_translations(translations: Mapping[str, Translation]) -> str:
    told = LocalizationObject(translations=translation_objects(translations))
    return msgspec.json.encode({"translations": told.translations}).decode() if translations else ""


_TEXT: Final = Kind(lambda text, _cells: text, _plain)
_AMOUNT: Final = Kind(_amount, decimal_text)
_CURRENCY: Final = Kind(lambda text, _cells: text.upper(), _plain)
_LIMIT: Final = Kind(_limit, lambda limit: NO_LIMIT if limit is None else str(limit))
_BEGIN: Final = Kind(_moment(ends=False), _written_moment)
_END: Final = Kind(_moment(ends=True), _written_moment)
_LIST: Final = Kind(_names, " ".join)
_METHOD: Final = Kind(
    lambda text, _cells: text.lower(),
    lambda method: "" if method is CaptureMethod.AUTOMATIC else method.value,
)
_PRICING: Final = Kind(lambda text, _cells: _json(text, PricingObject, PRICING).pricing(), _written_pricing)
_TRANSLATIONS: Final = Kind(
    lambda text, _cells: translations_of(_json(text, LocalizationObject, "languages").translations),
    _written_translations,
)
_LOCALE: Final = Kind(lambda text, _cells: text.lower(), lambda locale: "" if locale == AUTO else locale)
_ASKING: Final = Kind(lambda text, _cells: _json(text, AskingObject, FIELDS).asking(), _written_asking)

COLUMNS: Final = (
    Column(AMOUNT, "amount_minor", _AMOUNT, "The price as people write it: 40 or 40.00. A point, never a comma.",
           is_required=True, of=lambda terms: terms.amount),
    Column("currency", "currency", _CURRENCY, "ISO 4217 code, such as USD.",
           is_required=True, of=lambda terms: terms.amount.currency),
    Column("description", "description", _TEXT, "What the payment is for; the payer sees it.", is_required=True),
    Column("note", "note", _TEXT, "A message to the payer."),
    Column("reference", "reference", _TEXT, "Your own reference, such as an invoice number."),
    Column("payments_max", "payments_max", _LIMIT, f"How often it can be paid: a number, or {NO_LIMIT}. Empty: once."),
    Column("starts_at", "starts_at", _BEGIN, "Opens then: a day (its beginning, UTC) or a time with its zone."),
    Column("due_at", "due_at", _END, "Due then: a day (its end, UTC) or a time with its zone."),
    Column("expires_at", "expires_at", _END, "Closes then: a day (its end, UTC) or a time with its zone."),
    Column("redirect_url", "redirect_url", _TEXT, "Where the payer may go on to after paying; https."),
    Column("closed_message", "closed_message", _TEXT, "Your words on the page once it is closed."),
    Column("allowed_gateways", "allowed_gateways", _LIST, "Only through these gateways, with blanks between: stripe paypal."),
    Column("denied_gateways", "denied_gateways", _LIST, "Not through these gateways."),
    Column(PRICING, "pricing", _PRICING, "Items, taxes, discounts and the like as the API takes them, in JSON."),
    Column("capture_method", "capture_method", _METHOD, "manual: authorized now, captured when you say so. Empty: at once."),
    Column("locale", "locale", _LOCALE, "The language of its page, such as de. Empty: that of the payer's browser."),
    Column("languages", "translations", _TRANSLATIONS, "Its texts in other languages, as the API takes them, in JSON."),
    Column(FIELDS, "asking", _ASKING, "What the payer is asked, as the API takes it, in JSON."),
)  # fmt: skip
"""A new field of links is one more line here."""

OTHERS: Final[Mapping[str, str]] = {
    KEY: "Your own name for the row, never used for another one: a key makes one link, however often it is sent.",
    SLUG: "The last part of the link's URL, such as cake-order. Empty: it is drawn.",
}
NAMES: Final = (KEY, SLUG, *(column.name for column in COLUMNS))
_COLUMN_OF: Final = {column.field: column.name for column in COLUMNS}
_DEFAULTS: Final = LinkFields(amount_minor=1, currency="", description="")


def faults_of(refusal: FieldInvalid) -> list[FieldError]:
    """What a rule has against a row, by the names of its columns."""
    errors = (
        refusal.errors
        if isinstance(refusal, FieldsInvalid)
        else (FieldError(refusal.param or "", str(refusal)),)
    )
    return [_fault(error) for error in errors]


def _fault(error: FieldError) -> FieldError:
    """By the name of its column; of a cell that holds many things, with the one that is at fault."""
    part = error.param.partition(".")[0]
    for column, names in ((PRICING, PRICING_FIELDS), (FIELDS, ASKING_FIELDS)):
        if part in names:
            return FieldError(column, f"{error.param}: {error.message}")
    return FieldError(_COLUMN_OF.get(error.param, error.param), _for_cells(error.message))


def _for_cells(message: str) -> str:
    """Rules speak of null to programs; a cell is empty."""
    return message.replace("or null for none", "or leave it empty").replace(
        "or null for", f"or {NO_LIMIT} for"
    )


def _has_prices(cells: Cells) -> bool:
    """Does the price follow from what is in another cell? What is wrong there is said of that one."""
    return any(f'"{name}"' in cells.get(PRICING, "") for name in ("line_items", "open_amount"))


def read_fields(cells: Cells) -> tuple[LinkFields, list[FieldError]]:
    """The fields of a row, of the right types and not checked yet, and the cells that cannot be read."""
    values: dict[str, Any] = {
        "metadata": {
            name.removeprefix(METADATA): text for name, text in cells.items() if name.startswith(METADATA)
        }
    }
    faults: list[FieldError] = []
    for column in COLUMNS:
        text = cells.get(column.name, "")
        if text:
            try:
                values[column.field] = column.kind.read(text, cells)
            except FieldInvalid as invalid:
                faults.append(_fault(FieldError(invalid.param or column.name, str(invalid))))
        elif column.is_required and not (column.name == AMOUNT and _has_prices(cells)):
            faults.append(FieldError(column.name, f"This cell must not be empty. {column.words}"))
    if AMOUNT not in cells and _has_prices(cells):
        values["amount_minor"] = 0
    known = {name: getattr(_DEFAULTS, name) for name in ("amount_minor", "currency", "description")}
    return LinkFields(**{**known, **values}), faults
