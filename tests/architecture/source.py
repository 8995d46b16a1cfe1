"""The project's own source, parsed once, for tests that read code instead of running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "linktill"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path from the project's root, as people write it: `src/linktill/core/money.py`."""
        return self.path.relative_to(ROOT).as_posix()

    def at(self, node: ast.stmt | ast.expr | ast.keyword | ast.arg | ast.alias) -> str:
        return f"{self.name}:{node.lineno}"

    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def parse(text: str, path: Path = PACKAGE / "planted.py") -> Module:
    return Module(path, text, ast.parse(text))


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file below the folders (named from the root), in order."""
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(parse(path.read_text(encoding="utf-8"), path) for path in files)


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of functions and classes defined inside it."""
    queue: list[ast.AST] = list(function.body)
    while queue:
        node = queue.pop(0)
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            queue.extend(ast.iter_child_nodes(node))


def parameters(function: Function) -> list[str]:
    """The names of what a caller hands in by position or keyword, `self` and `cls` too."""
    spec = function.args
    return [argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]


def root_name(node: ast.expr) -> str | None:
    """`tx` of `tx.rows.all`; None for what does not start at a name."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
