"""Takes the rows of every table from one database to another, and afterwards compares what both hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from linktill.flows.move_marks import FACT, Mark, put_mark
from linktill.platform.clock import Clock
from linktill.storage import copy
from linktill.storage.copy import Digest, Key
from linktill.storage.database import Database, Row, Tx
from linktill.storage.errors import ConstraintBroken, StatementWrong

TELL_EVERY_S: Final = 2.0

Tell: TypeAlias = Callable[[str], None]
"""Told of the progress, in words."""


class MoveRefused(Exception):
    """The move cannot go on. `param` is the option or setting at fault, if one is."""

    def __init__(self, code: str, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.code: Final = code
        self.param: Final = param


class _OtherRows(Exception):
    """The target holds rows that the source does not, or no longer: the source was used since the move was interrupted."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two databases, and who is told of the progress."""

    source: Database
    target: Database
    clock: Clock
    tell: Tell


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """A table that is the same in both: its rows, the sums of its money columns by currency, its digest."""

    name: str
    rows: int
    sums: Mapping[str, Mapping[str | None, int]]
    sha256: str


class _Progress:
    """Tells of long work now and then, and of all that was not told at its end."""

    def __init__(self, pair: Pair, doing: str) -> None:
        self._pair: Final = pair
        self._doing: Final = doing
        self._told_s = pair.clock.monotonic_s()
        self.rows = 0

    def add(self, rows: int) -> None:
        self.rows += rows
        now_s = self._pair.clock.monotonic_s()
        if now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            self._pair.tell(f"{self._doing}: {self.rows:,} rows so far")

    def end(self) -> None:
        if self.rows:
            self._pair.tell(f"{self._doing}: {self.rows:,} rows")


async def copy_tables(pair: Pair, mark: Mark) -> int:
    """Copies what the target does not have yet, batch by batch, each in one database transaction. May be run again after a
    crash at any moment; answers how many rows were found in place. `mark` is the target's own.
    """
    try:
        return await _copy_all(pair)
    except _OtherRows:
        pair.tell(
            "The source was used since the move was interrupted: what was copied is removed, and copied anew."
        )
        await pair.target.run(_begin_again, mark)
    return await _copy_all(pair)


async def _begin_again(tx: Tx, mark: Mark) -> None:
    await copy.remove_all(tx)
    await put_mark(tx, mark)


async def _copy_all(pair: Pair) -> int:
    in_place = sum([await _copy_table(pair, name) for name in copy.NAMES])
    for name in copy.NAMES:
        await pair.target.report(copy.analyze, name)
    return in_place


async def _copy_table(pair: Pair, name: str) -> int:
    """Raises _OtherRows, and MoveRefused for a row that the target does not take."""
    progress, in_place = _Progress(pair, f"copying {name}"), 0
    after: Key | None = None
    limit, may_hold_rows = copy.ROWS_FIRST, True
    while rows := await pair.source.read(copy.read_rows, name, after=after, limit=limit):
        ours = _without_mark(name, rows)
        theirs: list[Row] = []
        if may_hold_rows:
            found = await pair.target.read(copy.read_rows, name, after=after, limit=limit)
            theirs, may_hold_rows = _without_mark(name, found), bool(found)
        if theirs != ours[: len(theirs)]:
            raise _OtherRows
        in_place += len(theirs)
        await _write(pair.target, name, ours[len(theirs) :])
        progress.add(len(ours))
        after = copy.key_of(name, rows[-1])
        limit = copy.next_limit(len(rows), len(copy.encoded(rows)))
    if may_hold_rows and _without_mark(
        name, await pair.target.read(copy.read_rows, name, after=after, limit=limit)
    ):
        raise _OtherRows
    progress.end()
    return in_place


async def _write(target: Database, name: str, rows: Sequence[Row]) -> None:
    try:
        await target.run(copy.write_rows, name, rows)
    except (ConstraintBroken, StatementWrong):
        for row in rows:
            await _write_one(target, name, row)


async def _write_one(target: Database, name: str, row: Row) -> None:
    try:
        await target.run(copy.write_rows, name, [row])
    except (ConstraintBroken, StatementWrong) as error:
        message = f"PostgreSQL does not take the row {_key_text(name, copy.key_of(name, row))}: {error}"
        raise MoveRefused("row_not_taken", message) from error


async def compare_tables(pair: Pair) -> list[ComparedTable]:
    """Reads every table in both databases from its first row to its last. Raises MoveRefused naming table, key and column of
    the first difference.
    """
    return [await _compare_table(pair, name) for name in copy.NAMES]


async def _compare_table(pair: Pair, name: str) -> ComparedTable:
    progress = _Progress(pair, f"comparing {name}")
    digests = Digest(name), Digest(name)
    after: Key | None = None
    limit, seen = copy.ROWS_FIRST, 0
    while True:
        found = await pair.source.read(copy.read_rows, name, after=after, limit=limit)
        ours = _without_mark(name, found)
        theirs = _without_mark(name, await pair.target.read(copy.read_rows, name, after=after, limit=limit))
        size = digests[0].add(ours)
        digests[1].add(theirs)
        if ours != theirs:
            raise MoveRefused(
                "copies_differ", f"The copy is not the original: {difference(name, ours, theirs)}."
            )
        if not found:
            break
        seen += len(found)
        progress.add(len(ours))
        after, limit = copy.key_of(name, found[-1]), copy.next_limit(len(found), size)
    ours_sum, theirs_sum = (
        await pair.source.report(copy.totals, name),
        await pair.target.report(copy.totals, name),
    )
    digest, copied = digests[0].hexdigest(), digests[1].hexdigest()
    if ours_sum != theirs_sum or ours_sum.rows != seen or digest != copied:
        message = (
            f"The copy is not the original: {name} is {ours_sum}, SHA-256 {digest}, in the source and {theirs_sum}, "
            f"SHA-256 {copied}, in the target."
        )
        raise MoveRefused("copies_differ", message)
    return ComparedTable(name, digests[0].rows, ours_sum.sums, digest)


def difference(name: str, ours: Sequence[Row], theirs: Sequence[Row]) -> str:
    """Words for the first difference between two runs of rows in key order. Values are not shown: they may be secrets."""
    place = next(
        (at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), None
    )
    if place is None:
        place = min(len(ours), len(theirs))
    our_key = copy.key_of(name, ours[place]) if place < len(ours) else None
    their_key = copy.key_of(name, theirs[place]) if place < len(theirs) else None
    if our_key == their_key and our_key is not None:
        pairs = zip(copy.columns_of(name), ours[place], theirs[place], strict=True)
        columns = [column for column, one, other in pairs if one != other]
        return f"{_key_text(name, our_key)} differs in {', '.join(columns)}"
    if their_key is None or (our_key is not None and our_key < their_key):
        assert our_key is not None, "one of them goes on where the other ended"
        return f"{_key_text(name, our_key)} is missing in the target"
    return f"{_key_text(name, their_key)} is in the target alone"


def _key_text(name: str, key: Key) -> str:
    pairs = zip(copy.key_names(name), key, strict=True)
    return f"{name} ({', '.join(f'{column}={value!r}' for column, value in pairs)})"


def _without_mark(name: str, rows: Sequence[Row]) -> list[Row]:
    """The move's own mark differs by nature: it says which of the two a database is."""
    return [row for row in rows if row[0] != FACT] if name == "installation" else [*rows]
