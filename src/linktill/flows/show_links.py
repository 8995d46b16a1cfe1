"""Pages of links as programs see them, without making a link of each row first.

The same objects as `representations.link_object` makes (a test holds them against each other), at a fourth of the price:
a page has up to a hundred, and nothing is decided about any of them. Tags and notes of all of them are read at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import msgspec
from msgspec.structs import fields

from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import NOT_FILED, Filing
from linktill.core.payers_language import AUTO
from linktill.flows.manage_links import PAGE_MAX, find_links
from linktill.flows.pricing_objects import PLAIN_PRICING
from linktill.flows.representations import PaymentLinkObject, link_object
from linktill.flows.services import Services
from linktill.storage.database import Tx
from linktill.storage.link_filing import filings_of
from linktill.storage.link_lists import EVERY_LINK, LinkFilter
from linktill.storage.link_rows import BEFORE_ALL, LinkRow, id_of, list_link_rows
from linktill.storage.links import link_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_read_metadata: Final = msgspec.json.Decoder(dict[str, str]).decode
_shown: Final = cast(
    "Callable[..., msgspec.Struct]",
    msgspec.defstruct(
        "ShownLink", [(each.name, each.type) for each in fields(PaymentLinkObject)], gc=False, frozen=True
    ),
)
"""The very fields of PaymentLinkObject, but given in order: naming all of them costs more than all the rest."""


@dataclass(frozen=True, slots=True)
class ShownLinks:
    """One page; `next_cursor` None: there are no more."""

    links: Sequence[msgspec.Struct]
    next_cursor: LinkId | None


async def show_links(
    services: Services,
    merchant_id: MerchantId,
    *,
    limit: int,
    wanted: LinkFilter = EVERY_LINK,
    before: LinkId | None = None,
) -> ShownLinks:
    """As `find_links`, ready to be sent."""
    now, base_url = services.clock.now_us(), services.origin_of(merchant_id)
    if wanted.needs_report:
        found = await find_links(services, merchant_id, limit=limit, wanted=wanted, before=before)
        objects = [
            link_object(link, found.filings.get(link.id, NOT_FILED), base_url=base_url, now=now)
            for link in found.links
        ]
        return ShownLinks(objects, found.next_cursor)
    limit = max(1, min(limit, PAGE_MAX))
    rows, filings = await services.database.read(
        _rows, merchant_id, wanted, limit=limit + 1, before=before or BEFORE_ALL
    )
    next_cursor = id_of(rows[limit - 1]) if len(rows) > limit else None
    shown = [shown_link(row, filings.get(id_of(row), NOT_FILED), base_url, now) for row in rows[:limit]]
    return ShownLinks(shown, next_cursor)


async def _rows(
    tx: Tx, merchant_id: MerchantId, wanted: LinkFilter, *, limit: int, before: LinkId
) -> tuple[list[LinkRow], dict[LinkId, Filing]]:
    rows = await list_link_rows(tx, merchant_id, limit=limit, before=before, status=wanted.status)
    return rows, await filings_of(tx, merchant_id, [id_of(row) for row in rows])


def shown_link(row: LinkRow, filing: Filing, base_url: str, now: int) -> msgspec.Struct:
    """The link as it stands at `now`: what `link_object` would make, field by field."""
    (_merchant_id, link_id, slug, status, version, amount_minor, currency, description, note, reference, payments_max,
     starts_at, due_at, expires_at, redirect_url, closed_message, metadata, allowed, denied, pricing, asking,
     capture_method, localization, _amount_max, _full_at, _slots_taken, _taken_minor, captured_count, captured_minor,
     refunded_minor, _is_out, _keeps_count, created_at, updated_at, wake_at) = row  # fmt: skip
    if pricing or asking or localization or (wake_at is not None and wake_at <= now):
        # It has more than a price, asks for more or says it in more languages, or the clock has overtaken the stored status: the
        # rules must say where it stands.
        return link_object(link_of(row), filing, base_url=base_url, now=now)
    made = _EPOCH + timedelta(0, 0, created_at)
    return _shown(
        "payment_link",
        link_id,
        f"{base_url}/p/{slug}",
        status,
        version,
        amount_minor,
        amount_minor,
        currency,
        description,
        note,
        reference,
        payments_max,
        None if starts_at is None else _EPOCH + timedelta(0, 0, starts_at),
        None if due_at is None else _EPOCH + timedelta(0, 0, due_at),
        None if expires_at is None else _EPOCH + timedelta(0, 0, expires_at),
        redirect_url,
        closed_message,
        _read_metadata(metadata) if metadata != "{}" else {},
        allowed.split() if allowed else (),
        denied.split() if denied else (),
        *PLAIN_PRICING,
        (),
        None,
        (),
        capture_method or "automatic",
        AUTO,
        {},
        captured_count,
        captured_minor,
        refunded_minor,
        None,
        made,
        made if updated_at == created_at else _EPOCH + timedelta(0, 0, updated_at),
        filing.tags,
        filing.internal_note,
        filing.customer_id,
        filing.takes_requests,
    )
