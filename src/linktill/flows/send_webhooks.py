"""An endpoint's turn: tells it of its events, the oldest first, a few at once."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.events import Event, EventType
from linktill.core.ids import EndpointId, MerchantId
from linktill.core.merchant import Mode
from linktill.flows.announce import Subject, announce
from linktill.flows.endpoint_objects import endpoint_object
from linktill.flows.endpoint_secrets import unseal
from linktill.flows.representations import event_object, json_text
from linktill.flows.services import Moment, Services
from linktill.flows.take_turn import (
    Channels,
    Courier,
    Outcome,
    Settled,
    Verdict,
    hold_turn,
    settle_queue,
    take_rows,
)
from linktill.notify.merchant_webhook import Answer, Message, Receiver, post
from linktill.platform.secrets import SealBroken
from linktill.storage import webhook_deliveries as deliveries
from linktill.storage.database import Tx
from linktill.storage.merchants import get_merchant
from linktill.storage.outbox import Promise
from linktill.storage.queues import Queued
from linktill.storage.webhook_endpoints import WebhookEndpoint, disable_endpoint, get_endpoint

KIND: Final = "webhook"
"""The outbox kind whose subject is a delivery."""
AT_ONCE: Final = 8
"""POSTs to one endpoint at the same time."""
DROPPED_AT_ONCE: Final = 200
"""Deliveries to an endpoint that is off; nothing is sent."""
GONE: Final = "It answered that it is gone (410)."


@dataclass(frozen=True, slots=True)
class Load:
    """What to tell whom. `endpoint` None: the merchant removed it."""

    endpoint: WebhookEndpoint | None
    mode: Mode
    events: dict[str, Event]


def courier(channels: Channels) -> Courier[Load]:
    """How endpoints are told."""
    return Courier(_take, partial(_send, channels), _settle)


async def _take(tx: Tx, turn: Promise) -> tuple[Load, list[Queued]] | None:
    endpoint = await get_endpoint(tx, turn.merchant_id, EndpointId(turn.subject_id))
    is_on = endpoint is not None and endpoint.is_enabled
    limit = AT_ONCE if is_on else DROPPED_AT_ONCE
    rows = await take_rows(tx, turn, prefix=prefixes.DELIVERY, limit=limit)
    if not rows:
        return None
    events = await deliveries.events_to_deliver(tx, turn.merchant_id, [row.subject_id for row in rows])
    owner = await get_merchant(tx, turn.merchant_id)
    assert owner is not None, "merchants are never removed"
    return Load(endpoint, owner.mode, events), rows


async def _send(channels: Channels, services: Services, load: Load, row: Queued) -> Outcome:
    endpoint = load.endpoint
    if endpoint is None or not endpoint.is_enabled:
        why = "was removed" if endpoint is None else "is switched off"
        return Outcome(row, Verdict.DEAD, f"The endpoint {why}.", is_sent=False)
    now = services.clock.now_us()
    try:
        secrets = unseal(services.vault, endpoint.merchant_id, endpoint.id, endpoint.secret)
    except SealBroken:
        error = "The endpoint's secret cannot be opened with this installation's key."
        return Outcome(row, Verdict.AGAIN, error, is_sent=False)
    event = load.events[row.subject_id]
    answer = await post(
        channels.http,
        Receiver(endpoint.url, secrets.signing(now), channels.may_be_private),
        Message(event.id, json_text(event_object(event, load.mode))),
        now=now,
    )
    return _outcome(row, answer)


def _outcome(row: Queued, answer: Answer) -> Outcome:
    if answer.error is None:
        return Outcome(row, Verdict.DONE, None, answer.status, answer.body)
    if answer.is_gone:
        return Outcome(row, Verdict.DEAD, GONE, answer.status, answer.body, is_gone=True)
    return Outcome(
        row, Verdict.AGAIN, answer.error, answer.status, answer.body, rest_s=answer.retry_after_s or 0
    )


async def _settle(tx: Tx, moment: Moment, turn: Promise, settled: Settled) -> bool:
    if not await hold_turn(tx, turn):
        return False
    for outcome in settled.outcomes:
        await deliveries.record_try(tx, turn.merchant_id, _tried(outcome), now=moment.now)
    if any(outcome.is_gone for outcome in settled.outcomes):
        await _disable(tx, moment, turn.merchant_id, EndpointId(turn.subject_id))
    return await settle_queue(tx, turn, settled)


def _tried(outcome: Outcome) -> deliveries.Tried:
    status = {
        Verdict.DONE: deliveries.DELIVERED,
        Verdict.AGAIN: deliveries.PENDING,
        Verdict.DEAD: deliveries.DEAD,
    }[outcome.verdict]
    return deliveries.Tried(
        outcome.row.subject_id, status, int(outcome.is_sent), outcome.status, outcome.body, outcome.error
    )


async def _disable(tx: Tx, moment: Moment, merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Once, however many answers said so; and somebody is told."""
    if not await disable_endpoint(tx, merchant_id, endpoint_id, reason=GONE):
        return
    endpoint = await get_endpoint(tx, merchant_id, endpoint_id)
    assert endpoint is not None, "it was disabled by this unit"
    await announce(
        tx, moment, EventType.ENDPOINT_DISABLED, Subject(merchant_id, endpoint_id), endpoint_object(endpoint)
    )
