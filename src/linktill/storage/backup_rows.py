"""What a backup holds: every row of every table, in an order and a form that both databases agree on.

Records, in this order: ["tables", […]], then for each table ["rows", name, rows] as often as it takes, then what else
belongs to an installation as ["file", name, bytes] parts and ["secret_key", bytes], and at the end ["end", sums].
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import bindparam, column, select, table, tuple_

from linktill.storage.copy import (
    NAMES,
    ROWS_FIRST,
    columns_of,
    encoded,
    key_names,
    key_of,
    next_limit,
    read_rows,
)
from linktill.storage.database import Row, Tx
from linktill.storage.standing import HOME_FACT
from linktill.storage.statements import compiled
from linktill.storage.tables import installation, lease, member_session

PAGE: Final = 500
_LEFT_OUT: Final = frozenset({lease.name, member_session.name})
"""Of no use afterwards: who held a lease, and who was signed in (somebody who signed out since would be in again)."""
FLEETING_FACTS: Final = frozenset({"set_up_token", "move", HOME_FACT})
"""Whoever restores is given a new token; the others are about the database that was backed up, not about its contents."""


class Shape(msgspec.Struct, frozen=True):
    """A table as it was when the backup was made: what is restored is what was there, whatever a release adds later."""

    name: str
    columns: list[str]
    key: list[str]


class Sum(msgspec.Struct, frozen=True):
    """How many rows a table has, and the SHA-256 over them in the order of their keys."""

    rows: int
    digest: str


@dataclass
class Counter:
    """Adds rows up as they pass."""

    rows: int = 0
    _hash: Any = field(default_factory=sha256)

    def add(self, rows: Sequence[Row]) -> int:
        """Answers how many bytes the rows are when encoded."""
        piece = encoded(rows)
        self._hash.update(piece)
        self.rows += len(rows)
        return len(piece)

    def sum(self) -> Sum:
        return Sum(self.rows, self._hash.hexdigest())


class Sink(Protocol):
    """Takes records, such as a file's writer. `start` is called again when the database asks for everything again."""

    def start(self) -> None: ...

    def add(self, record: list[Any]) -> None: ...


Progress = Callable[[str, int], None]
"""Told of each table that is done, and how many rows it had."""


def shapes() -> list[Shape]:
    """The tables that a backup holds, parents before children."""
    return [Shape(name, [*columns_of(name)], [*key_names(name)]) for name in NAMES if name not in _LEFT_OUT]


async def write_rows(tx: Tx, sink: Sink, on_table: Progress) -> dict[str, Sum]:
    """Unit: every row that is there at this moment, in one snapshot; answers their sums. Reads only."""
    sink.start()
    wanted = shapes()
    sink.add(["tables", [msgspec.to_builtins(shape) for shape in wanted]])
    sums: dict[str, Sum] = {}
    for shape in wanted:
        counter, after, limit = Counter(), None, ROWS_FIRST
        while rows := await read_rows(tx, shape.name, after=after, limit=limit):
            kept = [row for row in rows if not _is_fleeting(shape, row)]
            limit = next_limit(len(rows), counter.add(kept))
            sink.add(["rows", shape.name, kept])
            after = key_of(shape.name, rows[-1])
        sums[shape.name] = counter.sum()
        on_table(shape.name, counter.rows)
    return sums


async def sum_rows(tx: Tx, wanted: Sequence[Shape]) -> dict[str, Sum]:
    """Unit: the sums of what is there now, to compare with a backup's."""
    sums: dict[str, Sum] = {}
    for shape in wanted:
        pages, counter = _Pages(shape), Counter()
        while rows := await pages.next(tx):
            counter.add(rows)
        sums[shape.name] = counter.sum()
    return sums


class _Pages:
    """A table's rows in the order of its key, with the columns that it had when the backup was made."""

    def __init__(self, shape: Shape) -> None:
        source = table(shape.name, *(column(name) for name in shape.columns))
        keys = [source.c[name] for name in shape.key]
        query = select(*source.c).order_by(*keys).limit(PAGE)
        after = tuple_(*(bindparam(f"after_{name}") for name in shape.key))
        self._first: Final = compiled(query)
        self._next: Final = compiled(query.where(tuple_(*keys) > after))
        self._places: Final = {f"after_{name}": shape.columns.index(name) for name in shape.key}
        self._last: Row | None = None

    async def next(self, tx: Tx) -> list[Row]:
        """The next page; empty at the end."""
        last = self._last
        if last is None:
            rows = await tx.all(self._first)
        else:
            rows = await tx.all(self._next, **{name: last[at] for name, at in self._places.items()})
        self._last = rows[-1] if rows else last
        return rows


def _is_fleeting(shape: Shape, row: Row) -> bool:
    return shape.name == installation.name and row[shape.columns.index("key")] in FLEETING_FACTS


def rows_of(records: Iterator[list[Any]]) -> Iterator[tuple[str, list[Row]]]:
    """The rows among a backup's records, with their table's name."""
    for record in records:
        if record[0] == "rows":
            yield record[1], record[2]
