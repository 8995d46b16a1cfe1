"""Turns a handler, `async (request) -> Answer`, into a route. One door, so that every page is alike in what it allows."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler, route

from linktill.web.answer import Answer
from linktill.web.form import AnyRequest

Handler: TypeAlias = Callable[[AnyRequest], Awaitable[Answer]]

FORM_MAX_BYTES: Final = 64 * 1024
"""The longest form of ours has less than 10,000 characters, each at most twelve bytes when encoded."""


def page_route(path: str, handler: Handler) -> HTTPRouteHandler:
    """Answers GET and HEAD; changes nothing."""
    return _route(path, handler, [HttpMethod.GET, HttpMethod.HEAD])


def form_route(path: str, handler: Handler) -> HTTPRouteHandler:
    """Answers POST of a form."""
    return _route(path, handler, [HttpMethod.POST])


def _route(path: str, handler: Handler, methods: list[HttpMethod]) -> HTTPRouteHandler:
    async def answer(request: Request) -> Answer:  # type: ignore[type-arg]  # Litestar reads the annotation at run time
        return await handler(request)

    made = route(
        path,
        http_method=methods,
        status_code=200,
        include_in_schema=False,
        request_max_body_size=FORM_MAX_BYTES,
    )
    return made(answer)
