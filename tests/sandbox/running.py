"""A real sandbox company on a port of its own, a receiver for its webhooks, and a payer who fills in its form."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn

from linktill.platform.clock import Clock, SystemClock
from linktill.platform.http import GuardedHttp, HttpRequest, HttpResponse
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.sandbox import OpenedAccount, SandboxApp, SandboxOptions, create_sandbox

OPENING_KEY = "opening-key-of-the-tests"


class SteppedClock:
    """The machine's clock plus what a test adds; sleeping is real."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self.ahead_us = 0

    def now_us(self) -> int:
        return self._system.now_us() + self.ahead_us

    def monotonic_s(self) -> float:
        return self._system.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        await self._system.sleep(seconds)

    def advance(self, seconds: float) -> None:
        self.ahead_us += int(seconds * 1_000_000)


@asynccontextmanager
async def serving(app: Any, port_socket: socket.socket) -> AsyncIterator[None]:
    """An ASGI app behind uvicorn, in this event loop."""
    config = uvicorn.Config(app, interface="asgi3", log_level="error", lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # Without uvicorn's main loop and its shutdown: both rest for a tenth of a second.
    await server.startup(sockets=[port_socket])
    try:
        yield
    finally:
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)
        port_socket.close()


def open_port() -> tuple[socket.socket, int]:
    """A listening socket on loopback."""
    # Named TCP: otherwise asyncio leaves out TCP_NODELAY, and each answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    return listening, listening.getsockname()[1]


@dataclass
class Receiver:
    """A merchant's webhook endpoint: keeps what comes, answers what it is told to."""

    url: str = ""
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.received.append((headers, body))
        self.came.set()
        status = self.statuses.pop(0) if self.statuses else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]

    async def wait(self, count: int, timeout_s: float = 5.0) -> list[str]:
        """The types of what came, once at least `count` came."""
        async with asyncio.timeout(timeout_s):
            while len(self.received) < count:
                self.came.clear()
                await self.came.wait()
        return self.types()


@dataclass
class Running:
    """A company with one account."""

    app: SandboxApp
    url: str
    account: OpenedAccount
    receiver: Receiver
    http: GuardedHttp
    clock: SteppedClock

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        secret: str | None = None,
    ) -> HttpResponse:
        headers = {"authorization": f"Bearer {secret or self.account.secret_key}"}
        raw = b""
        if body is not None:
            headers["content-type"] = "application/json"
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if key is not None:
            headers["idempotency-key"] = key
        return await self.http.send(
            HttpRequest(method, f"{self.url}{path}", headers, raw, 10.0, may_be_private=True)
        )

    async def json(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Any:
        response = await self.call(method, path, body, key=key)
        assert response.status < 300, response.body
        return json.loads(response.body)

    async def create(self, reference: str = "pay_1", **changes: Any) -> Any:
        return await self.json(
            "POST", "/v1/payments", {**ORDER, "reference": reference, **changes}, key=reference
        )

    async def payment(self, payment_id: str) -> Any:
        return await self.json("GET", f"/v1/payments/{payment_id}")

    async def post_form(self, payment_id: str, **fields: str) -> HttpResponse:
        return await post_form(self.http, f"{self.url}/pay/{payment_id}", **fields)

    async def pay(self, payment_id: str, number: str = "4242424242424242") -> HttpResponse:
        return await self.post_form(payment_id, number=number, expiry="12/34", cvc="123", name="Ada")

    async def paid(self, number: str = "4242424242424242", reference: str = "pay_1", **changes: Any) -> Any:
        created = await self.create(reference, **changes)
        response = await self.pay(created["id"], number)
        assert response.status == 303, response.body
        return await self.payment(created["id"])

    async def step(self, seconds: float) -> None:
        """Later: what is due then is done, deliveries included."""
        self.clock.advance(seconds)
        while await self.app.run_due():
            pass


ORDER = {
    "reference": "pay_1",
    "amount_minor": 4_000,
    "currency": "USD",
    "description": "A bicycle repair",
    "return_url": "http://127.0.0.1:9/c/cs_1?k=token",
    "cancel_url": "http://127.0.0.1:9/p/repair",
}


async def post_form(http: GuardedHttp, url: str, **fields: str) -> HttpResponse:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return await http.send(
        HttpRequest("POST", url, headers, urlencode(fields).encode(), 10.0, may_be_private=True)
    )


@asynccontextmanager
async def running_sandbox(
    path: Path | None = None, *, settles_after_s: float = 5.0, by_itself: bool = False
) -> AsyncIterator[Running]:
    """`by_itself`: it delivers and settles as time goes by; otherwise only at `step`."""
    listening, port = open_port()
    hooks, hooks_port = open_port()
    receiver = Receiver(f"http://127.0.0.1:{hooks_port}/in/sandbox/gwa_1")
    url = f"http://127.0.0.1:{port}"
    clock = SteppedClock()
    typed_clock: Clock = clock
    http = GuardedHttp()
    options = SandboxOptions(url, OPENING_KEY, settles_after_s, private_webhooks=True)
    app = create_sandbox(path, typed_clock, SystemIds(), SystemRandomness(), http, options)
    account = await app.open_account(receiver.url)
    try:
        async with serving(app.asgi, listening), serving(receiver.asgi, hooks):
            if by_itself:
                await app.start()
            yield Running(app, url, account, receiver, http, clock)
            await http.close()
    finally:
        await app.stop()
