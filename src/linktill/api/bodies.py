"""Reads a JSON body strictly, and says which field is at fault.

What two readers could understand differently is refused: a name that comes twice, NaN, a lone surrogate, anything but UTF-8.
"""

import re
from typing import Final, NoReturn, TypeVar

import msgspec

from linktill.api.problems import ApiRefusal
from linktill.core.errors import FieldInvalid
from linktill.platform import strict_json
from linktill.platform.strict_json import NameTwice, NotStrict

T = TypeVar("T")

_ECHOED_MAX: Final = 80
_AT: Final = re.compile(r"^(?P<message>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_NAMED: Final = re.compile(r"^Object (?:contains unknown|missing required) field `(?P<name>.*)`$", re.DOTALL)
_ID: Final = re.compile(r"^Expected `[^`]*` matching regex '\^(?P<prefix>[a-z]+_)\[")
_PLACE: Final = re.compile(r"\[([0-9]+)\]")
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
        return strict_json.parsed(body)
    except NameTwice as twice:
        name = twice.name[:_ECHOED_MAX] if twice.name.isprintable() else None
        raise ApiRefusal("json_invalid", f"The name {name or ''!r} comes twice.", param=name) from None
    except NotStrict as error:
        raise ApiRefusal("json_invalid", str(error)) from None


def _refuse(error: str) -> NoReturn:
    """Raises FieldInvalid for what msgspec says, such as "Expected `int`, got `str` - at `$.amount_minor`"."""
    match = _AT.match(error)
    assert match is not None, "the pattern takes every text"
    path = _PLACE.sub(r".\1", (match["path"] or "").removeprefix(".").replace("[...]", ""))
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
