"""The part of a link's form for what its payer is asked, in rows that work without a script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.answers import FALSE, TRUE
from linktill.core.asking import (
    CONSENTS_MAX,
    LENGTH_MAX,
    QUESTIONS_MAX,
    Asking,
    Collected,
    Condition,
    Consent,
    Kind,
    Option,
    Question,
    Standard,
    checked_asking,
)
from linktill.core.link_terms import clean_text
from linktill.web.dashboard.link_form.numbers import number
from linktill.web.form import Form

MORE_QUESTIONS: Final = "questions"
"""What the button for more rows sends."""
_ROWS_SPARE: Final = 1
_ROWS_MORE: Final = 4
_BOX: Final = {"yes": TRUE, "no": FALSE}
"""What is typed of a box."""
_ROW: Final = re.compile(r"(ask|consent)_\d{1,2}_[a-z]{2,9}", re.ASCII)
_CHARS: Final = 25_000
_ASKS: Final = {f"asks_{what}": what for what in Standard}
_QUESTION: Final = ("kind", "label", "required", "hint", "options", "min", "max", "key", "onlyrow", "onlyis")
_CONSENT: Final = ("text", "url", "version", "language", "optional", "key")
_PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "ask": {
        "minimum": "min",
        "min_length": "min",
        "maximum": "max",
        "max_length": "max",
        "type": "kind",
        "shown_if": "onlyis",
    },
    "consent": {},
}
"""Row → field of core → field of the row; a field that is not here has the same name."""


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """As typed. `options`: one in a line. `min`, `max`: of text its length, of a number or a date the value itself.

    `onlyrow`: the number of the question that this one hangs on; `onlyis`: the answers with which it is asked, one in a line.
    """

    kind: str = "text"
    label: str = ""
    required: str = ""
    hint: str = ""
    options: str = ""
    min: str = ""
    max: str = ""
    key: str = ""
    onlyrow: str = ""
    onlyis: str = ""

    @property
    def is_empty(self) -> bool:
        """Is nothing asked here? Whoever empties a row of a link takes the question away."""
        return replace(self, kind="text", required="", key="", onlyrow="", onlyis="") == QuestionRow()


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """As typed."""

    text: str = ""
    url: str = ""
    version: str = ""
    language: str = ""
    optional: str = ""
    key: str = ""

    @property
    def is_empty(self) -> bool:
        """Is nothing to be agreed to here?"""
        return not self.text and not self.url


@dataclass(frozen=True, slots=True)
class AskingValues:
    """As typed. `standard`: what of `Standard` → `no`, `optional` or `required`."""

    questions: tuple[QuestionRow, ...] = (QuestionRow(),)
    consents: tuple[ConsentRow, ...] = (ConsentRow(),)
    standard: tuple[tuple[str, str], ...] = tuple(
        (what.value, "optional" if what in {Standard.NAME, Standard.EMAIL} else "no") for what in Standard
    )

    @property
    def is_used(self) -> bool:
        """Is anything of it filled in?"""
        is_typed = _used(self.questions) or _used(self.consents)
        return bool(is_typed) or self.standard != AskingValues().standard


NO_ASKING: Final = AskingValues()


@dataclass(frozen=True, slots=True)
class ReadAsking:
    """What was typed, read. `places`: `custom_fields` and `consents` → the row of each of their entries."""

    asking: Asking
    errors: Mapping[str, str]
    places: Mapping[str, Sequence[int]]

    def field_of(self, param: str) -> str | None:
        """The form's field for what core calls so; None: it is none of these."""
        part, _, rest = param.partition(".")
        if part == "collects":
            return f"asks_{rest}"
        row = {"custom_fields": "ask", "consents": "consent"}.get(part)
        if row is None:
            return None
        at, _, name = rest.partition(".")
        places = self.places.get(part, ())
        place = places[int(at)] if at.isdigit() and int(at) < len(places) else 1
        first = name.partition(".")[0] or ("label" if row == "ask" else "text")
        return f"{row}_{place}_{_PARTS[row].get(first, first)}"


def is_asking(name: str) -> bool:
    """Is it a field of this part?"""
    return name in _ASKS or _ROW.fullmatch(name) is not None


def asking_values(form: Form, more: str) -> AskingValues:
    """As sent; rows that are empty at the end are left out but for those to write in."""
    spare = _ROWS_MORE if form.text(more) == MORE_QUESTIONS else _ROWS_SPARE
    questions = tuple(
        QuestionRow(*_texts(form, f"ask_{at}", _QUESTION)) for at in range(1, QUESTIONS_MAX + 1)
    )
    consents = tuple(
        ConsentRow(*_texts(form, f"consent_{at}", _CONSENT)) for at in range(1, CONSENTS_MAX + 1)
    )
    questions = tuple(row if row.kind else replace(row, kind="text") for row in questions)
    return AskingValues(
        questions[: _used(questions) + spare],
        consents[: _used(consents) + 1],
        tuple((what, form.text(f"asks_{what}") or word) for what, word in NO_ASKING.standard),
    )


def values_of_asking(asking: Asking | None) -> AskingValues:
    """The form for a link as it is now, with rows to write in."""
    asking = asking or Asking()
    words = {each.what.value: "required" if each.is_required else "optional" for each in asking.standard}
    questions = (*(_question_row(each, asking.questions) for each in asking.questions), QuestionRow())
    consents = (*(_consent_row(each) for each in asking.consents), ConsentRow())
    return AskingValues(
        questions[:QUESTIONS_MAX],
        consents[:CONSENTS_MAX],
        tuple((what, words.get(what, word)) for what, word in NO_ASKING.standard),
    )


