"""docs/sandbox.md says what the code does."""

import re
from pathlib import Path

from linktill.sandbox import CARDS
from linktill.sandbox.api import Api
from linktill.sandbox.rules import RETRY_AFTER_S
from tests.sandbox.running import Running

DOCUMENT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def test_every_published_number_is_there_with_what_it_does():
    rows = re.findall(r"^\| ([0-9 ]{19}) \| (.+) \|$", DOCUMENT, re.MULTILINE)
    assert sorted(rows) == sorted((card.spaced, card.effect) for card in CARDS)


async def test_every_call_is_there(sandbox: Running):
    told = set(re.findall(r"(GET|POST|PATCH) (/v1/[a-z/_{}]+)", DOCUMENT))
    routes = Api(sandbox.app._company).routes
    assert told == {(route.method, re.sub(r"\{[a-z_]+\}", "{id}", route.pattern)) for route in routes}


def test_the_pauses_are_those():
    units = {"s": 1, "min": 60, "h": 3_600}
    sentence = re.search(r"again after (.+?), for three days", DOCUMENT, re.DOTALL)
    assert sentence is not None
    told = [int(count) * units[unit] for count, unit in re.findall(r"([0-9]+) (s|min|h)\b", sentence[1])]
    assert tuple(told) == RETRY_AFTER_S
