"""How a merchant keeps a link in order: tags, a note of their own, whom it is for, and whether payers who come too late may
ask for another. No payer sees the first three.

They are no terms: changing them makes no new version, and may be done in every state.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.ids import CustomerId
from linktill.core.link_terms import clean_text

TAGS_MAX: Final = 20
TAG_MAX: Final = 40
INTERNAL_NOTE_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Filing:
    """Tags as they were first written, each once, the note, the customer that the link is for, and whether it takes requests."""

    tags: tuple[str, ...] = ()
    internal_note: str = ""
    customer_id: CustomerId | None = None
    takes_requests: bool = True


NOT_FILED: Final = Filing()


@dataclass(frozen=True, slots=True)
class Refiling:
    """What somebody wants changed of it, checked; None stays as it is."""

    tags: tuple[str, ...] | None = None
    internal_note: str | None = None
    customer_id: CustomerId | None = None
    """Empty: for nobody."""
    takes_requests: bool | None = None

    def of(self, before: Filing) -> Filing:
        """The filing afterwards."""
        return Filing(
            before.tags if self.tags is None else self.tags,
            before.internal_note if self.internal_note is None else self.internal_note,
            before.customer_id if self.customer_id is None else self.customer_id or None,
            before.takes_requests if self.takes_requests is None else self.takes_requests,
        )


def tag_key(tag: str) -> str:
    """What two tags have in common that are one: how they are written, but for capitals and the width of letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Each once, in the order in which they came. Raises FieldInvalid."""
    found: dict[str, str] = {}
    for tag in tags:
        cleaned = " ".join(clean_text(tag, "tags", max_length=TAG_MAX).split())
        if not cleaned or "," in cleaned:
            raise FieldInvalid("tags", f"A tag has 1 to {TAG_MAX} characters, and no comma.")
        found.setdefault(tag_key(cleaned), cleaned)
    if len(found) > TAGS_MAX:
        raise FieldInvalid("tags", f"At most {TAGS_MAX} tags.")
    return tuple(found.values())


def checked_note(text: str) -> str:
    """The note, as it is kept. Raises FieldInvalid."""
    return clean_text(text, "internal_note", max_length=INTERNAL_NOTE_MAX, is_multiline=True)


def checked_filing(
    tags: Sequence[str], internal_note: str, customer_id: str | None = None, *, takes_requests: bool = True
) -> Filing:
    """All of it. Raises FieldInvalid. Whether the customer is there is for whoever can look."""
    customer = None if customer_id is None else CustomerId(customer_id)
    return Filing(checked_tags(tags), checked_note(internal_note), customer, takes_requests)


def tag_to_find(text: str) -> str:
    """The key of the tag that somebody looks for. Raises FieldInvalid for what no tag can be."""
    try:
        (tag,) = checked_tags([text])
    except FieldInvalid as invalid:
        raise FieldInvalid("tag", str(invalid)) from None
    return tag_key(tag)
