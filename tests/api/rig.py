"""The API as a program meets it: the whole ASGI application, a merchant's key, and another merchant beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from litestar import Litestar

from linktill.api.reference import Look
from linktill.api.routes import answer_error, create_api
from linktill.core.ids import MerchantId
from linktill.flows.manage_api_keys import KeyRing, create_api_key
from linktill.flows.services import Services
from linktill.gateways.kind import Gateways
from linktill.platform.clock import SystemClock
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage.database import Database
from linktill.surface.door import Door
from tests.make import make_merchant

BASE_URL = "http://linktill.test"
LOOK = Look("/static/1/dashboard.css", "/static/2/mark.svg")
LINK = {"amount_minor": 4_000, "currency": "USD", "description": "A bicycle repair"}
PROBLEM = {
    "type",
    "title",
    "status",
    "detail",
    "code",
    "param",
    "errors",
    "source",
    "retryable",
    "request_id",
}


class Clock(SystemClock):
    """The machine's clock plus what a test adds."""

    ahead_s = 0.0

    def now_us(self) -> int:
        return super().now_us() + int(self.ahead_s * 1_000_000)

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


class NoWire:
    """Nothing here goes over the wire."""

    async def send(self, request: Any) -> Any:
        raise AssertionError(f"a request to {request.url}")


@dataclass
class Caller:
    """A merchant's program."""

    http: httpx.AsyncClient
    merchant_id: MerchantId
    key: str

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """`body`: what is sent as JSON; `content=` sends bytes as they are, `key=` is an idempotency key."""
        headers = {"authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        if (key := more.pop("key", None)) is not None:
            headers["idempotency-key"] = key
        if "content" in more:
            headers.setdefault("content-type", "application/json")
        elif body is not None:
            more["json"] = body
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        # httpx would drop the query of an address for an empty set of parameters
        return await self.call("GET", path, params=params or None)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.call("POST", path, body, **more)

    async def patch(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return await self.call("PATCH", path, body, **more)

    async def link(self, **fields: Any) -> dict[str, Any]:
        made = await self.post("/v1/payment_links", {**LINK, **fields})
        assert made.status_code == 201, made.text
        return dict(made.json())

    async def count(self, path: str = "/v1/events") -> int:
        """How many there are: what did not move is as many as before."""
        listed = await self.get(path, **({} if "endpoints" in path else {"limit": 100}))
        assert listed.status_code == 200, listed.text
        return len(listed.json()["data"])


@dataclass
class Rig:
    """Two merchants and their keys."""

    services: Services
    keys: KeyRing
    app: Any
    bea: Caller
    cy: Caller
    clock: Clock | None = None


def assembled(services: Services, keys: KeyRing) -> Any:
    """As `main` puts it together."""
    app = Litestar(
        route_handlers=create_api(services, keys, LOOK),
        openapi_config=None,
        logging_config=None,
        exception_handlers={Exception: lambda request, error: answer_error(services, request, error)},
    )
    return Door(app, services.ids, base_url=services.base_url)  # type: ignore[arg-type]


@asynccontextmanager
async def rig_on(services: Services, merchant_id: MerchantId) -> AsyncIterator[Rig]:
    keys = KeyRing(services)
    app = assembled(services, keys)
    other = await make_merchant(services, "Cy's Cycles")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as http:
        callers = [
            Caller(http, owner, (await create_api_key(services, owner, name="test")).text)
            for owner in (merchant_id, other.id)
        ]
        yield Rig(services, keys, app, callers[0], callers[1])


@asynccontextmanager
async def plain_rig(database: Database) -> AsyncIterator[Rig]:
    """Without a gateway: for what moves no money."""
    clock = Clock()
    services = Services(
        database=database,
        clock=clock,
        ids=SystemIds(),
        randomness=SystemRandomness(),
        http=NoWire(),
        vault=Vault(bytes(32), SystemRandomness()),
        gateways=Gateways(),
        base_url=BASE_URL,
    )
    merchant = await make_merchant(services)
    async with rig_on(services, merchant.id) as rig:
        rig.clock = clock
        yield rig


def problem(response: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and field of a problem that is one in every other way too."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    told = response.json()
    assert set(told) == PROBLEM
    assert told["status"] == response.status_code
    assert told["request_id"] == response.headers["request-id"]
    assert told["type"] == f"{BASE_URL}/docs/api#{told['code']}"
    assert told["param"] is None or told["param"] in {error["param"] for error in told["errors"]}
    return response.status_code, told["code"], told["param"]
