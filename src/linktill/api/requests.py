"""Reads a request off the wire: headers once, the body once and never more than it may have."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from litestar.types import HTTPScope, Receive

from linktill.api.problems import ApiRefusal
from linktill.core.errors import FieldInvalid

BODY_MAX: Final = 256 * 1024
"""Fifty pairs of metadata, every character escaped, and the longest texts fit."""
READ_MAX_S: Final = 10.0
FILE_READ_MAX_S: Final = 120.0
_CSV_CHARSETS: Final = frozenset({"", "charset=utf-8", "charset=utf-16"})
"""The file itself says which, by its first bytes."""

Headers = Iterable[tuple[bytes, bytes]]

_READ: Final = frozenset(
    {b"authorization", b"content-type", b"content-length", b"idempotency-key", b"if-match"}
)
_PLAIN: Final = re.compile(rb"(?:/[A-Za-z0-9_.-]+)+")
_CLOSE: Final = (("connection", "close"),)
"""What was not read to its end cannot be followed by another request on the same connection."""


def check_address(scope: HTTPScope) -> None:
    """Raises ApiRefusal for another spelling of an address: an escaped slash would lead to another object's route."""
    if _PLAIN.fullmatch(scope.get("raw_path") or scope["path"].encode()) is None:
        raise ApiRefusal("not_found", "There is nothing at this address.")


def read_headers(headers: Headers) -> dict[bytes, str]:
    """The headers that the API reads. Raises FieldInvalid for one that comes twice: which one counts would be a guess."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name in _READ:
            if name in found:
                raise FieldInvalid(name.decode().title(), "This header comes twice. Send it once.")
            found[name] = value.decode("latin-1")
    return found


def bearer(authorization: str | None) -> str:
    """The key in the Authorization header. Raises ApiRefusal."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise ApiRefusal("unauthorized")
    return key.strip()


def check_media_type(content_type: str | None) -> None:
    """Raises ApiRefusal unless it is JSON in UTF-8."""
    if content_type == "application/json":
        return
    media_type, _, rest = (content_type or "").partition(";")
    charset = rest.strip().lower().replace('"', "")
    if media_type.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        raise ApiRefusal("media_type_unsupported")


def check_is_csv(content_type: str | None) -> None:
    """Raises ApiRefusal unless it is CSV."""
    media_type, _, rest = (content_type or "").partition(";")
    if media_type.strip().lower() != "text/csv" or rest.strip().lower().replace('"', "") not in _CSV_CHARSETS:
        raise ApiRefusal("media_type_unsupported")


async def read_body(
    headers: dict[bytes, str], receive: Receive, *, max_bytes: int = BODY_MAX, max_s: float = READ_MAX_S
) -> bytes:
    """The raw body. Raises ApiRefusal when it is too long, too slow or cut off."""
    length = headers.get(b"content-length", "0")
    if not length.isdecimal() or int(length[:12]) > max_bytes:
        raise ApiRefusal("too_large", headers=_CLOSE)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        # The usual case: it came in one piece.
        return bytes(_checked(message.get("body", b""), max_bytes))
    try:
        async with asyncio.timeout(max_s):
            return await _rest(cast("Mapping[str, Any]", message), receive, max_bytes)
    except TimeoutError:
        raise ApiRefusal("request_invalid", "The body did not come in time.", headers=_CLOSE) from None


async def _rest(message: Mapping[str, Any], receive: Receive, max_bytes: int) -> bytes:
    body = bytearray()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        _checked(body, max_bytes)
        if not message.get("more_body", False):
            return bytes(body)
        message = cast("Mapping[str, Any]", await receive())
    raise ApiRefusal("request_invalid", "The body was cut off.", headers=_CLOSE)


def _checked(body: bytes | bytearray, max_bytes: int) -> bytes | bytearray:
    if len(body) > max_bytes:
        raise ApiRefusal("too_large", headers=_CLOSE)
    return body
