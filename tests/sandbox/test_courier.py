"""Webhooks: signed, prompt, tried again, never lost to a crash; and where they may go."""

import asyncio
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from linktill.platform.clock import SystemClock
from linktill.platform.http import HttpRequest, HttpResponse
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.sandbox import SandboxOptions, create_sandbox
from linktill.sandbox.rules import retry_at
from tests.sandbox.running import ORDER, Running, running_sandbox

DAY = 86_400


async def test_a_webhook_is_signed_over_its_raw_bytes(sandbox: Running):
    payment = await sandbox.paid()
    await sandbox.step(0)
    headers, body = sandbox.receiver.received[0]
    timestamp, _, signature = headers["sandbox-signature"].partition(",")
    expected = hmac.new(
        sandbox.account.webhook_secret.encode(), timestamp[2:].encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    assert signature == f"v1={expected}"
    assert json.loads(body)["data"]["object"] == payment


async def test_a_webhook_is_prompt(lively: Running):
    await lively.paid()
    assert await lively.receiver.wait(1, timeout_s=2) == ["payment.captured"]


async def test_by_itself_a_debit_settles_and_a_dispute_opens(lively: Running):
    await lively.paid("4000000000020018")
    await lively.paid("4000000000040016", "pay_2")
    types = await lively.receiver.wait(4)
    assert sorted(types) == ["dispute.opened", "payment.captured", "payment.captured", "payment.processing"]


async def test_it_is_tried_again_until_it_is_taken(sandbox: Running):
    sandbox.receiver.statuses = [500, 302, 404, 200]
    await sandbox.paid()
    for seconds, came in [(0, 1), (0.5, 1), (0.7, 2), (4, 2), (2, 3), (25, 3), (10, 4), (DAY, 4)]:
        await sandbox.step(seconds)
        assert len(sandbox.receiver.received) == came
    assert len({body for _, body in sandbox.receiver.received}) == 1


async def test_it_is_tried_for_three_days(sandbox: Running):
    sandbox.receiver.statuses = [500] * 100
    await sandbox.paid()
    for _ in range(30):
        await sandbox.step(DAY / 4)
    tries = len(sandbox.receiver.received)
    assert 10 <= tries <= 15
    await sandbox.step(30 * DAY)
    assert len(sandbox.receiver.received) == tries


def test_the_pauses_between_tries():
    pauses = [retry_at(0, 0, tries, 1.0) for tries in (1, 2, 3, 4, 5, 10, 99)]
    assert pauses == [
        1_000_000,
        5_000_000,
        30_000_000,
        120_000_000,
        600_000_000,
        43_200_000_000,
        43_200_000_000,
    ]
    assert retry_at(0, 3 * DAY * 1_000_000, 20, 1.0) is None


async def test_wi19_all_webhooks_can_be_lost(sandbox: Running):
    sandbox.app.faults.are_webhooks_lost = True
    await sandbox.paid()
    await sandbox.step(DAY)
    sandbox.app.faults.clear()
    await sandbox.step(DAY)
    assert sandbox.receiver.received == []


class Recorder:
    """An HTTP client that only writes down."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return HttpResponse(200, {}, b"")


@pytest.mark.parametrize(
    ("webhook_url", "may_be_private"),
    [
        ("http://127.0.0.1:8000/in/sandbox/gwa_1", True),
        ("http://127.0.0.1:8001/in", False),
        ("https://127.0.0.1:8000/in", False),
        ("http://169.254.169.254/latest", False),
        ("https://shop.example/in", False),
    ],
)
async def test_sf01_webhooks_go_behind_the_firewall_only_to_the_company_s_own_address(
    webhook_url, may_be_private
):
    recorder = Recorder()
    options = SandboxOptions("http://127.0.0.1:8000/sandbox")
    app = create_sandbox(None, SystemClock(), SystemIds(), SystemRandomness(), recorder, options)
    account = await app.open_account(webhook_url)
    await call(app, "POST", "/v1/payments", account.secret_key, json.dumps(ORDER).encode())
    payment_id = (await call(app, "GET", "/v1/payments", account.secret_key))["data"][0]["id"]
    await call(app, "POST", f"/v1/payments/{payment_id}/cancel", account.secret_key)
    await app.run_due()
    await app.stop()
    assert [request.may_be_private for request in recorder.requests] == [may_be_private]


async def call(app, method, path, secret_key, body=b""):
    """In process and mounted: no server, no port."""
    answer = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        answer.append(message.get("body", b""))

    headers = [
        (b"authorization", b"Bearer " + secret_key.encode()),
        (b"content-type", b"application/json"),
        (b"idempotency-key", b"k"),
    ]
    scope = {
        "type": "http",
        "method": method,
        "path": f"/sandbox{path}/",
        "root_path": "/sandbox",
        "headers": headers,
    }
    await app.asgi(scope, receive, send)
    return json.loads(b"".join(answer))


async def test_one_dead_endpoint_does_not_hold_up_another(lively: Running):
    dead = await lively.app.open_account("http://127.0.0.1:9/in")
    for number in range(100):
        order = {**ORDER, "reference": f"dead_{number}"}
        response = await lively.call("POST", "/v1/payments", order, key=f"d{number}", secret=dead.secret_key)
        await lively.pay(json.loads(response.body)["id"])
    await lively.paid()
    assert await lively.receiver.wait(1, timeout_s=2) == ["payment.captured"]


async def test_what_is_answered_is_on_disk(tmp_path: Path):
    """`kill -9` right after the answer: the payment is captured and its webhook still goes out."""
    path = tmp_path / "sandbox.db"
    child = subprocess.Popen(  # noqa: ASYNC220 - it is to be killed
        [sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    line = await asyncio.to_thread(child.stdout.readline)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    payment_id, secret_key = line.split()

    async with running_sandbox(path) as sandbox:
        response = await sandbox.call("GET", f"/v1/payments/{payment_id}", secret=secret_key)
        assert json.loads(response.body)["status"] == "captured"
        change = {"webhook_url": sandbox.receiver.url}
        await sandbox.call("PATCH", "/v1/account", change, secret=secret_key)
        await sandbox.step(0)
        assert sandbox.receiver.types() == ["payment.captured"]


CHILD = """
import asyncio, json, pathlib, sys
sys.path.insert(0, ".")
from tests.sandbox.running import running_sandbox

async def main():
    async with running_sandbox(pathlib.Path(sys.argv[1])) as sandbox:
        payment = await sandbox.paid()
        print(payment["id"], sandbox.account.secret_key, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_what_was_under_way_at_a_crash_goes_out_again(tmp_path: Path):
    path = tmp_path / "sandbox.db"
    async with running_sandbox(path) as first:
        first.receiver.statuses = [500]
        await first.paid()
        await first.step(0)
        url, secret_key = first.receiver.url, first.account.secret_key
    assert url
    async with running_sandbox(path) as second:
        await second.call("PATCH", "/v1/account", {"webhook_url": second.receiver.url}, secret=secret_key)
        await second.step(2)
        assert second.receiver.types() == ["payment.captured"]


async def test_two_processes_share_one_company_and_send_each_webhook_once(tmp_path: Path):
    path = tmp_path / "sandbox.db"
    async with (
        running_sandbox(path, by_itself=True) as one,
        running_sandbox(path, by_itself=True) as two,
    ):
        for number in range(20):
            await (one if number % 2 else two).paid(reference=f"pay_{number}")
        await one.receiver.wait(10)
        await two.receiver.wait(10)
        await asyncio.sleep(0.2)
        assert (len(one.receiver.received), len(two.receiver.received)) == (10, 10)


def test_st04_commits_reach_the_disk(tmp_path: Path):
    """NORMAL lost acknowledged commits in simulated power cuts."""

    async def settings() -> tuple[object, object]:
        async with running_sandbox(tmp_path / "sandbox.db") as sandbox:
            writer: apsw.Connection = sandbox.app._company.db._writer
            return writer.pragma("synchronous"), writer.pragma("journal_mode")

    assert asyncio.run(settings()) == (2, "wal")