def read_asking(values: AskingValues, before: Asking | None = None) -> ReadAsking:
    """What was typed. What programs call an option that is not new stays as it was `before`."""
    errors: dict[str, str] = {}
    known = {each.key: each for each in before.questions} if before is not None else {}
    questions = [(at, row) for at, row in enumerate(values.questions, 1) if not row.is_empty]
    consents = [(at, row) for at, row in enumerate(values.consents, 1) if not row.is_empty]
    asking = Asking(
        _hung([(at, row, _question(row, f"ask_{at}", known.get(row.key), errors)) for at, row in questions]),
        _standard(values, errors),
        tuple(
            Consent(
                row.key.strip(),
                row.text,
                row.url.strip(),
                row.version,
                row.language.strip(),
                is_required=not row.optional,
            )
            for _, row in consents
        ),
    )
    places = {"custom_fields": [at for at, _ in questions], "consents": [at for at, _ in consents]}
    return ReadAsking(asking, errors, places)


def shown_asking(asking: Asking | None) -> Asking | None:
    """For a preview: what is right so far, or None."""
    if asking is None:
        return None
    checked, errors = checked_asking(
        asking, lambda text, param, length: clean_text(text, param, max_length=length)
    )
    return None if errors else checked


def _question(row: QuestionRow, field: str, before: Question | None, errors: dict[str, str]) -> Question:
    if row.kind not in set(Kind):
        errors[f"{field}_kind"] = "Choose what the answer is."
        return Question(row.key, Kind.TEXT, row.label)
    kind = Kind(row.kind)
    values = {} if before is None else {option.label: option.value for option in before.options}
    lines = [line.strip() for line in row.options.splitlines() if line.strip()]
    question = Question(
        row.key.strip(),
        kind,
        row.label,
        row.hint,
        bool(row.required),
        options=tuple(Option(values.get(line, line), line) for line in lines),
    )
    least, most = row.min.strip(), row.max.strip()
    if kind not in LENGTH_MAX:
        return replace(question, minimum=least, maximum=most)
    longest = LENGTH_MAX[kind]
    return replace(
        question,
        length_min=number(least, f"{field}_min", errors, least=0, most=longest),
        length_max=number(most, f"{field}_max", errors, most=longest) if most else None,
    )


def _hung(read: Sequence[tuple[int, QuestionRow, Question]]) -> tuple[Question, ...]:
    """Each with what it hangs on: rows are typed by their numbers, and answers as payers read them."""
    numbers = {str(at): place for place, (at, _, _) in enumerate(read, 1)}
    questions: list[Question] = []
    for _, row, question in read:
        lines = [line.strip() for line in row.onlyis.splitlines() if line.strip()]
        if not row.onlyrow and not lines:
            questions.append(question)
            continue
        place = numbers.get(row.onlyrow, 0)
        asked = questions[place - 1] if 0 < place <= len(questions) else None
        values = dict(_BOX) if asked is not None and asked.kind is Kind.CHECKBOX else {}
        if asked is not None:
            values.update({option.label.casefold(): option.value for option in asked.options})
        known = tuple(values.get(line.casefold(), line) for line in lines)
        questions.append(replace(question, shown_if=Condition(f"#{place}", known)))
    return tuple(questions)


def _standard(values: AskingValues, errors: dict[str, str]) -> tuple[Collected, ...]:
    usual = dict(NO_ASKING.standard)
    for what, word in values.standard:
        if word not in {usual[what], "optional", "required"}:
            errors[f"asks_{what}"] = "Choose whether it is asked."
    return tuple(
        Collected(Standard(what), is_required=word == "required")
        for what, word in values.standard
        if word not in {usual[what], "no"}
    )


def _question_row(each: Question, questions: Sequence[Question]) -> QuestionRow:
    row, answers = ("", "") if each.shown_if is None else _condition(each.shown_if, questions)
    is_long = each.kind in LENGTH_MAX
    least = str(each.length_min or "") if is_long else each.minimum
    most = "" if each.length_max is None else str(each.length_max)
    return QuestionRow(
        each.kind.value,
        each.label,
        "yes" if each.is_required else "",
        each.hint,
        "\n".join(option.label for option in each.options),
        least,
        most if is_long else each.maximum,
        each.key,
        row,
        answers,
    )


def _condition(wish: Condition, questions: Sequence[Question]) -> tuple[str, str]:
    """The number of the row that it hangs on, and the answers as payers read them, a line each."""
    place = next(at for at, one in enumerate(questions) if one.key == wish.key)
    words = {value: text for text, value in _BOX.items()}
    words.update({option.value: option.label for option in questions[place].options})
    return str(place + 1), "\n".join(words.get(value, value) for value in wish.values)


def _consent_row(each: Consent) -> ConsentRow:
    optional = "" if each.is_required else "yes"
    return ConsentRow(each.text, each.url, each.version, each.language, optional, each.key)


def _texts(form: Form, row: str, names: Sequence[str]) -> list[str]:
    return [form.text(f"{row}_{name}")[:_CHARS] for name in names]


def _used(rows: Sequence[QuestionRow | ConsentRow]) -> int:
    """Up to the last one in which something stands."""
    return max((at for at, row in enumerate(rows, 1) if not row.is_empty), default=0)
