"""Sentences for payers, said in English here and in the payer's own language where they are shown.

A sentence is its English text, so whoever knows nothing of languages (API, command line, log) takes it as it is; beside that it
keeps the text with its places and what fills them, by which `platform/translation.py` says it in another language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from typing_extensions import override

_WHOLE_PERCENT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Percent:
    """A rate in millionths, which each language writes in its own way."""

    ppm: int

    @override
    def __str__(self) -> str:
        whole, rest = divmod(self.ppm, _WHOLE_PERCENT)
        fraction = f"{rest:04}".rstrip("0")
        return f"{whole}.{fraction}%" if fraction else f"{whole}%"


Value: TypeAlias = object
"""A text or a number as it stands, a sentence, an amount, a rate or a date: the last four are written as a language has them."""


class Sentence(str):
    """`one` has places such as `%(count)s`, which `values` fill. `many`: the same for another number than one, or empty."""

    __slots__ = ("many", "number", "one", "values")

    one: str
    many: str
    number: int
    values: Mapping[str, Value]

    def __new__(cls, one: str, many: str, number: int, values: Mapping[str, Value]) -> Self:
        """The sentence in English."""
        said = many if many and number != 1 else one
        made = super().__new__(cls, said % values)
        made.one, made.many, made.number, made.values = one, many, number, values
        return made


def sentence(text: str, **values: Value) -> Sentence:
    """`sentence("%(name)s: all gone.", name="Red")`. A percent sign is written twice."""
    return Sentence(text, "", 1, values)


def counted(one: str, many: str, count: int, **values: Value) -> Sentence:
    """As `sentence`, of a number: `count` fills the place of that name, and each language knows the form that it asks for."""
    return Sentence(one, many, count, {"count": count, **values})


def marked(text: str) -> str:
    """A text that is kept and compared in English, and translated where it is shown by who knows that it is one of ours."""
    return text


def at_least(least: Value) -> Sentence:
    """What is too little, and how much would do."""
    return sentence("At least %(least)s.", least=least)


def at_most(most: Value) -> Sentence:
    """What is too much, and how much would do."""
    return sentence("At most %(most)s.", most=most)


def from_to(least: Value, most: Value) -> Sentence:
    """Between which bounds it has to be."""
    return sentence("From %(least)s to %(most)s.", least=least, most=most)
