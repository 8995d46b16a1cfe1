"""UB13: a move that cannot be right is refused, with the option or setting at fault, and changes nothing."""

import re
from pathlib import Path

import pytest

from linktill.flows.move_marks import FACT, Mark, put_mark, shown_address
from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from linktill.storage.installation import put_fact, remove_fact
from linktill.storage.migrate import migrate
from tests.cli.children import running
from tests.move.places import Places, digests_of


def refusal(places: Places, **settings: str) -> tuple[str, str, str]:
    done = places.move(**settings)
    assert done.code == 1, done
    error = done.json["error"]
    return error["code"], error["param"], error["message"]


async def nothing_was_done(places: Places) -> None:
    ours, theirs = await places.marks()
    assert (ours, theirs) == (None, None)


async def test_ub13_a_source_that_a_server_uses_is_refused(places: Places):
    """And while a move has the file, no server gets in."""
    settings = {**places.settings, "LINKTILL_PORT": "0"}
    with running("serve", "--json", folder=places.folder, **settings) as server:
        code, param, message = refusal(places)
        assert (code, param) == ("in_use", "LINKTILL_DATABASE_URL")
        assert "Stop `linktill serve`" in message
        assert server.stop() == 0
    await nothing_was_done(places)
    assert places.move().json["status"] == "moved"


async def test_ub13_whoever_has_the_file_open_counts(places: Places):
    database = await open_database(places.source_url, SystemClock())
    assert refusal(places)[0] == "in_use"
    await database.close()
    await nothing_was_done(places)


async def test_ub13_a_target_that_holds_anything_is_refused(places: Places):
    await migrate(places.target_url)
    target = await open_database(places.target_url, SystemClock())
    await target.run(put_fact, "vault_key", "somebody's")
    code, param, message = refusal(places)
    assert (code, param) == ("target_not_empty", "--to")
    assert "holds another installation" in message
    assert (await digests_of(target))[1] == 1
    for state in ("arriving", "arrived", "leaving"):
        await target.run(put_mark, Mark(move_id="another", state=state, other="sqlite:////x", at=1))
        assert refusal(places)[0] == "target_not_empty"
    await target.run(remove_fact, FACT)
    await target.run(remove_fact, "vault_key")
    await target.close()
    assert places.move().json["status"] == "moved"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlite:////tmp/x.db", "not_postgresql"),
        ("nonsense", "not_postgresql"),
        ("mysql://u:hunter2@localhost/x", "not_postgresql"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", "target_unusable"),
        ("postgresql://u:hunter2@127.0.0.1:x/x", "target_unusable"),
    ],
)
def test_ub13_a_target_that_cannot_be_one_is_named(places: Places, url: str, code: str):
    done = places.command("move", "--to", url, "--json")
    error = done.json["error"]
    assert (done.code, error["code"], error["param"]) == (1, code, "--to")
    assert "hunter2" not in done.out + done.err
    assert "LINKTILL_DATABASE_URL" not in error["message"]


def test_ub13_a_move_without_a_target_is_no_command(places: Places):
    done = places.command("move", "--json")
    assert (done.code, done.json["error"]["param"]) == (2, "--to")


def test_ub13_a_source_that_cannot_be_one_is_named(places: Places, tmp_path: Path):
    (tmp_path / "text.db").write_text("no database at all, however long it is" * 100)
    for name, code in {"missing.db": "setting_invalid", "text.db": "setting_invalid"}.items():
        url = f"sqlite:///{tmp_path / name}"
        assert refusal(places, LINKTILL_DATABASE_URL=url)[:2] == (code, "LINKTILL_DATABASE_URL")
    assert not (tmp_path / "missing.db").exists()
    there = refusal(places, LINKTILL_DATABASE_URL=places.target_url)
    assert there[:2] == ("not_sqlite", "LINKTILL_DATABASE_URL")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("9999", "schema 9999, this release needs .* newer Linktill"),
        ("0000", "schema 0000.*Run `linktill migrate`"),
    ],
)
async def test_ub13_ub04_schemas_that_differ_are_refused(places: Places, version: str, words: str):
    places.change_source("UPDATE alembic_version SET version_num = ?", version)
    code, param, message = refusal(places)
    assert (code, param) == ("schema_differs", "LINKTILL_DATABASE_URL")
    assert re.search(words, message)


@pytest.mark.parametrize("version", ["9999", "0000"])
async def test_ub13_ub04_a_target_of_another_release_is_left_alone(places: Places, version: str):
    """It may be somebody's, with servers of that release on it."""
    await migrate(places.target_url)
    await places.change(f"UPDATE alembic_version SET version_num = '{version}'")
    code, param, message = refusal(places)
    assert (code, param) == ("schema_differs", "--to")
    assert f"schema {version}" in message
    assert "Give an empty database" in message


async def test_ub13_a_moved_source_starts_no_more(places: Places):
    """It names where it went, without the password."""
    url = places.target_url.replace("linktill@", "linktill:hunter2@")
    first = places.command("move", "--to", url, "--json")
    assert first.json["to"] == places.target_url
    for words in (("serve",), ("worker",), ("links", "list"), ("verify",)):
        done = places.command(*words, "--json")
        error = done.json["error"]
        assert (done.code, error["param"]) == (1, "LINKTILL_DATABASE_URL"), words
        assert f"was moved to {places.target_url} on 20" in error["message"]
    assert b"hunter2" not in places.source.read_bytes()
    again = places.move()
    assert (again.code, again.json["status"]) == (0, "moved_before")
    assert places.on_target("verify", "--json").json["status"] == "clean"


async def test_ub13_a_moved_source_does_not_go_elsewhere_as_well(places: Places):
    """That would make two installations of one."""
    places.move()
    target = await open_database(places.target_url, SystemClock())
    await target.run(remove_fact, FACT)
    await target.close()
    code, param, message = refusal(places)
    assert (code, param) == ("moved_before", "--to")
    assert f"was moved to {places.target_url}" in message


async def test_ub13_until_it_is_through_the_target_starts_not(places: Places):
    """As after a crash between the two last marks: neither is the installation, until the move is run again."""
    places.move()
    target = await open_database(places.target_url, SystemClock())
    mark = (await places.marks())[1]
    assert mark is not None
    await target.run(put_mark, Mark(move_id=mark.move_id, state="arriving", other=mark.other, at=mark.at))
    await target.close()
    for done in (places.on_target("links", "list", "--json"), places.on_target("serve", "--json")):
        error = done.json["error"]
        assert (done.code, error["param"]) == (1, "LINKTILL_DATABASE_URL")
        assert f"into which {places.source_url} is being moved. Run `linktill move` again" in error["message"]
    assert places.command("verify", "--json").code == 1
    assert places.move().json["status"] == "moved"
    assert places.on_target("verify", "--json").json["status"] == "clean"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p%40x@h:1/db", "postgresql://u@h:1/db"),
        ("postgresql://u@/db?host=/run/pg&password=x&sslmode=require", "postgresql://u@/db?host=/run/pg"),
        ("postgresql://u:p:q@h1:1,h2:2/db", "postgresql://u@h1:1,h2:2/db"),
        ("postgres://h/db", "postgres://h/db"),
    ],
)
def test_addresses_are_shown_without_passwords(url: str, shown: str):
    assert shown_address(url) == shown
