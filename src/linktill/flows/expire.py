"""Lets the clock do its part: links open and close when their times come, without anybody touching them."""

from linktill.core.ids import LinkId, MerchantId
from linktill.flows.manage_links import settle_status
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import link_clock, links
from linktill.storage.database import Tx


async def wake_links(services: Services) -> int:
    """Settles the status of links whose start or expiry has come; answers how many.

    A checkout under way keeps its slot: `resolve_attempt` asks the gateway to cancel it when its own time is over.
    """
    now = services.clock.now_us()
    worked = 0
    for merchant_id in await services.database.read(link_clock.merchants_with_due_links, now=now):
        for link_id in await services.database.read(link_clock.due_links, merchant_id, now=now):
            await services.database.run(wake_link, moment_of(services), merchant_id, link_id)
            worked += 1
    if worked:
        services.wake.now()
    return worked


async def wake_link(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> None:
    """Unit: settles one link, and sets when to look at it again."""
    link = await links.lock_link(tx, merchant_id, link_id)
    assert link is not None, "links are not deleted"
    settled = await settle_status(tx, moment, link)
    if settled.status is link.status:
        await links.set_wake(tx, settled)
