"""Files and folders that commands are given: what cannot be used is refused before anything is done."""

import tempfile
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App, Parameter

from linktill.cli.app import APP
from linktill.cli.files import path_parameter, to_read
from tests.cli.children import Done
from tests.cli.conftest import Command

PHRASE = "correct horse battery staple\n"
READS, REPLACES, MAKES, KEEPS = "reads", "replaces", "makes", "keeps in"
GIVEN = {
    ("backup", "place"): (MAKES, ("backup", "{path}")),
    ("backup", "--passphrase-file"): (READS, ("backup", "{folder}/open", "--passphrase-file={path}")),
    ("restore", "file"): (READS, ("restore", "{path}")),
    ("restore", "--passphrase-file"): (READS, ("restore", "{folder}/file", "--passphrase-file={path}")),
    ("demo", "--data"): (KEEPS, ("demo", "--port=0", "--data={path}")),
    ("gateway connect", "--keys"): (READS, ("gateway", "connect", "stripe", "--keys={path}")),
    ("gateway rotate", "--secret"): (READS, ("gateway", "rotate", "gwa_1", "--secret={path}")),
    ("links import", "file"): (READS, ("links", "import", "{path}")),
    ("links import", "--report"): (REPLACES, ("links", "import", "{folder}/file", "--report={path}")),
    ("invoices pdf", "--out"): (REPLACES, ("invoices", "pdf", "inv_1", "--out={path}")),
    ("simulate", "--state"): (REPLACES, ("simulate", "--seeds=0:1", "--state={path}")),
}
"""Command and name → what the command does with it, and how it is typed."""
OF_KIND = {
    READS: ["", "folder", "none/file", "none", "file/below", "locked"],
    REPLACES: ["", "folder", "none/file", "file/below", "locked", "shut/new"],
    MAKES: ["", "none/file", "file/below", "shut", "shut/new"],
    KEEPS: ["", "file", "file/below", "shut", "shut/new/below"],
}
CASES = [
    pytest.param(name, words, text, id=f"{command} {name} {text or 'nothing'}")
    for (command, name), (kind, words) in GIVEN.items()
    for text in OF_KIND[kind]
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that others may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        place.chmod(0o755)
        (place / "folder").mkdir()
        (place / "file").write_text(PHRASE)
        (place / "locked").write_text(PHRASE)
        (place / "locked").chmod(0)
        (place / "shut").mkdir(mode=0o555)
        (place / "open").mkdir()
        (place / "open").chmod(0o777)
        yield place


def commands(app: App, *before: str) -> Iterator[tuple[str, App]]:
    for name in app:
        if not name.startswith("-"):
            below = app[name]
            if below.default_command is not None:
                yield " ".join((*before, name)), below
            yield from commands(below, *before, name)


# Loaded now: whoever may not do everything may not read them either.
COMMANDS = dict(commands(APP))


def everything_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize(("name", "words", "text"), CASES)
def test_what_cannot_be_used_is_refused_with_its_name(
    command: Command, folder: Path, name: str, words: tuple[str, ...], text: str
):
    path = str(folder / text) if text else ""
    before = everything_in(folder)
    typed = (word.format(path=path, folder=folder) for word in words)
    done = command(*typed, "--json", may_do_everything=False)
    assert "Traceback" not in done.err
    error = done.json["error"]
    assert error["param"] == name
    if text:
        assert (done.code, error["code"]) == (1, "path_unusable")
        assert str(folder / text.partition("/")[0]) in error["message"]
    else:
        assert (done.code, error["code"]) == (2, "usage")
        assert name in error["message"]
    assert everything_in(folder) == before


def told(command: Command, *words: str) -> str:
    return str(command(*words, "--json").json["error"]["message"])


def test_it_is_said_how_to_mend_it(command: Command, folder: Path):
    below = folder / "not there" / "state.json"
    assert told(command, "simulate", f"--state={below}") == (
        f"There is no folder {below.parent}. Make it first: mkdir -p '{below.parent}'"
    )
    assert told(command, "restore", str(folder)) == f"{folder} is a folder. Name a file in it."
    assert command("restore", f"{folder}/none").err == f"linktill: There is no file {folder}/none.\n"
    assert command("simulate", "--state=").err == "linktill: --state names nothing: give a path.\n"


def names_a_path(hint: object) -> bool:
    return hint is Path or any(map(names_a_path, typing.get_args(hint)))


def test_every_path_of_every_command_is_looked_at():
    """A new one is looked at as these are, and stands in the table above."""
    looked_at = path_parameter(to_read, "", name="--x").converter.__qualname__  # type: ignore[union-attr]
    found = set()
    for words, app in COMMANDS.items():
        function: Any = app.default_command
        for name, hint in typing.get_type_hints(function, include_extras=True).items():
            if names_a_path(hint):
                (parameter,) = (each for each in typing.get_args(hint) if isinstance(each, Parameter))
                assert getattr(parameter.converter, "__qualname__", "") == looked_at, (words, name)
                option = f"--{name.replace('_', '-')}"
                found.add((words, option if (words, option) in GIVEN else name))
    assert found == set(GIVEN)


def test_a_state_that_is_none_is_refused(command: Command, folder: Path):
    done: Done = command("simulate", "--seeds=0:1", f"--state={folder / 'file'}", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "state_unreadable")
    assert done.json["error"]["param"] == "--state"
    assert (folder / "file").read_text() == PHRASE


def test_a_demos_database_is_named_as_it_was_given(command: Command, folder: Path):
    url = f"sqlite:///{folder}/folder"
    done = command("demo", "--port=0", f"--database={url}", f"--data={folder}/data", "--json")
    assert (done.code, done.json["error"]["param"]) == (1, "--database")
    assert "LINKTILL_" not in done.json["error"]["message"]


@pytest.mark.parametrize("text", ["folder", "locked"])
def test_verify_tells_of_a_database_that_it_may_not_read(command: Command, folder: Path, text: str):
    url = f"sqlite:///{folder / text}"
    settings = {"LINKTILL_DATA_DIR": str(folder / "open"), "LINKTILL_DATABASE_URL": url}
    done = command("verify", "--json", may_do_everything=False, **settings)
    assert (done.code, done.json["error"]["param"]) == (1, "LINKTILL_DATABASE_URL")
    assert "Traceback" not in done.err
