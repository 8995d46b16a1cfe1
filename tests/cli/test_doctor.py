"""`linktill doctor` finds what is wrong, and says in one line how to mend it."""

import socket
from pathlib import Path
from typing import Any

import pytest

from linktill.cli import checkup
from linktill.platform.clock import SystemClock
from tests.cli.conftest import Command, Shop


def checks(answer: Any) -> dict[str, str]:
    return {check["name"]: check["status"] for check in answer["checks"]}


def test_a_healthy_installation_is_found_healthy(shop: Shop):
    done = shop.run("doctor", "--json")
    found = checks(done.json)
    # Nothing serves in this test, and the sandbox of no machine is reached.
    assert found.pop("server") == "warning"
    if shop.settings["LINKTILL_DATABASE_URL"].startswith("postgresql"):
        assert found.pop("PostgreSQL") == "ok"
    assert found == dict.fromkeys(
        (
            "settings",
            "data folder",
            "disk",
            "base URL",
            "database",
            "clock",
            "secret key",
            "set-up",
            "live books",
            "standing",
            "backup",
            "stuck",
            "worker",
        ),
        "ok",
    )
    assert done.code == 0
    people = shop.run("doctor")
    assert (people.code, "secret key" in people.out) == (0, True)


def test_every_finding_that_is_not_ok_says_how_to_mend_it(command: Command, tmp_path: Path):
    done = command("doctor", "--json", LINKTILL_DATA_DIR=str(tmp_path / "data"))
    assert done.code == 1
    assert checks(done.json)["database"] == "failing"
    for check in done.json["checks"]:
        assert bool(check["mend"]) is (check["status"] != "ok"), check
        assert "\n" not in check["mend"]


def test_a_wrong_setting_is_a_finding(command: Command):
    done = command("doctor", "--json", LINKTILL_DATABASE_URL="mysql://x")
    assert (done.code, done.json["status"]) == (1, "failing")
    assert "LINKTILL_DATABASE_URL" in done.json["checks"][0]["message"]


def test_a_database_that_is_not_there(small: Shop):
    small.settings["LINKTILL_DATABASE_URL"] = "postgresql:///x?host=/nonexistent"
    done = small.run("doctor", "--json")
    assert (done.code, checks(done.json)["database"]) == (1, "failing")


def test_another_secret_key(small: Shop):
    small.settings["LINKTILL_SECRET_KEY"] = "2" * 64
    done = small.run("doctor", "--json")
    assert (done.code, checks(done.json)["secret key"]) == (1, "failing")


def test_a_base_url_that_sends_cards_in_the_clear(small: Shop):
    small.settings["LINKTILL_BASE_URL"] = "http://pay.example.com"
    done = small.run("doctor", "--json")
    assert (done.code, checks(done.json)["base URL"]) == (1, "failing")


def test_a_mail_server_that_does_not_answer(small: Shop):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        small.settings["LINKTILL_SMTP_URL"] = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
        assert checks(small.run("doctor", "--json").json)["mail"] == "failing"
        closed.listen()
        assert checks(small.run("doctor", "--json").json)["mail"] == "ok"


def test_work_that_nobody_does(small: Shop, monkeypatch: pytest.MonkeyPatch):
    small.run("links", "create", "--json", "--amount-minor=100", "--currency=USD", "--description=A repair")
    assert checks(small.run("doctor", "--json").json)["worker"] == "ok"
    monkeypatch.setattr(checkup, "WAITING_MAX_US", 0)
    done = small.run("doctor", "--json")
    assert (done.code, checks(done.json)["worker"]) == (1, "failing")


def test_a_clock_that_was_lost(small: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(SystemClock, "now_us", lambda _self: 1_000_000)
    assert checks(small.run("doctor", "--json").json)["clock"] == "failing"


@pytest.mark.parametrize("dialect", ["postgresql"])  # with SQLite there is one machine, and one clock
def test_a_clock_that_differs_from_the_databases(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    real = SystemClock().now_us
    monkeypatch.setattr(SystemClock, "now_us", lambda _self: real() + 60_000_000)
    done = shop.run("doctor", "--json")
    assert (done.code, checks(done.json)["clock"]) == (1, "failing")


def test_st02_a_disk_below_the_floor(small: Shop):
    small.settings["LINKTILL_DISK_FLOOR_MIB"] = "99999999"
    done = small.run("doctor", "--json")
    (found,) = [check for check in done.json["checks"] if check["name"] == "disk"]
    assert (done.code, found["status"]) == (1, "failing")
    assert (
        "Below 99999999 MiB (LINKTILL_DISK_FLOOR_MIB) new links and payments are refused." in found["message"]
    )


def test_a_full_disk(small: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkup, "DISK_MIN", 1 << 60)
    assert checks(small.run("doctor", "--json").json)["disk"] == "failing"


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize(
    ("name", "status"), [("IDS_HIGH", "warning"), ("IDS_MAX", "failing"), ("OLDEST_MAX_S", "warning")]
)
def test_st14_what_makes_postgresql_stop_one_day(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, name: str, status: str
):
    for passed in {"IDS_HIGH", "IDS_MAX"} if name == "IDS_MAX" else {name}:
        monkeypatch.setattr(checkup, passed, -1)
    done = shop.run("doctor", "--json")
    assert (done.code, checks(done.json)["PostgreSQL"]) == (int(status == "failing"), status)
