"""STYLE 3: what does not fit on a few screens is not read, and money is lost in what is not read."""

import ast

import pytest

from tests.architecture.source import Function, Module, modules, parameters, parse

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 6

# Not handed in by the caller's choice: the object, and the unit of work's database transaction.
UNCOUNTED = {"self", "cls", "tx"}


def lines(function: Function) -> int:
    """From `def` to the last line, without the docstring: words about the code must not cost code."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def long_files(found: tuple[Module, ...]) -> list[str]:
    counted = ((module.name, len(module.text.splitlines())) for module in found)
    return [f"{name}: {count} lines" for name, count in counted if count > FILE_LINES_MAX]


def long_functions(found: tuple[Module, ...]) -> list[str]:
    return [
        f"{module.at(function)} {function.name}: {lines(function)} lines"
        for module in found
        for function in module.functions()
        if lines(function) > FUNCTION_LINES_MAX
    ]


def is_declared_to_a_framework(module: Module, function: Function) -> bool:
    """A command's parameters are its command line, a route's are its request: nobody calls them by hand."""
    return module.name.startswith(("src/linktill/cli/", "src/linktill/web/", "src/linktill/api/")) and bool(
        function.decorator_list
    )


def wide_functions(found: tuple[Module, ...]) -> list[str]:
    return [
        f"{module.at(function)} {function.name}: {count} parameters"
        for module in found
        for function in module.functions()
        if not is_declared_to_a_framework(module, function)
        if (count := len(set(parameters(function)) - UNCOUNTED)) > PARAMETERS_MAX
    ]


def test_no_file_is_longer_than_400_lines():
    assert long_files(modules("src", "tests", "bench", "tools")) == []


def test_no_function_is_longer_than_60_lines():
    assert long_functions(modules("src", "tests", "bench", "tools")) == []


def test_no_function_takes_more_than_six_parameters():
    assert wide_functions(modules("src", "bench")) == []


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (long_files, "\n" * 401),
        (long_functions, "def f():\n" + "    x = 1\n" * 60),
        (wide_functions, "def f(a, b, c, d, *, e, f, g): ..."),
        (wide_functions, "class A:\n    async def f(self, tx, a, b, c, d, e, f, g): ..."),
    ],
)
def test_a_planted_excess_is_seen(check, text):
    assert len(check((parse(text),))) == 1


def test_what_just_fits_is_not_seen():
    fits = 'def f(self, tx, a, b, c, d, *, e, f):\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * 59
    assert long_functions((parse(fits),)) == []
    assert wide_functions((parse(fits),)) == []
