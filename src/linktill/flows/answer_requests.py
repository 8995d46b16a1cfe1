"""The merchant answers who asked for a new link: with a link that can be paid, which is mailed to them, or not at all."""

from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import LinkId, LinkRequestId, MerchantId
from linktill.core.link_request import LinkRequest, RequestStatus, answered, dismissed
from linktill.core.payment_link import LinkStatus, PaymentLink, standing
from linktill.flows.announce import Subject, announce
from linktill.flows.request_objects import request_object
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import link_requests
from linktill.storage.database import Tx
from linktill.storage.link_requests import BEFORE_ALL, EVERY_REQUEST, RequestFilter
from linktill.storage.links import get_link

PAGE_MAX: Final = 100
_AT_ONCE: Final = 50
"""Payers who are told in one unit."""


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One page of a list; `next_cursor` None: there are no more."""

    requests: list[LinkRequest]
    next_cursor: LinkRequestId | None


async def find_requests(
    services: Services,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    wanted: RequestFilter = EVERY_REQUEST,
) -> RequestPage:
    """Newest first. `limit` is at most 100."""
    limit = max(1, min(limit, PAGE_MAX))
    found = await services.database.read(
        link_requests.list_requests, merchant_id, limit=limit + 1, before=before, wanted=wanted
    )
    shown = found[:limit]
    return RequestPage(shown, shown[-1].id if len(found) > limit else None)


async def read_request(services: Services, merchant_id: MerchantId, request_id: LinkRequestId) -> LinkRequest:
    """The request. Raises NotFound."""
    found = await services.database.read(link_requests.get_request, merchant_id, request_id)
    if found is None:
        raise _no_request(request_id)
    return found


async def answer_request(
    services: Services, merchant_id: MerchantId, request_id: LinkRequestId, link_id: LinkId
) -> LinkRequest:
    """Sends the payer this link. Raises NotFound, FieldInvalid for a link that is not there, and TransitionRefused."""
    done = await services.database.run(answer_unit, moment_of(services), merchant_id, request_id, link_id)
    services.wake.now()
    return done


async def dismiss_request(
    services: Services, merchant_id: MerchantId, request_id: LinkRequestId
) -> LinkRequest:
    """Puts it aside; the payer is not told. Raises NotFound and TransitionRefused."""
    done = await services.database.run(dismiss_unit, moment_of(services), merchant_id, request_id)
    services.wake.now()
    return done


async def tell_everybody(services: Services, merchant_id: MerchantId, link_id: LinkId) -> int:
    """Tells all who asked about this link that it can be paid again; how many they are. Raises as `answer_request`."""
    told = 0
    while True:
        several = await services.database.run(_tell, moment_of(services), merchant_id, link_id)
        told += several
        services.wake.now()
        if several < _AT_ONCE:
            return told


async def answer_unit(
    tx: Tx, moment: Moment, merchant_id: MerchantId, request_id: LinkRequestId, link_id: LinkId
) -> LinkRequest:
    """Unit: as `answer_request`."""
    before = await _locked(tx, merchant_id, request_id)
    return await _answer(tx, moment, before, link_id, await _status(tx, moment, merchant_id, link_id))


async def answer_with_new(tx: Tx, moment: Moment, link: PaymentLink, request_id: LinkRequestId) -> None:
    """Unit: the link that was just made for somebody is sent to them, if it can be paid and they still wait for it."""
    before = await link_requests.lock_request(tx, link.merchant_id, request_id)
    if (
        before is not None
        and before.status is RequestStatus.OPEN
        and standing(link, moment.now) is LinkStatus.ACTIVE
    ):
        await _answer(tx, moment, before, link.id, LinkStatus.ACTIVE)


async def dismiss_unit(
    tx: Tx, moment: Moment, merchant_id: MerchantId, request_id: LinkRequestId
) -> LinkRequest:
    """Unit: as `dismiss_request`."""
    before = await _locked(tx, merchant_id, request_id)
    after = dismissed(before, now=moment.now)
    if after != before:
        await _close(tx, moment, EventType.REQUEST_DISMISSED, after)
    return after


async def _tell(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> int:
    status = await _status(tx, moment, merchant_id, link_id)
    waiting = await link_requests.open_of_link(tx, merchant_id, link_id, limit=_AT_ONCE)
    if status is not LinkStatus.ACTIVE:
        raise TransitionRefused("Nobody could pay this link now. Open it again first, then tell them.")
    for request_id in waiting:
        before = await _locked(tx, merchant_id, request_id)
        if before.status is RequestStatus.OPEN:  # else somebody was faster
            await _answer(tx, moment, before, link_id, status)
    return len(waiting)


async def _answer(
    tx: Tx, moment: Moment, before: LinkRequest, link_id: LinkId, status: LinkStatus
) -> LinkRequest:
    after = answered(before, link_id, status, now=moment.now)
    if after != before:
        await _close(tx, moment, EventType.REQUEST_ANSWERED, after)
    return after


async def _close(tx: Tx, moment: Moment, event: EventType, after: LinkRequest) -> None:
    await link_requests.close_request(tx, after)
    await announce(tx, moment, event, Subject(after.merchant_id, after.id), request_object(after))


async def _locked(tx: Tx, merchant_id: MerchantId, request_id: LinkRequestId) -> LinkRequest:
    found = await link_requests.lock_request(tx, merchant_id, request_id)
    if found is None:
        raise _no_request(request_id)
    return found


async def _status(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> LinkStatus:
    link = await get_link(tx, merchant_id, link_id)
    if link is None:
        raise FieldInvalid("payment_link", f"There is no payment link {link_id[:80]}.")
    return standing(link, moment.now)


def _no_request(request_id: LinkRequestId) -> NotFound:
    return NotFound(f"There is no request {request_id[:80]}.", param="id")
