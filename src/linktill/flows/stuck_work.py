"""Stuck work: a webhook of a gateway, or news to tell, that was tried for a day and given up. A person tries it again."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound
from linktill.core.ids import AttemptId, MerchantId, RefundId
from linktill.flows.services import Services
from linktill.gateways.contract import Hint
from linktill.storage import attempts, inbox, outbox, refunds
from linktill.storage.database import Tx
from linktill.storage.inbox import DeadReceived

_read_hint: Final = msgspec.json.Decoder(Hint).decode


@dataclass(frozen=True, slots=True)
class StuckWork:
    """`kind`: what a gateway told (`webhook`), or what is to be told (`news`). `payment_id` None: of no payment that we know."""

    merchant_id: MerchantId
    id: str
    kind: Literal["webhook", "news"]
    event_type: str
    payment_id: AttemptId | None
    since: int
    tries: int
    error: str


async def list_stuck(services: Services, merchant_id: MerchantId) -> list[StuckWork]:
    """All of it, newest first; at most `SHOWN_MAX` of each kind."""
    return await services.database.report(_list, merchant_id)


async def _list(tx: Tx, merchant_id: MerchantId) -> list[StuckWork]:
    found = [
        StuckWork(
            merchant_id,
            dead.id,
            "webhook",
            dead.event_type,
            await _payment_of(tx, merchant_id, dead),
            dead.received_at,
            dead.tries,
            dead.last_error,
        )
        for dead in await inbox.list_dead(tx, merchant_id)
    ]
    found += [
        StuckWork(
            merchant_id,
            dead.id,
            "news",
            dead.event_type or "",
            dead.attempt_id,
            dead.created_at,
            dead.tries,
            dead.last_error,
        )
        for dead in await outbox.list_dead(tx, merchant_id)
    ]
    return sorted(found, key=lambda work: work.since, reverse=True)


async def _payment_of(tx: Tx, merchant_id: MerchantId, dead: DeadReceived) -> AttemptId | None:
    try:
        hint = _read_hint(dead.hint)
    except msgspec.MsgspecError:
        return None  # this may be why it is stuck, and must not hide the rest
    if hint.payment_ref is not None:
        known = await attempts.find_by_gateway_ref(tx, merchant_id, dead.gateway_account_id, hint.payment_ref)
        if known is not None:
            return known
    if hint.reference is None:
        return None
    refund = await refunds.get_refund(tx, merchant_id, RefundId(hint.reference))
    attempt_id = AttemptId(hint.reference) if refund is None else refund.attempt_id
    attempt = await attempts.get_attempt(tx, merchant_id, attempt_id)
    return None if attempt is None else attempt.id


async def count_stuck(tx: Tx, merchant_id: MerchantId) -> int:
    """How much there is."""
    return await inbox.count_dead(tx, merchant_id) + await outbox.count_dead(tx, merchant_id)


async def retry_stuck(services: Services, merchant_id: MerchantId, work_id: str) -> None:
    """The worker tries it again next, from the start. Raises NotFound, and GatewayTrouble where nothing may be sent yet."""
    services.standing.check()
    if not await services.database.run(_retry, merchant_id, work_id, services.clock.now_us()):
        raise NotFound(f"Nothing is stuck under {work_id[:80]}.")
    services.wake.now()


async def _retry(tx: Tx, merchant_id: MerchantId, work_id: str, now: int) -> bool:
    if work_id.startswith(prefixes.INBOX):
        return await inbox.revive(tx, merchant_id, work_id, now=await tx.database_time())
    return await outbox.revive(tx, merchant_id, work_id, now=now)
