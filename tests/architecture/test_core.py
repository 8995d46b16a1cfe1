"""Money is integers. One float on the way loses a cent for somebody."""

import ast

import pytest

from tests.architecture.source import Module, modules, parse


def floats(found: tuple[Module, ...]) -> list[str]:
    """Every float constant, every use of the name, and true division, which makes one of two integers."""
    seen = []
    for module in found:
        for node in ast.walk(module.tree):
            match node:
                case ast.Constant(value=float() | complex()) | ast.Name(id="float"):
                    seen.append(module.at(node))
                case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                    seen.append(module.at(node))
                case ast.Import(names=names) if any(alias.name == "math" for alias in names):
                    seen.append(module.at(node))
                case ast.ImportFrom(module="math"):
                    seen.append(module.at(node))
                case _:
                    pass
    return seen


def test_core_knows_no_float():
    assert floats(modules("src/linktill/core")) == []


@pytest.mark.parametrize(
    "text",
    [
        "x = 1.0",
        "def f(x: float): ...",
        "x = 1 / 2",
        "x /= 2",
        "import math",
        "from math import floor",
        "x: 'int' = 1e3",
    ],
)
def test_a_planted_float_is_seen(text):
    assert len(floats((parse(text),))) == 1


def test_whole_division_is_none():
    assert floats((parse("x = 7 // 2\ny = divmod(7, 2)"),)) == []
