"""Lists to take along, as CSV or as a spreadsheet: read page by page and written as they are read, so that a hundred thousand
rows need no more memory than five hundred.
"""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import IO, Any, Final, TypeAlias, final

from linktill.core.money import Money, decimal_text, exponent
from linktill.flows.csv_text import MARK, csv_text
from linktill.flows.representations import time_of
from linktill.flows.services import Services
from linktill.storage.database import Tx

ROWS_AT_ONCE: Final = 500
ROWS_MAX: Final = 100_000
CHUNK_BYTES: Final = 64 * 1024
CUT_OFF: Final = f"Only the first {ROWS_MAX:,} rows are here. Choose a narrower filter for the others."


@dataclass(frozen=True, slots=True)
class At:
    """A moment in a cell, in microseconds UTC."""

    us: int


Cell: TypeAlias = str | int | Money | At | None
Page: TypeAlias = tuple[list[list[Cell]], str | None]
"""Rows, and where the next ones begin; None: there are no more."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list. `read` is a unit: the page of `ROWS_AT_ONCE` rows that begins at the cursor; None: the first one."""

    name: str
    """Of the file, without its ending."""
    columns: Sequence[str]
    read: Callable[[Tx, str | None], Coroutine[Any, Any, Page]]


async def csv_of(services: Services, sheet: Sheet) -> AsyncGenerator[bytes, None]:
    """The list as a CSV file, piece by piece."""
    yield (MARK + csv_text([sheet.columns])).encode()
    async for rows in _pages(services, sheet):
        yield csv_text([[_text(cell) for cell in row] for row in rows]).encode()


async def xlsx_of(services: Services, sheet: Sheet) -> AsyncGenerator[bytes, None]:
    """The list as a spreadsheet (ECMA-376), piece by piece. It is written to a file without a name, which ends with this."""
    with tempfile.TemporaryDirectory(prefix="linktill-") as folder, tempfile.TemporaryFile() as file:
        book = await asyncio.to_thread(_Book, file, folder, sheet.columns)
        async for rows in _pages(services, sheet):
            await asyncio.to_thread(book.add, rows)
        await asyncio.to_thread(book.close)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


async def _pages(services: Services, sheet: Sheet) -> AsyncGenerator[list[list[Cell]], None]:
    cursor: str | None = None
    for _ in range(ROWS_MAX // ROWS_AT_ONCE):
        rows, cursor = await services.database.report(sheet.read, cursor)
        yield rows
        if cursor is None:
            return
    yield [[CUT_OFF]]


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Money():
            return decimal_text(cell)
        case At():
            return time_of(cell.us).strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return str(cell)


@final
class _Book:
    """A spreadsheet that is written row by row. Text is text: nothing in it is carried out."""

    def __init__(self, file: IO[bytes], folder: str, columns: Sequence[str]) -> None:
        options = {"constant_memory": True, "tmpdir": folder, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
        # Loaded by whoever needs it: an idle server does not.
        self._book: Final[Any] = import_module("xlsxwriter").Workbook(file, options)
        self._sheet: Final[Any] = self._book.add_worksheet()
        self._formats: Final[dict[int, Any]] = {}
        self._row = 0
        bold = self._book.add_format({"bold": True})
        for at, name in enumerate(columns):
            self._sheet.write_string(0, at, name, bold)
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(columns) - 1, 18)

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """The next rows."""
        for row in rows:
            self._row += 1
            for at, cell in enumerate(row):
                self._write(at, cell)

    def close(self) -> None:
        """Writes the file."""
        self._book.close()

    def _write(self, column: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case Money():
                self._sheet.write_number(self._row, column, Decimal(decimal_text(cell)), self._digits(cell))
            case At():
                self._sheet.write_datetime(self._row, column, _naive(cell.us))
            case int():
                self._sheet.write_number(self._row, column, cell)
            case str():
                self._sheet.write_string(self._row, column, cell)

    def _digits(self, amount: Money) -> Any:
        digits = exponent(amount.currency)
        if digits not in self._formats:
            pattern = "#,##0." + "0" * digits if digits else "#,##0"
            self._formats[digits] = self._book.add_format({"num_format": pattern})
        return self._formats[digits]


def _naive(us: int) -> datetime:
    """Spreadsheets know no time zones: UTC."""
    return time_of(us).replace(tzinfo=None)
