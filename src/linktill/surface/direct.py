"""Litestar finds the route and answers for errors; from there on a request is in our hands.

Litestar's own way from a request to a handler's parameters, and from what it returns to a response, serves handlers that
ask for it. Ours read requests themselves and return answers that are ready to be sent, and it would cost more than most
of their work does (docs/performance.md).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, TypeAlias, cast, final

from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, HTTPScope, Receive, Send
from litestar.utils.signature import ParsedSignature
from typing_extensions import override

Endpoint: TypeAlias = Callable[[HTTPScope, Receive, Send], Awaitable[None]]


@final
class DirectRoute(HTTPRouteHandler):
    """A route whose endpoint answers in its handler's place.

    The handler is the same for all, and so is what Litestar finds out about it: 2 MB, if each route kept its own.
    """

    __slots__ = ()

    _parsed: ClassVar[ParsedSignature | None] = None
    _model: ClassVar[type[Any] | None] = None
    _kwargs: ClassVar[Any] = None

    @property
    @override
    def parsed_fn_signature(self) -> ParsedSignature:
        if DirectRoute._parsed is None:
            DirectRoute._parsed = super().parsed_fn_signature
        return DirectRoute._parsed

    @property
    @override
    def signature_model(self) -> type[Any]:
        if DirectRoute._model is None:
            DirectRoute._model = super().signature_model
        return DirectRoute._model

    @override
    def create_kwargs_model(self, path_parameters: Any) -> Any:
        if DirectRoute._kwargs is None:
            DirectRoute._kwargs = super().create_kwargs_model(path_parameters)
        return DirectRoute._kwargs


def straight_to(endpoint: Endpoint) -> Sequence[Callable[[ASGIApp], ASGIApp]]:
    """The `middleware` of an HTTP route with the handler `unreached`: `endpoint` answers in its place."""
    return [lambda app: cast("ASGIApp", endpoint)]  # noqa: ARG005 Litestar passes it by this name


async def unreached() -> None:
    """The handler of such a route: Litestar wants one."""
    raise AssertionError("the route's endpoint answers in its place")
