"""A shop and its company in one process, without sockets and without chance: the same seed writes the same bytes."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlsplit

from linktill.core.ids import GatewayAccountId
from linktill.flows.accounts import add_account
from linktill.flows.services import Services
from linktill.gateways.contract import Account
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.sandbox import SandboxGateway
from linktill.gateways.testing import Wire
from linktill.platform.clock import Clock
from linktill.platform.http import GuardedHttp, HttpRequest, HttpResponse, NotSent
from linktill.platform.ids import encode
from linktill.platform.secrets import Vault
from linktill.sandbox import SandboxOptions, create_sandbox
from linktill.storage.database import Database
from tests.make import BASE_URL, KEY, Shop, make_merchant
from tests.sandbox.running import OPENING_KEY, Receiver, Running, SteppedClock
from tests.web.browsing import Browser

COMPANY_URL = "http://company.test"
HOOKS_URL = "http://hooks.test"
START_US = 1_790_000_000_000_000


class CountingClock(SteppedClock):
    """A millisecond passes whenever somebody looks; sleeping takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self._now_us = START_US

    def now_us(self) -> int:
        self._now_us += 1_000
        return self._now_us + self.ahead_us

    def monotonic_s(self) -> float:
        return (self._now_us + self.ahead_us) / 1_000_000

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class WrongClock:
    """A machine's clock that somebody sets, while time goes on as `right` says."""

    def __init__(self, right: CountingClock) -> None:
        self.right = right
        self.off_us = 0

    def set(self, seconds: float) -> None:
        """By so much."""
        self.off_us += int(seconds * 1_000_000)

    def now_us(self) -> int:
        return self.right.now_us() + self.off_us

    def monotonic_s(self) -> float:
        return self.right.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        await self.right.sleep(seconds)


class SeededChance:
    """A `Randomness` that a seed repeats."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def token(self, bytes_count: int) -> str:
        return self._chance.randbytes(bytes_count).hex()[: bytes_count * 4 // 3]

    def uniform(self, low: float, high: float) -> float:
        return self._chance.uniform(low, high)


class SeededIds:
    """Ids that sort by the time they were made, as UUIDv7 do."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance

    def new(self, prefix: str) -> str:
        return prefix + encode(self._clock.now_us() // 1_000 << 80 | self._chance.getrandbits(76))


class Inside:
    """An HTTP client whose requests never leave the process."""

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}

    async def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        app = self.apps.get(f"{parts.scheme}://{parts.netloc}")
        if app is None:
            raise NotSent(f"nobody listens at {request.url}")
        headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
        page = await Browser(app).request(request.method, request.url, request.body, **headers)
        return HttpResponse(page.status, dict(page.headers), page.body)

    async def close(self) -> None:
        """Nothing is open."""


@asynccontextmanager
async def shop_inside(
    database: Database, clock: CountingClock, seed: int, *, ours: Clock | None = None
) -> AsyncIterator[Shop]:
    """A shop on this database with a company of its own that keeps its books in memory. `ours`: the shop's own clock."""
    chance, http = random.Random(f"shop {seed}"), Inside()
    ids, randomness = SeededIds(clock, chance), SeededChance(chance)
    receiver = Receiver(f"{HOOKS_URL}/in")
    options = SandboxOptions(COMPANY_URL, OPENING_KEY, 5.0, private_webhooks=True)
    app = create_sandbox(None, clock, ids, randomness, http, options)
    http.apps = {COMPANY_URL: app.asgi, HOOKS_URL: receiver.asgi}
    opened = await app.open_account(receiver.url)
    running = Running(app, COMPANY_URL, opened, receiver, cast("GuardedHttp", http), clock)
    wire = Wire(http)
    services = Services(
        database=database,
        clock=ours or clock,
        ids=SeededIds(ours or clock, chance),
        randomness=randomness,
        http=http,
        vault=Vault(KEY, randomness),
        gateways=Gateways(loaded(SandboxGateway(wire, COMPANY_URL))),
        base_url=BASE_URL,
    )
    merchant = await make_merchant(services)
    credentials = {"account_id": opened.account_id, "secret_key": opened.secret_key}
    account_id = GatewayAccountId(ids.new("gwa_"))
    account = Account(merchant.id, account_id, "sandbox", credentials, (opened.webhook_secret,))
    await add_account(services, account)
    try:
        yield Shop(services, merchant, account, running, wire, Wire(running.http))
    finally:
        await app.stop()
