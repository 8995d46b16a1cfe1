"""Turns a handler, `async (request) -> Answer`, into a route. One door, so that every page is alike in what it allows."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeAlias

from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import HTTPScope, Receive, Send

from linktill.surface.direct import DirectRoute, straight_to, unreached
from linktill.web.answer import Answer, Reply
from linktill.web.form import AnyRequest

Handler: TypeAlias = Callable[[AnyRequest], Awaitable[Reply]]
Trouble: TypeAlias = Callable[[AnyRequest, Exception], Answer]
"""Makes the page for what a handler could not answer."""

FORM_MAX_BYTES: Final = 64 * 1024
"""All forms of ours but one have less than 10,000 characters, most of them one byte when encoded."""


def page_route(path: str, handler: Handler, trouble: Trouble) -> HTTPRouteHandler:
    """Answers GET and HEAD; changes nothing."""
    return _route(path, handler, trouble, [HttpMethod.GET, HttpMethod.HEAD])


def form_route(
    path: str, handler: Handler, trouble: Trouble, *, max_bytes: int = FORM_MAX_BYTES
) -> HTTPRouteHandler:
    """Answers POST of a form."""
    return _route(path, handler, trouble, [HttpMethod.POST], max_bytes)


def options_routes(routes: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """Answers OPTIONS at each address of these routes: what it takes."""
    methods: dict[str, set[str]] = {}
    for route in routes:
        for path in route.paths:
            methods.setdefault(path, {"OPTIONS"}).update(route.http_methods)
    return [_options_route(path, sorted(taken)) for path, taken in methods.items()]


def _options_route(path: str, methods: Sequence[str]) -> HTTPRouteHandler:
    allow = ", ".join(methods).encode()

    async def endpoint(_scope: HTTPScope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", allow)]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return DirectRoute(
        path, http_method=[HttpMethod.OPTIONS], middleware=straight_to(endpoint), include_in_schema=False
    )(unreached)


def _route(
    path: str, handler: Handler, trouble: Trouble, methods: list[HttpMethod], max_bytes: int = FORM_MAX_BYTES
) -> HTTPRouteHandler:
    async def endpoint(scope: HTTPScope, receive: Receive, send: Send) -> None:
        request: AnyRequest = Request(scope, receive, send)
        try:
            answer: Reply = await handler(request)
        except Exception as error:  # noqa: BLE001 the edge: whatever happens becomes a page
            answer = trouble(request, error)
        await answer(scope, receive, send)

    return DirectRoute(
        path,
        http_method=methods,
        middleware=straight_to(endpoint),
        include_in_schema=False,
        request_max_body_size=max_bytes,
    )(unreached)
