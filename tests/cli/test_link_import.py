"""`linktill links import`: checked without a trace, made once, and gone on with after kill -9."""

import csv
import json
import random
import subprocess
from pathlib import Path

import pytest

from tests.cli.children import LINKTILL, environment
from tests.cli.conftest import Shop

GOOD = "key,amount,currency,description\nA,40.00,USD,Guitar lesson\nB,41.00,USD,Piano lesson\n"
MANY = 900
KILLS_MIN = 2


def written(shop: Shop, text: str | bytes, name: str = "links.csv") -> str:
    path = shop.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def links_of(shop: Shop) -> list[str]:
    found, cursor = [], ""
    while True:
        page = shop.run(
            "links", "list", "--json", "--limit", "100", *(("--cursor", cursor) if cursor else ())
        ).json
        found += [link["description"] for link in page["data"]]
        if (cursor := page["next_cursor"]) is None:
            return found[::-1]


def test_a_file_is_checked_then_made_then_known(shop: Shop):
    file, report = written(shop, GOOD + 'C,"1,00",USD,\n'), shop.folder / "report.csv"
    checked = shop.run("links", "import", file, "--json")
    assert checked.code == 1
    assert checked.json["ready_count"] == 2
    assert [error["column"] for error in checked.json["failed"][0]["errors"]] == ["amount", "description"]
    assert "import_id" not in checked.json
    assert links_of(shop) == []
    made = shop.run("links", "import", file, "--make", "--json", "--report", str(report))
    assert (made.json["link_count"], made.json["failed_count"], made.code) == (2, 1, 1)
    assert links_of(shop) == ["Guitar lesson", "Piano lesson"]
    with report.open(encoding="utf-8-sig", newline="") as opened:
        assert [line["status"] for line in csv.DictReader(opened)] == ["created", "created", "failed"]
    again = shop.run("links", "import", written(shop, GOOD), "--make", "--json")
    assert (again.code, again.json["link_count"], again.json["existing_count"]) == (0, 0, 2)
    assert len(links_of(shop)) == 2
    assert shop.run("verify", "--json").json["status"] == "clean"


def test_people_are_told_in_words(small: Shop):
    people = small.run("links", "import", written(small, GOOD + "C,free,USD,Drums\n"))
    assert people.code == 1
    assert "amount" in people.out
    assert (
        "3 rows, 2 would make a link, 0 have made theirs before, 1 at fault. Make them with --make."
        in people.err
    )
    made = small.run("links", "import", written(small, GOOD), "--make")
    assert (made.code, "2 links made" in made.err) == (0, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b"amount;currency\n1;2\n", "description is missing"),
        ("amount,currency,description\n1,USD,café\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(small: Shop, text: bytes, words: str):
    for more in ((), ("--make",)):
        refused = small.run("links", "import", written(small, text), "--json", *more)
        assert (refused.code, refused.json["error"]["code"], refused.json["error"]["param"]) == (
            1,
            "field_invalid",
            "file",
        )
        assert words in refused.json["error"]["message"]


def test_a_path_that_is_no_file_is_refused(small: Shop):
    for path in ("nothing.csv", str(small.folder)):
        refused = small.run("links", "import", path, "--json")
        assert (refused.code, refused.json["error"]["code"]) == (1, "path_unusable")


@pytest.mark.timeout(240)
def test_killed_again_and_again_it_makes_every_link_once(shop: Shop):
    """kill -9 at any moment; whoever sends the file again, or only waits for a worker, has each link once."""
    rows = "".join(f"K{number},{number + 1},USD,Lesson {number}\n" for number in range(MANY))
    file = written(shop, "key,amount,currency,description\n" + rows)
    command = [LINKTILL, "links", "import", file, "--make", "--json"]
    settings = environment(shop.folder, **shop.settings)
    chance, kills, longest_s = random.Random(7), 0, 3.0
    while True:
        with subprocess.Popen(
            command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            try:
                out, errors = process.communicate(
                    timeout=chance.uniform(1.2, longest_s) if kills < 4 else 200
                )
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
                longest_s *= 1.2
                continue
        break
    assert kills >= KILLS_MIN, "it was through before it was killed: make MANY larger"
    assert process.returncode == 0, errors
    told = json.loads(out)
    assert told["link_count"] + told["existing_count"] == MANY
    assert sorted(links_of(shop)) == sorted(f"Lesson {number}" for number in range(MANY))
    assert shop.run("verify", "--json").json["status"] == "clean"


def test_a_report_goes_where_it_may(small: Shop, tmp_path: Path):
    refused = small.run(
        "links", "import", written(small, GOOD), "--json", "--report", str(tmp_path / "no" / "x.csv")
    )
    assert refused.json["error"]["param"] == "--report"
