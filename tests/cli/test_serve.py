"""`linktill serve` and `linktill worker` as processes: set-up, settings, signals, start-up time and memory."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.cli.children import LINKTILL, environment, free_port, linktill, running

START_MAX_CPU_S = 5.0
RSS_MAX_KIB = 120 * 1024
NEEDLESS = {
    "pydantic": "8 MB, which Litestar loads where it finds it",
    "yaml": "1 MB, for OpenAPI pages of Litestar's own",
    "pdb": "Litestar's, for errors that stop in a debugger",
    "aiosmtplib": "there is no mail server",
    "babel.dates": "loaded when the first date is written",
    "babel.numbers": "as babel.dates",
    "anyio._backends._asyncio": "Litestar's, for events that nobody sends",
    "rich": "3.5 MB with pygments, for tables of other commands",
    "pygments": "as rich",
    "alembic": "the schema is there; 5 MB",
    "mako": "as alembic",
    "asyncpg": "this is SQLite",
    "segno": "QR codes are drawn when a page has one",
    "linktill.storage.copy": "backups and moves are commands of their own",
    "linktill.flows.back_up": "as copy",
    "linktill.simulation.run": "the simulator is a command of its own",
    "linktill.gateways.stripe.gateway": "each adapter is loaded at its first use",
}
LOADED = """
import os, signal, sys
from linktill.cli import serve
async def tell(linktill, *, as_json):
    print("serves", *(name for name in sys.argv[1:] if name in sys.modules))
    os.kill(os.getpid(), signal.SIGTERM)
serve._tell = tell
serve.serve()
"""
"""Serves, tells which of the modules named on its command line are loaded once it answers, and stops."""
TOKEN = re.compile(r"[0-9a-z]{5}(-[0-9a-z]{5}){4}")


def settings(folder: Path, url: str = "") -> dict[str, str]:
    port = str(free_port())
    found = {"LINKTILL_DATA_DIR": str(folder / "data"), "LINKTILL_PORT": port}
    return found | ({"LINKTILL_DATABASE_URL": url} if url else {})


def test_the_first_start_prints_a_token_and_the_address_to_use_it_at(tmp_path: Path, empty_database_url: str):
    mine = settings(tmp_path, empty_database_url)
    with running("serve", "--json", folder=tmp_path, **mine) as child:
        first = child.story
        assert first["set_up_url"] == f"http://127.0.0.1:{mine['LINKTILL_PORT']}/setup"
        assert TOKEN.fullmatch(first["set_up_token"])
        status, page = child.get(first["set_up_url"])
        assert status == 200
        assert "token" in page
        assert child.stop() == 0
    with running("serve", "--json", folder=tmp_path, **mine) as child:
        # The token printed before is of no use any more.
        assert child.story["set_up_token"] != first["set_up_token"]


def test_people_read_the_token_on_the_console(tmp_path: Path):
    mine = settings(tmp_path)
    with (tmp_path / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [LINKTILL, "serve"], env=environment(tmp_path, **mine), stdout=subprocess.PIPE, stderr=log
        )
    try:
        ends_s = time.monotonic() + 60
        while "Token" not in (words := (tmp_path / "log.txt").read_text()):
            assert time.monotonic() < ends_s, words
            time.sleep(0.05)
        assert f"http://127.0.0.1:{mine['LINKTILL_PORT']}/setup" in words
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=45)
        assert (process.returncode, out) == (0, b"")
    finally:
        process.kill()
        process.wait()


def test_it_starts_fast_and_stays_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The limits here are loose, for a busy machine; the figures that count are printed."""
    mine = settings(tmp_path)
    assert linktill("migrate", folder=tmp_path, **mine).code == 0
    with running("serve", "--json", folder=tmp_path, **mine) as child:
        cpu_s = child.cpu_s()
        assert child.get(f"{child.story['base_url']}/healthz")[0] == 200
        time.sleep(2)
        with capsys.disabled():
            print(
                f"\nserve: first answer after {child.ready_s:.2f} s, of which {cpu_s:.2f} s computing; "
                f"{child.rss_kib() / 1024:.0f} MiB idle"
            )
        assert cpu_s < START_MAX_CPU_S
        assert child.rss_kib() < RSS_MAX_KIB


