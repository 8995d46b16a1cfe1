"""What a link asks its payer: questions of the merchant's own, standard ones such as an address, and consents.

All of it comes down to one kind of thing, a `Question`: an address is several of them. What a payer answers is checked in
`core/answers.py`; what a merchant may ask is checked here, through `core/link_terms.py`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from linktill.core.decimals import day, scaled
from linktill.core.errors import FieldError, FieldInvalid
from linktill.core.sentence import marked

QUESTIONS_MAX: Final = 50
CONSENTS_MAX: Final = 10
OPTIONS_MAX: Final = 100
LABEL_MAX: Final = 200
HINT_MAX: Final = 500
OPTION_MAX: Final = 200
CONSENT_MAX: Final = 4_000
VERSION_MAX: Final = 40
URL_MAX: Final = 2_000
KEY_MAX: Final = 40
KEY: Final = rf"[a-z][a-z0-9_]{{0,{KEY_MAX - 1}}}"
LANGUAGE: Final = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}"
_KEY: Final = re.compile(KEY, re.ASCII)
_LANGUAGE: Final = re.compile(LANGUAGE, re.ASCII)

Clean: TypeAlias = Callable[[str, str, int], str]
"""Text, the field it is in, how long it may be → text that is safe to keep and show. Raises FieldInvalid."""


class Kind(StrEnum):
    """What an answer is. Every answer is kept as text."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    NUMBER = "number"
    """With decimals."""
    EMAIL = "email"
    URL = "url"
    PHONE = "phone"
    DATE = "date"
    CHOICE = "choice"
    CHECKBOX = "checkbox"
    COUNTRY = "country"


LENGTH_MAX: Final = {Kind.TEXT: 500, Kind.LONG_TEXT: 5_000}
"""What may be limited in length, and how long it is at most."""
_BOUNDED: Final = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.DATE})


class Standard(StrEnum):
    """What many merchants ask. The payer's name and e-mail are always asked for: here they may be required."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    COMPANY = "company"
    TAX_ID = "tax_id"
    BILLING_ADDRESS = "billing_address"
    SHIPPING_ADDRESS = "shipping_address"


ADDRESSES: Final = (Standard.BILLING_ADDRESS, Standard.SHIPPING_ADDRESS)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Condition:
    """An earlier question, a choice or a box, and the answers to it with which another one is asked.

    `key`: of that question, or `#2` for the second one. `values`: of a choice those of its options, of a box `true` or `false`.
    """

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask. `key`: what programs call it, once among all of a link's."""

    key: str
    kind: Kind
    label: str
    hint: str = ""
    is_required: bool = False
    """Of a checkbox: it has to be ticked."""
    length_min: int = 0
    length_max: int | None = None
    """None: as long as its kind may be."""
    minimum: str = ""
    """Of a number or a date, written as an answer is; empty: any."""
    maximum: str = ""
    options: tuple[Option, ...] = ()
    shown_if: Condition | None = None
    """None: it is always asked. Else what is answered to it without need does not count."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A standard question that is asked."""

    what: Standard
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """Words to agree to, with a box to tick. `version`, `language`: the merchant's own notes of them."""

    key: str
    text: str
    url: str = ""
    """Where the whole of it can be read."""
    version: str = ""
    language: str = ""
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Asking:
    """All that a link asks."""

    questions: tuple[Question, ...] = ()
    standard: tuple[Collected, ...] = ()
    """In the order of `Standard`."""
    consents: tuple[Consent, ...] = ()

    def requires(self, what: Standard) -> bool:
        """Must the payer answer this?"""
        return Collected(what, is_required=True) in self.standard


_ADDRESS: Final = (
    ("line1", marked("Street and number"), 200),
    ("line2", marked("Apartment, floor, company"), 200),
    ("city", marked("City"), 100),
    ("postal_code", marked("Postal code"), 20),
    ("state", marked("State or region"), 100),
)
_LABELS: Final = {
    Standard.PHONE: marked("Phone"),
    Standard.COMPANY: marked("Company"),
    Standard.TAX_ID: marked("Tax number"),
}
_COUNTRY: Final = marked("Country")
STANDARD_KEYS: Final = frozenset(
    {
        *(each.value for each in _LABELS),
        *(
            f"{address}.{part}"
            for address in ADDRESSES
            for part in (*(each[0] for each in _ADDRESS), "country")
        ),
    }
)
"""Keys of what many merchants ask: their labels are ours."""
_LENGTHS: Final = {Standard.COMPANY: 200, Standard.TAX_ID: 40}


