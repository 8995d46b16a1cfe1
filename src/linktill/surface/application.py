"""The one Litestar application. `linktill.surface` has loaded Litestar as we use it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler

from linktill.platform.hidden import hidden
from linktill.surface.asgi import Asgi

Refusal: TypeAlias = Callable[[Request[Any, Any, Any], Exception], Response[bytes]]
"""Answers what never reached a handler of ours: an unknown address, a wrong method."""


def application(routes: Sequence[HTTPRouteHandler], refusal_at: Callable[[str], Refusal]) -> Asgi:
    """All routes as one application. `refusal_at`: for a path, who answers what reached none of them."""

    def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        return refusal_at(request.scope["path"])(request, error)

    with hidden("pydantic"):  # 8 MB that Litestar loads where it finds it; no handler takes its models
        app = Litestar(
            route_handlers=routes,
            exception_handlers={Exception: answer_error},
            openapi_config=None,
            logging_config=None,
        )
    return cast("Asgi", app)
