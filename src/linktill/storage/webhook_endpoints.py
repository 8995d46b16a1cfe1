"""Merchants' webhook endpoints. Their secrets are sealed (platform/secrets.py) before they come here."""

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, insert, or_, select, update

from linktill.core.events import EventType
from linktill.core.ids import EndpointId, MerchantId
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import webhook_endpoint

ENABLED: Final = "enabled"
DISABLED: Final = "disabled"
DELETED: Final = "deleted"
"""Kept for its deliveries, shown nowhere."""
ENDPOINTS_MAX: Final = 20
"""Of one merchant. Each event makes a delivery for every one of them."""

W: Final = webhook_endpoint.c
_THIS: Final = and_(W.merchant_id == bindparam("merchant_id"), W.id == bindparam("endpoint_id"))
_INSERT: Final = compiled(insert(webhook_endpoint))
_SELECT: Final = compiled(select(webhook_endpoint).where(_THIS, W.status != DELETED))
_OF_MERCHANT: Final = compiled(
    select(webhook_endpoint)
    .where(W.merchant_id == bindparam("merchant_id"), W.status != DELETED)
    .order_by(W.id)
    .limit(ENDPOINTS_MAX)
)
_UPDATE: Final = compiled(
    update(webhook_endpoint)
    .where(_THIS, W.status != DELETED)
    .values(
        url=bindparam("url"),
        description=bindparam("description"),
        event_types=bindparam("event_types"),
        status=bindparam("status"),
        disabled_reason=bindparam("disabled_reason"),
    )
    .returning(W.id)
)
_DISABLE: Final = compiled(
    update(webhook_endpoint)
    .where(_THIS, W.status == ENABLED)
    .values(status=DISABLED, disabled_reason=bindparam("reason"))
    .returning(W.id)
)
_SECRET: Final = compiled(
    update(webhook_endpoint)
    # Run again after a lost answer, it finds its own: else a secret would count that nobody was ever shown.
    .where(_THIS, W.status != DELETED, or_(W.secret == bindparam("before"), W.secret == bindparam("after")))
    .values(secret=bindparam("after"))
    .returning(W.id)
)
_DELETE: Final = compiled(
    update(webhook_endpoint)
    .where(_THIS, W.status != DELETED)
    .values(status=DELETED, secret=b"")
    .returning(W.id)
)


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Where a merchant's program wants to be told. No `event_types`: of everything. `secret` is sealed."""

    merchant_id: MerchantId
    id: EndpointId
    url: str
    description: str
    event_types: tuple[EventType, ...]
    secret: bytes
    status: str
    disabled_reason: str | None
    created_at: int

    @property
    def is_enabled(self) -> bool:
        """Is anything sent to it?"""
        return self.status == ENABLED

    def wants(self, event_type: EventType) -> bool:
        """Is it to be told of such events?"""
        return self.is_enabled and (not self.event_types or event_type in self.event_types)


def _endpoint(row: Row) -> WebhookEndpoint:
    merchant_id, endpoint_id, url, description, event_types, secret, status, disabled_reason, created_at = row
    return WebhookEndpoint(
        merchant_id,
        endpoint_id,
        url,
        description,
        tuple(EventType(name) for name in json.loads(event_types)),
        bytes(secret),
        status,
        disabled_reason,
        created_at,
    )


async def insert_endpoint(tx: Tx, new: WebhookEndpoint) -> None:
    """A new endpoint."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        url=new.url,
        description=new.description,
        event_types=json.dumps(new.event_types),
        secret=new.secret,
        status=new.status,
        disabled_reason=new.disabled_reason,
        created_at=new.created_at,
    )


async def get_endpoint(tx: Tx, merchant_id: MerchantId, endpoint_id: EndpointId) -> WebhookEndpoint | None:
    """The endpoint, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, endpoint_id=endpoint_id)
    return None if row is None else _endpoint(row)


async def endpoints_of(tx: Tx, merchant_id: MerchantId) -> list[WebhookEndpoint]:
    """The merchant's endpoints, oldest first."""
    return [_endpoint(row) for row in await tx.all(_OF_MERCHANT, merchant_id=merchant_id)]


async def update_endpoint(tx: Tx, changed: WebhookEndpoint) -> bool:
    """Writes everything but the secret. False: there is no such endpoint."""
    row = await tx.one(
        _UPDATE,
        merchant_id=changed.merchant_id,
        endpoint_id=changed.id,
        url=changed.url,
        description=changed.description,
        event_types=json.dumps(changed.event_types),
        status=changed.status,
        disabled_reason=changed.disabled_reason,
    )
    return row is not None


async def disable_endpoint(tx: Tx, merchant_id: MerchantId, endpoint_id: EndpointId, *, reason: str) -> bool:
    """Sends nothing there any more. False: it was not enabled."""
    row = await tx.one(_DISABLE, merchant_id=merchant_id, endpoint_id=endpoint_id, reason=reason)
    return row is not None


async def change_secret(tx: Tx, endpoint: WebhookEndpoint, secret: bytes) -> bool:
    """Writes a new sealed secret. False: someone was faster."""
    row = await tx.one(
        _SECRET,
        merchant_id=endpoint.merchant_id,
        endpoint_id=endpoint.id,
        before=endpoint.secret,
        after=secret,
    )
    return row is not None


async def delete_endpoint(tx: Tx, merchant_id: MerchantId, endpoint_id: EndpointId) -> bool:
    """Forgets its secret and shows it nowhere any more. False: there is no such endpoint."""
    row = await tx.one(_DELETE, merchant_id=merchant_id, endpoint_id=endpoint_id)
    return row is not None
