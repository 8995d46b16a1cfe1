"""Keeps the words by which things are found: of what happens, when its event is told; of what was there before, by a step of
the worker. Neither is in the way of a payment or of a new link.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from linktill.core.events import Event, EventType
from linktill.core.ids import MerchantId
from linktill.flows.services import Services
from linktill.storage import search_tokens
from linktill.storage.database import Tx
from linktill.storage.search_tokens import KINDS, Filling

BATCH_MAX: Final = 500

_ENTERS: Final[Mapping[EventType, str]] = MappingProxyType(
    {
        EventType.LINK_CREATED: "link",
        EventType.LINK_UPDATED: "link",
        EventType.PAYMENT_STARTED: "payment",
        EventType.PAYMENT_REQUIRES_ACTION: "payment",
        EventType.PAYMENT_AUTHORIZED: "payment",
        EventType.PAYMENT_CAPTURED: "payment",
        EventType.PAYMENT_QUARANTINED: "payment",
        EventType.MONEY_RECORDED: "payment",
        EventType.DISPUTE_OPENED: "dispute",
        EventType.DISPUTE_UPDATED: "dispute",
        EventType.PAYOUT_PAID: "payout",
        EventType.PAYOUT_FAILED: "payout",
        EventType.PAYOUT_CANCELED: "payout",
        EventType.COUPON_CREATED: "coupon",
        EventType.COUPON_UPDATED: "coupon",
    }
)
"""What an event enters anew: what may be known of a thing that was not known before."""


async def enter_events(services: Services, merchant_id: MerchantId, events: Sequence[Event]) -> None:
    """The things that these events are about are found as they are now."""
    things: dict[str, set[str]] = {}
    for event in events:
        kind = _ENTERS.get(event.type)
        if kind is not None:
            things.setdefault(kind, set()).add(event.object_id)
    if things:
        await services.database.run(_enter, merchant_id, things)


async def _enter(tx: Tx, merchant_id: MerchantId, things: Mapping[str, set[str]]) -> None:
    await search_tokens.lock_filling(tx, merchant_id)
    for kind, object_ids in things.items():
        await search_tokens.enter(tx, merchant_id, kind, sorted(object_ids))


async def fill_search(services: Services) -> int:
    """Goes over what was there before, within bounds, and from where it stopped; answers how many things it entered."""
    entered = 0
    for merchant_id in await services.database.read(search_tokens.unfilled):
        entered += await services.database.run(_fill, merchant_id)
    return entered


async def _fill(tx: Tx, merchant_id: MerchantId) -> int:
    """Unit: as many of the next things as fit into a batch."""
    so_far, entered = await search_tokens.lock_filling(tx, merchant_id), 0
    while so_far.kind is not None and entered < BATCH_MAX:
        limit = BATCH_MAX - entered
        ids = await search_tokens.ids_after(tx, merchant_id, so_far, limit=limit)
        if ids:
            await search_tokens.enter(tx, merchant_id, so_far.kind, ids)
            entered += len(ids)
        so_far = Filling(so_far.kind, ids[-1]) if len(ids) == limit else _next(so_far.kind)
    await search_tokens.note_filling(tx, merchant_id, so_far)
    return entered


def _next(kind: str) -> Filling:
    following = KINDS.index(kind) + 1
    return Filling(KINDS[following] if following < len(KINDS) else None, "")
