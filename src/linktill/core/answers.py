"""What a payer answers to what a link asks: read as strictly as the merchant set it, each error beside its field."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from linktill.core.asking import (
    ADDRESSES,
    LENGTH_MAX,
    Asking,
    Consent,
    Kind,
    Question,
    bound,
    country_of_address,
    is_web_address,
    questions_of,
)
from linktill.core.countries import COUNTRIES, WITH_STATES, WITHOUT_POSTAL_CODES
from linktill.core.decimals import day, scaled
from linktill.core.errors import FieldError, FieldInvalid
from linktill.core.link_terms import clean_text
from linktill.core.origin import Origin
from linktill.core.sentence import at_least, at_most, counted, sentence

YES: Final = "yes"
"""What a box that is ticked sends."""
TRUE: Final = "true"
FALSE: Final = "false"
_SHORT_MAX: Final = 40
"""Characters of a number, a day, a phone number or a country."""
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./\-]*", re.ASCII)
_PHONE_DIGITS: Final = range(5, 16)
"""ITU-T E.164: at most fifteen."""
_TICK: Final = sentence("Tick this box to go on.")
_MISSING: Final[Mapping[Kind, str]] = {
    Kind.CHOICE: sentence("Choose one."),
    Kind.COUNTRY: sentence("Choose a country."),
    Kind.CHECKBOX: _TICK,
    Kind.DATE: sentence("Choose a day."),
    Kind.EMAIL: sentence("Write an e-mail address."),
    Kind.PHONE: sentence("Write a phone number."),
}

CheckEmail: TypeAlias = Callable[[str], str]
"""An e-mail address as it is kept. Raises FieldInvalid."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a question, in the words that were shown. `value`: of a choice its value, of a box true or false."""

    key: str
    label: str
    kind: Kind
    value: str
    shown: str = ""
    """The option that was chosen, as it was shown; empty: `value` is what people read."""


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """Proof of a consent: the very words that stood beside the box, and what the payer did."""

    key: str
    text: str
    url: str
    version: str
    language: str
    is_given: bool
    sha256: str
    """Of `text`, UTF-8, in hexadecimal digits."""
    at: int


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with the form: field of `Question.key`, or key of a consent → as it was typed."""

    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    consents: frozenset[str] = frozenset()
    """Keys of those that were ticked."""


NOTHING_TYPED: Final = Typed()


@dataclass(frozen=True, slots=True)
class Read:
    """What was typed, read. Params of the errors: `answers.KEY` and `consents.KEY`. Without errors it is complete."""

    answers: tuple[Answer, ...] = ()
    consents: tuple[tuple[Consent, bool], ...] = ()
    errors: tuple[FieldError, ...] = ()


def read_answers(
    asking: Asking, typed: Typed, *, check_email: CheckEmail, country: str | None = None
) -> Read:
    """What the payer typed, of what this link asks; anything else is left alone. `country`: of `questions_of`, where the payer
    says it elsewhere on the page.
    """
    questions = questions_of(asking, has_country=country is not None)
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for each in questions:
        if not is_shown(each, values):
            continue
        try:
            values[each.key] = _value(each, typed.answers.get(each.key, ""), check_email)
        except FieldInvalid as invalid:
            errors[each.key] = invalid.message
    known = country_of_address(asking)
    if country is not None and known is not None:
        values[f"{known}.country"] = country
    for key, words in _halves(asking, values):
        errors.setdefault(key, words)
    consents = tuple((each, each.key in typed.consents) for each in asking.consents)
    found = [FieldError(f"answers.{key}", words) for key, words in errors.items()]
    found.extend(
        FieldError(f"consents.{each.key}", _TICK)
        for each, is_given in consents
        if each.is_required and not is_given
    )
    answered = tuple(
        _answer(each, values[each.key]) for each in _all(asking, questions) if values.get(each.key)
    )
    return Read(answered, consents, tuple(found))


def is_shown(question: Question, values: Mapping[str, str]) -> bool:
    """Is it asked of who has answered so? What is not asked itself, or answered wrongly, counts as no answer."""
    wish = question.shown_if
    return wish is None or values.get(wish.key) in wish.values


def _all(asking: Asking, questions: Sequence[Question]) -> Sequence[Question]:
    """With the country that the page has asked for elsewhere, which is a part of its address all the same."""
    whole = questions_of(asking)
    return whole if len(whole) > len(questions) else questions


def _answer(each: Question, value: str) -> Answer:
    shown = next((option.label for option in each.options if option.value == value), "")
    return Answer(each.key, each.label, each.kind, value, shown)


def _value(question: Question, text: str, check_email: CheckEmail) -> str:
    """As it is kept; empty: not answered, which it need not be. Raises FieldInvalid."""
    if question.kind is Kind.CHECKBOX:
        is_ticked = text == YES
        if question.is_required and not is_ticked:
            raise FieldInvalid(question.key, _MISSING[Kind.CHECKBOX])
        return TRUE if is_ticked else FALSE
    most = LENGTH_MAX.get(question.kind, LENGTH_MAX[Kind.TEXT])
    longest = most if question.length_max is None else question.length_max
    is_long = question.kind is Kind.LONG_TEXT
    kept = clean_text(text, question.key, max_length=longest, is_multiline=is_long)
    if not kept:
        if question.is_required:
            raise FieldInvalid(question.key, _MISSING.get(question.kind, sentence("Fill this in.")))
        return ""
    if len(kept) < question.length_min:
        raise FieldInvalid(
            question.key,
            counted("At least %(count)s character.", "At least %(count)s characters.", question.length_min),
        )
    return (
        _CHECKS[question.kind](question, kept)
        if question.kind in _CHECKS
        else _email(question, kept, check_email)
    )


def _email(question: Question, text: str, check_email: CheckEmail) -> str:
    return check_email(text) if question.kind is Kind.EMAIL else text


def _number(question: Question, text: str) -> str:
    """Digits with a point; a comma is taken for one, and what the digits do not need is left out."""
    plain = text.replace(",", ".", 1) if question.kind is Kind.NUMBER else text
    if len(plain) > _SHORT_MAX or bound(question.kind, plain) is None:
        is_whole = question.kind is Kind.INTEGER
        words = sentence("Write a whole number.") if is_whole else sentence("Write a number, such as 2.5.")
        raise FieldInvalid(question.key, words)
    _check_bounds(question, plain)
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0")
    kept = (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
    return kept if scaled(kept) == 0 else sign + kept


def _date(question: Question, text: str) -> str:
    if day(text) is None:
        raise FieldInvalid(question.key, sentence("Write the day as YYYY-MM-DD, such as 2027-01-31."))
    _check_bounds(question, text)
    return text


def _check_bounds(question: Question, text: str) -> None:
    number = bound(question.kind, text)
    assert number is not None, "it was looked at before"
    least, most = (bound(question.kind, each) for each in (question.minimum, question.maximum))
    first, last = day(question.minimum), day(question.maximum)
    if least is not None and number < least:
        is_day = first is not None and question.kind is Kind.DATE
        raise FieldInvalid(
            question.key,
            sentence("Not before %(day)s.", day=first or "") if is_day else at_least(question.minimum),
        )
    if most is not None and number > most:
        is_day = last is not None and question.kind is Kind.DATE
        raise FieldInvalid(
            question.key,
            sentence("Not after %(day)s.", day=last or "") if is_day else at_most(question.maximum),
        )


def _url(question: Question, text: str) -> str:
    if not is_web_address(text):
        raise FieldInvalid(question.key, sentence("Write a whole address, such as https://example.com."))
    return text


def _phone(question: Question, text: str) -> str:
    digits = sum(char.isdigit() for char in text)
    if len(text) > _SHORT_MAX or _PHONE.fullmatch(text) is None or digits not in _PHONE_DIGITS:
        raise FieldInvalid(
            question.key, sentence("Write a phone number with digits, such as +1 555 010 9999.")
        )
    return text


def _choice(question: Question, text: str) -> str:
    if text not in {option.value for option in question.options}:
        raise FieldInvalid(question.key, sentence("Choose one of these."))
    return text


def _country(question: Question, text: str) -> str:
    if text not in COUNTRIES:
        raise FieldInvalid(question.key, _MISSING[Kind.COUNTRY])
    return text


_CHECKS: Final[Mapping[Kind, Callable[[Question, str], str]]] = {
    Kind.INTEGER: _number,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.URL: _url,
    Kind.PHONE: _phone,
    Kind.CHOICE: _choice,
    Kind.COUNTRY: _country,
}


def _halves(asking: Asking, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What an address lacks that was begun, or has to be there."""
    for each in asking.standard:
        if each.what not in ADDRESSES:
            continue
        parts = {
            part: values.get(f"{each.what}.{part}", "") for part in ("line1", "city", "postal_code", "state")
        }
        country = values.get(f"{each.what}.country", "")
        if not each.is_required and not any(parts.values()) and not values.get(f"{each.what}.line2"):
            continue
        needed = {"line1", "city"}
        if country not in WITHOUT_POSTAL_CODES:
            needed.add("postal_code")
        if country in WITH_STATES:
            needed.add("state")
        for part, text in parts.items():
            if part in needed and not text:
                yield f"{each.what}.{part}", sentence("Fill this in: an address needs it.")
        if not country:
            yield f"{each.what}.country", _MISSING[Kind.COUNTRY]


@dataclass(frozen=True, slots=True)
class Given:
    """All that is kept of what a payer told with a payment, beside their name and e-mail. Never changed."""

    answers: tuple[Answer, ...] = ()
    consents: tuple[ConsentGiven, ...] = ()
    origin: Origin = field(default_factory=Origin)

    @property
    def is_empty(self) -> bool:
        """Is there nothing to keep?"""
        return not self.answers and not self.consents and self.origin.is_empty


NOTHING_GIVEN: Final = Given()


def typed_again(given: Given) -> Typed:
    """What was given before, as if it were typed."""
    answers = {
        each.key: YES if each.kind is Kind.CHECKBOX else each.value
        for each in given.answers
        if each.kind is not Kind.CHECKBOX or each.value == TRUE
    }
    return Typed(answers, frozenset(each.key for each in given.consents if each.is_given))
