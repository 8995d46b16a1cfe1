"""Reads JSON that has one meaning: what two readers could understand differently is refused.

RFC 8259 leaves open what a name that comes twice means, and whether half of a surrogate pair is text; NaN and Infinity are
not JSON at all, but many readers take them.
"""

import json
from collections import Counter
from typing import Any, Final, NoReturn

DIGITS_MAX: Final = 24
"""Longer integers are cut: they stay far out of every range, and cost no time to read."""


class NotStrict(ValueError):
    """The bytes are not JSON, or mean more than one thing."""


class NameTwice(NotStrict):
    """An object has two values of one name."""

    def __init__(self, name: str) -> None:
        super().__init__("A name comes twice.")
        self.name: Final = name


def parsed(body: bytes) -> object:
    """What the bytes mean. Raises NotStrict, with words that can be shown, and NameTwice."""
    try:
        text = body.decode()
        found: object = _reader.decode(text)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeError:
        raise NotStrict("The body must be UTF-8, without lone surrogates.") from None
    except RecursionError:
        raise NotStrict("The body is nested too deeply.") from None
    except NotStrict:
        raise
    except ValueError as error:
        where = f" (at character {error.pos})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotStrict(f"The body is not valid JSON{where}.") from None
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NameTwice(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return made


def _integer(digits: str) -> int:
    return int(digits[:DIGITS_MAX])


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


_reader: Final = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
