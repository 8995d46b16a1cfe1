"""Query parameters: each is declared once, read strictly, and refused by name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl

from linktill.api.problems import ApiRefusal
from linktill.core.errors import FieldInvalid
from linktill.core.link_filing import TAG_MAX, tag_to_find
from linktill.platform.ids import ALPHABET, LENGTH

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
SEARCH_MAX: Final = 200
PAIRS_MAX: Final = 20

ID_TAIL: Final = f"[{ALPHABET}]{{{LENGTH}}}"
_LIMIT: Final = re.compile("[1-9][0-9]?|100")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter. `read` turns its text into a value, or raises ValueError with what to send instead."""

    name: str
    words: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]


def read_query(query: bytes, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The values of the parameters that came. Raises FieldInvalid for one that is wrong, unknown, or comes twice."""
    values: dict[str, Any] = {}
    if not query:
        return values
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=PAIRS_MAX)
    except ValueError:
        raise ApiRefusal("request_invalid", "The query cannot be read.") from None
    known = {parameter.name: parameter for parameter in parameters}
    for name, text in pairs:
        parameter = known.get(name)
        if parameter is None:
            raise FieldInvalid(name[:80], "There is no such parameter here.")
        if name in values:
            raise FieldInvalid(name, "This parameter comes twice. Send it once.")
        try:
            values[name] = parameter.read(text)
        except ValueError as error:
            raise FieldInvalid(name, str(error)) from None
    return values


def id_pattern(prefix: str) -> str:
    """The form of an id, as a regular expression."""
    return f"^{prefix}{ID_TAIL}$"


def _read_limit(text: str) -> int:
    if _LIMIT.fullmatch(text) is None:
        raise ValueError(f"Send a number from 1 to {LIMIT_MAX}.")
    return int(text)


def _read_search(text: str) -> str:
    if len(text) > SEARCH_MAX:
        raise ValueError(f"At most {SEARCH_MAX} characters.")
    return text


LIMIT: Final = Parameter(
    "limit",
    "How many at most.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
    _read_limit,
)
SEARCH: Final = Parameter(
    "search",
    "Words of which each must begin a word of the description, the reference, the address, the tags or the internal note.",
    {"type": "string", "maxLength": SEARCH_MAX},
    _read_search,
)


def _read_tag(text: str) -> str:
    try:
        return tag_to_find(text)
    except FieldInvalid as invalid:
        raise ValueError(str(invalid)) from None


TAG: Final = Parameter(
    "tag",
    "Only links with this tag; capitals do not matter.",
    {"type": "string", "maxLength": TAG_MAX},
    _read_tag,
)


def id_parameter(name: str, prefix: str, words: str) -> Parameter:
    """A parameter that is an id."""
    form = re.compile(prefix + ID_TAIL)

    def read(text: str) -> str:
        if form.fullmatch(text) is None:
            raise ValueError(f"This is no id. Send one that starts with {prefix}.")
        return text

    return Parameter(name, words, {"type": "string", "pattern": id_pattern(prefix)}, read)


def cursor_parameter(prefix: str) -> Parameter:
    """Where a list goes on: the `next_cursor` of the page before."""
    form = re.compile(prefix + ID_TAIL)

    def read(text: str) -> str:
        if form.fullmatch(text) is None:
            raise ValueError("Send the next_cursor of the page before.")
        return text

    words = "The `next_cursor` of the page before; the list goes on after it."
    return Parameter("cursor", words, {"type": "string", "pattern": id_pattern(prefix)}, read)


def choice_parameter(name: str, choices: type[StrEnum], words: str) -> Parameter:
    """A parameter that is one of a few words."""
    allowed = [choice.value for choice in choices]

    def read(text: str) -> StrEnum:
        if text not in allowed:
            raise ValueError(f"Send one of {', '.join(allowed)}.")
        return choices(text)

    return Parameter(name, words, {"type": "string", "enum": allowed}, read)
