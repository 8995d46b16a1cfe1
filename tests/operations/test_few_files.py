"""ST16: few files may be open, and strangers hold all they can get. Payments go on, and afterwards all is as before."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest

from tests.cli import children
from tests.cli.children import Child, linktill, running
from tests.operations.payer import Line

FILES = 64


@contextmanager
def few_files(count: int) -> Iterator[None]:
    """A command that is started within may open so many, and cannot raise the limit."""
    script = f'#!/bin/sh\nulimit -n {count}\nexec "{children.LINKTILL}" "$@"\n'
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        program = Path(folder) / "linktill"
        program.write_text(script)
        program.chmod(0o755)
        patched.setattr(children, "LINKTILL", str(program))
        yield


@contextmanager
def strangers(server: Child) -> Iterator[None]:
    """They hold every connection that they can get, and say nothing."""
    place = urlsplit(server.story["base_url"])
    with ExitStack() as stack:
        for _ in range(2 * FILES):
            stranger = socket.create_connection((str(place.hostname), place.port), timeout=5)
            stack.callback(stranger.close)
        yield


def health(server: Child) -> int:
    """The status as a newcomer gets it; 0: hung up before the question was read."""
    line = Line(server.story["base_url"])
    try:
        return line.ask("GET", "/healthz")[0]
    except ConnectionError:
        return 0
    finally:
        line.close()


def test_st16_without_files_payments_go_on(empty_database_url: str, tmp_path: Path):
    """Those who are connected are served to the end; those who come are told to come again."""
    data = tmp_path / "data"
    arguments = ("demo", "--json", "--port", "0", "--data", str(data), "--database", empty_database_url)
    with few_files(FILES), running(*arguments, folder=tmp_path) as server:
        line, key = Line(server.story["base_url"]), server.story["api_key"]
        before_s = server.cpu_s()
        with strangers(server):
            status, link = line.create_link(key, "first")
            assert status == 201
            # The sandbox is a visitor of ours too: whether it still gets in, this payer is answered and nothing is lost.
            status, _, where = line.press_pay(link["url"])
            assert status in {200, 303, 409, 503}
            assert health(server) in {503, 0}
            # A loop that tries to accept again and again would eat a core.
            time.sleep(1)
        assert server.cpu_s() - before_s < 3
        ends_at = time.monotonic() + 20
        while health(server) != 200:
            assert time.monotonic() < ends_at
            time.sleep(0.1)
        if status != 303:
            status, _, where = line.press_pay(link["url"])
        assert "/sandbox/pay/" in where, status
        assert "Paid" in line.ask("GET", line.fill_card(where))[1]
        line.close()
        assert server.stop() == 0
        log = server.log.read_text()
    assert "Traceback" not in log, log
    assert "Too many open files" not in log, log
    settings = {"LINKTILL_DATABASE_URL": empty_database_url, "LINKTILL_DATA_DIR": str(data)}
    done = linktill("verify", "--json", folder=tmp_path, **settings)
    assert done.json["status"] == "clean", done.out


def test_st16_a_start_with_too_few_files_is_refused(tmp_path: Path):
    with few_files(44):
        done = linktill("serve", "--json", folder=tmp_path, LINKTILL_PORT="0")
    error = done.json["error"]
    assert (done.code, error["code"]) == (1, "files_limit")
    assert (
        error["message"]
        == "Only 44 files may be open at once, which is too few. Raise the limit: ulimit -n 1024"
    )
