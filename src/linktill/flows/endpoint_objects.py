"""Webhook endpoints and deliveries as programs see them."""

from datetime import datetime
from typing import Literal

import msgspec

from linktill.flows.representations import time_of, time_or_none
from linktill.storage.webhook_deliveries import WebhookDelivery
from linktill.storage.webhook_endpoints import WebhookEndpoint


class WebhookEndpointObject(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook endpoint. No `event_types`: it is told of everything. `secret` only right after it was made."""

    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    id: str
    url: str
    description: str
    event_types: list[str]
    status: str
    disabled_reason: str | None
    created_at: datetime
    secret: str | msgspec.UnsetType = msgspec.UNSET


class WebhookDeliveryObject(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint, and what the endpoint answered last."""

    object: Literal["webhook_delivery"] = "webhook_delivery"
    id: str
    webhook_endpoint_id: str
    event_id: str
    event_type: str
    status: str
    tries: int
    response_status: int | None
    response_body: str | None
    last_error: str | None
    next_try_at: datetime | None
    created_at: datetime
    updated_at: datetime


def endpoint_object(endpoint: WebhookEndpoint, *, secret: str | None = None) -> WebhookEndpointObject:
    """The endpoint as stored, with its secret if it was just made."""
    return WebhookEndpointObject(
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        event_types=[event_type.value for event_type in endpoint.event_types],
        status=endpoint.status,
        disabled_reason=endpoint.disabled_reason,
        created_at=time_of(endpoint.created_at),
        secret=msgspec.UNSET if secret is None else secret,
    )


def delivery_object(delivery: WebhookDelivery) -> WebhookDeliveryObject:
    """The delivery as stored."""
    return WebhookDeliveryObject(
        id=delivery.id,
        webhook_endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        status=delivery.status,
        tries=delivery.tries,
        response_status=delivery.response_status,
        response_body=delivery.response_body,
        last_error=delivery.last_error,
        next_try_at=time_or_none(delivery.next_at),
        created_at=time_of(delivery.created_at),
        updated_at=time_of(delivery.updated_at),
    )
