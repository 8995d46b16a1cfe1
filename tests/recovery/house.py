"""An installation as processes on one address, its payers, and what its gateway, mail server and endpoint have seen."""

import asyncio
import contextlib
import re
import shutil
import signal
import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from linktill.sandbox.cards import BY_NAME
from tests.cli.children import asked, ended, environment, free_port, started
from tests.notify.receivers import Endpoint, Postbox

WAIT_MAX_S = 90.0
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')


@dataclass
class House:
    """`folder` is the data folder; port and base URL stay the same, whatever is lost."""

    folder: Path
    database_url: str
    http: aiohttp.ClientSession
    port: int = field(default_factory=free_port)
    smtp_port: int = 0
    api_key: str = ""
    server: Process | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        settings = {
            "LINKTILL_DATA_DIR": str(self.folder),
            "LINKTILL_DATABASE_URL": self.database_url,
            "LINKTILL_BASE_URL": self.base_url,
            "LINKTILL_PORT": str(self.port),
            "LINKTILL_ALLOW_PRIVATE_WEBHOOKS": "on",
            **({"LINKTILL_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}"} if self.smtp_port else {}),
            **self.settings,
        }
        return environment(self.folder.parent, **settings)

    async def open_shop(self) -> None:
        """A demo furnishes it: a merchant and an API key."""
        words = ("--port", str(self.port), "--data", str(self.folder), "--database", self.database_url)
        story = await self._start("demo", *words)
        assert "api_key" in story, story
        self.api_key = story["api_key"]

    async def serve(self) -> None:
        """As people run it."""
        await self._start("serve")

    async def _start(self, *words: str) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.server, story = await started(*words, log=self._log, settings=self.environment())
        return story

    @property
    def _log(self) -> Path:
        return self.folder.parent / f"{self.folder.name}.log"

    def log(self) -> str:
        return self._log.read_text()

    async def end(self, how: signal.Signals) -> int:
        """Sends the signal; answers the exit code."""
        assert self.server is not None
        process, self.server = self.server, None
        return await ended(process, how)

    async def command(self, *words: str) -> tuple[int, Any]:
        """A `linktill` command on the same settings, run beside the data folder: its exit code and its JSON."""
        return await asked(*words, folder=self.folder.parent, settings=self.environment())

    async def api(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.api_key}"}
        async with self.http.request(
            method, f"{self.base_url}{path}", json=body, headers=headers
        ) as response:
            return response.status, await response.json(content_type=None)

    async def made(self, path: str, body: object) -> Any:
        status, answer = await self.api("POST", path, body)
        assert status < 300, answer
        return answer

    async def link(self, amount_minor: int, **fields: Any) -> Any:
        return await self.made(
            "/v1/payment_links",
            {"amount_minor": amount_minor, "currency": "USD", "description": "A repair", **fields},
        )

    async def press_pay(self, link: Any) -> tuple[int, str]:
        """The payer opens the link and presses Pay: the status, and where that leads."""
        async with self.http.get(link["url"]) as response:
            fields = dict(_HIDDEN.findall(await response.text()))
        fields |= {"email": "ada@example.com", "name": "Ada"}
        async with self.http.post(f"{link['url']}/pay", data=fields, allow_redirects=False) as response:
            return response.status, response.headers.get("location", "")

    async def fill_card(self, where: str, card: str = "success") -> str:
        """The payer pays on the gateway's page; answers the address that they are sent back to."""
        form = {"number": BY_NAME[card].number, "expiry": "12/34", "cvc": "123", "name": "Ada"}
        async with self.http.post(where, data=form, allow_redirects=False) as response:
            assert response.status == 303, await response.text()
            return response.headers["location"]

    async def pay(self, link: Any, card: str = "success") -> str:
        """Pays, without coming back: the news come by webhook. Answers the payment's id."""
        status, where = await self.press_pay(link)
        assert status == 303, self.log()[-2_000:]
        await self.fill_card(where, card)
        at_gateway = where.rsplit("/", 1)[-1]
        return str(self.sandbox("SELECT reference FROM payment WHERE id = ?", at_gateway)[0][0])

    async def payments(self) -> dict[str, Any]:
        status, page = await self.api("GET", "/v1/payments?limit=100")
        assert status == 200, page
        return {payment["id"]: payment for payment in page["data"]}

    def sandbox(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        """What the pretend company's own books say."""
        path = self.folder / "sandbox.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as books:
            return books.execute(sql, parameters).fetchall()

    async def until(self, what: Callable[[], Awaitable[bool]], why: str) -> None:
        for _ in range(int(WAIT_MAX_S * 10)):
            if await what():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"never came true: {why}\n{self.log()[-3_000:]}")

    def lose(self, *, keeping: tuple[str, ...]) -> None:
        """The disk is gone; what is named was elsewhere."""
        for path in self.folder.iterdir():
            if not path.name.startswith(keeping):
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()


@asynccontextmanager
async def house_on(folder: Path, database_url: str) -> AsyncIterator[House]:
    """A house with nobody in it yet; at the end nothing of it runs."""
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
        house = House(folder, database_url, http)
        try:
            yield house
        finally:
            if house.server is not None:
                await house.end(signal.SIGKILL)


@dataclass
class Heard:
    """What left the installation: mails by recipient and subject, webhooks by id and path."""

    postbox: Postbox
    endpoint: Endpoint

    def mails(self) -> list[tuple[str, str]]:
        sent = zip(self.postbox.mails, self.postbox.recipients, strict=True)
        return sorted((to[0], str(mail["subject"])) for mail, to in sent)

    def webhooks(self) -> list[str]:
        # A dispute is decided a minute after it was opened: news of its own, whenever that is.
        return sorted(post.id for post in self.endpoint.posts if b'"dispute.closed"' not in post.body)
