"""Documents with commands, word for word: every command runs, and answers with the names that the document shows."""

import json
import re
import shlex
from pathlib import Path

import pytest

from linktill.cli.app import APP
from linktill.settings import MEANINGS
from tests.architecture.source import ROOT
from tests.cli.conftest import Shop

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = {"plink": "LINK_ID", "key": "KEY_ID", "tpl": "TEMPLATE_ID", "cpn": "COUPON_ID", "cus": "CUSTOMER_ID"}
"""What a command made → the variable that the document has the next command take it from. The one before it is `OTHER_…`."""
NAME = re.compile(r'"(\w+)":')
DOCUMENT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def shown_commands(document: str) -> list[tuple[str, str]]:
    """Each command with the answer that stands below it, if one does."""
    found: list[tuple[str, str]] = []
    for block in BLOCK.findall(document):
        for line in block.splitlines():
            if line.startswith("$ linktill "):
                found.append((line.removeprefix("$ linktill "), ""))
            else:
                found[-1] = (found[-1][0], line)
    return found


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("cli.md", 17),
        ("links.md", 11),
        ("coupons.md", 6),
        ("customers.md", 9),
        ("documents.md", 2),
        ("fields.md", 5),
        ("go-live.md", 6),
        ("requests.md", 3),
        ("sharing.md", 2),
        ("domain.md", 3),
        ("reconciliation.md", 3),
    ],
)
def test_every_command_of_the_document_does_what_it_says(small: Shop, name: str, least: int):
    commands = shown_commands((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert len(commands) >= least
    ids = dict.fromkeys(NAMED.values(), "")
    for text, answer in commands:
        words = [ids.get(word.removeprefix("$"), word) for word in shlex.split(text)]
        done = small.run(*words)
        assert done.code == (1 if answer.startswith('{"error"') else 0), (text, done)
        document = json.loads(done.out) if "--json" in words else None
        made = "" if document is None else str(document.get("id", ""))
        if (variable := NAMED.get(made.partition("_")[0])) is not None and made != ids[variable]:
            ids[f"OTHER_{variable}"], ids[variable] = ids[variable], made
        if answer:
            told = json.dumps(document, separators=(",", ":"))
            assert [name for name in NAME.findall(answer) if f'"{name}":' not in told] == [], text


def test_every_command_is_in_the_document(small: Shop):
    help_text = small.run("--help").out
    commands = re.findall(r"^│ ([a-z][a-z-]*) ", help_text, re.MULTILINE)
    assert sorted(commands) == sorted(name for name in APP if not name.startswith("-"))
    assert [name for name in commands if f"linktill {name}" not in DOCUMENT] == []


@pytest.mark.parametrize(
    "page", sorted({ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("src/**/*.html")})
)
def test_no_page_has_people_set_a_variable_that_stops_the_next_command(page: Path):
    """A `LINKTILL_` variable that is no setting stops every `linktill` of the same shell."""
    named = set(re.findall(r"export (LINKTILL_\w+)", page.read_text(encoding="utf-8")))
    assert named - MEANINGS.keys() == set()
