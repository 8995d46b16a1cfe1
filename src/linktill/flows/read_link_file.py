"""Reads a file of links as spreadsheets write them, row by row, and says of what cannot be read where it is.

A row's number is the one that a spreadsheet shows: the heading is row 1, and a cell with several lines is one row. What a
row is known by when the file comes again is its key, or where it has none all that stands in it.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from hashlib import sha256
from itertools import chain
from typing import Final

import msgspec

from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.link_import import CELL_MAX, FILE_MAX_BYTES, KEY_MAX, ROWS_MAX
from linktill.core.link_terms import METADATA_KEY_MAX, METADATA_MAX, clean_text
from linktill.flows.link_columns import COLUMNS, KEY, METADATA, NAMES, SLUG

FILE: Final = "file"
"""What is at fault where it is the file and none of its rows."""
_SEPARATORS: Final = (",", ";", "\t")
_UTF8: Final = "Save it as “CSV UTF-8” and send it again."
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
"""What UTF-16 begins with."""
_ECHOED_MAX: Final = 60
_COLUMNS_MAX: Final = len(NAMES) + METADATA_MAX


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """A cell at fault. `column` is empty where it is the row as a whole."""

    column: str
    message: str


class FileRow(msgspec.Struct, frozen=True, array_like=True):
    """A row: its number, what it is known by, a digest of what it holds, its cells that are not empty, what is wrong."""

    number: int
    identity: str
    digest: str
    cells: dict[str, str]
    faults: list[Fault]
    key: str = ""

    @property
    def is_unclear(self) -> bool:
        """Is it not known which row this is? Then nobody can say whether it has made a link before."""
        return any(fault.column == KEY for fault in self.faults)


def read_rows(data: bytes) -> Iterator[FileRow]:
    """The rows that hold something. Raises FieldsInvalid for `file`, also on the way, when the file cannot be read."""
    records = _records(data)
    columns = _heading(records)
    seen = _Seen()
    count = 0
    for number, record in records:
        if not any(cell.strip() for cell in record):
            continue
        count += 1
        if count > ROWS_MAX:
            raise _refused(f"The file has more than {ROWS_MAX} rows. Split it; each part needs the heading.")
        yield seen.row(number, columns, record)
    if count == 0:
        raise _refused("The file has a heading and no rows below it.")


def _refused(words: str) -> FieldsInvalid:
    return FieldsInvalid((FieldError(FILE, words),))


def _records(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each record with its number, empty ones too."""
    text = _text(data)
    number = 0
    try:
        first = next(text, "")
        separator = ""
        if first.lower().startswith("sep=") and len(first.strip()) <= len("sep=;"):
            separator = first.rstrip("\r\n")[4:]
            first = next(text, "")
        if separator not in _SEPARATORS:
            separator = max(_SEPARATORS, key=lambda each: _outside_quotes(first).count(each))
        reader = csv.reader(chain((first,), text), delimiter=separator, strict=True)
        for number, record in enumerate(reader, 1):
            if any("\x00" in cell for cell in record):
                raise _refused(f"Row {number} holds a NUL character: this is no CSV file. {_UTF8}")
            yield number, record
    except csv.Error as error:
        raise _refused(
            f"Row {number + 1} cannot be read ({error}). Is a quotation mark missing there, or one too many?"
        ) from None
    except UnicodeError:
        raise _refused(_not_text(data)) from None


def _text(data: bytes) -> Iterator[str]:
    """Lines with their ends. UTF-8 with a mark or without, UTF-16 with one; nothing is guessed."""
    if not data.strip():
        raise _refused("The file is empty.")
    if len(data) > FILE_MAX_BYTES:
        raise _refused(
            f"The file has more than {FILE_MAX_BYTES >> 20} MB. Split it; each part needs the heading."
        )
    if data.startswith(b"PK\x03\x04"):
        raise _refused(f"This is a workbook, not a CSV file. {_UTF8}")
    is_wide = data.startswith(_WIDE)
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-16" if is_wide else "utf-8-sig", newline="")


