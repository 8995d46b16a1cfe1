"""Litestar finds the route and answers for errors; from there on a request is in our hands.

Litestar's own way from a request to a handler's parameters, and from what it returns to a response, serves handlers that
ask for it. Ours read requests themselves and return answers that are ready to be sent, and it would cost more than most
of their work does (docs/performance.md).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias, cast

from litestar.types import ASGIApp, HTTPScope, Receive, Send

Endpoint: TypeAlias = Callable[[HTTPScope, Receive, Send], Awaitable[None]]


def straight_to(endpoint: Endpoint) -> Sequence[Callable[[ASGIApp], ASGIApp]]:
    """The `middleware` of an HTTP route with the handler `unreached`: `endpoint` answers in its place."""
    return [lambda app: cast("ASGIApp", endpoint)]  # noqa: ARG005 Litestar passes it by this name


async def unreached() -> None:
    """The handler of such a route: Litestar wants one."""
    raise AssertionError("the route's endpoint answers in its place")
