"""A link's own address: the last part of its URL, chosen by the merchant where it is not drawn."""

import re
from typing import Final

from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.errors import FieldInvalid

SLUG_MAX: Final = 60
PATTERN: Final = r"[a-z0-9](?:-?[a-z0-9]){2,59}"
RESERVED: Final = frozenset({"preview"})
"""The address that the dashboard shows a link under before there is one."""

_SLUG: Final = re.compile(PATTERN, re.ASCII)


def checked_slug(text: str) -> str:
    """In lower case, as people type addresses either way. Raises FieldInvalid."""
    slug = text.strip()
    slug = slug.lower() if slug.isascii() else slug
    if len(slug) > SLUG_MAX or not _SLUG.fullmatch(slug):
        raise FieldInvalid(
            "slug",
            f"Use three or more letters from a to z and digits, with single hyphens between them, {SLUG_MAX} in all: cake-order.",
        )
    if has_card_number(slug):
        raise FieldInvalid("slug", REMOVE_IT)
    if slug in RESERVED:
        raise FieldInvalid("slug", taken(slug))
    return slug


def taken(slug: str) -> str:
    """Why an address cannot be had, and what to do."""
    return f"The address {slug} is taken. Choose another, such as {slug[: SLUG_MAX - 2]}-2."
