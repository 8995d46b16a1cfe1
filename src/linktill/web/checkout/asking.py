"""What a link asks, on the payer's page: the fields of the form, and what came back of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from linktill.core.answers import FALSE, TRUE, YES, Typed
from linktill.core.asking import ADDRESSES, LENGTH_MAX, Asking, Kind, Question, Standard, questions_of
from linktill.core.card_numbers import has_card_number
from linktill.core.countries import COUNTRIES
from linktill.core.errors import FieldError
from linktill.core.payment_link import LinkTerms
from linktill.core.sentence import at_least, at_most, from_to
from linktill.flows.asking_words import WHAT, condition_words, label_in
from linktill.platform.language import countries_by_name
from linktill.platform.translation import translated
from linktill.web.form import Form

ANSWER: Final = "answers."
CONSENT: Final = "consents."
"""Begin the names of the form's fields, as core names them in its errors."""
FIELDS_MAX: Final = 100
_KEPT_CHARS: Final = 2 * LENGTH_MAX[Kind.LONG_TEXT]
_AUTOCOMPLETE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "phone": "tel",
        "company": "organization",
        "tax_id": "off",
        **{
            f"{address}.{part}": f"{kind} {word}"
            for address, kind in (
                (Standard.BILLING_ADDRESS, "billing"),
                (Standard.SHIPPING_ADDRESS, "shipping"),
            )
            for part, word in (
                ("line1", "address-line1"),
                ("line2", "address-line2"),
                ("city", "address-level2"),
                ("postal_code", "postal-code"),
                ("state", "address-level1"),
                ("country", "country"),
            )
        },
    }
)
"""WHATWG HTML, autofill; of the merchant's own questions the browser knows nothing but their kind."""
_OF_KIND: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.EMAIL: "email", Kind.PHONE: "tel", Kind.URL: "url", Kind.COUNTRY: "country"}
)
_INPUT: Final[Mapping[Kind, tuple[str, str]]] = MappingProxyType(
    {
        Kind.INTEGER: ("text", "numeric"),
        Kind.NUMBER: ("text", "decimal"),
        Kind.EMAIL: ("email", "email"),
        Kind.URL: ("url", "url"),
        Kind.PHONE: ("tel", "tel"),
        Kind.DATE: ("date", ""),
    }
)
"""Type and keyboard of the input."""
_SENT: Final = {TRUE: YES, FALSE: ""}
"""What a box sends for what is kept of it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `name` is sent, `id` is what labels and errors point to."""

    name: str
    label: str
    hint: str
    control: Literal["input", "area", "select", "tick"]
    value: str
    is_required: bool
    """Does the browser insist? What must be there in the end is said by the answer to Pay."""
    is_optional: bool
    """Is it marked as one that may be left empty?"""
    type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    max_length: int = 0
    minimum: str = ""
    maximum: str = ""
    options: Sequence[tuple[str, str]] = ()
    only: str = ""
    """When it is asked, for who has no script; empty: always."""
    only_field: str = ""
    """The name of the field that this hangs on."""
    only_values: Sequence[str] = ()
    """What that one sends where this is asked."""

    @property
    def id(self) -> str:
        """A name for scripts and styles, which take a point for something else."""
        return self.name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, such as those of an address; without a legend they stand by themselves."""

    legend: str
    fields: tuple[Field, ...]
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class ConsentBox:
    """A consent with its box. `url`: where the whole of it can be read, or empty."""

    name: str
    text: str
    url: str
    is_required: bool
    is_ticked: bool
    language: str

    @property
    def id(self) -> str:
        """As of a field."""
        return self.name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Questions:
    """All that the form asks of this, in its order."""

    groups: tuple[Group, ...]
    consents: tuple[ConsentBox, ...]
    requires_email: bool
    requires_name: bool

    @property
    def has_conditions(self) -> bool:
        """Is something asked only with some answers?"""
        return any(field.only for group in self.groups for field in group.fields)


def questions(terms: LinkTerms, typed: Typed, lang: str) -> Questions | None:
    """The form's fields with what was typed; None: there are none."""
    asking, pricing = terms.asking, terms.pricing
    if asking is None:
        return None
    asked = questions_of(asking, has_country=pricing is not None and pricing.asks_country)
    return Questions(
        tuple(_groups(asking, asked, typed, lang)),
        tuple(
            ConsentBox(
                f"{CONSENT}{each.key}",
                each.text,
                each.url,
                each.is_required,
                each.key in typed.consents,
                each.language,
            )
            for each in asking.consents
        ),
        asking.requires(Standard.EMAIL),
        asking.requires(Standard.NAME),
    )


