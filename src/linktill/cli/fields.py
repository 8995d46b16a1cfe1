"""Reads what was typed for a link's fields, as strictly as the API reads JSON: nothing is guessed where money is concerned."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from linktill.api.bodies import decoded
from linktill.api.problems import ApiRefusal
from linktill.core.asking import Asking
from linktill.core.errors import FieldInvalid
from linktill.core.localization import Translation
from linktill.core.pricing import Pricing
from linktill.flows.asking_objects import AskingObject
from linktill.flows.localization_objects import LocalizationObject, translations_of
from linktill.flows.pricing_objects import PricingObject
from linktill.flows.representations import microseconds_of

T = TypeVar("T")

_WHOLE: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
NO_LIMIT: Final = "none"


def whole_number(param: str, text: str) -> int:
    """Digits only: no blanks, points, exponents or digits of other scripts, which Python would read. Raises FieldInvalid."""
    if not _WHOLE.fullmatch(text):
        raise FieldInvalid(param, f"Send a whole number, such as 2500, not {text[:30]!r}.")
    return int(text)


def limit(param: str, text: str) -> int | None:
    """A number, or None for `none`. Raises FieldInvalid."""
    return None if text == NO_LIMIT else whole_number(param, text)


def moment(param: str, text: str) -> int | None:
    """RFC 3339 with its zone as microseconds UTC; nothing typed is None. Raises FieldInvalid."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise FieldInvalid(param, "Send a time with its zone, such as 2030-01-31T18:00:00Z.")
    return microseconds_of(parsed)


def pairs(param: str, texts: Sequence[str]) -> dict[str, str]:
    """`key=value` each. Raises FieldInvalid."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or key in found:
            raise FieldInvalid(param, f"Send key=value, each key once, not {text[:60]!r}.")
        found[key] = value
    return found


def read_pricing(text: str) -> Pricing:
    """JSON, or `@FILE` with it. Raises FieldInvalid."""
    return _read("pricing", text, PricingObject).pricing()


def read_asking(text: str) -> Asking:
    """JSON, or `@FILE` with it. Raises FieldInvalid."""
    return _read("fields", text, AskingObject).asking()


def read_translations(text: str) -> Mapping[str, Translation]:
    """JSON, or `@FILE` with it. Raises FieldInvalid."""
    return translations_of(_read("translations", text, LocalizationObject).translations)


def _read(param: str, text: str, kind: type[T]) -> T:
    if text.startswith("@"):
        try:
            body = Path(text[1:]).read_bytes()
        except OSError as error:
            raise FieldInvalid(param, f"{text[1:]} cannot be read: {error.strerror}.") from None
    else:
        body = text.encode()
    try:
        return decoded(body, kind)
    except ApiRefusal as refused:
        raise FieldInvalid(param, str(refused)) from None
