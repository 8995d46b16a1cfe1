"""Puts the operations behind their addresses: key, body, query, work, answer or problem.

The handlers are Litestar's; the path of a request through them is short, since it is measured (`make bench`): the body is
decoded once, the answer is encoded once, and errors become problems here instead of in a chain of handlers.
"""

from typing import Any, Final, cast, final

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPScope, Receive, Send

from linktill.api import (
    coupons,
    customers,
    disputes,
    events,
    invoices,
    ledger,
    link_control,
    link_imports,
    link_messages,
    link_requests,
    link_templates,
    link_versions,
    links,
    offline,
    payments,
    payouts,
    pricing,
    problems,
    refunds,
    signed_links,
    webhooks,
)
from linktill.api.answers import Reply
from linktill.api.calls import Call
from linktill.api.openapi import document
from linktill.api.operations import Operation
from linktill.api.problems import ApiRefusal, Told, told
from linktill.api.queries import read_query
from linktill.api.reference import Look, Reference
from linktill.api.requests import (
    FILE_READ_MAX_S,
    bearer,
    check_address,
    check_is_csv,
    check_media_type,
    read_body,
    read_headers,
)
from linktill.core.link_import import FILE_MAX_BYTES
from linktill.flows.idempotent import idempotent_request
from linktill.flows.manage_api_keys import KeyRing
from linktill.flows.services import Services
from linktill.platform.log import get_logger
from linktill.storage.errors import Busy
from linktill.surface import asgi
from linktill.surface.direct import DirectRoute, straight_to, unreached
from linktill.surface.door import request_id

PREFIX: Final = "/v1"
DOCUMENT_PATH: Final = "/v1/openapi.json"
REFERENCE_PATH: Final = "/docs/api"

OPERATIONS: Final = (
    *links.OPERATIONS,
    *link_control.OPERATIONS,
    *link_versions.OPERATIONS,
    *link_templates.OPERATIONS,
    *pricing.OPERATIONS,
    *signed_links.OPERATIONS,
    *coupons.OPERATIONS,
    *customers.OPERATIONS,
    *link_imports.OPERATIONS,
    *link_requests.OPERATIONS,
    *link_messages.OPERATIONS,
    *payments.OPERATIONS,
    *offline.OPERATIONS,
    *invoices.OPERATIONS,
    *refunds.OPERATIONS,
    *disputes.OPERATIONS,
    *payouts.OPERATIONS,
    *events.OPERATIONS,
    *ledger.OPERATIONS,
    *webhooks.OPERATIONS,
)

log = get_logger("api")


def create_api(
    services: Services, keys: KeyRing, look: Look, *, may_be_private: bool = False
) -> list[HTTPRouteHandler]:
    """The routes of the API, of its OpenAPI document and of its reference page.

    `may_be_private`: webhooks may go to private addresses and over plain HTTP; an operator's setting.
    """
    api = Api(services, keys, may_be_private=may_be_private)
    reference = Reference(lambda: document(OPERATIONS, services.base_url), look)
    return [
        # Before the others: Litestar gives an OPTIONS of its own to an address that has none yet.
        *(_options(services, path) for path in dict.fromkeys(operation.path for operation in OPERATIONS)),
        *(_route(api, operation) for operation in OPERATIONS),
        *reference.routes(DOCUMENT_PATH, REFERENCE_PATH),
    ]


def is_api_path(path: str) -> bool:
    """Do programs ask here? What goes wrong there becomes a problem, not a page."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def answer_error(services: Services, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The problem for what never reached an operation: an unknown address, a wrong method, a request that is none."""
    match error:
        case HTTPException(status_code=404):
            error = ApiRefusal("not_found", "There is nothing at this address.")
        case HTTPException(status_code=405):
            allow = tuple(
                (name, value) for name, value in (error.headers or {}).items() if name.lower() == "allow"
            )
            error = ApiRefusal("method_not_allowed", "This address does not take this method.", headers=allow)
        case HTTPException(status_code=413):
            error = ApiRefusal("too_large")
        case HTTPException(status_code=400):
            error = ApiRefusal("request_invalid")
        case _:
            pass
    made = _tell(services, request.scope, error, "none")
    return Response(
        made.body, status_code=made.status, media_type=problems.MEDIA_TYPE, headers=dict(made.headers)
    )


