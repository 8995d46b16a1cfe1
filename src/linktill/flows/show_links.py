"""Pages of links as programs see them, without making a link of each row first.

The same objects as `representations.link_object` makes (a test holds them against each other), at a third of the price:
a page has up to a hundred, and nothing is decided about any of them.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkStatus
from linktill.flows.manage_links import PAGE_MAX, find_links
from linktill.flows.representations import PaymentLinkObject, link_object, time_of
from linktill.flows.services import Services
from linktill.storage.link_rows import BEFORE_ALL, LinkRow, list_link_rows
from linktill.storage.links import link_of

_read_metadata: Final = msgspec.json.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True)
class ShownLinks:
    """One page; `next_cursor` None: there are no more."""

    links: list[PaymentLinkObject]
    next_cursor: LinkId | None


async def show_links(
    services: Services,
    merchant_id: MerchantId,
    *,
    limit: int,
    status: LinkStatus | None = None,
    search: str = "",
    before: LinkId | None = None,
) -> ShownLinks:
    """As `find_links`, ready to be sent."""
    now, base_url = services.clock.now_us(), services.base_url
    if search:
        found = await find_links(
            services, merchant_id, limit=limit, status=status, search=search, before=before
        )
        shown = [link_object(link, base_url=base_url, now=now) for link in found.links]
        return ShownLinks(shown, found.next_cursor)
    limit = max(1, min(limit, PAGE_MAX))
    rows = await services.database.read(
        list_link_rows, merchant_id, limit=limit + 1, before=before or BEFORE_ALL, status=status
    )
    next_cursor = rows[limit - 1].id if len(rows) > limit else None
    return ShownLinks([shown_link(row, base_url=base_url, now=now) for row in rows[:limit]], next_cursor)


def shown_link(row: LinkRow, *, base_url: str, now: int) -> PaymentLinkObject:
    """The link as it stands at `now`."""
    if row.wake_at is not None and row.wake_at <= now:
        # The clock has overtaken the stored status: the rules must say where the link stands.
        return link_object(link_of(row), base_url=base_url, now=now)
    return PaymentLinkObject(
        id=row.id,
        url=f"{base_url}/p/{row.slug}",
        status=row.status,
        version=row.version,
        amount_minor=row.amount_minor,
        currency=row.currency,
        description=row.description,
        note=row.note,
        reference=row.reference,
        payments_max=row.payments_max,
        starts_at=None if row.starts_at is None else time_of(row.starts_at),
        due_at=None if row.due_at is None else time_of(row.due_at),
        expires_at=None if row.expires_at is None else time_of(row.expires_at),
        redirect_url=row.redirect_url,
        closed_message=row.closed_message,
        metadata=_read_metadata(row.metadata),
        captured_count=row.captured_count,
        captured_minor=row.captured_minor,
        refunded_minor=row.refunded_minor,
        created_at=time_of(row.created_at),
        updated_at=time_of(row.updated_at),
    )
