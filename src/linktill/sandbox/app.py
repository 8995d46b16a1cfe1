"""The company as one thing: its ASGI app, its books and its courier."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient
from linktill.platform.ids import Ids
from linktill.platform.log import get_logger
from linktill.platform.randomness import Randomness
from linktill.sandbox.accounts import OpenedAccount
from linktill.sandbox.api import Api
from linktill.sandbox.asgi import (
    Receive,
    Refused,
    Request,
    Response,
    Router,
    Scope,
    Send,
    read_request,
    refusal_response,
    send_response,
)
from linktill.sandbox.company import Company
from linktill.sandbox.courier import Courier
from linktill.sandbox.database import Database, Row, StorageFailed
from linktill.sandbox.faults import FaultKind, Faults
from linktill.sandbox.page import HostedPage
from linktill.sandbox.rules import HOLDS_FOR_S, SETTLES_AFTER_S
from linktill.sandbox.surprises import Surprise, do

_log = get_logger("sandbox")

_REFUSED_BY_FAULT: Final = {
    FaultKind.RATE_LIMITED: (429, "rate_limited"),
    FaultKind.UNAVAILABLE: (503, "unavailable"),
    FaultKind.ERROR_BEFORE: (500, "internal"),
    FaultKind.ERROR_AFTER: (500, "internal"),
}
_BEFORE: Final = frozenset(
    {
        FaultKind.RATE_LIMITED,
        FaultKind.UNAVAILABLE,
        FaultKind.ERROR_BEFORE,
        FaultKind.CUT_BEFORE,
        FaultKind.HTML_BEFORE,
    }
)
_PROXY_PAGE: Final = Response(
    200, b"<!doctype html><title>Checking your browser</title>", "text/html; charset=utf-8"
)


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """`base_url` is where payers reach the company, with the path of its mount.

    Who has the `opening_key` opens accounts over HTTP; empty, nobody does. Webhooks may go to private addresses only at
    the scheme, host and port of `base_url`, unless `private_webhooks`.
    """

    base_url: str
    opening_key: str = ""
    settles_after_s: float = SETTLES_AFTER_S
    private_webhooks: bool = False
    holds_for_s: float = HOLDS_FOR_S


@final
class SandboxApp:
    """A pretend payment company. `asgi` serves it; between `start` and `stop` it also acts by itself."""

    def __init__(self, company: Company, courier: Courier) -> None:
        self._company = company
        self._courier = courier
        self._page = HostedPage(company)
        self._api_router = Router(Api(company).routes)
        self._page_router = Router(self._page.routes)
        self.faults = company.faults

    async def start(self) -> None:
        """Begins to deliver webhooks, settle debits and so on."""
        self._courier.start()

    async def stop(self) -> None:
        """Stops doing so and closes the books. What is queued stays queued."""
        await self._courier.stop()
        await self._company.db.close()

    async def open_account(self, webhook_url: str = "", webhook_secret: str | None = None) -> OpenedAccount:
        """Opens a pretend account for whoever runs Linktill: what POST /v1/accounts does."""
        return await self._company.open_account(webhook_url, webhook_secret)

    async def run_due(self) -> int:
        """Does what is due now, deliveries included; answers how much that was. For tests and the simulator."""
        return await self._courier.run_due()

    def next_due_at(self) -> int | None:
        """When the company acts next by itself (microseconds UTC), or None."""
        return self._courier.next_due_at()

    def books(self) -> tuple[list[Row], list[Row]]:
        """Payments (reference, status, amount, currency, refunded) and refunds (reference, status, amount), oldest first.

        For whoever checks that Linktill's books agree: tests and the simulator.
        """
        return self._company.db.read(
            lambda tx: (
                tx.all(
                    "SELECT reference, status, amount_minor, currency, refunded_minor FROM payment ORDER BY seq"
                ),
                tx.all("SELECT reference, status, amount_minor FROM refund ORDER BY seq"),
            )
        )

    def statuses(self, reference: str) -> list[str]:
        """How the payments under a reference of the merchant's stand right now. For the simulator, as `books`."""
        rows = self._company.db.read(
            lambda tx: tx.all(
                "SELECT status FROM payment WHERE account_id IN (SELECT id FROM account) AND reference = :reference",
                reference=reference,
            )
        )
        return [status for (status,) in rows]

    def disputes(self) -> dict[str, str]:
        """Reference of the disputed payment → how its dispute stands. For the simulator, as `books`."""
        return dict(
            self._company.db.read(lambda tx: tx.all("SELECT reference, status FROM dispute ORDER BY seq"))
        )

    async def surprise(self, surprise: Surprise, reference: str) -> bool:
        """Does what companies do against their own word. False: it does not fit how things stand. For the simulator."""
        base_url = self._company.base_url
        return await self._company.db.write(lambda tx: do(tx, base_url, surprise, reference))

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes paths below its mount (`root_path`), or all of a server of its own."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        assert scope["type"] == "http", "no other protocol is served"
        is_head = scope["method"] == "HEAD"
        request = None
        try:
            request = await read_request(scope, receive)
            if request.path.startswith("/v1/"):
                response, is_cut = await self._api(request)
            else:
                response, is_cut = await self._page_router(request), False
        except Refused as refused:
            response, is_cut = refusal_response(refused), False
            if request is not None and refused.status == 404 and not request.path.startswith("/v1/"):
                response = self._page.missing(request)
        except StorageFailed as error:
            _log.error("sandbox.storage_failed", reason=str(error))
            response, is_cut = refusal_response(Refused(503, "unavailable", "Try again later.")), False
        await send_response(response, send, is_head=is_head, is_cut=is_cut)

    async def _api(self, request: Request) -> tuple[Response, bool]:
        """The answer, and whether it breaks off. Without a planned fault just the answer."""
        fault = self.faults.take(f"{request.method} {request.path}")
        if fault is None:
            return await self._api_router(request), False
        response = Response(200)
        if fault.kind is FaultKind.LATE_BEFORE:
            await self._company.clock.sleep(fault.delay_s)
        if fault.kind not in _BEFORE:
            response = await self._api_router(request)
        match fault.kind:
            case (
                FaultKind.RATE_LIMITED
                | FaultKind.UNAVAILABLE
                | FaultKind.ERROR_BEFORE
                | FaultKind.ERROR_AFTER
            ):
                status, code = _REFUSED_BY_FAULT[fault.kind]
                headers = {"retry-after": "1"} if status in {429, 503} else {}
                body = refusal_response(Refused(status, code, "A planned fault.")).body
                return Response(status, body, headers=headers), False
            case FaultKind.CUT_BEFORE | FaultKind.CUT_AFTER:
                return response, True
            case FaultKind.HTML_BEFORE | FaultKind.HTML_AFTER:
                return _PROXY_PAGE, False
            case FaultKind.LATE_AFTER:
                await self._company.clock.sleep(fault.delay_s)
                return response, False
            case FaultKind.LATE_BEFORE:
                return response, False

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """For a server of its own; `main` calls start and stop itself."""
        await receive()
        await self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})


def create_sandbox(
    path: Path | None,
    clock: Clock,
    ids: Ids,
    randomness: Randomness,
    http: HttpClient,
    options: SandboxOptions,
) -> SandboxApp:
    """A company with its books at `path`, or in memory with None (then nothing runs in a thread)."""
    company = Company(
        db=Database(path, clock, ids),
        clock=clock,
        ids=ids,
        randomness=randomness,
        faults=Faults(),
        base_url=options.base_url.rstrip("/"),
        opening_key=options.opening_key,
        settles_after_s=options.settles_after_s,
        holds_for_s=options.holds_for_s,
    )
    return SandboxApp(company, Courier(company, http, private_webhooks=options.private_webhooks))
