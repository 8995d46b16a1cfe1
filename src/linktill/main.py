"""The composition root: assembles what the settings ask for, and is the only place that names concrete gateways."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Final, final

from linktill.api.reference import Look
from linktill.api.routes import answer_error as problem_of
from linktill.api.routes import create_api, is_api_path
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.accounts import add_account, opened, webhook_url
from linktill.flows.manage_api_keys import KeyRing
from linktill.flows.manage_domain import refresh_domains
from linktill.flows.move_marks import check_not_moved
from linktill.flows.newsroom import Newsroom
from linktill.flows.open_checkout import ViewCounter
from linktill.flows.outgoing import GatedHttp, GatedMailer
from linktill.flows.services import Services
from linktill.flows.set_up import MERCHANT_FACT, OpenAccount, check_vault_key, finish_set_up
from linktill.flows.sign_in import SignInGate
from linktill.flows.standing import Standing
from linktill.flows.take_turn import Channels
from linktill.gateways.contract import Account
from linktill.gateways.installed import Outside, find_installed
from linktill.gateways.kind import Broken, Gateways, Kind, loaded
from linktill.gateways.mollie import mollie
from linktill.gateways.offline import offline
from linktill.gateways.paypal import paypal
from linktill.gateways.sandbox import CONNECTING, SandboxGateway
from linktill.gateways.square import square
from linktill.gateways.stripe import stripe
from linktill.inbound.webhooks import PREFIX as INBOUND_PREFIX
from linktill.inbound.webhooks import Inbound
from linktill.notify.merchant_webhook import RESPONSE_MAX_BYTES
from linktill.platform.clock import Clock, SystemClock
from linktill.platform.http import GuardedHttp, HttpClient, HttpRequest, NoAnswer, NotSent
from linktill.platform.ids import SystemIds
from linktill.platform.log import get_logger
from linktill.platform.passwords import Passwords
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.sandbox import CARDS, SandboxApp, SandboxOptions, create_sandbox
from linktill.settings import Settings
from linktill.simulation.parts import Parts as SimulationParts
from linktill.storage.database import Database, kind_of, open_database
from linktill.storage.errors import StorageError
from linktill.storage.gateway_accounts import every_account_of
from linktill.storage.installation import get_fact
from linktill.storage.migrate import migrate
from linktill.storage.room import Room
from linktill.storage.schema_version import schema_version
from linktill.storage.sqlite_connection import must_be_there, path_of
from linktill.surface.application import Refusal, application
from linktill.surface.asgi import Asgi, Receive, Scope, Send
from linktill.surface.door import Door
from linktill.surface.own_domains import OwnDomains
from linktill.web.app import answer_error as page_of
from linktill.web.app import create_web
from linktill.web.look.assets import asset
from linktill.web.options import WebOptions
from linktill.worker.loop import Step, Worker
from linktill.worker.schedule import standing_step, steps

SANDBOX_PREFIX: Final = "/sandbox"
SANDBOX_FILE: Final = "sandbox.sqlite3"
HEALTH_PATH: Final = "/healthz"
STOP_MAX_S: Final = 20.0

log = get_logger("main")


@asynccontextmanager
async def open_services(
    settings: Settings, *, migrates: bool = True, own_url: str | None = None
) -> AsyncGenerator[Services, None]:
    """The ports over real time, chance, network and database; closed at the end. Raises SettingInvalid.

    `own_url`: where this process itself serves, if it does; the sandbox that it mounts is then reached without a detour over
    a reverse proxy.
    """
    clock, randomness = SystemClock(), SystemRandomness()
    async with AsyncExitStack() as stack:
        if migrates:
            await migrate(settings.database_url)
        elif kind_of(settings.database_url) == "sqlite":
            must_be_there(path_of(settings.database_url))
        database = await open_database(
            settings.database_url, clock, randomness=randomness, connections_max=settings.connections_max
        )
        stack.push_async_callback(database.close)
        await check_not_moved(database)
        services = await stack.enter_async_context(services_on(settings, database, own_url=own_url))
        if migrates:
            await check_vault_key(services)
        with suppress(StorageError):  # the tables of another release: whoever looks at them says so
            await refresh_domains(services)
        yield services


@asynccontextmanager
async def services_on(
    settings: Settings, database: Database, *, own_url: str | None = None
) -> AsyncGenerator[Services, None]:
    """As `open_services`, over a database that is open already and stays open."""
    clock, randomness = SystemClock(), SystemRandomness()
    async with AsyncExitStack() as stack:
        http = GuardedHttp()
        stack.push_async_callback(http.close)
        standing = Standing(settings.database_url)
        await standing.judge(database)
        yield Services(
            database=database,
            clock=clock,
            ids=SystemIds(),
            randomness=randomness,
            http=http,
            vault=Vault(settings.secret_key, randomness),
            gateways=_gateways(settings, GatedHttp(http, lambda: standing.may_ask), clock, own_url),
            base_url=settings.base_url,
            standing=standing,
            room=_room(settings, clock),
        )


def _room(settings: Settings, clock: Clock) -> Room | None:
    """Only of a file on this machine: of PostgreSQL's disk nothing is known here."""
    if kind_of(settings.database_url) != "sqlite":
        return None
    folder = path_of(settings.database_url).resolve().parent
    return Room(clock, folder, floor_bytes=settings.disk_floor_mib << 20)


