"""Files of links: the file in pieces, each with what came of its rows, and which row has made which link."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from linktill.core.ids import LinkId, LinkImportId, MerchantId
from linktill.core.link_import import Counted, ImportStatus, LinkImport
from linktill.storage.database import Row, Tx
from linktill.storage.outbox import PENDING
from linktill.storage.statements import any_of, compiled, insert, insert_ignore
from linktill.storage.tables import link_import, link_import_key, link_import_piece, outbox, payment_link

I: Final = link_import.c  # noqa: E741 the table's columns, as in the other modules
P: Final = link_import_piece.c
K: Final = link_import_key.c
MERCHANTS_MAX: Final = 100
REMOVED_AT_ONCE: Final = 200
BEFORE_ALL: Final = "lim_~"
"""Sorts after every import's id: the cursor of a first page."""
NONE_YET: Final = ""
"""The outcomes of a piece that nobody has worked on."""
_UNDER_WAY: Final[ColumnElement[bool]] = literal_column("status IN ('checking', 'running')")
"""Word for word the condition of the index, so that it is used."""
_THIS: Final = and_(I.merchant_id == bindparam("merchant_id"), I.id == bindparam("import_id"))
_PIECES: Final = and_(P.merchant_id == bindparam("merchant_id"), P.import_id == bindparam("import_id"))
_PIECE: Final = and_(_PIECES, P.number == bindparam("number"))
_COUNTS: Final = ("ready", "created", "existing", "failed")

_INSERT: Final = compiled(insert(link_import))
_SELECT: Final = compiled(select(link_import).where(_THIS))
_SELECT_LOCKED: Final = compiled(select(link_import).where(_THIS).with_for_update())
_LIST: Final = compiled(
    select(link_import)
    .where(
        I.merchant_id == bindparam("merchant_id"),
        I.id < bindparam("before"),
        I.status != ImportStatus.UPLOADING.value,
    )
    .order_by(I.id.desc())
    .limit(bindparam("limit"))
)
_OPEN: Final = compiled(
    select(func.count())
    .select_from(link_import)
    .where(
        I.merchant_id == bindparam("merchant_id"),
        literal_column("status IN ('checking', 'checked', 'running')"),
    )
)
_COUNTED: Final = {name: I[name] + bindparam(f"more_{name}") for name in _COUNTS}
_ADVANCE: Final = compiled(
    update(link_import)
    .where(_THIS, I.status == bindparam("before"), I.next_piece == bindparam("number"))
    .values(
        status=bindparam("after"),
        next_piece=I.next_piece + bindparam("more_pieces"),
        done=I.done + bindparam("more_done"),
        updated_at=bindparam("now"),
        **_COUNTED,
    )
    .returning(I.id)
)
_BEGIN: Final = compiled(
    update(link_import)
    .where(_THIS, I.status == bindparam("before"))
    .values(
        status=bindparam("after"),
        rows=bindparam("rows_now"),
        pieces=bindparam("pieces_now"),
        next_piece=0,
        done=0,
        existing=0,
        failed=0,
        updated_at=bindparam("now"),
    )
    .returning(link_import)
)
_MOVE: Final = compiled(
    update(link_import)
    .where(_THIS, I.status == bindparam("before"))
    .values(status=bindparam("after"), updated_at=bindparam("now"))
    .returning(link_import)
)
_DUE_MERCHANTS: Final = compiled(
    select(I.merchant_id, func.min(I.id))
    .where(_UNDER_WAY)
    .group_by(I.merchant_id)
    .order_by(func.min(I.id))
    .limit(MERCHANTS_MAX)
)
_INSERT_PIECE: Final = compiled(insert(link_import_piece).on_conflict_do_nothing())
_SELECT_PIECE: Final = compiled(select(P.rows).where(_PIECE))
_SETTLE_PIECE: Final = compiled(
    update(link_import_piece)
    .where(_PIECE)
    .values(outcomes=bindparam("outcomes_now"), failed=bindparam("failed_now"))
)
_SETTLED: Final = {
    only_failed: compiled(
        select(P.last_row, P.outcomes)
        .where(
            _PIECES,
            P.last_row > bindparam("after"),
            P.outcomes != NONE_YET,
            *([P.failed > 0] if only_failed else []),
        )
        .order_by(P.number)
        .limit(bindparam("limit"))
    )
    for only_failed in (False, True)
}
_KNOWN: Final = compiled(
    select(K.key, K.link_id, payment_link.c.slug, K.digest)
    .join(payment_link, and_(payment_link.c.merchant_id == K.merchant_id, payment_link.c.id == K.link_id))
    .where(K.merchant_id == bindparam("merchant_id"), any_of(K.key, "keys"))
)
_CLAIM: Final = compiled(insert_ignore(link_import_key, [K.merchant_id, K.key]))
_OLD: Final = compiled(
    select(I.merchant_id, I.id)
    .where(
        or_(
            and_(
                I.updated_at < bindparam("before"), literal_column("status IN ('checked', 'done', 'stopped')")
            ),
            and_(I.updated_at < bindparam("uploaded_before"), I.status == ImportStatus.UPLOADING.value),
        )
    )
    .order_by(I.updated_at)
    .limit(1)
)
_REMOVE_PIECES: Final = compiled(
    delete(link_import_piece)
    .where(
        _PIECES,
        tuple_(P.merchant_id, P.import_id, P.number).in_(
            select(P.merchant_id, P.import_id, P.number)
            .where(_PIECES)
            .order_by(P.number)
            .limit(REMOVED_AT_ONCE)
        ),
    )
    .returning(P.number)
)
_REMOVE: Final = compiled(delete(link_import).where(_THIS))
_WAITING: Final = compiled(
    select(func.count()).select_from(
        select(outbox.c.id)
        .where(
            outbox.c.merchant_id == bindparam("merchant_id"),
            outbox.c.status == PENDING,
            outbox.c.due_at <= bindparam("until"),
        )
        .limit(bindparam("limit"))
        .subquery()
    )
)


