"""Nothing is half made: no stub, no to-do, no empty promise."""

import ast
import re

import pytest

from tests.architecture.source import Function, Module, modules, parse

SILENCE = re.compile(
    r"#\s*(?:noqa\b(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|(?:type|pyright): ignore(?:\[[^]]*\])?)"
)
LATER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")


def promises(found: tuple[Module, ...]) -> list[str]:
    return [
        f"{module.name}:{number} {line.strip()}"
        for module in found
        for number, line in enumerate(module.text.splitlines(), 1)
        if LATER.search(line.partition("#")[2])
    ]


def is_empty(function: Function) -> bool:
    """Its body, docstring aside, is only `...`, `pass` or `raise NotImplementedError`."""
    for statement in function.body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Raise(
                exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))
            ):
                continue
            case _:
                return False
    return True


def stubs(found: tuple[Module, ...]) -> list[str]:
    """Empty functions. A protocol's and an overload's body is empty by nature; a method that does nothing on
    purpose says why in its docstring."""
    seen = []
    for module in found:
        declared = {
            id(function)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
            and any("Protocol" in ast.unparse(base) or "ABC" in ast.unparse(base) for base in node.bases)
            for function in ast.walk(node)
        }
        for function in module.functions():
            decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list}
            if id(function) in declared or decorators & {"overload", "abstractmethod"}:
                continue
            if is_empty(function) and ast.get_docstring(function) is None:
                seen.append(f"{module.at(function)} {function.name}")
    return seen


def silences(found: tuple[Module, ...]) -> list[str]:
    """Checks that are switched off on a line without a word on why behind it."""
    return [
        f"{module.name}:{number} {line.strip()}"
        for module in found
        for number, line in enumerate(module.text.splitlines(), 1)
        if (first := SILENCE.search(line)) and not re.search(r"\w", SILENCE.sub("", line[first.start() :]))
    ]


def test_every_silenced_check_says_why():
    assert silences(modules("src", "bench")) == []


def test_nothing_is_put_off():
    assert promises(modules("src", "bench", "tools")) == []


def test_no_function_is_a_stub():
    assert stubs(modules("src")) == []


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (promises, "x = 1  # TODO: round"),
        (silences, "x = 1  # noqa: S105"),
        (silences, "x = f()  # type: ignore[arg-type]"),
        (silences, "x = f()  # noqa: S105, ARG001 # pyright: ignore[reportAny]"),
        (stubs, "def f(): ..."),
        (stubs, "class A:\n    async def f(self):\n        raise NotImplementedError('later')"),
    ],
)
def test_a_planted_gap_is_seen(check, text):
    assert len(check((parse(text),))) == 1


def test_a_protocol_is_no_stub():
    assert stubs((parse("class A(Protocol[T]):\n    async def f(self) -> int: ..."),)) == []