def _gateways(settings: Settings, http: HttpClient, clock: Clock, own_url: str | None) -> Gateways:
    kinds = [stripe(http), paypal(http, clock), square(http), mollie(http), offline()]
    if settings.has_sandbox:
        here = None if own_url is None else f"{own_url}{SANDBOX_PREFIX}"
        sandbox = SandboxGateway(http, f"{settings.base_url}{SANDBOX_PREFIX}", here)
        kinds.append(loaded(sandbox, CONNECTING))
    # A gateway that is switched off gives its name to nobody else: its accounts are still in the database.
    taken = {SandboxGateway.name, *(kind.name for kind in kinds)}
    found = tuple(find_installed(Outside(http, clock), taken))
    brought = (each for each in found if isinstance(each, Kind))
    return Gateways(*kinds, *brought, broken=[each for each in found if isinstance(each, Broken)])


@final
class Linktill:
    """Everything assembled. `app` answers at once; nothing works by itself before `start`."""

    def __init__(self, settings: Settings, services: Services, parts: "Parts", own_url: str) -> None:
        self.settings: Final = settings
        self.services: Final = services
        self.passwords: Final = parts.passwords
        self.open_account: Final = _account_opener(services, parts.sandbox)
        front = Front(services, parts.sandbox, _site(settings, services, parts, self.open_account))
        self._door: Final = Door(
            front,
            services.ids,
            OwnDomains(services),
            base_url=services.base_url,
            own_url=own_url,
            foreign=(f"{SANDBOX_PREFIX}/",),
        )
        self.app: Final[Asgi] = self._door
        self._sandbox: Final = parts.sandbox
        self._newsroom: Final = parts.newsroom
        self._sandbox_url: Final = f"{own_url}{SANDBOX_PREFIX}"
        self._worker: Final = Worker(services, (*parts.steps, standing_step(self._stand)))
        self._stopping: Final = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    async def start(self) -> "asyncio.Task[None]":
        """Begins what happens by itself; called once the server accepts, since the gateway may live in this process.

        Returns the work: it ends after `stop`, or earlier by a fault.
        """
        if self._sandbox is not None:
            await self._sandbox.start()
        if self.services.standing.is_live:
            await self._begin()
        self._working = asyncio.create_task(self._worker.run(self._stopping))
        return self._working

    async def _begin(self) -> None:
        await finish_set_up(self.services, self.open_account)
        if self._sandbox is not None:
            await _point_webhooks(self.services, self._sandbox_url)

    async def _stand(self, services: Services) -> int:
        """A step: looks whether this installation may act by now, or may not any more."""
        was_live = services.standing.is_live
        await services.standing.judge(services.database)
        if services.standing.is_live and not was_live:
            await self._begin()
        return 0

    async def stop(self) -> None:
        """Lets nobody in and finishes what was begun, within `STOP_MAX_S`. What is cut off then is found by its lease."""
        self._door.close()
        self._newsroom.close()
        self._stopping.set()
        if self._working is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._working, STOP_MAX_S)


