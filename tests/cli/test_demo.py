"""`linktill demo`, as whoever tries Linktill for the first time starts it."""

import json
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.children import free_port, linktill, running

STORY = {"base_url", "dashboard_url", "email", "password", "api_key", "payment_link_url", "data_folder"}


def test_it_prints_one_line_and_then_answers(tmp_path: Path, empty_database_url: str):
    port = free_port()
    with running(
        "demo", "--json", "--port", str(port), "--database", empty_database_url, folder=tmp_path
    ) as child:
        story = child.story
        assert set(story) == STORY
        assert story["base_url"] == f"http://127.0.0.1:{port}"
        assert child.get(f"{story['base_url']}/healthz") == (200, '{"status":"ok"}')
        status, page = child.get(story["payment_link_url"])
        assert status == 200
        assert "$42.00" in page
        bearer = {"authorization": f"Bearer {story['api_key']}"}
        status, answer = child.get(f"{story['base_url']}/v1/payment_links", **bearer)
        (link,) = json.loads(answer)["data"]
        assert (status, link["url"]) == (200, story["payment_link_url"])
        assert child.stop() == 0
        assert child.process.stdout is not None
        assert child.process.stdout.read() == ""


def test_a_killed_demo_goes_on_with_its_data(tmp_path: Path, empty_database_url: str):
    arguments = ("demo", "--json", "--port", str(free_port()), "--database", empty_database_url)
    with running(*arguments, folder=tmp_path) as child:
        before = child.story
        child.stop(signal.SIGKILL)
    with running(*arguments, folder=tmp_path) as child:
        assert child.story == before
        assert child.get(before["payment_link_url"])[0] == 200
        assert child.stop() == 0


def test_its_own_data_goes_when_it_ends(tmp_path: Path):
    with running("demo", "--json", "--port", "0", folder=tmp_path) as child:
        folder = Path(child.story["data_folder"])
        assert folder.is_relative_to(tmp_path)
        assert {path.name for path in folder.iterdir()} >= {"demo.json", "sandbox.sqlite3", "secret.key"}
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / "demo.json").stat().st_mode & 0o077 == 0
        assert child.stop(signal.SIGINT) == 0
    assert not folder.exists()


def test_a_folder_of_its_own_is_kept(tmp_path: Path):
    kept = tmp_path / "kept"
    with running("demo", "--json", "--port", "0", "--data", str(kept), folder=tmp_path) as child:
        before = child.story
        assert child.stop() == 0
    with running("demo", "--json", "--port", "0", "--data", str(kept), folder=tmp_path) as child:
        after = child.story
        assert {name: after[name] for name in ("email", "password", "api_key")} == {
            name: before[name] for name in ("email", "password", "api_key")
        }
        # The port is another one, the link's path is not.
        assert urlsplit(after["payment_link_url"]).path == urlsplit(before["payment_link_url"]).path
        assert child.get(after["payment_link_url"])[0] == 200


def test_people_are_told_what_to_do_next(tmp_path: Path):
    with running("demo", "--port", "0", folder=tmp_path) as child:
        assert child.process.stdout is not None
        lines = [child.first]
        while "Ctrl-C" not in lines[-1]:
            lines.append(child.process.stdout.readline())
        words = "".join(lines)
        for part in ("/dashboard", "owner@example.com", "/p/", "lt_test_", "4242 4242 4242 4242"):
            assert part in words


def test_real_data_is_never_touched(tmp_path: Path):
    real = tmp_path / "real.sqlite3"
    with running(
        "demo",
        "--json",
        "--port",
        "0",
        folder=tmp_path,
        LINKTILL_DATABASE_URL=f"sqlite:///{real}",
        LINKTILL_DATA_DIR=str(tmp_path / "real"),
    ):
        assert not real.exists()
        assert not (tmp_path / "real").exists()


def test_a_database_that_somebody_else_set_up_is_left_alone(tmp_path: Path):
    database = f"sqlite:///{tmp_path / 'shop.sqlite3'}"
    with running("demo", "--json", "--port", "0", "--database", database, folder=tmp_path) as child:
        child.stop()
    key = next(tmp_path.rglob("secret.key"))
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    (other / "secret.key").write_text(key.read_text())
    (other / "secret.key").chmod(0o600)
    done = linktill(
        "demo", "--json", "--port", "0", "--database", database, "--data", str(other), folder=tmp_path
    )
    assert (done.code, done.json["error"]["code"], done.json["error"]["param"]) == (
        1,
        "not_a_demo",
        "--database",
    )


def test_a_port_that_is_taken_is_named(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = linktill("demo", "--json", "--port", port, folder=tmp_path)
    assert (done.code, done.json["error"]["param"]) == (1, "--port")
    assert port in done.json["error"]["message"]


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite:///", "postgresql://", "postgresql:///x?host=/nonexistent", "nonsense"]
)
def test_a_wrong_database_is_named(tmp_path: Path, url: str):
    done = linktill("demo", "--json", "--port", "0", "--database", url, folder=tmp_path)
    assert (done.code, done.json["error"]["param"]) == (1, "--database")
    assert "--database" in done.json["error"]["message"]
    assert "Traceback" not in done.err
