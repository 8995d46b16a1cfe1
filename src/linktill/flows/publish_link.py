"""A merchant keeps a link as a draft, which is nobody else's business, and opens it once it is right."""

from dataclasses import replace
from typing import Final

from linktill.core.errors import TransitionRefused
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import NOT_FILED, Filing
from linktill.core.link_terms import LinkFields
from linktill.core.payment_link import LinkStatus, PaymentLink, standing
from linktill.flows.manage_links import locked_link, move_status, new_link, store_link
from linktill.flows.offers import terms_check
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage.database import Tx

_CLOSED: Final = frozenset({LinkStatus.CANCELED, LinkStatus.ARCHIVED})


def as_draft(link: PaymentLink) -> PaymentLink:
    """A new link, not open yet: whoever has its address is told that there is none."""
    return replace(link, status=LinkStatus.DRAFT)


async def create_draft(
    services: Services,
    merchant_id: MerchantId,
    fields: LinkFields,
    *,
    by: str,
    slug: str = "",
    filing: Filing = NOT_FILED,
) -> PaymentLink:
    """As `create_link`, closed until it is published."""
    takes = await terms_check(services, merchant_id)
    link = as_draft(new_link(services, merchant_id, fields, takes, slug=slug))
    stored = await services.database.run(store_link, moment_of(services), link, by, filing)
    services.wake.now()
    return stored


async def publish_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Opens a draft, or schedules it where it starts later. One that is published already stays as it is.

    Raises NotFound, and TransitionRefused for a link that is canceled or archived and for a draft whose time is over.
    """
    link = await services.database.run(_publish, moment_of(services), merchant_id, link_id)
    services.wake.now()
    return link


async def _publish(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    link = await locked_link(tx, merchant_id, link_id)
    if link.status in _CLOSED:
        raise TransitionRefused(f"A link that is {link.status} is not published. Duplicate it instead.")
    if link.status is not LinkStatus.DRAFT:
        return link
    opened = standing(replace(link, status=LinkStatus.ACTIVE), moment.now)
    if opened not in {LinkStatus.ACTIVE, LinkStatus.SCHEDULED}:
        raise TransitionRefused(f"Published, it would be {opened} at once. Edit it first.")
    return await move_status(tx, moment, link, opened)
