"""Every table as plain rows: what moves, backs up or restores an installation reads and writes it through here.

A row is a tuple of `int`, `str`, `bytes` and None, in the order of its table's columns. Rows come in the order of the
primary key, which is the same on both databases: text is compared byte by byte. Names of tables come parents first, so that
tables written in this order find the rows that they point to. All functions with a `tx` are units of work.

Two databases hold the same rows exactly when `Digest` says the same of both.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Column, Select, Table, bindparam, func, select, text, tuple_
from sqlalchemy.sql.expression import ColumnElement

from linktill.storage.database import Tx
from linktill.storage.statements import Row, compiled, insert
from linktill.storage.tables import metadata

Key: TypeAlias = tuple[str | int, ...]
"""The values of a row's primary key."""

ROWS_MAX: Final = 2_000
ROWS_FIRST: Final = 100
BATCH_BYTES: Final = 2 << 20
FORMAT: Final = "linktill rows 1"
"""Named in every digest: another encoding gets another number."""


_TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {str(table.name): table for table in metadata.sorted_tables}
)
NAMES: Final = tuple(_TABLES)
"""Every table, parents first."""


def columns_of(table: str) -> tuple[str, ...]:
    """The names of a row's values."""
    return tuple(str(column.name) for column in _TABLES[table].columns)


def key_names(table: str) -> tuple[str, ...]:
    """The names of the values in a `Key`."""
    return tuple(str(column.name) for column in _key(_TABLES[table]))


def key_of(table: str, row: Row) -> Key:
    """The row's primary key."""
    return tuple(row[place] for place in _KEY_PLACES[table])


async def read_rows(tx: Tx, table: str, *, after: Key | None, limit: int) -> list[Row]:
    """Up to `limit` rows in the order of their keys, those behind `after` (None: from the first). Empty: there are no more."""
    if after is None:
        return await tx.all(_FIRST[table], limit=limit)
    names = (_parameter(name) for name in key_names(table))
    return await tx.all(_NEXT[table], limit=limit, **dict(zip(names, after, strict=True)))


async def write_rows(tx: Tx, table: str, rows: Sequence[Row]) -> None:
    """Writes rows; one that is there already, by any unique key, stays as it is. So it may be run again."""
    names = columns_of(table)
    if rows:
        await tx.many(_WRITE[table], [dict(zip(names, row, strict=True)) for row in rows])


async def is_empty(tx: Tx, table: str) -> bool:
    """Whether the table has no row."""
    return not await read_rows(tx, table, after=None, limit=1)


async def remove_all(tx: Tx) -> None:
    """Empties every table at once. On PostgreSQL alone; however much there is, it takes no time."""
    await tx.run(_REMOVE_ALL)


async def analyze(tx: Tx, table: str) -> None:
    """Lets PostgreSQL look at what was written, so that it plans queries for a full table."""
    await tx.run(_ANALYZE[table])


@dataclass(frozen=True, slots=True)
class Totals:
    """What the database itself counts: rows, and the sum of each money column by currency (None: rows without one)."""

    rows: int
    sums: Mapping[str, Mapping[str | None, int]]


async def totals(tx: Tx, table: str) -> Totals:
    """Counts and sums, exact whatever their size. Reads the whole table: run it as a report."""
    money = _money(_TABLES[table])
    found = await tx.all(_TOTALS[table])
    if not money:
        return Totals(int(found[0][0]), {})
    sums: dict[str, dict[str | None, int]] = {column.name: {} for column in money}
    for currency, _, *halves in found:
        for place, column in enumerate(money):
            high, low = halves[2 * place : 2 * place + 2]
            sums[column.name][currency] = int(high) * _HALF + int(low)
    return Totals(sum(int(row[1]) for row in found), sums)


def encoded(rows: Sequence[Row]) -> bytes:
    """Rows as bytes, alike from both databases: each a MessagePack array, every value in its shortest form."""
    return b"".join(map(_ENCODER.encode, rows))


class Digest:
    """SHA-256 over a table's rows in the order of their keys."""

    def __init__(self, table: str) -> None:
        self._hash: Final = hashlib.sha256(_ENCODER.encode((FORMAT, table, *columns_of(table))))
        self.rows = 0

    def add(self, rows: Sequence[Row]) -> int:
        """Takes the next rows; answers how many bytes they are when `encoded`."""
        piece = encoded(rows)
        self._hash.update(piece)
        self.rows += len(rows)
        return len(piece)

    def hexdigest(self) -> str:
        """The digest of what was added so far."""
        return self._hash.hexdigest()


def next_limit(rows: int, bytes_count: int) -> int:
    """How many rows to read next, after so many rows of so many bytes: memory stays flat where rows are long."""
    if rows == 0 or bytes_count == 0:
        return ROWS_FIRST
    # A short row says little about the next, so the number grows in steps.
    return max(1, min(ROWS_MAX, 4 * rows, BATCH_BYTES * rows // bytes_count))


_ENCODER: Final = msgspec.msgpack.Encoder()

_HALF: Final = 1 << 32


def _key(table: Table) -> list[Column[str] | Column[int]]:
    return list(table.primary_key.columns)


def _parameter(name: str) -> str:
    return f"after_{name}"


def _money(table: Table) -> list[Column[int]]:
    return [column for column in table.columns if column.name.endswith("_minor")]


def _page(table: Table) -> Select[Any]:
    return select(table).order_by(*_key(table)).limit(bindparam("limit"))


def _next_page(table: Table) -> Select[Any]:
    after = [bindparam(_parameter(column.name), type_=column.type) for column in _key(table)]
    return _page(table).where(tuple_(*_key(table)) > tuple_(*after))


def _totals(table: Table) -> Select[Any]:
    """In halves: where a table holds the largest integers, SQLite's sum would overflow."""
    money = _money(table)
    if not money:
        return select(func.count()).select_from(table)
    halves: list[ColumnElement[int]] = []
    for column in money:
        halves += [
            func.coalesce(func.sum(column.op("/")(_HALF)), 0),
            func.coalesce(func.sum(column.op("%")(_HALF)), 0),
        ]
    return select(table.c.currency, func.count(), *halves).group_by(table.c.currency)


_KEY_PLACES: Final = {
    name: tuple([*table.columns].index(column) for column in _key(table)) for name, table in _TABLES.items()
}
_FIRST: Final = {name: compiled(_page(table)) for name, table in _TABLES.items()}
_NEXT: Final = {name: compiled(_next_page(table)) for name, table in _TABLES.items()}
_WRITE: Final = {name: compiled(insert(table).on_conflict_do_nothing()) for name, table in _TABLES.items()}
_TOTALS: Final = {name: compiled(_totals(table)) for name, table in _TABLES.items()}
_REMOVE_ALL: Final = compiled(text(f"TRUNCATE TABLE {', '.join(NAMES)}"))
_ANALYZE: Final = {name: compiled(text(f"ANALYZE {name}")) for name in NAMES}
