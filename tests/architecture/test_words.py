"""The glossary: one word per thing, and no name that says nothing."""

import ast
import re

import pytest

from tests.architecture.source import PACKAGE, Module, modules, parse

# A file of that name gathers what nobody found a place for.
EMPTY_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "shared", "util", "utils"}

# word → the glossary's. In adapters and the sandbox a foreign company's words are right.
WORDS = {
    "authorise": "authorize",
    "authorised": "authorized",
    "buyer": "payer",
    "cancelled": "canceled",
    "chargeback": "dispute",
    "colour": "color",
    "honour": "honor",
    "paylink": "payment link",
    "purchaser": "payer",
    "seller": "merchant",
    "shopper": "payer",
}
FOREIGN = ("src/linktill/gateways/", "src/linktill/sandbox/")


def empty_names(found: tuple[Module, ...]) -> list[str]:
    return [
        module.name
        for module in found
        if EMPTY_NAMES & {*module.path.parts, *module.path.stem.split("_"), module.path.stem}
    ]


def identifiers(module: Module) -> list[tuple[str, int]]:
    seen: list[tuple[str, int]] = []
    for node in ast.walk(module.tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                seen.append((name, node.lineno))
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                seen.append((name, node.lineno))
            case _:
                pass
    return seen


def words(identifier: str) -> set[str]:
    """`LinkIsCancelled` and `link_is_cancelled` both hold `cancelled`."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", identifier)}


def wrong_words(found: tuple[Module, ...]) -> list[str]:
    return [
        f"{module.name}:{line} {identifier}: say {WORDS[word]}"
        for module in found
        if not module.name.startswith(FOREIGN)
        for identifier, line in identifiers(module)
        for word in sorted(words(identifier) & WORDS.keys())
    ]


def test_no_module_is_named_for_nothing():
    assert empty_names(modules("src", "tests", "bench")) == []


def test_identifiers_use_the_glossary():
    assert wrong_words(modules("src")) == []


@pytest.mark.parametrize("name", ["utils.py", "link_helpers.py", "common/money.py", "manager.py"])
def test_a_planted_name_is_seen(name):
    assert len(empty_names((parse("", PACKAGE / "core" / name),))) == 1


@pytest.mark.parametrize(
    "text", ["class LinkCancelled: ...", "def pay(buyer): ...", "IS_CANCELLED = 1", "async def honour(): ..."]
)
def test_a_planted_word_is_seen(text):
    assert len(wrong_words((parse(text),))) == 1
