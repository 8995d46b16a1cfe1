"""A merchant closes a link for good, and says what becomes of the money that came for it."""

from enum import StrEnum
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import AttemptId, LinkId, MerchantId, RefundId
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.core.refund import RefundReason
from linktill.flows.capture_payment import let_go
from linktill.flows.manage_links import control_unit
from linktill.flows.refund_payment import RefundAsked, request_refund
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage.attempt_lists import list_attempts
from linktill.storage.database import Tx
from linktill.storage.links import get_link

REFUNDS_MAX: Final = 200
"""So many payments at most are sent back together."""
_NOTE: Final = "The link was canceled."
_BY: Final = "canceling the link"


class Received(StrEnum):
    """What becomes of what was paid before."""

    KEEP = "keep"
    REFUND = "refund"


async def cancel_link(
    services: Services, merchant_id: MerchantId, link_id: LinkId, received: Received | None = None
) -> PaymentLink:
    """Closes the link for good; a payer who has pressed Pay may finish until their checkout ends.

    What is only authorized is let go. `received`: what becomes of the payments; None: they are kept, but where a part of a
    bill is paid this must be said. Raises NotFound, TransitionRefused, FieldInvalid naming `payments`, and GatewayTrouble for
    refunds in a copy.
    """
    if received is Received.REFUND:
        services.standing.check()
    link = await services.database.run(_cancel, moment_of(services), merchant_id, link_id, received)
    services.wake.now()
    return link


def is_partly_paid(link: PaymentLink) -> bool:
    """Has somebody paid a part of it, and is there more to be paid?"""
    has_parts = link.terms.pricing is not None and link.terms.pricing.parts is not None
    return has_parts and link.captured_minor > link.refunded_minor and not link.is_full


async def _cancel(
    tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId, received: Received | None
) -> PaymentLink:
    """Unit: payments before the link, the order in which everybody locks them."""
    before = await get_link(tx, merchant_id, link_id)
    if before is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    if received is None and before.status is not LinkStatus.CANCELED and is_partly_paid(before):
        raise FieldInvalid("payments", "A part of it is paid. Say what becomes of that: keep or refund.")
    if before.status is not LinkStatus.CANCELED:
        await let_go(tx, moment, merchant_id, link_id, _BY)
    if received is not Received.REFUND or before.status is LinkStatus.CANCELED:
        return await control_unit(tx, moment, merchant_id, link_id, LinkStatus.CANCELED)
    await _send_back(tx, moment, merchant_id, link_id)
    link = await control_unit(tx, moment, merchant_id, link_id, LinkStatus.CANCELED)
    # Whoever was faster than the lock has paid for a link that is canceled now.
    await _send_back(tx, moment, merchant_id, link_id)
    return link


async def _send_back(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> None:
    paid = await list_attempts(
        tx, merchant_id, limit=REFUNDS_MAX + 1, link_id=link_id, status=AttemptStatus.CAPTURED
    )
    if len(paid) > REFUNDS_MAX:
        words = f"More than {REFUNDS_MAX} payments are not refunded at once. Keep them, and refund them from their list."
        raise FieldInvalid("payments", words)
    for attempt in sorted(paid, key=lambda each: each.id):
        if attempt.refundable_minor:
            await request_refund(tx, moment, merchant_id, _all_of(attempt))


def _all_of(attempt: PaymentAttempt) -> RefundAsked:
    """Its id follows from the payment's: run again, the unit finds its own, and a link is canceled only once."""
    refund_id = RefundId(prefixes.REFUND + AttemptId(attempt.id).removeprefix(prefixes.ATTEMPT))
    return RefundAsked(refund_id, attempt.id, None, RefundReason.OTHER, _NOTE)