@dataclass(frozen=True, slots=True)
class Known:
    """The link that a row has made. `digest`: of what the row held then."""

    link_id: LinkId
    slug: str
    digest: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a file, and the number of the last."""

    last_row: int
    rows: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of the rows of a piece."""

    number: int
    outcomes: str
    rows: int
    counted: Counted


def _import(row: Row) -> LinkImport:
    return LinkImport(row[0], row[1], ImportStatus(row[2]), *row[3:])


async def insert_import(tx: Tx, new: LinkImport) -> None:
    """A new import, of which the file is still to come."""
    await tx.run(_INSERT, **{name: getattr(new, name) for name in LinkImport.__dataclass_fields__})


async def insert_pieces(
    tx: Tx, merchant_id: MerchantId, import_id: LinkImportId, *, first: int, pieces: Sequence[Piece]
) -> None:
    """The next pieces of the file, numbered from `first`."""
    await tx.many(
        _INSERT_PIECE,
        [
            {
                "merchant_id": merchant_id,
                "import_id": import_id,
                "number": number,
                "last_row": piece.last_row,
                "failed": 0,
                "rows": piece.rows,
                "outcomes": NONE_YET,
            }
            for number, piece in enumerate(pieces, first)
        ],
    )


async def get_import(tx: Tx, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport | None:
    """The import, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, import_id=import_id)
    return None if row is None else _import(row)


async def lock_import(tx: Tx, merchant_id: MerchantId, import_id: LinkImportId) -> LinkImport | None:
    """Like `get_import`, and nobody else changes it until this unit ends."""
    row = await tx.one(_SELECT_LOCKED, merchant_id=merchant_id, import_id=import_id)
    return None if row is None else _import(row)


async def list_imports(
    tx: Tx, merchant_id: MerchantId, *, limit: int, before: str = BEFORE_ALL
) -> list[LinkImport]:
    """Newest first, older than `before`; not those whose file is still to come."""
    return [_import(row) for row in await tx.all(_LIST, merchant_id=merchant_id, before=before, limit=limit)]


async def count_open(tx: Tx, merchant_id: MerchantId) -> int:
    """How many wait or are under way."""
    row = await tx.one(_OPEN, merchant_id=merchant_id)
    return 0 if row is None else int(row[0])


async def begin_phase(
    tx: Tx, before: LinkImport, status: ImportStatus, *, rows: int, pieces: int, now: int
) -> LinkImport | None:
    """From its first row on, in this status. None: somebody was faster."""
    row = await tx.one(
        _BEGIN,
        merchant_id=before.merchant_id,
        import_id=before.id,
        before=before.status,
        after=status,
        rows_now=rows,
        pieces_now=pieces,
        now=now,
    )
    return None if row is None else _import(row)


async def move_import(tx: Tx, before: LinkImport, status: ImportStatus, *, now: int) -> LinkImport | None:
    """Moves the status if it still is what `before` says. None: somebody was faster."""
    row = await tx.one(
        _MOVE,
        merchant_id=before.merchant_id,
        import_id=before.id,
        before=before.status,
        after=status,
        now=now,
    )
    return None if row is None else _import(row)


async def advance(
    tx: Tx, before: LinkImport, status: ImportStatus, pieces: Sequence[Settled], *, now: int
) -> bool:
    """Keeps what came of the next pieces. False: somebody was faster, and nothing of this unit may stay."""
    this = {"merchant_id": before.merchant_id, "import_id": before.id}
    row = await tx.one(
        _ADVANCE,
        **this,
        before=before.status,
        after=status,
        number=before.next_piece,
        more_pieces=len(pieces),
        more_done=sum(piece.rows for piece in pieces),
        now=now,
        **{f"more_{name}": sum(getattr(piece.counted, name) for piece in pieces) for name in _COUNTS},
    )
    if row is None:
        return False
    for piece in pieces:
        await tx.run(
            _SETTLE_PIECE,
            **this,
            number=piece.number,
            outcomes_now=piece.outcomes,
            failed_now=piece.counted.failed,
        )
    return True


async def imports_under_way(tx: Tx) -> list[tuple[MerchantId, LinkImportId]]:
    """The oldest import under way of each merchant, the longest waiting first."""
    return [(row[0], row[1]) for row in await tx.all(_DUE_MERCHANTS)]


async def read_piece(tx: Tx, merchant_id: MerchantId, import_id: LinkImportId, number: int) -> str:
    """The rows of a piece."""
    row = await tx.one(_SELECT_PIECE, merchant_id=merchant_id, import_id=import_id, number=number)
    assert row is not None, "an import under way has a next piece"
    return str(row[0])


async def settled_pieces(
    tx: Tx, merchant_id: MerchantId, import_id: LinkImportId, *, after: int, limit: int, only_failed: bool
) -> list[tuple[int, str]]:
    """Number of the last row, and outcomes, of pieces that were worked on and hold rows behind row `after`."""
    rows = await tx.all(
        _SETTLED[only_failed], merchant_id=merchant_id, import_id=import_id, after=after, limit=limit
    )
    return [(row[0], row[1]) for row in rows]


async def known_keys(tx: Tx, merchant_id: MerchantId, keys: Sequence[str]) -> dict[str, Known]:
    """The links that rows with these identities have made."""
    rows = await tx.all(_KNOWN, merchant_id=merchant_id, keys=keys)
    return {row[0]: Known(row[1], row[2], row[3]) for row in rows}


async def claim_key(tx: Tx, merchant_id: MerchantId, key: str, link_id: LinkId, digest: str) -> bool:
    """This row has made this link. False: it has made another one before."""
    row = await tx.one(_CLAIM, merchant_id=merchant_id, key=key, link_id=link_id, digest=digest)
    return row is not None


async def count_waiting(tx: Tx, merchant_id: MerchantId, *, until: int, limit: int) -> int:
    """How much of the merchant's news is due by `until` and waits to be told, counted up to `limit`."""
    row = await tx.one(_WAITING, merchant_id=merchant_id, until=until, limit=limit)
    return 0 if row is None else int(row[0])


async def remove_old(tx: Tx, *, before: int, uploaded_before: int) -> int:
    """Removes a part of the oldest import that nobody has touched since `before`, or whose file has not come whole since
    `uploaded_before`. Returns how much; 0: there is none.

    Which row has made which link stays known.
    """
    found = await tx.one(_OLD, before=before, uploaded_before=uploaded_before)
    if found is None:
        return 0
    this = {"merchant_id": found[0], "import_id": found[1]}
    removed = await tx.all(_REMOVE_PIECES, **this)
    if len(removed) < REMOVED_AT_ONCE:
        await tx.run(_REMOVE, **this)
    return len(removed) + 1
