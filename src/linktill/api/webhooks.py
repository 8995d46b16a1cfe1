"""Webhook endpoints and their deliveries over the API."""

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET

from linktill.api.answers import Reply, encoded, listed
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, cursor_parameter
from linktill.api.schemas import Nothing, WebhookEndpointCreate, WebhookEndpointPatch
from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import DELIVERY, ENDPOINT, EVENT, DeliveryId, EndpointId
from linktill.core.link_terms import clean_text
from linktill.flows.endpoint_objects import (
    WebhookDeliveryObject,
    WebhookEndpointObject,
    delivery_object,
    endpoint_object,
)
from linktill.flows.manage_endpoints import (
    DESCRIPTION_MAX,
    EndpointTerms,
    WithSecret,
    create_endpoint,
    delete_endpoint,
    get_endpoint,
    list_deliveries,
    list_endpoints,
    replay_delivery,
    rotate_secret,
    update_endpoint,
)
from linktill.storage.webhook_deliveries import BEFORE_ALL, get_delivery
from linktill.storage.webhook_endpoints import ENABLED, WebhookEndpoint


async def create(call: Call) -> Reply:
    asked = call.asked(WebhookEndpointCreate)
    terms = _terms(asked.url, asked.description, asked.event_types)
    return await call.flow_once(
        lambda services: create_endpoint(
            services, call.merchant_id, terms, may_be_private=call.may_be_private
        ),
        _with_secret,
        status=201,
        is_secret=True,
    )


async def find(call: Call) -> Reply:
    found = await list_endpoints(call.services, call.merchant_id)
    return listed([endpoint_object(endpoint) for endpoint in found], None)


async def read(call: Call) -> Reply:
    endpoint = await get_endpoint(call.services, call.merchant_id, EndpointId(call.id(ENDPOINT)))
    return _told(endpoint)


async def edit(call: Call) -> Reply:
    endpoint_id = EndpointId(call.id(ENDPOINT))
    asked = call.asked(WebhookEndpointPatch)
    before = await get_endpoint(call.services, call.merchant_id, endpoint_id)
    terms = _terms(
        before.url if asked.url is UNSET else asked.url,
        before.description if asked.description is UNSET else asked.description or "",
        before.event_types if asked.event_types is UNSET else asked.event_types or (),
        is_enabled=before.is_enabled if asked.status is UNSET else asked.status == ENABLED,
    )
    changed = await update_endpoint(
        call.services, call.merchant_id, endpoint_id, terms, may_be_private=call.may_be_private
    )
    return _told(changed)


async def delete(call: Call) -> Reply:
    await delete_endpoint(call.services, call.merchant_id, EndpointId(call.id(ENDPOINT)))
    return Reply(204, b"")


async def rotate(call: Call) -> Reply:
    endpoint_id = EndpointId(call.id(ENDPOINT))
    call.asked(Nothing)
    return await call.flow_once(
        lambda services: rotate_secret(services, call.merchant_id, endpoint_id), _with_secret, is_secret=True
    )


async def find_deliveries(call: Call) -> Reply:
    found = await list_deliveries(
        call.services,
        call.merchant_id,
        EndpointId(call.id(ENDPOINT)),
        limit=call.limit + 1,
        before=call.query.get("cursor", BEFORE_ALL),
    )
    # In the order of their events, which the cursor therefore names.
    return call.page(found, delivery_object, lambda delivery: delivery.event_id)


async def read_delivery(call: Call) -> Reply:
    delivery_id = DeliveryId(call.id(DELIVERY))
    delivery = await call.services.database.read(get_delivery, call.merchant_id, delivery_id)
    if delivery is None:
        raise NotFound(f"There is no webhook delivery {delivery_id}.", param="id")
    return Reply(200, encoded(delivery_object(delivery)))


async def replay(call: Call) -> Reply:
    delivery_id = DeliveryId(call.id(DELIVERY))
    call.asked(Nothing)
    return await call.flow_once(
        lambda services: replay_delivery(services, call.merchant_id, delivery_id), delivery_object
    )


