"""Webhook endpoints: where a merchant's program is told of events, with which secret, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.errors import FieldInvalid, NotFound, TooMany, TransitionRefused, VersionConflict
from linktill.core.events import EventType
from linktill.core.ids import DeliveryId, EndpointId, MerchantId
from linktill.flows.endpoint_secrets import EndpointSecrets, new_secret, seal, unseal
from linktill.flows.send_webhooks import KIND
from linktill.flows.services import Services
from linktill.platform.addresses import UrlRefused, parse_target
from linktill.platform.http import PORTS
from linktill.storage import queues, webhook_deliveries, webhook_endpoints
from linktill.storage.database import Tx
from linktill.storage.merchants import lock_merchant
from linktill.storage.webhook_deliveries import WebhookDelivery
from linktill.storage.webhook_endpoints import DISABLED, ENABLED, ENDPOINTS_MAX, WebhookEndpoint

DESCRIPTION_MAX: Final = 200
SWITCHED_OFF: Final = "Switched off by the merchant."


@dataclass(frozen=True, slots=True)
class EndpointTerms:
    """What a merchant sets. No `event_types`: everything. `may_be_private` is the operator's setting, not the merchant's."""

    url: str
    description: str = ""
    event_types: Sequence[str] = ()
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class WithSecret:
    """An endpoint with its secret in the clear: shown once, kept by nobody."""

    endpoint: WebhookEndpoint
    secret: str


async def create_endpoint(
    services: Services, merchant_id: MerchantId, terms: EndpointTerms, *, may_be_private: bool
) -> WithSecret:
    """A new endpoint and its secret. Raises FieldInvalid and TooMany."""
    event_types = _checked(services, terms, may_be_private=may_be_private)
    endpoint_id = EndpointId(services.ids.new(prefixes.ENDPOINT))
    secret = new_secret(services.randomness)
    endpoint = WebhookEndpoint(
        merchant_id,
        endpoint_id,
        terms.url,
        terms.description,
        event_types,
        seal(services.vault, merchant_id, endpoint_id, EndpointSecrets(secret)),
        ENABLED if terms.is_enabled else DISABLED,
        None if terms.is_enabled else SWITCHED_OFF,
        services.clock.now_us(),
    )
    await services.database.run(_create, endpoint)
    return WithSecret(endpoint, secret)


async def _create(tx: Tx, endpoint: WebhookEndpoint) -> None:
    await lock_merchant(tx, endpoint.merchant_id)  # two who make the last one must not both count one too few
    known = await webhook_endpoints.endpoints_of(tx, endpoint.merchant_id)
    if any(other.id == endpoint.id for other in known):
        return  # the unit is run again, and its first run was kept
    if len(known) >= ENDPOINTS_MAX:
        raise TooMany(f"There can be {ENDPOINTS_MAX} webhook endpoints. Remove one that is not needed.")
    await webhook_endpoints.insert_endpoint(tx, endpoint)


async def get_endpoint(
    services: Services, merchant_id: MerchantId, endpoint_id: EndpointId
) -> WebhookEndpoint:
    """The endpoint. Raises NotFound."""
    return await services.database.read(_known, merchant_id, endpoint_id)


async def list_endpoints(services: Services, merchant_id: MerchantId) -> list[WebhookEndpoint]:
    """The merchant's endpoints, oldest first."""
    return await services.database.read(webhook_endpoints.endpoints_of, merchant_id)


async def update_endpoint(
    services: Services,
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    terms: EndpointTerms,
    *,
    may_be_private: bool,
) -> WebhookEndpoint:
    """The endpoint under new terms. What waits for one that is switched off is given up, and can be replayed later."""
    event_types = _checked(services, terms, may_be_private=may_be_private)
    return await services.database.run(_update, merchant_id, endpoint_id, terms, event_types)


async def _update(
    tx: Tx,
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    terms: EndpointTerms,
    event_types: tuple[EventType, ...],
) -> WebhookEndpoint:
    before = await _known(tx, merchant_id, endpoint_id)
    changed = replace(before, url=terms.url, description=terms.description, event_types=event_types)
    if terms.is_enabled:
        changed = replace(changed, status=ENABLED, disabled_reason=None)
    elif before.is_enabled:
        changed = replace(changed, status=DISABLED, disabled_reason=SWITCHED_OFF)
    if not await webhook_endpoints.update_endpoint(tx, changed):
        raise _not_found()
    return changed


