"""UB04, UB15: a start that would do harm is refused, by every command, and says what to do instead. Nothing is touched."""

import asyncio
from pathlib import Path

import apsw
import asyncpg
import pytest

from linktill.storage.database import kind_of
from tests.cli.children import Done, linktill, running

COMMANDS = (("serve",), ("migrate",), ("links", "list"))
"""One of each kind: that migrates when it starts, that does only that, that works on what is there."""


async def _downgrade(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()


def newer_was_here(url: str) -> None:
    """As a newer release leaves it: with a version that this one does not know."""
    if kind_of(url) == "postgresql":
        asyncio.run(_downgrade(url))
        return
    connection = apsw.Connection(url.removeprefix("sqlite:///"))
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def test_ub04_a_downgrade_is_refused_by_every_command(empty_database_url: str, tmp_path: Path):
    settings = {
        "LINKTILL_DATABASE_URL": empty_database_url,
        "LINKTILL_DATA_DIR": str(tmp_path / "data"),
        "LINKTILL_PORT": "0",
    }

    def run(*words: str) -> Done:
        return linktill(*words, "--json", folder=tmp_path, **settings)

    assert run("migrate").code == 0
    newer_was_here(empty_database_url)
    for words in COMMANDS:
        done = run(*words)
        error = done.json["error"]
        assert (done.code, error["param"]) == (1, "LINKTILL_DATABASE_URL"), words
        assert "9999" in error["message"], words
        assert "newer" in error["message"].lower(), words
        assert "Traceback" not in done.err, words
    people = linktill("serve", folder=tmp_path, **settings)
    assert (people.code, people.out) == (1, "")
    assert "A newer Linktill was here: start that one" in people.err
    (database,) = [check for check in run("doctor").json["checks"] if check["name"] == "database"]
    assert (database["status"], database["mend"]) == ("failing", "Start the newer Linktill that was here.")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LINKTILL_DATABSE_URL", "postgresql://db/x", "did you mean LINKTILL_DATABASE_URL?"),
        ("LINKTILL_PROT", "8001", "did you mean LINKTILL_PORT?"),
        ("LINKTILL_BASEURL", "https://pay.example.com", "did you mean LINKTILL_BASE_URL?"),
        ("LINKTILL_XYZZY", "1", "docs/configuration.md"),
        ("LINKTILL_PORT", "http", "must be a whole number"),
        ("LINKTILL_WORKER", "of", "must be on or off"),
        ("LINKTILL_DATABASE_URL", "postgres//db/x", "must start with sqlite:///"),
    ],
)
def test_ub15_a_typing_error_stops_the_start_by_name(tmp_path: Path, name: str, value: str, words: str):
    done = linktill("serve", "--json", folder=tmp_path, **{name: value})
    error = done.json["error"]
    assert (done.code, error["code"], error["param"]) == (1, "setting_invalid", name)
    assert error["message"].startswith(f"{name} ")
    assert words in error["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_ub15_every_command_stops_and_tells_people_too(tmp_path: Path):
    for words in ("serve", "worker", "verify", "move --to postgresql://h/db"):
        done = linktill(*words.split(), folder=tmp_path, LINKTILL_WORKR="off")
        assert (done.code, done.out) == (1, ""), words
        assert done.err == (
            "linktill: LINKTILL_WORKR is no setting of Linktill: did you mean LINKTILL_WORKER?\n"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_ub15_the_same_settings_without_the_error_start(tmp_path: Path):
    with running("serve", "--json", folder=tmp_path, LINKTILL_PORT="0", LINKTILL_WORKER="on") as server:
        assert server.get(f"{server.story['base_url']}/healthz")[0] == 200
        assert server.stop() == 0
