"""The company's front door: a router of its own, small enough to read and to break on purpose (`faults.py`)."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_MAX_BYTES: Final = 64 * 1024
FIELDS_MAX: Final = 50
READ_MAX_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request. `root` is the path of the mount, `path` what comes below it.

    Header names are in lower case; of a repeated header, field or parameter the last one counts.
    """

    method: str
    root: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request cannot be done. `param` names the field at fault; `extra` goes into the answer beside the error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.extra = extra or {}


Handler = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """`pattern` is a path such as `/v1/payments/{id}`; what stands for `{id}` is handed to the handler."""

    method: str
    pattern: str
    handler: Handler


class Router:
    """Finds the handler for a request."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(_compiled(route.pattern), route) for route in routes]

    async def __call__(self, request: Request) -> Response:
        """Raises Refused where there is no such path or it does not take the method."""
        allowed: list[str] = []
        method = "GET" if request.method == "HEAD" else request.method
        for pattern, route in self._routes:
            match = pattern.fullmatch(request.path)
            if match is not None and route.method == method:
                return await route.handler(request, **match.groupdict())
            if match is not None:
                allowed.append(route.method)
        if allowed:
            raise Refused(405, "method_not_allowed", f"This path takes {', '.join(allowed)}.")
        raise Refused(404, "not_found", "There is nothing at this path.")


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Reads a request to its end. Raises Refused if the body is too long or too slow."""
    try:
        async with asyncio.timeout(READ_MAX_S):
            body = await _read_body(receive)
    except TimeoutError:
        raise Refused(408, "too_slow", "The request did not come in time.") from None
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    root, path = _paths(scope)
    return Request(
        method=scope["method"],
        root=root,
        path=path,
        query=_pairs(scope.get("query_string", b"")),
        headers=headers,
        body=body,
    )


def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a posted form. Raises Refused for anything else."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Refused(415, "wrong_content_type", "This path takes a form.")
    return _pairs(request.body)


def json_response(status: int, content: object) -> Response:
    """Content as JSON."""
    return Response(status, msgspec.json.encode(content))


def refusal_response(refused: Refused) -> Response:
    """A refusal as the API shows it."""
    error: dict[str, Any] = {"code": refused.code, "message": str(refused), "param": refused.param}
    return json_response(refused.status, {"error": error, **refused.extra})


async def send_response(response: Response, send: Send, *, is_head: bool, is_cut: bool = False) -> None:
    """Sends an answer. Cut: its end never comes, and the server hangs up."""
    headers = {
        "content-type": response.content_type,
        "content-length": str(len(response.body) + is_cut),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **response.headers,
    }
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if is_head else response.body, "more_body": is_cut})


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "disconnected", "The request broke off.")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_MAX_BYTES:
            raise Refused(413, "too_large", f"A request has at most {BODY_MAX_BYTES} bytes.")
    return bytes(body)


def _paths(scope: Scope) -> tuple[str, str]:
    """The mount and the path below it; mounts differ in whether `path` still holds `root_path` and in a slash at the end."""
    path = str(scope["path"]).rstrip("/")
    root = str(scope.get("root_path") or "").rstrip("/")
    if root and (path == root or path.startswith(f"{root}/")):
        path = path[len(root) :]
    return root, path or "/"


def _pairs(encoded: bytes) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(
                encoded.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"
            )
        )
    except ValueError:
        raise Refused(400, "not_a_form", "The fields could not be read.") from None


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{([a-z_]+)\}", r"(?P<\1>[A-Za-z0-9_-]{1,64})", pattern))
