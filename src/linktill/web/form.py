"""Reads what a browser's form sent: text by field name, bounded, from the one encoding that our forms use."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import HTTPException

AnyRequest: TypeAlias = Request[Any, Any, Any]

FIELDS_MAX: Final = 900
READ_MAX_S: Final = 10.0
WHOLE_DIGITS_MAX: Final = 15
_ENCODING: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """Field → text. A field that came twice counts once: the first."""

    fields: dict[str, str]

    def text(self, name: str) -> str:
        """What was typed; empty where the field is missing."""
        return self.fields.get(name, "")

    def whole(self, name: str) -> int | None:
        """A number that a page of ours wrote into a hidden field: ASCII digits and nothing else. None: it is none."""
        return whole_number(self.text(name))


def whole_number(text: str) -> int | None:
    """ASCII digits as a number, or None. No sign, no blank, no exponent, no digits of other scripts."""
    is_plain = 0 < len(text) <= WHOLE_DIGITS_MAX and text.isascii() and text.isdigit()
    return int(text) if is_plain else None


async def read_form(request: AnyRequest) -> Form:
    """The posted form. Raises HTTPException: 415 for another encoding, 413, 408, and 400 for what is no form."""
    encoding = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if encoding != _ENCODING:
        raise HTTPException(status_code=415, detail="This address takes the form of its page only.")
    try:
        async with asyncio.timeout(READ_MAX_S):
            body = await request.body()
    except TimeoutError:
        raise HTTPException(status_code=408, detail="The form did not arrive in time.") from None
    return parsed_form(body)


def parsed_form(body: bytes) -> Form:
    """The fields of a form's body. Raises HTTPException 400."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise HTTPException(status_code=400, detail="This is not a form that a page here sends.") from None
    return Form(dict(reversed(pairs)))
