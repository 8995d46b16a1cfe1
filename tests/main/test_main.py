"""What the composition root puts together, as one process: routes, the sandbox beside us, work with and without a worker."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from linktill.core.ids import MerchantId
from linktill.flows.accounts import opened
from linktill.flows.set_up import NewInstallation, create_installation
from linktill.main import Linktill, build
from linktill.platform.http import HttpRequest, HttpResponse
from linktill.settings import read_settings
from linktill.storage.gateway_accounts import accounts_of
from linktill.storage.invariants import merchants as _merchants
from tests.sandbox.running import open_port, serving

PASSWORD = "trumpet oyster velvet ladder"


class Site:
    """A Linktill that serves on a port of its own."""

    def __init__(self, linktill: Linktill, url: str) -> None:
        self.linktill = linktill
        self.services = linktill.services
        self.url = url

    async def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> HttpResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        request = HttpRequest(method, f"{self.url}{path}", sent, body, 10.0, may_be_private=True)
        return await self.services.http.send(request)

    async def set_up(self) -> MerchantId:
        installed = await create_installation(
            self.services,
            self.linktill.passwords,
            NewInstallation("Bea's Bikes", "bea@example.com", PASSWORD, "USD"),
            open_account=self.linktill.open_account,
        )
        return installed.merchant.id

    async def sandbox_account(self, merchant_id: MerchantId) -> Any:
        """The account as the sandbox knows it."""
        (stored,) = await self.services.database.read(accounts_of, merchant_id)
        key = opened(self.services, stored).account.credentials["secret_key"]
        answer = await self.call("GET", "/sandbox/v1/account", authorization=f"Bearer {key}")
        assert answer.status == 200
        return json.loads(answer.body)


@asynccontextmanager
async def site(folder: Path, url: str, **settings: str) -> AsyncIterator[Site]:
    listening, port = open_port()
    own_url = f"http://127.0.0.1:{port}"
    given = {
        "LINKTILL_DATA_DIR": str(folder / "data"),
        "LINKTILL_DATABASE_URL": url,
        "LINKTILL_BASE_URL": own_url,
    }
    async with (
        build(read_settings(given | settings), own_url=own_url) as linktill,
        serving(linktill.app, listening),
    ):
        working = await linktill.start()
        try:
            yield Site(linktill, own_url)
        finally:
            await linktill.stop()
            assert working.done()


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/healthz", 200, "application/json"),
        ("/v1/openapi.json", 200, "application/json"),
        ("/docs/api", 200, "text/html"),
        ("/v1/payment_links", 401, "application/problem+json"),
        ("/v1/nothing", 404, "application/problem+json"),
        ("/in/sandbox/gwa_unknown", 405, "application/problem+json"),
        ("/setup", 200, "text/html"),
        ("/p/unknown", 404, "text/html"),
        ("/nothing", 404, "text/html"),
        ("/sandbox/nothing", 404, "text/html"),
        ("/sandbox", 404, "text/html"),
        ("/sandbox/v1/nothing", 404, "application/json"),
        ("/static/0/nothing.css", 404, "text/html"),
    ],
)
async def test_every_door_is_mounted(tmp_path: Path, path: str, status: int, kind: str):
    async with site(tmp_path, f"sqlite:///{tmp_path / 'linktill.db'}") as running:
        answer = await running.call("GET", path)
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (status, kind)
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_without_the_sandbox_nothing_of_it_is_there(tmp_path: Path):
    async with site(tmp_path, f"sqlite:///{tmp_path / 'linktill.db'}", LINKTILL_SANDBOX="off") as running:
        merchant_id = await running.set_up()
        assert (await running.call("GET", "/sandbox/v1/account")).status == 404
        assert await running.services.database.read(accounts_of, merchant_id) == []
        assert "sandbox" not in running.services.gateways
        assert not (tmp_path / "data" / "sandbox.sqlite3").exists()


async def test_health_needs_the_database(tmp_path: Path):
    async with site(tmp_path, f"sqlite:///{tmp_path / 'linktill.db'}") as running:
        assert (await running.call("GET", "/healthz")).status == 200
        # The work ends, and the door stays open: a stop would close it.
        running.linktill._stopping.set()
        assert running.linktill._working is not None
        await running.linktill._working
        await running.services.database.close()
        answer = await running.call("GET", "/healthz")
        assert (answer.status, answer.body) == (503, b'{"status":"unavailable"}')


async def test_two_that_finish_the_set_up_at_once_keep_one_account(tmp_path: Path, database_url: str):
    async with site(tmp_path, database_url) as running:
        merchant_id = await running.set_up()
        await asyncio.gather(*(running.linktill.open_account(merchant_id) for _ in range(5)))
        assert len(await running.services.database.read(accounts_of, merchant_id)) == 1
        assert (await running.sandbox_account(merchant_id))["object"] == "account"


async def test_webhooks_follow_the_base_url(tmp_path: Path, database_url: str):
    async with site(tmp_path, database_url) as first:
        merchant_id = await first.set_up()
        before = (await first.sandbox_account(merchant_id))["webhook_url"]
        assert before.startswith(f"{first.url}/in/sandbox/gwa_")
    async with site(tmp_path, database_url) as second:
        after = (await second.sandbox_account(merchant_id))["webhook_url"]
        assert after == before.replace(first.url, second.url)


async def test_a_set_up_that_was_cut_off_is_finished_at_the_next_start(tmp_path: Path, database_url: str):
    async with site(tmp_path, database_url) as first:

        async def dies(_merchant_id: MerchantId) -> None:
            raise KeyError("kill -9")

        first.linktill.open_account = dies  # type: ignore[misc]
        with pytest.raises(KeyError):
            await first.set_up()
    async with site(tmp_path, database_url) as second:
        merchants = await second.services.database.read(_merchants)
        assert len(await second.services.database.read(accounts_of, merchants[0])) == 1