def questions_of(asking: Asking, *, has_country: bool = False) -> tuple[Question, ...]:
    """What is asked, one by one: standard questions first. Name and e-mail are fields of every form, and not among these.

    `has_country`: the payer says their country elsewhere on the page, and the address that things are sent to (the billing
    address where there is no other) does not ask for it again.
    """
    found: list[Question] = []
    known = country_of_address(asking) if has_country else None
    for each in asking.standard:
        if each.what in ADDRESSES:
            found.extend(_address(each, is_known=each.what is known))
        elif each.what not in {Standard.NAME, Standard.EMAIL}:
            kind = Kind.PHONE if each.what is Standard.PHONE else Kind.TEXT
            label, length = _LABELS[each.what], _LENGTHS.get(each.what)
            found.append(
                Question(each.what.value, kind, label, is_required=each.is_required, length_max=length)
            )
    return (*found, *asking.questions)


def country_of_address(asking: Asking) -> Standard | None:
    """The address whose country is the one that things are sent to; None: no address is asked for."""
    asked = {each.what for each in asking.standard}
    return next((each for each in reversed(ADDRESSES) if each in asked), None)


def _address(each: Collected, *, is_known: bool) -> Iterator[Question]:
    for part, label, length in _ADDRESS:
        # A postal code and a state are asked of everybody, and which address lacks them follows from its country.
        is_required = each.is_required and part in {"line1", "city"}
        yield Question(f"{each.what}.{part}", Kind.TEXT, label, is_required=is_required, length_max=length)
    if not is_known:
        yield Question(f"{each.what}.country", Kind.COUNTRY, _COUNTRY, is_required=each.is_required)


