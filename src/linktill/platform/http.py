"""The one client for everything that leaves this machine. It connects only to addresses that it has looked at itself.

Whoever chooses a URL (a merchant's webhook endpoint) must not reach what only this machine reaches: the cloud's metadata
service, a database, a router. So a name is resolved once, every address it has is checked, and the connection goes to
such an address, with the name kept for `Host` and TLS. Redirects are not followed.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Final, Protocol, final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDictProxy
from typing_extensions import override
from yarl import URL

from linktill.platform.addresses import Target, UrlRefused, is_public, parse_target

BODY_MAX_BYTES: Final = 1 << 20
CONNECTIONS_MAX: Final = 200
CONNECTIONS_PER_HOST_MAX: Final = 64
KEEP_ALIVE_S: Final = 4.0
"""Below the 5 s after which many servers hang up: a connection that dies as we reuse it is a `NoAnswer`."""
PORTS: Final = frozenset({443})
"""Where requests to others may go (SF06). Operators may add to it; a private address may have any port."""


class NotSent(Exception):
    """No connection came about, so the request surely never left: name not found, refused, TLS handshake failed."""


class AddressRefused(NotSent):
    """The guard would not connect: the URL or an address behind its name is not a public one."""


class NoAnswer(Exception):
    """Connected, but no whole answer came: the request may or may not have been executed."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. `timeout_s` covers all of it, from resolving to the last byte of the body.

    `may_be_private` is for addresses that the operator chose, never for those that a merchant or payer chose.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout_s: float = 20.0
    may_be_private: bool = False


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, whatever its status. Header names are in lower case; `is_truncated`: the body was longer than read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_truncated: bool = False


class HttpClient(Protocol):
    """The seam: tests and the simulator hand in a wire of their own."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Sends once, never again by itself. Raises NotSent or NoAnswer."""
        ...


@final
class _CheckedResolver(AbstractResolver):
    """Resolves once per connection and refuses the name if any of its addresses is not public."""

    def __init__(self, *, may_be_private: bool) -> None:
        self._may_be_private = may_be_private

    @override
    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1, family=family)
        addresses = {str(sockaddr[0]): kind for kind, _, _, _, sockaddr in found}
        for address in addresses:
            if not self._may_be_private and not is_public(address):
                raise UrlRefused(f"{host} has an address that is not public.")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=6, flags=4)
            for address, kind in addresses.items()
        ]

    @override
    async def close(self) -> None:
        return None


@dataclass(slots=True)
class _Progress:
    """How far a request got. Once there is a connection, only the answer can tell what happened."""

    is_connected: bool = False


async def _note_connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
    progress = context.trace_request_ctx
    assert isinstance(progress, _Progress)
    progress.is_connected = True


@final
class GuardedHttp(HttpClient):
    """The client that `main` hands out. Opens its pools at the first request; `close` them at the end."""

    def __init__(
        self,
        *,
        body_max_bytes: int = BODY_MAX_BYTES,
        ports: frozenset[int] = PORTS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`ports` are those that a public address may be reached at; `tls` only adds trust, tests use it."""
        self._body_max_bytes = body_max_bytes
        self._ports = ports
        self._tls = tls
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    @override
    async def send(self, request: HttpRequest) -> HttpResponse:
        """Sends once, never again by itself. Raises NotSent or NoAnswer."""
        progress = _Progress()
        try:
            self._check(request)
            async with asyncio.timeout(request.timeout_s):
                return await self._exchange(request, progress)
        except UrlRefused as error:
            raise AddressRefused(str(error)) from error
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # ValueError: nonsense in an answer's headers. Before there is a connection it is nonsense in the request.
            reason = f"{type(error).__name__} from {parse_target(request.url).host}"
            if progress.is_connected:
                raise NoAnswer(reason) from error
            raise NotSent(reason) from error

    async def close(self) -> None:
        """Ends all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _check(self, request: HttpRequest) -> Target:
        target = parse_target(request.url, may_be_private=request.may_be_private)
        if not request.may_be_private and target.port not in self._ports:
            raise UrlRefused(f"Port {target.port} is not among those that may be used.")
        return target

    async def _exchange(self, request: HttpRequest, progress: _Progress) -> HttpResponse:
        session = self._session(may_be_private=request.may_be_private)
        async with session.request(
            request.method,
            # Sent as written: a changed escape would break what others sign over the URL.
            URL(request.url, encoded=True),
            headers={"accept-encoding": "identity", **request.headers},
            data=request.body or None,
            allow_redirects=False,
            trace_request_ctx=progress,
        ) as response:
            body = await self._read(response.content)
            is_truncated = len(body) > self._body_max_bytes
            if is_truncated:
                # The rest may be endless: hang up instead of reading on.
                response.close()
            return HttpResponse(
                response.status, _lowered(response.headers), bytes(body[: self._body_max_bytes]), is_truncated
            )

    async def _read(self, content: aiohttp.StreamReader) -> bytearray:
        body = bytearray()
        while len(body) <= self._body_max_bytes:
            chunk = await content.read(self._body_max_bytes + 1 - len(body))
            if not chunk:
                break
            body += chunk
        return body

    def _session(self, *, may_be_private: bool) -> aiohttp.ClientSession:
        """Two pools: a connection made for an operator's address must never serve a merchant's request."""
        session = self._sessions.get(may_be_private)
        if session is None:
            trace = aiohttp.TraceConfig()
            trace.on_connection_create_end.append(_note_connected)
            trace.on_connection_reuseconn.append(_note_connected)
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_CheckedResolver(may_be_private=may_be_private),
                    use_dns_cache=False,
                    limit=CONNECTIONS_MAX,
                    limit_per_host=CONNECTIONS_PER_HOST_MAX,
                    keepalive_timeout=KEEP_ALIVE_S,
                    ssl=self._tls or True,
                ),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
                auto_decompress=False,
                skip_auto_headers=["User-Agent"],
                trust_env=False,
            )
            self._sessions[may_be_private] = session
        return session


def _lowered(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Repeated headers are joined with a comma, as HTTP allows (RFC 9110, 5.3)."""
    lowered: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        lowered[key] = f"{lowered[key]}, {value}" if key in lowered else value
    return lowered
