"""A template: a payment link that is filled in and has a name, to make links from."""

from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.ids import MerchantId, TemplateId
from linktill.core.link_filing import Filing, tag_key
from linktill.core.link_terms import clean_text
from linktill.core.payment_link import LinkTerms

TEMPLATES_MAX: Final = 200
NAME_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class LinkTemplate:
    """A template as stored. No payer ever sees it."""

    merchant_id: MerchantId
    id: TemplateId
    name: str
    terms: LinkTerms
    filing: Filing
    created_at: int
    updated_at: int

    @property
    def name_key(self) -> str:
        """No two templates of a merchant have it in common: what differs in capitals only cannot be told apart in a list."""
        return tag_key(self.name)


def checked_name(text: str) -> str:
    """The name, as it is kept. Raises FieldInvalid."""
    name = " ".join(clean_text(text, "name", max_length=NAME_MAX).split())
    if not name:
        raise FieldInvalid("name", "Give the template a name.")
    return name


def terms_from_now(terms: LinkTerms, now: int) -> LinkTerms:
    """What a link that is made now gets: a day that has passed since is left out."""
    return terms.without_past(now, "starts_at", "due_at", "expires_at")