async def delete_endpoint(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Tells it nothing any more, and forgets its secret. Raises NotFound."""
    if not await services.database.run(webhook_endpoints.delete_endpoint, merchant_id, endpoint_id):
        raise _not_found()


async def rotate_secret(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId) -> WithSecret:
    """A new secret; for a day the old one signs too. Raises NotFound and VersionConflict."""
    endpoint = await get_endpoint(services, merchant_id, endpoint_id)
    secrets = unseal(services.vault, merchant_id, endpoint_id, endpoint.secret)
    secret = new_secret(services.randomness)
    sealed = seal(
        services.vault, merchant_id, endpoint_id, secrets.renewed(secret, now=services.clock.now_us())
    )
    if not await services.database.run(webhook_endpoints.change_secret, endpoint, sealed):
        raise VersionConflict("Somebody else changed the secret just now. Look again before you renew it.")
    return WithSecret(replace(endpoint, secret=sealed), secret)


async def list_deliveries(
    services: Services,
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    *,
    limit: int,
    before: str = webhook_deliveries.BEFORE_ALL,
) -> list[WebhookDelivery]:
    """What the endpoint was told, newest first. Raises NotFound."""
    return await services.database.read(_deliveries, merchant_id, endpoint_id, limit, before)


async def _deliveries(
    tx: Tx, merchant_id: MerchantId, endpoint_id: EndpointId, limit: int, before: str
) -> list[WebhookDelivery]:
    await _known(tx, merchant_id, endpoint_id)
    return await webhook_deliveries.list_deliveries(tx, merchant_id, endpoint_id, limit=limit, before=before)


async def replay_delivery(
    services: Services, merchant_id: MerchantId, delivery_id: DeliveryId
) -> WebhookDelivery:
    """Tells it again, from the first try on, under the same `webhook-id`. One that is being tried stays as it is.

    Raises NotFound, and TransitionRefused when its endpoint is off.
    """
    replayed = await services.database.run(_replay, merchant_id, delivery_id, services.clock.now_us())
    services.wake.now()
    return replayed


async def _replay(tx: Tx, merchant_id: MerchantId, delivery_id: DeliveryId, now: int) -> WebhookDelivery:
    delivery = await webhook_deliveries.get_delivery(tx, merchant_id, delivery_id)
    if delivery is None:
        raise NotFound("There is no such webhook delivery.")
    endpoint = await _known(tx, merchant_id, delivery.endpoint_id)
    if not endpoint.is_enabled:
        raise TransitionRefused("The endpoint is switched off. Switch it on before you replay.")
    if await webhook_deliveries.replay_delivery(tx, merchant_id, delivery_id, now=now) is not None:
        await queues.enqueue(tx, merchant_id, endpoint.id, kind=KIND, subject_id=delivery_id, now=now)
    replayed = await webhook_deliveries.get_delivery(tx, merchant_id, delivery_id)
    assert replayed is not None, "deliveries are never deleted"
    return replayed


async def _known(tx: Tx, merchant_id: MerchantId, endpoint_id: EndpointId) -> WebhookEndpoint:
    endpoint = await webhook_endpoints.get_endpoint(tx, merchant_id, endpoint_id)
    if endpoint is None:
        raise _not_found()
    return endpoint


def _not_found() -> NotFound:
    return NotFound("There is no such webhook endpoint.")


def _checked(services: Services, terms: EndpointTerms, *, may_be_private: bool) -> tuple[EventType, ...]:
    _check_url(terms.url, services.base_url, may_be_private=may_be_private)
    if len(terms.description) > DESCRIPTION_MAX:
        raise FieldInvalid("description", f"The description must have at most {DESCRIPTION_MAX} characters.")
    for param, text in (("url", terms.url), ("description", terms.description)):
        if has_card_number(text):
            raise FieldInvalid(param, REMOVE_IT)
    known = {event_type.value: event_type for event_type in EventType}
    for name in terms.event_types:
        if name not in known:
            raise FieldInvalid(
                "event_types", f"There is no event {name[:60]!r}. Leave the list empty for all."
            )
    # Each once, in the order of the glossary.
    return tuple(known[name] for name in known if name in terms.event_types)


def _check_url(url: str, base_url: str, *, may_be_private: bool) -> None:
    """The same check is made again when it is used, on what the name then resolves to."""
    try:
        target = parse_target(url, may_be_private=may_be_private)
    except UrlRefused as error:
        raise FieldInvalid("url", str(error)) from None
    if not may_be_private and target.scheme != "https":
        raise FieldInvalid("url", "The URL must start with https://.")
    if not may_be_private and target.port not in PORTS:
        raise FieldInvalid("url", "The URL must use the standard port for https (443).")
    own = parse_target(base_url)
    if (target.host, target.port) == (own.host, own.port):
        # Each event would make a request that may make an event.
        raise FieldInvalid("url", "The URL must lead to your own program, not to Linktill itself.")
