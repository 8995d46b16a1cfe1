"""CSV for people: in one encoding that spreadsheets know, and with no cell that a spreadsheet would carry out."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

MARK: Final = "\ufeff"
"""At the start of a file: without it some spreadsheets take UTF-8 for something else."""
_CARRIED_OUT: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula, in wide letters too (OWASP, CSV injection)."""


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Lines of a CSV file (RFC 4180). A cell that would be a formula gets an apostrophe before it, which shows as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_CARRIED_OUT) else cell