@dataclass(frozen=True, slots=True)
class Parts:
    """What one process has once and that is no port."""

    passwords: Passwords
    keys: KeyRing
    views: ViewCounter
    sandbox: SandboxApp | None
    newsroom: Newsroom
    steps: Sequence[Step]


@asynccontextmanager
async def build(settings: Settings, *, own_url: str) -> AsyncGenerator[Linktill, None]:
    """Linktill as one process serves it, at `own_url`. Raises SettingInvalid."""
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings, own_url=own_url))
        await services.standing.settle_in(services.database, services.ids)
        passwords = Passwords()
        stack.callback(passwords.close)
        sandbox = await _sandbox(stack, settings) if settings.has_sandbox else None
        keys, views = KeyRing(services), ViewCounter()
        # These two gather in this process's memory, so it writes them down itself, whoever does the other work.
        own = partial(Step, every_s=5.0, is_eager=False, is_own=True)
        gathering = (
            own("views", views.flush, finish=views.flush),
            own("keys", lambda _: keys.flush(), finish=lambda _: keys.flush()),
            own("domains", refresh_domains),
        )
        working = steps(_channels(stack, settings, services.standing)) if settings.runs_worker else ()
        parts = Parts(passwords, keys, views, sandbox, Newsroom(services), (*working, *gathering))
        yield Linktill(settings, services, parts, own_url)


async def work(settings: Settings, services: Services, stop: asyncio.Event) -> None:
    """The background work alone, until `stop` is set."""
    async with AsyncExitStack() as stack:
        await services.standing.settle_in(services.database, services.ids)
        channels = _channels(stack, settings, services.standing)
        await Worker(services, (*steps(channels), standing_step(_judge))).run(stop)


async def _judge(services: Services) -> int:
    await services.standing.judge(services.database)
    return 0


def simulation_parts() -> SimulationParts:
    """What the simulator runs: the same gateways, door and steps as a real process, on its own ports."""
    return SimulationParts(
        lambda http, bank_url: Gateways(loaded(SandboxGateway(http, bank_url))), Inbound, steps
    )


def _channels(stack: AsyncExitStack, settings: Settings, standing: Standing) -> Channels:
    http = GuardedHttp(body_max_bytes=RESPONSE_MAX_BYTES)
    stack.push_async_callback(http.close)

    def may_send() -> bool:
        return standing.is_live

    mailer = None
    if settings.smtp is not None:
        mailer = GatedMailer(import_module("linktill.notify.smtp").SmtpMailer(settings.smtp), may_send)
    return Channels(GatedHttp(http, may_send), mailer, may_be_private=settings.allows_private_webhooks)


async def _sandbox(stack: AsyncExitStack, settings: Settings) -> SandboxApp:
    """The foreign company, with a network and books of its own."""
    http = GuardedHttp()
    stack.push_async_callback(http.close)
    sandbox = create_sandbox(
        settings.data_folder / SANDBOX_FILE,
        SystemClock(),
        SystemIds(),
        SystemRandomness(),
        http,
        SandboxOptions(base_url=f"{settings.base_url}{SANDBOX_PREFIX}"),
    )
    stack.push_async_callback(sandbox.stop)
    return sandbox


