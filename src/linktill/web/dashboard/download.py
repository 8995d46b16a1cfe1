"""Answers with a file to keep instead of a page to look at."""

from typing import Final

from linktill.web.answer import NO_STORE, Answer

_POLICY: Final = b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


def download(name: str, body: bytes) -> Answer:
    """A CSV file under a name of ours: letters, digits, hyphens, underscores and a point."""
    headers = (
        (b"content-type", b"text/csv; charset=utf-8"),
        (b"content-disposition", f'attachment; filename="{name}"'.encode("ascii")),
        (b"content-security-policy", _POLICY),
        NO_STORE,
    )
    return Answer(200, headers, body)
