"""Answers with a file to keep instead of a page to look at."""

from typing import Final

from linktill.web.answer import NO_STORE, Answer

POLICY: Final = b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


CSV: Final = b"text/csv; charset=utf-8"
JSON: Final = b"application/json"


def download(name: str, body: bytes, *, media_type: bytes = CSV) -> Answer:
    """A file under a name of ours: letters, digits, hyphens, underscores and a point."""
    headers = (
        (b"content-type", media_type),
        (b"content-disposition", f'attachment; filename="{name}"'.encode("ascii")),
        (b"content-security-policy", POLICY),
        NO_STORE,
    )
    return Answer(200, headers, body)
