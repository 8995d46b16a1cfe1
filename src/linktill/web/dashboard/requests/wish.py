"""A new link for somebody who asked: what its form starts with, and who is told once it is made."""

from dataclasses import dataclass

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound
from linktill.core.ids import LinkRequestId, MerchantId
from linktill.core.link_filing import Filing
from linktill.core.link_request import LinkRequest
from linktill.core.payment_link import LinkTerms
from linktill.flows.answer_requests import read_request
from linktill.flows.manage_links import copied_link
from linktill.flows.services import Services

_ID_CHARS = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """The request, and what a duplicate of its link gets."""

    request: LinkRequest
    terms: LinkTerms
    filing: Filing

    @property
    def words(self) -> str:
        """Who asks, for the top of the form."""
        name, email = self.request.name, self.request.email
        return f"{name} ({email})" if name else email


async def read_wish(services: Services, merchant_id: MerchantId, request_id: str) -> Wish | None:
    """None: the form is for nobody who asked. Raises NotFound."""
    if not request_id:
        return None
    if not request_id.startswith(prefixes.LINK_REQUEST) or not request_id.isascii():
        raise NotFound("There is no such request.")
    request = await read_request(services, merchant_id, LinkRequestId(request_id[:_ID_CHARS]))
    terms, filing = await copied_link(services, merchant_id, request.link_id)
    return Wish(request, terms, filing)
