"""What the company tells its merchants: an event is queued in the same database transaction as the change it tells of."""

import hashlib
import hmac
from typing import Any, Final

import msgspec

from linktill.sandbox.cards import Webhooks
from linktill.sandbox.database import Tx
from linktill.sandbox.rules import LATE_US, OUT_OF_ORDER_US

SIGNATURE_HEADER: Final = "sandbox-signature"

_DELAYS: Final = {
    Webhooks.PROMPT: (0,),
    Webhooks.LATE: (LATE_US,),
    Webhooks.DOUBLED: (0, 0),
    Webhooks.OUT_OF_ORDER: (0,),
    Webhooks.LOST: (),
}
"""How long after the event its deliveries start; one delivery each."""


def announce(
    tx: Tx, account_id: str, kind: str, shown: dict[str, Any], webhooks: Webhooks = Webhooks.PROMPT
) -> None:
    """Queues an event about an object as it is now."""
    _queue(tx, account_id, kind, shown, _DELAYS[webhooks])


def announce_captured(tx: Tx, account_id: str, shown: dict[str, Any], webhooks: Webhooks) -> None:
    """Queues `payment.captured`; out of order means that `payment.processing` is sent after it."""
    if webhooks is Webhooks.OUT_OF_ORDER:
        before = {**shown, "status": "processing", "fee_minor": None, "captured_at": None}
        _queue(tx, account_id, "payment.processing", before, (OUT_OF_ORDER_US,))
    announce(tx, account_id, "payment.captured", shown, webhooks)


def signature(secret: str, timestamp_s: int, body: bytes) -> str:
    """The value of `Sandbox-Signature`."""
    signed = f"{timestamp_s}.".encode() + body
    return f"t={timestamp_s},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _queue(tx: Tx, account_id: str, kind: str, shown: dict[str, Any], delays: tuple[int, ...]) -> None:
    event_id = tx.ids.new("sbevt_")
    event = {"id": event_id, "object": "event", "type": kind, "created_at": tx.now, "data": {"object": shown}}
    tx.run(
        "INSERT INTO event (id, account_id, body, created_at) VALUES (:id, :account_id, :body, :now)",
        id=event_id,
        account_id=account_id,
        body=msgspec.json.encode(event),
        now=tx.now,
    )
    for delay in delays:
        tx.run(
            "INSERT INTO delivery (event_id, tries, due_at) VALUES (:event_id, 0, :due_at)",
            event_id=event_id,
            due_at=tx.now + delay,
        )
    tx.wake = True
