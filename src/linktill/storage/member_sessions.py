"""Sessions of signed-in members. The id is a hash of the token in the cookie: who reads this table can use none of them.

A session belongs to the merchant of its member, whose books are the test books. It keeps the mode of the books that it
shows, never their id: which books these are is looked up each time, so that no session can show another business's.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, case, delete, insert, or_, select, update

from linktill.core.ids import MemberId, MerchantId
from linktill.core.merchant import Member, Merchant, Mode
from linktill.storage.database import Tx
from linktill.storage.directory import OTHER_BOOKS
from linktill.storage.members import member_from
from linktill.storage.merchants import COLUMNS, merchant_from
from linktill.storage.statements import compiled
from linktill.storage.tables import directory, member, member_session, merchant

S: Final = member_session.c
P: Final = member.c
M: Final = merchant.c
D: Final = directory.c
_THIS: Final = and_(S.merchant_id == bindparam("merchant_id"), S.id == bindparam("session_id"))
_INSERT: Final = compiled(
    insert(member_session).values({column.name: bindparam(column.name) for column in S})
)
_SELECT: Final = compiled(
    select(
        P.merchant_id,
        P.id,
        P.email,
        P.name,
        P.role,
        *COLUMNS,
        D.merchant_id,
        S.csrf_token,
        S.seen_at,
        S.expires_at,
    )
    .join(member, and_(P.merchant_id == S.merchant_id, P.id == S.member_id))
    .outerjoin(directory, and_(D.kind == OTHER_BOOKS, D.key == S.merchant_id))
    .join(merchant, M.merchant_id == case((S.mode == Mode.LIVE.value, D.merchant_id), else_=S.merchant_id))
    .where(_THIS)
)
_SHOW: Final = compiled(
    update(member_session).where(_THIS).values(mode=bindparam("mode_shown")).returning(S.id)
)
_TOUCH: Final = compiled(
    update(member_session).where(_THIS, S.seen_at < bindparam("now")).values(seen_at=bindparam("now"))
)
_DELETE: Final = compiled(delete(member_session).where(_THIS))
_DELETE_ALL: Final = compiled(
    delete(member_session).where(
        S.merchant_id == bindparam("merchant_id"), S.member_id == bindparam("member_id")
    )
)
_PURGE: Final = compiled(
    delete(member_session)
    .where(
        S.merchant_id == bindparam("merchant_id"),
        S.member_id == bindparam("member_id"),
        or_(S.expires_at <= bindparam("now"), S.seen_at <= bindparam("seen_before")),
    )
    .returning(S.id)
)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session with whose it is. `seen_at` is refreshed now and then; `expires_at` never moves.

    `merchant`: the books that are shown; `other_id`: the business's other books, if it has them.
    """

    member: Member
    merchant: Merchant
    other_id: MerchantId | None
    csrf_token: str
    seen_at: int
    expires_at: int


_MERCHANT: Final = slice(5, 5 + len(COLUMNS))
"""Of a row, after the member."""


async def insert_session(
    tx: Tx, whose: Member, session_id: str, *, csrf_token: str, mode: Mode, now: int, expires_at: int
) -> None:
    """Writes a new session. `mode`: of the books that it shows; there must be such."""
    await tx.run(
        _INSERT,
        merchant_id=whose.merchant_id,
        id=session_id,
        member_id=whose.id,
        csrf_token=csrf_token,
        mode=mode,
        created_at=now,
        seen_at=now,
        expires_at=expires_at,
    )


async def get_session(tx: Tx, merchant_id: MerchantId, session_id: str) -> StoredSession | None:
    """The session, even one that is over by time, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, session_id=session_id)
    if row is None:
        return None
    whose, shown = member_from(row), merchant_from(row[_MERCHANT])
    other_id = row[_MERCHANT.stop] if shown.id == whose.merchant_id else whose.merchant_id
    return StoredSession(whose, shown, other_id, *row[_MERCHANT.stop + 1 :])


async def set_session_mode(tx: Tx, merchant_id: MerchantId, session_id: str, mode: Mode) -> bool:
    """From now on the session shows the books of this mode; there must be such. False: there is no such session."""
    row = await tx.one(_SHOW, merchant_id=merchant_id, session_id=session_id, mode_shown=mode)
    return row is not None


async def touch_session(tx: Tx, merchant_id: MerchantId, session_id: str, *, now: int) -> None:
    """Notes that the session is in use."""
    await tx.run(_TOUCH, merchant_id=merchant_id, session_id=session_id, now=now)


async def delete_session(tx: Tx, merchant_id: MerchantId, session_id: str) -> None:
    """Ends one session."""
    await tx.run(_DELETE, merchant_id=merchant_id, session_id=session_id)


async def delete_sessions(tx: Tx, merchant_id: MerchantId, member_id: MemberId) -> None:
    """Ends every session of a member."""
    await tx.run(_DELETE_ALL, merchant_id=merchant_id, member_id=member_id)


async def purge_sessions(
    tx: Tx, merchant_id: MerchantId, member_id: MemberId, *, now: int, seen_before: int
) -> int:
    """Removes a member's sessions that are over by time. Returns how many."""
    rows = await tx.all(
        _PURGE, merchant_id=merchant_id, member_id=member_id, now=now, seen_before=seen_before
    )
    return len(rows)
