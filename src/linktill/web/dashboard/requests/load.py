"""Requests as pages show them."""

from collections.abc import Sequence
from typing import Final

from linktill.core.ids import MerchantId
from linktill.core.link_request import LinkRequest, RequestStatus
from linktill.core.payment_link import LinkStatus, PaymentLink, standing
from linktill.storage.database import Tx
from linktill.storage.link_lists import descriptions_of
from linktill.storage.link_requests import RequestFilter, count_open, list_requests
from linktill.web.dashboard.requests.view import LinkRequests, RequestRow

SHOWN: Final = 20
"""Requests on a link's page."""
_EXTENDABLE: Final = frozenset({LinkStatus.EXPIRED, LinkStatus.SOLD_OUT})


async def request_rows(
    tx: Tx, merchant_id: MerchantId, requests: Sequence[LinkRequest]
) -> tuple[RequestRow, ...]:
    """Unit: requests of one merchant with what their links were for."""
    if not requests:
        return ()
    words = await descriptions_of(tx, merchant_id, list({request.link_id for request in requests}))
    return tuple(
        RequestRow(
            request.id,
            request.link_id,
            words[request.link_id],
            request.status.value,
            request.email,
            request.name,
            request.message,
            request.answer_link_id,
            request.created_at,
        )
        for request in requests
    )


async def link_requests_of(tx: Tx, link: PaymentLink, now: int) -> LinkRequests | None:
    """Unit: who waits for an answer about this link; None: nobody."""
    wanted = RequestFilter(link.id, RequestStatus.OPEN)
    found = await list_requests(tx, link.merchant_id, limit=SHOWN, wanted=wanted)
    if not found:
        return None
    count = len(found) if len(found) < SHOWN else await count_open(tx, link.merchant_id, link.id)
    status = standing(link, now)
    return LinkRequests(
        await request_rows(tx, link.merchant_id, found),
        count,
        may_tell=status is LinkStatus.ACTIVE,
        may_extend=status in _EXTENDABLE,
    )
