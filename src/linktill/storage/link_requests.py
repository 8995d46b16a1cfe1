"""Requests for a new link. Whoever stores one has locked its link: there are never too many, and never two of one payer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Text, and_, bindparam, func, insert, literal_column, select, update

from linktill.core.ids import EventId, LinkId, LinkRequestId, MerchantId
from linktill.core.link_request import LinkRequest, RequestStatus
from linktill.storage.database import Row, Tx
from linktill.storage.statements import Statement, compiled
from linktill.storage.tables import link_request

R: Final = link_request.c
BEFORE_ALL: Final = "lrq_~"
"""Sorts after every request's id."""
OPEN: Final = literal_column("'open'", Text)
"""Written into the text: the index over open requests is used only where the database can see the word."""

_OF_MERCHANT: Final = R.merchant_id == bindparam("merchant_id")
_THIS: Final = and_(_OF_MERCHANT, R.id == bindparam("request_id"))
_OF_LINK: Final = and_(_OF_MERCHANT, R.link_id == bindparam("link_id"))
_COLUMNS: Final = (
    R.merchant_id,
    R.id,
    R.link_id,
    R.status,
    R.email,
    R.name,
    R.message,
    R.answer_link_id,
    R.created_at,
    R.closed_at,
    R.language,
)
_INSERT: Final = compiled(insert(link_request))
_SELECT: Final = compiled(select(*_COLUMNS).where(_THIS))
_LOCK: Final = compiled(select(*_COLUMNS).where(_THIS).with_for_update())
_OPEN_OF_EMAIL: Final = compiled(
    select(R.id).where(_OF_LINK, R.email_key == bindparam("email_key"), R.status == OPEN)
)
_COUNT_OF_LINK: Final = compiled(select(func.count()).where(_OF_LINK, R.status == OPEN))
_COUNT: Final = compiled(select(func.count()).where(_OF_MERCHANT, R.status == OPEN))
_OPEN_OF_LINK: Final = compiled(
    select(R.id).where(_OF_LINK, R.status == OPEN).order_by(R.id).limit(bindparam("limit"))
)
_OF_EMAIL: Final = compiled(
    select(*_COLUMNS)
    .where(_OF_MERCHANT, R.email_key == bindparam("email_key"))
    .order_by(R.id.desc())
    .limit(bindparam("limit"))
)
_CLOSE: Final = compiled(
    update(link_request)
    .where(_THIS)
    .values({name: bindparam(name) for name in ("status", "answer_link_id", "closed_at")})
)
_UNTOLD_MERCHANTS: Final = compiled(
    select(R.merchant_id).where(R.told_at.is_(None)).group_by(R.merchant_id).limit(100)
)
_LAST_TOLD: Final = compiled(select(func.max(R.told_at)).where(_OF_MERCHANT, R.told_at.is_not(None)))
_TELL: Final = compiled(
    update(link_request)
    .where(_OF_MERCHANT, R.told_at.is_(None))
    .values(told_at=bindparam("now"))
    .returning(R.id, R.link_id, R.status, R.event_id)
)


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests are wanted; None: all."""

    link_id: LinkId | None = None
    status: RequestStatus | None = None


EVERY_REQUEST: Final = RequestFilter()


@dataclass(frozen=True, slots=True)
class Told:
    """A request of which the merchant is being told; `event_id`: of the event that it made."""

    id: LinkRequestId
    link_id: LinkId
    status: RequestStatus
    event_id: EventId


@lru_cache(maxsize=8)
def _list(*, has_link: bool, has_status: bool) -> Statement:
    """One cached text per shape of the filter."""
    wanted = [_OF_MERCHANT, R.id < bindparam("before")]
    if has_link:
        wanted.append(R.link_id == bindparam("link_id"))
    if has_status:
        wanted.append(R.status == bindparam("status"))
    return compiled(select(*_COLUMNS).where(*wanted).order_by(R.id.desc()).limit(bindparam("limit")))


def _request(row: Row) -> LinkRequest:
    (merchant_id, request_id, link_id, status, email, name, message, answer_link_id, created_at, closed_at,
     language) = row  # fmt: skip
    return LinkRequest(
        merchant_id,
        request_id,
        link_id,
        RequestStatus(status),
        email,
        name,
        message,
        answer_link_id,
        created_at,
        closed_at,
        language,
    )


async def insert_request(tx: Tx, new: LinkRequest, *, email_key: str, event_id: EventId) -> None:
    """Keeps a new one, of which the merchant is still to be told."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        link_id=new.link_id,
        status=new.status,
        email=new.email,
        email_key=email_key,
        name=new.name,
        message=new.message,
        language=new.language,
        answer_link_id=None,
        event_id=event_id,
        told_at=None,
        created_at=new.created_at,
        closed_at=None,
    )


