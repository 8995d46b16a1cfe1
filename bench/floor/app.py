"""The floor's application and its process: `python -m bench.floor.app`. Told by its environment what it needs to know.

The same server (uvicorn, httptools, uvloop) with the same options as the product's; no middleware, no framework niceties.
"""

import asyncio
import hashlib
import hmac
import json
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import jinja2
import msgspec
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.floor import statements as sql
from bench.floor import units
from bench.floor.drivers import Driver, Row, connect

JSON = {"cache-control": "no-store", "x-content-type-options": "nosniff", "content-type": "application/json"}
HTML = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "vary": "cookie",
    "content-security-policy": "default-src 'none'; base-uri 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(self)",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin-allow-popups",
    "x-frame-options": "DENY",
}
AT_ONCE = 16
TOGETHER = 16


class Subject(msgspec.Struct):
    id: str
    object: str
    reference: str


class Data(msgspec.Struct):
    object: Subject


class Event(msgspec.Struct):
    id: str
    type: str
    created_at: int
    data: Data


class Floor:
    """Handlers and the work behind them."""

    def __init__(self, shop: dict[str, str], driver: Driver, base_url: str, gateway_url: str) -> None:
        self._merchant, self._account = shop["merchant_id"], shop["account_id"]
        self._secret = shop["webhook_secret"].encode()
        self._keys = {hashlib.sha256(shop["api_key"].encode()).digest(): "key_bench"}
        self._driver = driver
        self._base_url = base_url
        self._gateway_url = gateway_url
        self._gateway_headers = {
            "authorization": f"Bearer {shop['gateway_key']}",
            "sandbox-account": "sbacc_bench",
            "accept": "application/json",
        }
        self._decode_event = msgspec.json.Decoder(Event).decode
        page = (Path(__file__).parent / "page.html").read_text("utf-8")
        self._page = jinja2.Environment(autoescape=True).from_string(page)
        self._views: Counter[tuple[str, str]] = Counter()
        self._work = (asyncio.Event(), asyncio.Event())
        self.routes = [
            Route("/p/{slug}", self.page, methods=["GET"]),
            Route("/v1/payment_links", self.links, methods=["GET"]),
            Route("/v1/payment_links", self.create, methods=["POST"]),
            Route("/in/sandbox/{account}", self.receive, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        rows = await self._driver.read(sql.PAGE, request.path_params["slug"])
        if not rows:
            return Response(status_code=404)
        row = rows[0]
        self._views[row[0], row[1]] += 1
        amount = f"${row[5] // 100:,}.{row[5] % 100:02}"
        view = {"link": row, "merchant": row[32:], "amount": amount, "base_url": self._base_url}
        return Response(self._page.render(view, token=secrets.token_urlsafe(18)), headers=HTML)

    async def links(self, request: Request) -> Response:
        if self._caller(request) is None:
            return Response(status_code=401)
        limit = int(request.query_params["limit"])
        rows = await self._driver.read(sql.LIST, self._merchant, limit + 1)
        filings = await self._driver.read(sql.FILINGS, self._merchant, [row[1] for row in rows])
        filed = {row[0]: row[1:] for row in filings}
        shown = [units.link(row, self._base_url, filed.get(row[1], ("[]", ""))) for row in rows[:limit]]
        cursor = shown[-1].id if len(rows) > limit else None
        body = units.encode({"object": "list", "data": shown, "next_cursor": cursor})
        return Response(body, headers=JSON)

    async def create(self, request: Request) -> Response:
        by = self._caller(request)
        if by is None:
            return Response(status_code=401)
        body, key = await request.body(), request.headers["idempotency-key"]
        unit = units.create(self._merchant, by, key, body, secrets.token_urlsafe(8), self._base_url)
        try:
            status, made = await self._driver.run(unit)
        except msgspec.MsgspecError as error:
            return Response(str(error), status_code=422)
        return Response(made, status_code=status, headers=JSON)

    async def receive(self, request: Request) -> Response:
        if request.path_params["account"] != self._account:
            return Response(status_code=404)
        body = await request.body()
        sent_at, _, digest = request.headers["sandbox-signature"].partition(",v1=")
        sent_at = sent_at.removeprefix("t=")
        expected = hmac.new(self._secret, f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, digest) or abs(time.time() - int(sent_at)) > 300:
            return Response(status_code=400)
        event = self._decode_event(body)
        hint = units.encode({"payment_ref": event.data.object.id, "reference": event.data.object.reference})
        unit = units.receive(
            self._merchant, self._account, event.id, event.type, hint.decode(), body.decode()
        )
        await self._driver.run(unit)
        self._wake()
        return Response(b'{"received":true}', headers=JSON)

    def _caller(self, request: Request) -> str | None:
        scheme, _, key = request.headers["authorization"].partition(" ")
        return self._keys.get(hashlib.sha256(key.encode()).digest()) if scheme == "Bearer" else None

    def _wake(self) -> None:
        for event in self._work:
            event.set()

    # What the worker does.

    async def write_views(self) -> None:
        while True:
            await asyncio.sleep(5)
            views, self._views = self._views, Counter()
            now = units.now_us()
            if views:
                await self._driver.run(
                    units.count_views([(*key, count, now) for key, count in views.items()])
                )

    async def process_inbox(self) -> None:
        connector = aiohttp.TCPConnector(limit_per_host=64)
        async with aiohttp.ClientSession(connector=connector, headers=self._gateway_headers) as session:
            gate = asyncio.Semaphore(AT_ONCE)
            while True:
                await self._work[0].wait()
                self._work[0].clear()
                while leased := await self._lease(sql.DUE_INBOX, sql.LEASE_INBOX):
                    await asyncio.gather(
                        *(self._apply(session, gate, token, row) for token, rows in leased for row in rows)
                    )

    async def deliver_outbox(self) -> None:
        while True:
            await self._work[1].wait()
            self._work[1].clear()
            while leased := await self._lease(sql.DUE_OUTBOX, sql.LEASE_OUTBOX):
                await asyncio.gather(
                    *(
                        self._tell(token, rows[first : first + TOGETHER])
                        for token, rows in leased
                        for first in range(0, len(rows), TOGETHER)
                    )
                )

    async def _lease(self, due: str, lease: str) -> list[tuple[str, list[Row]]]:
        leased = []
        for (merchant,) in await self._driver.read(due, await self._driver.now()):
            token = secrets.token_urlsafe(12)
            rows = await self._driver.run(units.lease(lease, merchant, await self._driver.now(), token))
            leased.append((token, rows))
        return leased

    async def _apply(
        self, session: aiohttp.ClientSession, gate: asyncio.Semaphore, token: str, row: Row
    ) -> None:
        async with gate:
            payment = msgspec.json.decode(row[3])["payment_ref"]
            async with session.get(f"{self._gateway_url}/v1/payments/{payment}") as answer:
                assert answer.status == 200
                fact = units.decode_fact(await answer.read())
            await self._driver.run(units.apply(self._merchant, row, token, fact, self._base_url))
            self._wake()

    async def _tell(self, token: str, promises: Sequence[Row]) -> None:
        read, merchant = self._driver.read, self._merchant
        await read(sql.GET_MERCHANT, merchant)
        await read(sql.ENDPOINTS, merchant)
        for event in await read(sql.GET_EVENTS, merchant, [promise[2] for promise in promises]):
            if event[2] == "payment.captured":
                (attempt,) = await read(sql.GET_ATTEMPT, merchant, event[6])
                await read(sql.GET_SESSION, merchant, attempt[3])
                await read(sql.GET_LINK, merchant, attempt[2])
        await self._driver.run(units.end_promises(merchant, [promise[0] for promise in promises], token))


async def serve(environment: dict[str, str]) -> None:
    """Serves until it is told to stop; prints its address once it does."""
    port = int(environment["FLOOR_PORT"])
    base_url = f"http://127.0.0.1:{port}"
    driver = await connect(environment["FLOOR_DATABASE_URL"])
    shop: dict[str, str] = json.loads(environment["FLOOR_SHOP"])
    floor = Floor(shop, driver, base_url, environment["FLOOR_GATEWAY_URL"])
    options: dict[str, Any] = {
        "access_log": False,
        "backlog": 2_048,
        "http": "httptools",
        "limit_concurrency": 4_096,
        "log_config": None,
        "loop": "none",
        "proxy_headers": False,
        "server_header": False,
        "timeout_keep_alive": 15,
        "ws": "none",
    }
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=floor.routes), port=port, **options))
    work = [floor.write_views()]
    if environment["FLOOR_WORKER"] == "on":
        work += [floor.process_inbox(), floor.deliver_outbox()]
    tasks = [asyncio.create_task(step) for step in work]
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 uvicorn has no event for it
        await asyncio.sleep(0.01)
    sys.stdout.write(f"{base_url}\n")
    sys.stdout.flush()
    await asyncio.wait([serving, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()


if __name__ == "__main__":
    uvloop.run(serve(dict(os.environ)))
