"""How commands answer: with --json one JSON document on standard output, otherwise words and tables. Messages and errors for
people go to standard error.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from cyclopts import Parameter

AsJson: TypeAlias = Annotated[
    bool, Parameter(name="--json", negative="", help="Answer with one JSON document on standard output.")
]

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2


class CommandFailed(Exception):
    """The command cannot do what was asked. `name` is the field, option or setting at fault, such as LINKTILL_DATABASE_URL."""

    def __init__(self, code: str, message: str, *, name: str | None = None, status: int = FAILED) -> None:
        super().__init__(message)
        self.code = code
        self.name = name
        self.status = status
        self.errors: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people. The first row of cells that matter most comes first."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]] = field(default_factory=tuple)
    empty: str = ""
    """What to say instead of a table without rows."""
    whole: Sequence[str] = ()
    """Heads of columns that stay in one piece, such as ids that are copied into the next command; the others give way."""


def json_document(document: object) -> None:
    """Prints the one document, on one line, at once: whoever reads a pipe waits for it."""
    # Not print: an encoding of the terminal must not decide what a program gets.
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    sys.stdout.buffer.flush()


def answer(document: object, *, as_json: bool, person: Callable[[], str | Table]) -> None:
    """The answer of a command: the document for a program, or what `person` makes for people."""
    if as_json:
        json_document(document)
        return
    words = person()
    if isinstance(words, str):
        print(words, flush=True)
    elif not words.rows and words.empty:
        print(words.empty, flush=True)
    else:
        _print_table(words)


def message(text: str) -> None:
    """A word on the way, for people only."""
    print(text, file=sys.stderr, flush=True)


def failure(failed: CommandFailed, *, as_json: bool) -> int:
    """Tells what went wrong; returns the exit code."""
    if as_json:
        error: dict[str, Any] = {"code": failed.code, "message": str(failed), "param": failed.name}
        if failed.errors:
            error["errors"] = list(failed.errors)
        json_document({"error": error})
        return failed.status
    text = str(failed)
    lead = f"{failed.name}: " if failed.name is not None and failed.name not in text else ""
    message(f"linktill: {lead}{text}")
    for other in failed.errors[1:]:
        message(f"linktill: {other['param']}: {other['message']}")
    return failed.status


def _print_table(table: Table) -> None:
    # rich takes a tenth of a second to load, and programs do not need it.
    rich_table = import_module("rich.table")
    console = import_module("rich.console").Console()
    box = import_module("rich.box")
    text = import_module("rich.text").Text
    shown = rich_table.Table(box=box.SIMPLE, pad_edge=False, header_style="bold")
    for head in table.heads:
        shown.add_column(head, overflow="fold", no_wrap=head in table.whole)
    for row in table.rows:
        # Text, not markup: a description with [brackets] is only a description.
        shown.add_row(*(text(cell) for cell in row))
    console.print(shown)
