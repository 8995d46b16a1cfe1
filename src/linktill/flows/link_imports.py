"""A file of links is taken in, started, stopped and looked at. What becomes of its rows is worked out by `import_links`."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound, TooMany, TransitionRefused
from linktill.core.ids import LinkImportId, MerchantId
from linktill.core.link_import import FILE_NAME_MAX, OPEN_MAX, ImportStatus, LinkImport
from linktill.core.link_terms import clean_text
from linktill.flows.import_links import ENCODER, OUTCOMES
from linktill.flows.plan_links import RowOutcome
from linktill.flows.read_link_file import FileRow, read_rows
from linktill.flows.services import Moment, Services, check_room, moment_of
from linktill.storage import link_imports
from linktill.storage.database import Tx
from linktill.storage.link_imports import Piece

PIECE_ROWS: Final = 20
"""Rows that one unit of work takes: so long may a payment have to wait for it."""
PIECES_AT_ONCE: Final = 25
REPORTED_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that is here in pieces, and not begun with."""

    kept: LinkImport
    rows: int
    pieces: int


async def upload(
    services: Services, merchant_id: MerchantId, data: bytes, *, file_name: str, by: str
) -> Uploaded:
    """Takes the file in. Raises FieldsInvalid for `file`, TooMany and NoRoom."""
    now = services.clock.now_us()
    name = clean_text(file_name[-FILE_NAME_MAX:], "file_name", max_length=FILE_NAME_MAX)
    new = LinkImport(
        merchant_id=merchant_id,
        id=LinkImportId(services.ids.new(prefixes.LINK_IMPORT)),
        status=ImportStatus.UPLOADING,
        file_name=name,
        by=by,
        rows=0,
        pieces=0,
        next_piece=0,
        done=0,
        ready=0,
        created=0,
        existing=0,
        failed=0,
        created_at=now,
        updated_at=now,
    )
    # All of it is read before any of it is kept: a file that cannot be read leaves nothing behind.
    async for _ in _pieces(services, data):
        pass
    await services.database.run(_insert, moment_of(services), new)
    rows, pieces = 0, 0
    several: list[Piece] = []
    async for found in _pieces(services, data):
        rows += len(found)
        several.append(Piece(found[-1].number, ENCODER.encode(found).decode()))
        if len(several) == PIECES_AT_ONCE:
            await _keep(services, new, pieces, several)
            pieces, several = pieces + len(several), []
    await _keep(services, new, pieces, several)
    return Uploaded(new, rows, pieces + len(several))


async def _pieces(services: Services, data: bytes) -> AsyncIterator[list[FileRow]]:
    """Rows, a few at a time: others want their turn while a long file is read."""
    read = read_rows(data)
    while rows := list(islice(read, PIECE_ROWS)):
        yield rows
        await services.clock.sleep(0)


async def _keep(services: Services, of: LinkImport, first: int, pieces: Sequence[Piece]) -> None:
    if pieces:
        await services.database.run(
            link_imports.insert_pieces, of.merchant_id, of.id, first=first, pieces=pieces
        )


async def _insert(tx: Tx, moment: Moment, new: LinkImport) -> None:
    """Unit. Run again after a lost answer, it finds its own import."""
    check_room(moment)
    if await link_imports.get_import(tx, new.merchant_id, new.id) is not None:
        return
    if await link_imports.count_open(tx, new.merchant_id) >= OPEN_MAX:
        raise TooMany(f"{OPEN_MAX} imports are waiting or under way. Stop one of them, or wait for its end.")
    await link_imports.insert_import(tx, new)


async def begin(tx: Tx, moment: Moment, uploaded: Uploaded, *, starts: bool) -> LinkImport:
    """Unit: lets the worker at the file: it checks every row, or with `starts` makes the links at once."""
    before = uploaded.kept
    status = ImportStatus.RUNNING if starts else ImportStatus.CHECKING
    begun = await link_imports.begin_phase(
        tx, before, status, rows=uploaded.rows, pieces=uploaded.pieces, now=moment.now
    )
    if begun is not None:
        return begun
    # After a lost answer: it was this very unit.
    return await _found(tx, before.merchant_id, before.id)


async def begin_import(services: Services, uploaded: Uploaded, *, starts: bool) -> LinkImport:
    """As `begin`, in a unit of its own."""
    begun = await services.database.run(begin, moment_of(services), uploaded, starts=starts)
    services.wake.now()
    return begun


async def start_import(services: Services, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport:
    """Makes the links of a file that was checked. Raises NotFound and TransitionRefused; NoRoom."""
    started = await services.database.run(_start, moment_of(services), merchant_id, import_id)
    services.wake.now()
    return started


async def _start(tx: Tx, moment: Moment, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport:
    found = await _found(tx, merchant_id, import_id)
    if found.status in {ImportStatus.RUNNING, ImportStatus.DONE}:
        return found
    if found.status is not ImportStatus.CHECKED:
        raise TransitionRefused(f"An import that is {found.status} cannot be started.")
    check_room(moment)
    started = await link_imports.begin_phase(
        tx, found, ImportStatus.RUNNING, rows=found.rows, pieces=found.pieces, now=moment.now
    )
    return started if started is not None else await _found(tx, merchant_id, import_id)


async def stop_import(services: Services, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport:
    """Ends it where it is; links that it has made stay. Raises NotFound and TransitionRefused."""
    return await services.database.run(_stop, moment_of(services), merchant_id, import_id)


async def _stop(tx: Tx, moment: Moment, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport:
    found = await link_imports.lock_import(tx, merchant_id, import_id)
    if found is None or found.status is ImportStatus.UPLOADING:
        raise _not_there(import_id)
    if found.status is ImportStatus.STOPPED:
        return found
    if found.status is ImportStatus.DONE:
        raise TransitionRefused("This import is done. Cancel the links that should not be.")
    stopped = await link_imports.move_import(tx, found, ImportStatus.STOPPED, now=moment.now)
    assert stopped is not None, "the import is locked"
    return stopped


async def read_import(services: Services, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport:
    """The import as it stands. Raises NotFound."""
    return await services.database.read(_found, merchant_id, import_id)


async def _found(tx: Tx, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport:
    found = await link_imports.get_import(tx, merchant_id, import_id)
    if found is None or found.status is ImportStatus.UPLOADING:
        raise _not_there(import_id)
    return found


def _not_there(import_id: LinkImportId) -> NotFound:
    return NotFound(f"There is no import {import_id}.", param="id")


async def row_outcomes(
    services: Services,
    merchant_id: MerchantId,
    import_id: LinkImportId,
    *,
    after: int,
    limit: int,
    only_failed: bool = False,
) -> list[RowOutcome]:
    """What became of rows, those behind row number `after`, in their order; at most `limit`. Not of rows still to come."""
    found: list[RowOutcome] = []
    while len(found) < limit:
        pieces = await services.database.read(
            link_imports.settled_pieces,
            merchant_id,
            import_id,
            after=after,
            limit=min(REPORTED_AT_ONCE, 2 + limit // PIECE_ROWS),
            only_failed=only_failed,
        )
        if not pieces:
            break
        for last_row, outcomes in pieces:
            found += _wanted(outcomes, after=after, only_failed=only_failed)
            after = last_row
    return found[:limit]


def _wanted(outcomes: str, *, after: int, only_failed: bool) -> Iterator[RowOutcome]:
    for outcome in OUTCOMES.decode(outcomes):
        if outcome.number > after and (outcome.faults or not only_failed):
            yield outcome
