"""One sentence that survives a redirect: what a form has just done, shown once on the page that follows."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from linktill.surface.asgi import Header
from linktill.surface.sessions import read_cookie, set_cookie

Kind = Literal["done", "problem"]

TEXT_MAX: Final = 300
KEPT_S: Final = 60


class Notice(NamedTuple):
    """What is shown."""

    kind: Kind
    text: str


def notice_cookie(kind: Kind, text: str, *, is_https: bool) -> Header:
    """The header for the redirect."""
    value = base64.urlsafe_b64encode(json.dumps([kind, text[:TEXT_MAX]]).encode()).decode().rstrip("=")
    return set_cookie(_name(is_https=is_https), value, max_age_s=KEPT_S, is_https=is_https)


def no_notice_cookie(*, is_https: bool) -> Header:
    """The header for the page that shows it."""
    return set_cookie(_name(is_https=is_https), "", max_age_s=0, is_https=is_https)


def read_notice(scope: Mapping[str, Any], *, is_https: bool) -> Notice | None:
    """The notice that came along, or None. It is a visitor's text like any other: templates escape it."""
    value = read_cookie(scope, _name(is_https=is_https))
    if not value or len(value) > 8 * TEXT_MAX:
        return None
    try:
        parsed = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    match parsed:
        case ["done" | "problem" as kind, str(text)] if len(text) <= TEXT_MAX and text.isprintable():
            return Notice(kind, text)
        case _:
            return None


def _name(*, is_https: bool) -> str:
    return "__Host-linktill-notice" if is_https else "linktill-notice"
