"""The bench measures what it says: its floor does the product's work, and what it seeds is found by both."""

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench import load, paths
from bench.databases import Databases, Postgres, Sqlite
from bench.gateway import answer
from bench.servers import Process
from bench.shop import found, link_rows, payment_rows, slug
from bench.sides import World, floor, product
from tests.postgres import running_server

PAYING = 20
LINKS = 60
UNKEPT = "SELECT (SELECT count(*) FROM link_version) - (SELECT count(*) FROM idempotency WHERE status = 201) AS unkept"

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_product_and_floor_do_the_same_work(name: str, tmp_path: Path) -> None:
    if not load.is_installed():
        pytest.skip("wrk is not installed: apt-get install wrk")
    with ExitStack() as stack:
        databases: Databases = (
            Sqlite(tmp_path) if name == "sqlite" else Postgres(stack.enter_context(running_server()))
        )
        stack.callback(databases.close)
        databases.create("seed")
        shop = found(databases.url("seed"), tmp_path)
        databases.fill("seed", [*link_rows(shop, 0, LINKS, paying=PAYING), *payment_rows(shop, PAYING)])
        gateway = Process(["-m", "bench.gateway"], {})
        stack.callback(gateway.stop)
        world = World(databases, shop, f"http://127.0.0.1:{gateway.line()}", tmp_path)
        hooks = paths.Webhooks(shop, PAYING)
        for make in (product, floor):
            databases.copy("seed", make.__name__)
            side = make(world, make.__name__, worker=True)
            stack.callback(side.process.stop)
            page = _get(f"{side.url}/p/{slug(PAYING)}").decode()
            assert f"Bicycle service no. {PAYING}, spring check" in page
            assert "Pay $42.00" in page
            listed = json.loads(_get(f"{side.url}/v1/payment_links?limit=50", f"Bearer {shop.api_key}"))
            assert [each["reference"] for each in listed["data"]] == [f"INV-{n}" for n in range(59, 9, -1)]
            assert listed["next_cursor"] == listed["data"][-1]["id"]
            # Each webhook is booked once and applied as a whole: the measure itself insists.
            assert hooks.of(PAYING)(side).rps > 0
            assert side.ask("SELECT count(*) FROM event") == 2 * PAYING
            made = paths.create(shop, 1)(side)
            assert made.rps > 0
            # In one statement: requests of the last moment may still be on their way in.
            assert side.ask(UNKEPT) == 0


def test_the_stand_in_has_taken_every_payment() -> None:
    status, payment = answer("/v1/payments/sbpay_0123")
    assert status == b"200 OK"
    assert isinstance(payment, dict)
    assert (payment["reference"], payment["status"]) == ("pay_0123", "captured")


def test_without_wrk_it_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"],
        env={**os.environ, "PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "wrk" in done.stderr
    assert "apt-get install wrk" in done.stderr


def _get(url: str, authorization: str = "") -> bytes:
    asked = urllib.request.Request(url, headers={"authorization": authorization})
    with urllib.request.urlopen(asked, timeout=10) as response:
        body: bytes = response.read()
    return body
