"""docs/restore.md, word for word: each command in its order does what the document says."""

import re
import shlex
import shutil
import signal
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.recovery.house import house_on

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENT = (ROOT / "docs" / "restore.md").read_text(encoding="utf-8")
EXAMPLE = "linktill-20261122-030000.backup"
COMMANDS = [
    line.removeprefix("$ linktill ")
    for block in BLOCK.findall(DOCUMENT)
    for line in block.splitlines()
    if line.startswith("$ linktill ")
]


@pytest.mark.timeout(300)
async def test_every_command_of_the_document_does_what_it_says(tmp_path: Path) -> None:
    # Commands run in the folder that holds the data folder.
    backups = tmp_path / "backups"
    backups.mkdir()
    (tmp_path / "passphrase.txt").write_text("correct horse battery staple\n")
    folder = tmp_path / "data"
    async with house_on(folder, f"sqlite:///{folder}/linktill.db") as house:
        await house.open_shop()
        await house.pay(await house.link(500))
        done: list[str] = []
        for text in COMMANDS:
            words = shlex.split(text)
            if words[0] == "serve":
                await house.serve()
                done.append(text)
                continue
            if words[0] == "restore" and "--check" not in words:
                assert await house.end(signal.SIGTERM) == 0
                house.lose(keeping=("sandbox.sqlite3", "secret.key"))
            code, answer = await house.command(*words)
            assert code == 0, (text, answer)
            done.append(text)
            if words[0] == "backup":
                # The document's is of another time; the one with a passphrase is not restored in it.
                name = "phrase.backup" if "--passphrase-file" in words else EXAMPLE
                shutil.move(answer["path"], backups / name)
            if text == "adopt":
                assert answer["was"] == "restored"
        assert done == COMMANDS
        assert len(COMMANDS) == 10
        code, verified = await house.command("verify")
        assert (code, verified["problems"]) == (0, [])


def test_what_a_restored_place_is_kept_by_is_named_as_it_is() -> None:
    """The names in the document are those in the code."""
    for name in (
        "linktill.db.home",
        "secret.key",
        "--replace",
        "--without-gateways",
        "--passphrase-file",
        "--moved",
    ):
        assert name in DOCUMENT