def _not_text(data: bytes) -> str:
    if data.startswith(_WIDE):
        return f"The file is not whole UTF-16. {_UTF8}"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"Line {line} is not UTF-8, so its letters (such as é or ü) cannot be told apart. {_UTF8}"
    raise AssertionError("what could not be read as UTF-8 is not UTF-8")


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _heading(records: Iterator[tuple[int, list[str]]]) -> list[str]:
    """The name of each column; empty where a column has none (its cells must be empty). Raises FieldsInvalid."""
    for _, record in records:
        if any(cell.strip() for cell in record):
            break
    else:
        raise _refused("The file is empty.")
    names = [_column(cell.strip()) for cell in record]
    errors: list[str] = []
    if len(names) > _COLUMNS_MAX:
        errors.append(f"There are {len(names)} columns; at most {_COLUMNS_MAX} are known.")
    errors += [f"There are two columns {name[:_ECHOED_MAX]}. Keep one." for name, times in Counter(names).items()
               if name and times > 1]  # fmt: skip
    errors += [_unknown(name) for name in names if name and not _is_known(name)]
    errors += [
        f"The column {column.name} is missing. {column.words}"
        for column in COLUMNS
        if column.is_required and column.name not in names
    ]
    if errors:
        raise FieldsInvalid(tuple(FieldError(FILE, words) for words in errors[:20]))
    return names


def _column(cell: str) -> str:
    """The name that is meant: `Due at` is due_at. A key of metadata stays as it is."""
    if cell[: len(METADATA)].lower() == METADATA:
        return METADATA + cell[len(METADATA) :]
    return cell.lower().replace(" ", "_").replace("-", "_")


def _is_known(name: str) -> bool:
    if name.startswith(METADATA):
        key = name.removeprefix(METADATA)
        return 0 < len(key) <= METADATA_KEY_MAX and not has_card_number(key)
    return name in NAMES


def _unknown(name: str) -> str:
    if has_card_number(name):
        return f"A column's name holds what looks like a card number. {REMOVE_IT}"
    shown = name[:_ECHOED_MAX]
    if name.startswith(METADATA):
        return f"The column {shown} has no key that metadata can have: 1 to {METADATA_KEY_MAX} characters."
    near = get_close_matches(name[:_ECHOED_MAX], NAMES, n=1, cutoff=0.6)
    mend = f"Did you mean {near[0]}?" if near else f"There are {', '.join(NAMES)} and {METADATA}…"
    return f"There is no column {shown}. {mend}"


class _Seen:
    """What was in the rows before, to know the second of two."""

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}
        self._slugs: dict[str, int] = {}
        self._digests: Counter[str] = Counter()

    def row(self, number: int, columns: Sequence[str], record: Sequence[str]) -> FileRow:
        cells, faults = _cells(columns, record)
        key = _key(cells.pop(KEY, ""), faults)
        digest = _digest(cells.items())
        if key:
            first = self._keys.setdefault(key, number)
            if first != number:
                faults.append(Fault(KEY, f"Row {first} has the same key. Each row needs its own."))
            identity = f"key:{key}"
        else:
            # Two rows that are alike in everything are two links: the first and the second of their kind.
            self._digests[digest] += 1
            identity = f"row:{digest}:{self._digests[digest]}"
        slug = cells.get(SLUG, "").lower()
        if slug and self._slugs.setdefault(slug, number) != number:
            faults.append(
                Fault(SLUG, f"Row {self._slugs[slug]} has the same address. Each link needs its own.")
            )
        return FileRow(number, identity, digest, cells, faults, key)


def _key(text: str, faults: list[Fault]) -> str:
    try:
        return clean_text(text, KEY, max_length=KEY_MAX)
    except FieldInvalid as invalid:
        faults.append(Fault(KEY, str(invalid)))
        return ""


def _cells(columns: Sequence[str], record: Sequence[str]) -> tuple[dict[str, str], list[Fault]]:
    """What may be kept of a row. A cell with a card number is not: none ever rests in the database."""
    cells: dict[str, str] = {}
    faults: list[Fault] = []
    if any(cell.strip() for cell in record[len(columns) :]):
        faults.append(
            Fault(
                "",
                f"It has {len(record)} cells, and the heading names {len(columns)}. A cell that holds the separator "
                "must stand in quotation marks.",
            )
        )
    for name, cell in zip(columns, record, strict=False):
        text = cell.strip()
        if not text:
            continue
        if not name:
            faults.append(
                Fault("", "A cell stands in a column without a name. Name the column, or empty the cell.")
            )
        elif len(text) > CELL_MAX:
            faults.append(
                Fault(name, f"The cell has {len(text)} characters; no field of a link has so many.")
            )
        elif has_card_number(text):
            faults.append(Fault(name, REMOVE_IT))
        else:
            cells[name] = text
    return cells, faults


def _digest(cells: Iterable[tuple[str, str]]) -> str:
    """Alike for rows that hold the same, whatever the order of the columns."""
    parts = (f"{len(name)}:{name}{len(text)}:{text}" for name, text in sorted(cells))
    return sha256("".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