def read_typed(form: Form) -> Typed:
    """What came with the form. Whether it is an answer is for core to say."""
    answers = {
        name.removeprefix(ANSWER): form.text(name)[:_KEPT_CHARS]
        for name in [name for name in form.fields if name.startswith(ANSWER)][:FIELDS_MAX]
    }
    ticked = [name for name in form.fields if name.startswith(CONSENT) and form.text(name) == YES]
    return Typed(answers, frozenset(name.removeprefix(CONSENT) for name in ticked[:FIELDS_MAX]))


def hidden_answers(typed: Typed) -> tuple[tuple[str, str], ...]:
    """The same answers for a form that does not ask again."""
    answers = (
        (f"{ANSWER}{key}", text) for key, text in typed.answers.items() if text and not has_card_number(text)
    )
    return (*answers, *((f"{CONSENT}{key}", YES) for key in sorted(typed.consents)))


def without_cards(typed: Typed, errors: Sequence[FieldError], refused: str) -> Typed:
    """What may be shown again: a card number does not belong here, and is not even shown to who typed it."""
    gone = {error.param for error in errors if error.message == refused}
    kept = {key: text for key, text in typed.answers.items() if f"{ANSWER}{key}" not in gone}
    return Typed(kept, typed.consents)


def _groups(asking: Asking, asked: Sequence[Question], typed: Typed, lang: str) -> Iterator[Group]:
    optional = {each.what for each in asking.standard if not each.is_required}
    standard = [each for each in asked if each not in asking.questions and "." not in each.key]
    if standard:
        yield Group("", tuple(_field(each, typed, lang) for each in standard))
    for address in ADDRESSES:
        parts = [each for each in asked if each.key.startswith(f"{address}.")]
        if parts:
            yield Group(
                translated(WHAT[address], lang),
                tuple(_field(each, typed, lang) for each in parts),
                address in optional,
            )
    if asking.questions:
        yield Group(
            "", tuple(_only(_field(each, typed, lang), each, asking.questions) for each in asking.questions)
        )


def _only(field: Field, each: Question, asked: Sequence[Question]) -> Field:
    """The browser insists on nothing that may not be asked."""
    wish = each.shown_if
    if wish is None:
        return field
    on = next((one for one in asked if one.key == wish.key), None)
    is_box = on is not None and on.kind is Kind.CHECKBOX
    return replace(
        field,
        is_required=False,
        only=condition_words(each, asked) or "",
        only_field=f"{ANSWER}{wish.key}",
        only_values=tuple(_SENT.get(value, value) for value in wish.values) if is_box else wish.values,
    )


def _field(each: Question, typed: Typed, lang: str) -> Field:
    kind, keyboard = _INPUT.get(each.kind, ("text", ""))
    part = each.key.rpartition(".")[2] if "." in each.key else ""
    longest = LENGTH_MAX.get(each.kind, 0) if each.length_max is None else each.length_max
    is_day = each.kind is Kind.DATE
    return Field(
        f"{ANSWER}{each.key}",
        label_in(each.key, each.label, lang),
        each.hint or _bounds(each),
        _control(each.kind),
        typed.answers.get(each.key, ""),
        each.is_required,
        is_optional=part == "line2" if part else not each.is_required and each.kind is not Kind.CHECKBOX,
        type=kind,
        inputmode=keyboard,
        autocomplete=_AUTOCOMPLETE.get(each.key, _OF_KIND.get(each.kind, "off")),
        max_length=longest,
        minimum=each.minimum if is_day else "",
        maximum=each.maximum if is_day else "",
        options=_options(each, lang),
    )


def _control(kind: Kind) -> Literal["input", "area", "select", "tick"]:
    match kind:
        case Kind.LONG_TEXT:
            return "area"
        case Kind.CHOICE | Kind.COUNTRY:
            return "select"
        case Kind.CHECKBOX:
            return "tick"
        case _:
            return "input"


def _options(each: Question, lang: str) -> Sequence[tuple[str, str]]:
    if each.kind is Kind.COUNTRY:
        return countries_by_name(COUNTRIES, lang)
    return tuple((option.value, option.label) for option in each.options)


def _bounds(each: Question) -> str:
    """What a number may be, in words. A day's are known to the browser."""
    if each.kind not in {Kind.INTEGER, Kind.NUMBER} or not (each.minimum or each.maximum):
        return ""
    if each.minimum and each.maximum:
        return from_to(each.minimum, each.maximum)
    return at_least(each.minimum) if each.minimum else at_most(each.maximum)