def is_web_address(text: str, *, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    """Is it a whole address of a page, of one of these schemes?"""
    if len(text) > URL_MAX or not text.isprintable() or any(char in text for char in ' \\"<>'):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and "@" not in parts.netloc


def checked_asking(asking: Asking, clean: Clean) -> tuple[Asking | None, tuple[FieldError, ...]]:
    """The same with its texts cleaned and a key for everything, and what is wrong with it; None where nothing is asked.

    Names such as `custom_fields.0.label`.
    """
    if asking == Asking():
        return None, ()
    if len(asking.questions) > QUESTIONS_MAX:
        return asking, (FieldError("custom_fields", f"At most {QUESTIONS_MAX} fields."),)
    if len(asking.consents) > CONSENTS_MAX:
        return asking, (FieldError("consents", f"At most {CONSENTS_MAX} consents."),)
    try:
        cleaned = _cleaned(asking, clean)
    except FieldInvalid as invalid:
        return asking, (FieldError(invalid.param or "custom_fields", str(invalid)),)
    return cleaned, tuple(_errors(cleaned))


def _cleaned(asking: Asking, clean: Clean) -> Asking:
    taken = {each.value for each in Standard}
    taken.update(each.key for each in asking.questions if each.key)
    questions: list[Question] = []
    for at, each in enumerate(asking.questions):
        label = clean(each.label, f"custom_fields.{at}.label", LABEL_MAX)
        options = tuple(
            Option(
                clean(option.value or option.label, f"custom_fields.{at}.options.{n}.value", OPTION_MAX),
                clean(option.label or option.value, f"custom_fields.{at}.options.{n}.label", OPTION_MAX),
            )
            for n, option in enumerate(each.options[: OPTIONS_MAX + 1])
        )
        hint = clean(each.hint, f"custom_fields.{at}.hint", HINT_MAX)
        key = each.key or _key_of(label, taken, "field")
        wish = each.shown_if
        if wish is not None:
            # One that is named by its number: `#2`, where programs left the key to us.
            numbered = {f"#{n}": one.key for n, one in enumerate(questions, 1)}
            wish = replace(wish, key=numbered.get(wish.key, wish.key))
        questions.append(replace(each, key=key, label=label, hint=hint, options=options, shown_if=wish))
    taken = {each.key for each in asking.consents if each.key}
    consents: list[Consent] = []
    for at, consent in enumerate(asking.consents):
        words = clean(" ".join(consent.text.split()), f"consents.{at}.text", CONSENT_MAX)
        version = clean(consent.version, f"consents.{at}.version", VERSION_MAX)
        key = consent.key or _key_of(words, taken, "consent")
        consents.append(replace(consent, key=key, text=words, version=version))
    order = list(Standard)
    standard = sorted(asking.standard, key=lambda each: order.index(each.what))
    return Asking(tuple(questions), tuple(standard), tuple(consents))


def _key_of(words: str, taken: set[str], otherwise: str) -> str:
    """A key from what people read, and a number where it is taken already."""
    plain = "".join(char if char.isascii() and char.isalnum() else " " for char in words.lower())
    start = "_".join(plain.split())[: KEY_MAX - 4].strip("_")
    start = start if start[:1].isalpha() else otherwise
    key = next(
        key for n in range(1, len(taken) + 2) if (key := start if n == 1 else f"{start}_{n}") not in taken
    )
    taken.add(key)
    return key


def _errors(asking: Asking) -> Iterator[FieldError]:
    seen = {each.value for each in Standard}
    for at, each in enumerate(asking.questions):
        name = f"custom_fields.{at}"
        yield from _key_error(each.key, seen, name)
        if not each.label:
            yield FieldError(f"{name}.label", "Say what you ask.")
        yield from _length_errors(each, name)
        yield from _bound_errors(each, name)
        yield from _option_errors(each, name)
        yield from _condition_errors(each, asking.questions[:at], name)
    seen = set()
    for at, consent in enumerate(asking.consents):
        yield from _key_error(consent.key, seen, f"consents.{at}")
        if consent.url and not is_web_address(consent.url, schemes=("https",)):
            yield FieldError(f"consents.{at}.url", "Write an address that starts with https://.")
        if not consent.text:
            yield FieldError(f"consents.{at}.text", "Write what the payer agrees to.")
        if consent.language and _LANGUAGE.fullmatch(consent.language) is None:
            yield FieldError(f"consents.{at}.language", "Write a language tag, such as en or pt-BR.")


def _key_error(key: str, seen: set[str], name: str) -> Iterator[FieldError]:
    if _KEY.fullmatch(key) is None:
        words = f"Small letters, digits and underscores, a letter first, at most {KEY_MAX}."
        yield FieldError(f"{name}.key", words)
    elif key in seen:
        yield FieldError(f"{name}.key", f"{key} is taken. Choose another key.")
    seen.add(key)


def _length_errors(each: Question, name: str) -> Iterator[FieldError]:
    most = LENGTH_MAX.get(each.kind)
    if most is None:
        if each.length_min or each.length_max is not None:
            yield FieldError(f"{name}.max_length", "Only text has a length. Leave it out.")
        return
    longest = most if each.length_max is None else each.length_max
    if not 1 <= longest <= most:
        yield FieldError(f"{name}.max_length", f"From 1 to {most}.")
    elif not 0 <= each.length_min <= longest:
        yield FieldError(f"{name}.min_length", f"From 0 to {longest}.")


def _bound_errors(each: Question, name: str) -> Iterator[FieldError]:
    if each.kind not in _BOUNDED:
        if each.minimum or each.maximum:
            yield FieldError(f"{name}.minimum", "Only numbers and dates have one. Leave it out.")
        return
    bounds = {"minimum": each.minimum, "maximum": each.maximum}
    found = {part: bound(each.kind, text) for part, text in bounds.items() if text}
    mend = {
        Kind.DATE: "Write a day as YYYY-MM-DD, such as 2027-01-31.",
        Kind.INTEGER: "Write a whole number, such as 18.",
    }.get(each.kind, "Write a number, such as 18 or 0.5.")
    for part, number in found.items():
        if number is None:
            yield FieldError(f"{name}.{part}", mend)
    least, most = found.get("minimum"), found.get("maximum")
    if least is not None and most is not None and least > most:
        yield FieldError(f"{name}.maximum", "It is less than the minimum.")


def bound(kind: Kind, text: str) -> int | None:
    """A number or a day as something to compare; None: it is none of this kind."""
    if kind is Kind.DATE:
        found = day(text)
        return None if found is None else found.toordinal()
    if kind is Kind.INTEGER and "." in text:
        return None
    return scaled(text)


def _option_errors(each: Question, name: str) -> Iterator[FieldError]:
    if each.kind is not Kind.CHOICE:
        if each.options:
            yield FieldError(f"{name}.options", "Only a choice has options. Leave them out.")
        return
    if not 1 <= len(each.options) <= OPTIONS_MAX:
        yield FieldError(f"{name}.options", f"From 1 to {OPTIONS_MAX} options.")
    for part in ("value", "label"):
        seen: set[str] = set()
        for n, option in enumerate(each.options):
            text: str = getattr(option, part)
            if not text:
                yield FieldError(f"{name}.options.{n}.{part}", "An option has a name.")
            elif text in seen:
                yield FieldError(f"{name}.options.{n}.{part}", f"{text} is there already.")
            seen.add(text)


def _condition_errors(each: Question, earlier: Sequence[Question], name: str) -> Iterator[FieldError]:
    wish = each.shown_if
    if wish is None:
        return
    asked = next((one for one in earlier if one.key == wish.key), None)
    if asked is None or asked.kind not in {Kind.CHOICE, Kind.CHECKBOX}:
        yield FieldError(f"{name}.shown_if.key", "Name an earlier question: a choice, or a box to tick.")
        return
    known = {"true", "false"} if asked.kind is Kind.CHECKBOX else {option.value for option in asked.options}
    if not wish.values or not known.issuperset(wish.values):
        words = "true or false" if asked.kind is Kind.CHECKBOX else "answers of that choice"
        yield FieldError(f"{name}.shown_if.values", f"Give {words}, one at least.")
