"""Reads a JSON body strictly, and says which field is at fault.

What two readers could understand differently is refused: a name that comes twice, NaN, a lone surrogate, anything but UTF-8.
"""

import json
import re
from collections import Counter
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from linktill.api.problems import ApiRefusal
from linktill.core.errors import FieldInvalid

T = TypeVar("T")

DIGITS_MAX: Final = 24
"""Longer integers are cut: they stay far out of every range, and cost no time to read."""
_ECHOED_MAX: Final = 80
_AT: Final = re.compile(r"^(?P<message>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_NAMED: Final = re.compile(r"^Object (?:contains unknown|missing required) field `(?P<name>.*)`$", re.DOTALL)
_ID: Final = re.compile(r"^Expected `[^`]*` matching regex '\^(?P<prefix>[a-z]+_)\[")
_TYPE: Final = re.compile(r"`([^`]*)`")
_TYPES: Final = {
    "int": "an integer",
    "str": "a string",
    "object": "an object",
    "array": "an array",
    "bool": "true or false",
    "float": "a number with decimals",
    "null": "null",
    "datetime": "an RFC 3339 time such as 2027-01-31T17:00:00Z",
}


def decoded(body: bytes, kind: type[T]) -> T:
    """The body as `kind`. Raises ApiRefusal (`json_invalid`) and FieldInvalid."""
    parsed = _parsed(body)
    try:
        return msgspec.convert(parsed, kind)
    except msgspec.ValidationError as error:
        _refuse(str(error))


def _parsed(body: bytes) -> object:
    try:
        text = body.decode()
        parsed: object = _reader.decode(text)
        if "\\u" in text:
            json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeError:
        raise ApiRefusal("json_invalid", "The body must be UTF-8, without lone surrogates.") from None
    except RecursionError:
        raise ApiRefusal("json_invalid", "The body is nested too deeply.") from None
    except ValueError as error:
        where = f" (at character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        raise ApiRefusal("json_invalid", f"The body is not valid JSON{where}.") from None
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        name = twice[:_ECHOED_MAX] if twice.isprintable() else None
        raise ApiRefusal("json_invalid", f"The name {name or ''!r} comes twice.", param=name)
    return made


def _integer(digits: str) -> int:
    return int(digits[:DIGITS_MAX])


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


_reader: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)


def _refuse(error: str) -> NoReturn:
    """Raises FieldInvalid for what msgspec says, such as "Expected `int`, got `str` - at `$.amount_minor`"."""
    match = _AT.match(error)
    assert match is not None, "the pattern takes every text"
    path = (match["path"] or "").removeprefix(".").replace("[...]", "")
    named = _NAMED.match(match["message"])
    if named is not None:
        name = f"{path}.{named['name']}" if path else named["name"]
        words = "This field is required." if "missing required" in error else "There is no such field here."
        raise FieldInvalid(name[:_ECHOED_MAX], words)
    one_id = _ID.match(match["message"])
    if one_id is not None:
        raise FieldInvalid(
            path[:_ECHOED_MAX], f"Send an id that we gave you: {one_id['prefix']} and 26 more characters."
        )
    words = _TYPE.sub(
        lambda found: " or ".join(_TYPES.get(one, one) for one in found[1].split(" | ")), match["message"]
    )
    if not path:
        raise ApiRefusal("json_invalid", f"{words}.")
    raise FieldInvalid(path[:_ECHOED_MAX], f"{words}.")