def test_it_loads_nothing_that_it_does_not_need(tmp_path: Path):
    mine = settings(tmp_path)
    assert linktill("migrate", folder=tmp_path, **mine).code == 0
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *NEEDLESS],
        env=environment(tmp_path, **mine),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["serves"]


def test_any_free_port_will_do(tmp_path: Path):
    with running("serve", "--json", folder=tmp_path, **settings(tmp_path) | {"LINKTILL_PORT": "0"}) as child:
        assert not child.story["base_url"].endswith(":0")
        assert child.get(f"{child.story['base_url']}/healthz")[0] == 200


def test_the_command_line_counts_more_than_the_environment(tmp_path: Path):
    port = free_port()
    mine = settings(tmp_path)
    with running("serve", "--json", "--port", str(port), folder=tmp_path, **mine) as child:
        assert child.story["base_url"] == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINKTILL_DATABASE_URL", "mysql://x/y"),
        ("LINKTILL_DATABASE_URL", "postgresql:///x?host=/nonexistent"),
        ("LINKTILL_DATABASE_URL", "sqlite:////proc/nonexistent/linktill.db"),
        ("LINKTILL_PORT", "99999"),
        ("LINKTILL_BASE_URL", "javascript:alert(1)"),
        ("LINKTILL_SECRET_KEY", "short"),
        ("LINKTILL_WROKER", "off"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str):
    done = linktill("serve", "--json", folder=tmp_path, **{**settings(tmp_path), name: value})
    assert (done.code, done.json["error"]["code"], done.json["error"]["param"]) == (
        1,
        "setting_invalid",
        name,
    )
    assert "Traceback" not in done.err
    people = linktill("serve", folder=tmp_path, **{**settings(tmp_path), name: value})
    assert (people.code, people.out) == (1, "")
    assert name in people.err


def test_another_key_does_not_open_the_same_database(tmp_path: Path):
    mine = settings(tmp_path)
    with running("serve", "--json", folder=tmp_path, **mine) as child:
        child.stop()
    done = linktill("serve", "--json", folder=tmp_path, **mine, LINKTILL_SECRET_KEY="1" * 64)
    assert (done.code, done.json["error"]["param"]) == (1, "LINKTILL_SECRET_KEY")


def test_a_request_under_way_is_answered_before_it_ends(tmp_path: Path):
    with running("demo", "--json", "--port", "0", folder=tmp_path) as child:
        port = int(child.story["base_url"].rpartition(":")[2])
        body = b'{"amount_minor":100,"currency":"USD","description":"Slow"}'
        head = (
            f"POST /v1/payment_links HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {child.story['api_key']}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sender:
            sender.sendall(head.encode() + body[:10])
            time.sleep(0.3)
            child.process.send_signal(signal.SIGTERM)
            time.sleep(0.7)
            sender.sendall(body[10:])
            assert sender.recv(64).startswith(b"HTTP/1.1 201 ")
        assert child.process.wait(timeout=45) == 0


def test_a_head_without_end_is_cut_off(tmp_path: Path):
    with running("serve", "--json", folder=tmp_path, **settings(tmp_path)) as child:
        port = int(child.story["base_url"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as sender:
            sender.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ")
            answer = b""
            try:
                for _ in range(200):
                    sender.sendall(b"x" * 65_536)
                answer = sender.recv(64)
            except (ConnectionError, TimeoutError):
                pass
            assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""
        assert child.rss_kib() < RSS_MAX_KIB
        assert child.get(f"{child.story['base_url']}/healthz")[0] == 200


def test_answers_do_not_tell_what_serves_them(tmp_path: Path):
    with (
        running("serve", "--json", folder=tmp_path, **settings(tmp_path)) as child,
        urllib.request.urlopen(f"{child.story['base_url']}/healthz", timeout=10) as response,
    ):
        assert "server" not in {name.lower() for name in response.headers}


def test_a_worker_works_beside_web_processes(tmp_path: Path, empty_database_url: str):
    """A mail for a new payment link's event is written by the worker; the web process has none."""
    mine = settings(tmp_path, empty_database_url)
    with running("worker", "--json", folder=tmp_path, **mine) as worker:
        assert worker.story["status"] == "working"
        with running("serve", "--json", folder=tmp_path, **mine, LINKTILL_WORKER="off") as web:
            assert web.get(f"{web.story['base_url']}/healthz")[0] == 200
            assert web.stop() == 0
            assert json.loads(web.first)["set_up_token"]
        assert worker.stop() == 0