@final
class Api:
    """Carries out operations."""

    def __init__(self, services: Services, keys: KeyRing, *, may_be_private: bool) -> None:
        self._services: Final = services
        self._keys: Final = keys
        self._may_be_private: Final = may_be_private

    async def carry_out(self, operation: Operation, scope: HTTPScope, receive: Receive) -> Reply:
        """The operation's answer, or the problem that it ended with."""
        try:
            return await operation.handle(await self._call(operation, scope, receive))
        except Exception as error:  # noqa: BLE001 the edge: whatever happens becomes a problem
            return _reply(_tell(self._services, scope, error, operation.name))

    async def _call(self, operation: Operation, scope: HTTPScope, receive: Receive) -> Call:
        check_address(scope)
        headers = read_headers(scope["headers"])
        caller = await self._keys.caller(bearer(headers.get(b"authorization")))
        if caller is None:
            raise ApiRefusal("unauthorized")
        body, key = b"", None
        if operation.takes is not None:
            body = await read_body(headers, receive)
            if body:
                check_media_type(headers.get(b"content-type"))
        elif operation.csv_example:
            check_is_csv(headers.get(b"content-type"))
            body = await read_body(headers, receive, max_bytes=FILE_MAX_BYTES, max_s=FILE_READ_MAX_S)
        if operation.takes_key and b"idempotency-key" in headers:
            asked = scope["query_string"].decode("latin-1")
            path = f"{scope['path']}?{asked}" if asked else scope["path"]
            key = idempotent_request(
                headers[b"idempotency-key"], method=operation.method, path=path, body=body
            )
        return Call(
            services=self._services,
            caller=caller,
            path=scope["path_params"],
            query=read_query(scope["query_string"], operation.query),
            body=body,
            key=key,
            if_match=headers.get(b"if-match") if operation.may_be_conditional else None,
            may_be_private=self._may_be_private,
        )


def _route(api: Api, operation: Operation) -> HTTPRouteHandler:
    async def endpoint(scope: HTTPScope, receive: Receive, send: Send) -> None:
        reply = await api.carry_out(operation, scope, receive)
        await reply(scope, receive, send)

    return DirectRoute(
        operation.path.replace("{id}", "{id:str}"),
        http_method=operation.method,
        name=operation.name,
        middleware=straight_to(endpoint),
        include_in_schema=False,
    )(unreached)


def _options(services: Services, path: str) -> HTTPRouteHandler:
    """What the address takes: exactly what the document says of it."""
    allow = ", ".join(operation.method for operation in OPERATIONS if operation.path == path).encode()

    async def options(scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            check_address(scope)
            reply = Reply(204, b"", [(b"allow", allow)])
        except ApiRefusal as error:
            reply = _reply(_tell(services, scope, error, "options"))
        await reply(scope, receive, send)

    return DirectRoute(
        path.replace("{id}", "{id:str}"),
        http_method="OPTIONS",
        middleware=straight_to(options),
        include_in_schema=False,
    )(unreached)


def _reply(made: Told) -> Reply:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in made.headers]
    return Reply(made.status, made.body, headers, media_type=problems.MEDIA_TYPE.encode())


def _tell(services: Services, scope: HTTPScope, error: Exception, operation: str) -> Told:
    name = request_id(cast("asgi.Scope", cast("object", scope)))
    made = told(error, request_id=name, base_url=services.base_url)
    if isinstance(error, Busy):
        # Nothing is broken, and there are many of these at once: a traceback each would cost more than the work itself.
        log.warning("api.busy", request_id=name, operation=operation, reason=str(error))
    elif made.status >= 500:
        log.error("api.failed", request_id=name, operation=operation, exc_info=error)
    return made
