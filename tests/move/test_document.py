"""docs/move.md, word for word: what it tells to type, and what it promises."""

import json
import re
import shlex

from tests.architecture.source import ROOT
from tests.make import Shop
from tests.move.places import Places

DOCUMENT = (ROOT / "docs" / "move.md").read_text(encoding="utf-8")
ADDRESS = "postgresql://linktill@db.example.com/linktill"


async def test_ub13_the_documents_commands_do_what_it_says(shop: Shop, places: Places):
    await shop.services.database.close()
    settings = dict(places.settings)
    blocks = re.findall(r"^```console\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    assert len(lines) == 4
    for line in lines:
        words = shlex.split(line.replace(ADDRESS, places.target_url))
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            settings[name] = value
            continue
        assert words[0] == "linktill"
        done = places.command(*words[1:], **settings)
        assert done.code == 0, (line, done)
    assert settings["LINKTILL_DATABASE_URL"] == places.target_url
    assert places.command("links", "list").code == 1


async def test_ub13_the_answer_has_the_documents_names(shop: Shop, places: Places):
    await shop.services.database.close()
    (shown,) = re.findall(r"^```json\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    promised, told = json.loads(shown), places.move().json
    assert list(promised) == list(told)
    assert set(promised["tables"][0]) == set(told["tables"][0])
    same = ("status", "balances", "ledger_rows", "rows_in_place", "problems")
    assert {name: promised[name] for name in same} == {name: told[name] for name in same}
    (attempts,) = [table for table in told["tables"] if table["table"] == "payment_attempt"]
    assert attempts["rows"] == promised["tables"][0]["rows"]
    assert promised["tables"][0]["sums"].items() <= attempts["sums"].items()


async def test_ub13_memory_stays_flat(places: Places):
    """The figure in docs/move.md is of a hundred thousand and more; here it is enough that it does not grow."""
    places.fill(20_000)
    answer, seconds, kib = places.move_measured()
    assert answer["rows"] == 20_000
    assert kib < 180 * 1024
    assert seconds < 60
