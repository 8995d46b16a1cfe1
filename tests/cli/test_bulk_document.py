"""docs/bulk.md, word for word: its file, its commands and its calls."""

import json
import re
import shlex
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from linktill.core.payment_link import LinkStatus
from linktill.flows.import_links import import_links
from linktill.flows.link_columns import NAMES
from linktill.flows.manage_api_keys import KeyRing, create_api_key
from linktill.flows.services import Services
from linktill.storage.database import Database
from tests.api.rig import assembled
from tests.api.test_guide import FENCE, fits, run
from tests.architecture.source import ROOT
from tests.cli.conftest import PLAIN, Shop
from tests.cli.test_documents import NAME, shown_commands
from tests.make import shop_on
from tests.sandbox.running import serving

DOCUMENT = (ROOT / "docs" / "bulk.md").read_text(encoding="utf-8")
FILE = next(text for kind, text in FENCE.findall(DOCUMENT) if kind == "csv")


@pytest.fixture
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of the document, in the folder that we are in."""
    monkeypatch.chdir(tmp_path)
    Path("lessons.csv").write_text(FILE)


@pytest.mark.usefixtures("lessons")
def test_the_commands_do_what_the_document_says(small: Shop):
    commands = shown_commands(DOCUMENT)
    assert len(commands) == 6
    link_id = small.run("links", "create", "--json", *PLAIN).json["id"]
    for text, answer in commands:
        done = small.run(*shlex.split(text.replace("$LINK_ID", link_id)))
        assert done.code == 0, (text, done)
        if answer:
            told = json.loads(done.out)
            assert NAME.findall(answer) == list(told), text
            shown = json.loads(answer)
            assert all(fits(shown[name], told[name]) for name in shown), (text, told)
    assert Path("report.csv").read_text(encoding="utf-8-sig").count("created") == 2


async def work(services: Services) -> None:
    """All that is under way."""
    while await import_links(services, gives_way=False):
        pass


def test_every_column_is_in_the_document():
    assert [name for name in NAMES if f"`{name}`" not in DOCUMENT] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="install curl (Debian: apt install curl)")
@pytest.mark.usefixtures("lessons")
async def test_the_calls_do_what_the_document_says(database: Database):
    fences = [(kind, text) for kind, text in FENCE.findall(DOCUMENT) if kind in {"sh", "json"}]
    assert [kind for kind, _ in fences] == ["sh", "json", "sh", "sh", "sh", "sh", "json"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with shop_on(database) as shop:
            services = replace(shop.services, base_url=base_url)
            key = (await create_api_key(services, shop.id, name="guide")).text
            link = await shop.link()
            environment = {"URL": base_url, "API_KEY": key, "LINK": link.id}
            async with serving(assembled(services, KeyRing(services)), listening):
                told: Any = None
                for kind, text in fences:
                    if kind == "json":
                        assert fits(json.loads(text), told), told
                        environment["IMPORT"] = told.get("id", environment.get("IMPORT", ""))
                        continue
                    await work(services)
                    told = await run(text, environment)
                    assert "code" not in told, told
                await work(services)
                done = await run(fences[2][1], environment)
            assert (await shop.fresh(link)).status is LinkStatus.PAUSED
            assert (done["status"], done["link_count"]) == ("done", 2)


def test_no_word_of_the_document_is_older_than_the_code():
    """What it says of limits is what the code keeps."""
    assert re.search(r"more than 100,000 rows or 16 MB", DOCUMENT)