def _terms(
    url: str, description: str, event_types: Sequence[str], *, is_enabled: bool = True
) -> EndpointTerms:
    if not url.isascii() or not url.isprintable():
        raise FieldInvalid("url", "Send an address of printable ASCII characters.")
    cleaned = clean_text(description, "description", max_length=DESCRIPTION_MAX)
    return EndpointTerms(url, cleaned, event_types, is_enabled)


def _told(endpoint: WebhookEndpoint) -> Reply:
    return Reply(200, encoded(endpoint_object(endpoint)))


def _with_secret(made: WithSecret) -> WebhookEndpointObject:
    return endpoint_object(made.endpoint, secret=made.secret)


_GROUP: Final = "Webhook endpoints"
_ENDPOINTS: Final = "/v1/webhook_endpoints"
_DELIVERIES: Final = "/v1/webhook_deliveries"

OPERATIONS: Final = (
    Operation(
        "POST",
        _ENDPOINTS,
        "create_webhook_endpoint",
        _GROUP,
        "Create a webhook endpoint",
        "Tells your program of events, signed as Standard Webhooks has it. The answer holds the `secret`, this once.",
        create,
        WebhookEndpointObject,
        status=201,
        takes=WebhookEndpointCreate,
        problems=("too_many",),
        example={"url": "https://example.com/linktill", "event_types": ["payment.captured"]},
    ),
    Operation(
        "GET",
        _ENDPOINTS,
        "list_webhook_endpoints",
        _GROUP,
        "List webhook endpoints",
        "All of them, oldest first; there are at most 20.",
        find,
        WebhookEndpointObject,
        is_list=True,
    ),
    Operation(
        "GET",
        f"{_ENDPOINTS}/{{id}}",
        "get_webhook_endpoint",
        _GROUP,
        "Get a webhook endpoint",
        "The endpoint as it stands now, without its secret.",
        read,
        WebhookEndpointObject,
        prefix=ENDPOINT,
    ),
    Operation(
        "PATCH",
        f"{_ENDPOINTS}/{{id}}",
        "edit_webhook_endpoint",
        _GROUP,
        "Edit a webhook endpoint",
        "Changes what is sent and leaves the rest; null clears a field.",
        edit,
        WebhookEndpointObject,
        takes=WebhookEndpointPatch,
        prefix=ENDPOINT,
        example={"status": "disabled"},
    ),
    Operation(
        "DELETE",
        f"{_ENDPOINTS}/{{id}}",
        "delete_webhook_endpoint",
        _GROUP,
        "Delete a webhook endpoint",
        "Tells it nothing any more, and forgets its secret.",
        delete,
        None,
        status=204,
        prefix=ENDPOINT,
    ),
    Operation(
        "POST",
        f"{_ENDPOINTS}/{{id}}/rotate_secret",
        "rotate_webhook_secret",
        _GROUP,
        "Renew the secret",
        "Answers with a new `secret`. For a day each webhook is signed with the old one too.",
        rotate,
        WebhookEndpointObject,
        takes=Nothing,
        prefix=ENDPOINT,
        problems=("version_conflict",),
    ),
    Operation(
        "GET",
        f"{_ENDPOINTS}/{{id}}/deliveries",
        "list_webhook_deliveries",
        _GROUP,
        "List deliveries",
        "What the endpoint was told and what it answered, newest event first.",
        find_deliveries,
        WebhookDeliveryObject,
        is_list=True,
        prefix=ENDPOINT,
        query=(LIMIT, cursor_parameter(EVENT)),
    ),
    Operation(
        "GET",
        f"{_DELIVERIES}/{{id}}",
        "get_webhook_delivery",
        _GROUP,
        "Get a delivery",
        "The delivery as it stands now.",
        read_delivery,
        WebhookDeliveryObject,
        prefix=DELIVERY,
    ),
    Operation(
        "POST",
        f"{_DELIVERIES}/{{id}}/replay",
        "replay_webhook_delivery",
        _GROUP,
        "Replay a delivery",
        "Tells it again, under the same `webhook-id`. One that is being tried stays as it is.",
        replay,
        WebhookDeliveryObject,
        takes=Nothing,
        prefix=DELIVERY,
        problems=("transition_refused",),
    ),
)