async def has_open(tx: Tx, merchant_id: MerchantId, link_id: LinkId, email_key: str) -> bool:
    """Does this address wait for an answer already?"""
    row = await tx.one(_OPEN_OF_EMAIL, merchant_id=merchant_id, link_id=link_id, email_key=email_key)
    return row is not None


async def get_request(tx: Tx, merchant_id: MerchantId, request_id: LinkRequestId) -> LinkRequest | None:
    """The request, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, request_id=request_id)
    return None if row is None else _request(row)


async def lock_request(tx: Tx, merchant_id: MerchantId, request_id: LinkRequestId) -> LinkRequest | None:
    """Like `get_request`, and nobody else answers it until this unit ends."""
    row = await tx.one(_LOCK, merchant_id=merchant_id, request_id=request_id)
    return None if row is None else _request(row)


async def close_request(tx: Tx, after: LinkRequest) -> None:
    """Stores that it was answered or dismissed. In a unit that locked it."""
    await tx.run(
        _CLOSE,
        merchant_id=after.merchant_id,
        request_id=after.id,
        status=after.status,
        answer_link_id=after.answer_link_id,
        closed_at=after.closed_at,
    )


async def list_requests(
    tx: Tx,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    wanted: RequestFilter = EVERY_REQUEST,
) -> list[LinkRequest]:
    """Newest first, older than `before`."""
    parameters: dict[str, str | int] = {"merchant_id": merchant_id, "before": before, "limit": limit}
    if wanted.link_id is not None:
        parameters["link_id"] = wanted.link_id
    if wanted.status is not None:
        parameters["status"] = wanted.status
    statement = _list(has_link=wanted.link_id is not None, has_status=wanted.status is not None)
    return [_request(row) for row in await tx.all(statement, **parameters)]


async def requests_of_email(
    tx: Tx, merchant_id: MerchantId, email_key: str, *, limit: int
) -> list[LinkRequest]:
    """What somebody with this address asked for, newest first."""
    rows = await tx.all(_OF_EMAIL, merchant_id=merchant_id, email_key=email_key, limit=limit)
    return [_request(row) for row in rows]


async def open_of_link(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, *, limit: int
) -> Sequence[LinkRequestId]:
    """The first that wait for an answer about this link."""
    rows = await tx.all(_OPEN_OF_LINK, merchant_id=merchant_id, link_id=link_id, limit=limit)
    return [row[0] for row in rows]


async def count_open(tx: Tx, merchant_id: MerchantId, link_id: LinkId | None = None) -> int:
    """How many wait for an answer, of all links or of one."""
    row = (
        await tx.one(_COUNT, merchant_id=merchant_id)
        if link_id is None
        else await tx.one(_COUNT_OF_LINK, merchant_id=merchant_id, link_id=link_id)
    )
    assert row is not None, "a count has a row"
    return int(row[0])


async def merchants_untold(tx: Tx) -> list[MerchantId]:
    """Merchants who have not been told of all requests."""
    return [row[0] for row in await tx.all(_UNTOLD_MERCHANTS)]


async def last_told(tx: Tx, merchant_id: MerchantId) -> int | None:
    """When the merchant was last told of requests."""
    row = await tx.one(_LAST_TOLD, merchant_id=merchant_id)
    return None if row is None else row[0]


async def take_untold(tx: Tx, merchant_id: MerchantId, *, now: int) -> list[Told]:
    """Those of which the merchant is told from now on; of two who ask, one gets them. In no order."""
    rows = await tx.all(_TELL, merchant_id=merchant_id, now=now)
    return [Told(row[0], row[1], RequestStatus(row[2]), row[3]) for row in rows]