def _account_opener(services: Services, sandbox: SandboxApp | None) -> OpenAccount:
    async def open_account(merchant_id: MerchantId) -> None:
        if sandbox is None:
            return
        # One id for one merchant: of two processes that do this at once, the second's account is not kept.
        account_id = GatewayAccountId(f"gwa_{merchant_id.removeprefix('mer_')}")
        opened = await sandbox.open_account(webhook_url(services, SandboxGateway.name, account_id))
        credentials = {"account_id": opened.account_id, "secret_key": opened.secret_key}
        account = Account(merchant_id, account_id, SandboxGateway.name, credentials, (opened.webhook_secret,))
        await add_account(services, account, "Test account")

    return open_account


async def _point_webhooks(services: Services, sandbox_url: str) -> None:
    """Tells the sandbox where its webhooks go today: the base URL may be another one than when the account was opened."""
    merchant_id: str | None = await services.database.read(get_fact, MERCHANT_FACT)
    stored = (
        [] if merchant_id is None else await services.database.read(every_account_of, MerchantId(merchant_id))
    )
    for each in stored:
        if each.gateway != SandboxGateway.name:
            continue
        account = opened(services, each).account
        url = webhook_url(services, each.gateway, each.id)
        headers = {
            "authorization": f"Bearer {account.credentials['secret_key']}",
            "content-type": "application/json",
        }
        body = json.dumps({"webhook_url": url}).encode()
        request = HttpRequest("PATCH", f"{sandbox_url}/v1/account", headers, body, 5.0, may_be_private=True)
        try:
            response = await services.http.send(request)
            reason = f"status {response.status}" if response.status != 200 else ""
        except (NotSent, NoAnswer) as error:
            reason = str(error)
        if reason:
            # Its news then comes by the payer's return and the reconciler: later, but it comes.
            log.warning("sandbox.not_told", account_id=each.id, reason=reason)


def _site(settings: Settings, services: Services, parts: Parts, open_account: OpenAccount) -> Asgi:
    """Pages and API as one application."""
    look = Look(stylesheet=asset("dashboard.css"), icon=asset("mark.svg"))
    options = WebOptions(
        views=parts.views,
        gate=SignInGate(services.clock, parts.passwords),
        key_ring=parts.keys,
        open_account=open_account,
        mail_server=None if settings.smtp is None else f"{settings.smtp.host}:{settings.smtp.port}",
        mail_sender=settings.mail_from,
        product_version=version("linktill"),
        newsroom=parts.newsroom,
        test_numbers=tuple((card.spaced, card.effect) for card in CARDS if parts.sandbox is not None),
        may_endpoints_be_private=settings.allows_private_webhooks,
        trusted_proxies=settings.trusted_proxies,
    )

    def refusal_at(path: str) -> Refusal:
        return partial(problem_of, services) if is_api_path(path) else page_of

    api = create_api(services, parts.keys, look, may_be_private=settings.allows_private_webhooks)
    return application([*create_web(services, options), *api], refusal_at)


@final
class Front:
    """Hands each request to whom it is for. The sandbox is a foreign company: its pages never pass through our code."""

    def __init__(self, services: Services, sandbox: SandboxApp | None, site: Asgi) -> None:
        self._services: Final = services
        self._inbound: Final = Inbound(services)
        self._sandbox: Final = sandbox
        self._site: Final = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and path.startswith(INBOUND_PREFIX):
            await self._inbound(scope, receive, send)
        elif scope["type"] == "http" and path == HEALTH_PATH and scope["method"] in {"GET", "HEAD"}:
            await self._health(send)
        elif (
            scope["type"] == "http"
            and self._sandbox is not None
            and (path == SANDBOX_PREFIX or path.startswith(f"{SANDBOX_PREFIX}/"))
        ):
            await self._sandbox.asgi({**scope, "root_path": SANDBOX_PREFIX}, receive, send)
        else:
            await self._site(scope, receive, send)

    async def _health(self, send: Send) -> None:
        """200 only if the database answers: what a load balancer needs to know."""
        try:
            await self._services.database.read(schema_version)
            status, body = 200, b'{"status":"ok"}'
        except StorageError:
            status, body = 503, b'{"status":"unavailable"}'
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
