"""A merchant puts a link away, and takes it out again.

Archiving hides a link and closes it for payers; it undoes nothing. A payer who has pressed Pay may finish, as after a pause: to
refuse the archive while somebody is paying would only have the merchant try again later, and a link that strangers press Pay on
could never be put away. Money that comes, or is still looked for, is told, booked and given back as of any other link.
"""

from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkStatus, PaymentLink, after_archive
from linktill.flows.manage_links import locked_link, move_status, settle_status
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage.database import Tx
from linktill.storage.link_archive import remember_status, take_status


async def archive_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Hides the link from lists and closes it, whatever its state, until it is unarchived. Raises NotFound."""
    link = await services.database.run(_archive, moment_of(services), merchant_id, link_id)
    services.wake.now()
    return link


async def unarchive_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Shows the link again, where terms, counters and time put it; one that was paused or canceled is so again.

    A link that is not archived stays as it is. Raises NotFound.
    """
    link = await services.database.run(_unarchive, moment_of(services), merchant_id, link_id)
    services.wake.now()
    return link


async def _archive(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    link = await settle_status(tx, moment, await locked_link(tx, merchant_id, link_id))
    if link.status is LinkStatus.ARCHIVED:
        return link
    await remember_status(tx, link, now=moment.now)
    return await move_status(tx, moment, link, LinkStatus.ARCHIVED)


async def _unarchive(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    link = await locked_link(tx, merchant_id, link_id)
    if link.status is not LinkStatus.ARCHIVED:
        return await settle_status(tx, moment, link)
    before = await take_status(tx, link)
    return await move_status(tx, moment, link, after_archive(link, before, moment.now))
