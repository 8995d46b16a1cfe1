"""Links that were sent to somebody, each with the mail that was written for it."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, insert, select

from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_message import LinkMessage
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import link_message, mail

M: Final = link_message.c
BEFORE_ALL: Final = "msg_~"
"""Sorts after every message's id."""
_OF_MERCHANT: Final = M.merchant_id == bindparam("merchant_id")
_COLUMNS: Final = (M.merchant_id, M.id, M.link_id, M.recipient, M.note, M.by, M.event_id, M.created_at)
_WITH_MAIL: Final = link_message.outerjoin(
    mail,
    and_(
        mail.c.merchant_id == M.merchant_id,
        mail.c.event_id == M.event_id,
        mail.c.template == bindparam("template"),
        mail.c.recipient == M.recipient,
    ),
)
_INSERT: Final = compiled(insert(link_message))
_SENT: Final = select(*_COLUMNS, mail.c.id, mail.c.status, mail.c.last_error, mail.c.updated_at).select_from(
    _WITH_MAIL
)
_LIST: Final = compiled(
    _SENT.where(_OF_MERCHANT, M.link_id == bindparam("link_id"), M.id < bindparam("before"))
    .order_by(M.id.desc())
    .limit(bindparam("limit"))
)
_TO: Final = compiled(
    _SENT.where(_OF_MERCHANT, M.recipient_key == bindparam("recipient_key"))
    .order_by(M.created_at.desc())
    .limit(bindparam("limit"))
)
_COUNT: Final = compiled(select(func.count()).where(_OF_MERCHANT, M.created_at > bindparam("since")))
_COUNT_TO: Final = compiled(
    select(func.count()).where(
        _OF_MERCHANT, M.recipient_key == bindparam("recipient_key"), M.created_at > bindparam("since")
    )
)
TEMPLATE: Final = "invitation"
"""Of the mail that carries a message."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message and its mail as it stands; `mail_id` None: it is about to be written."""

    message: LinkMessage
    mail_id: str | None
    status: str | None
    error: str | None
    moved_at: int | None


async def insert_message(tx: Tx, new: LinkMessage, *, recipient_key: str) -> None:
    """Keeps a new one."""
    await tx.run(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        link_id=new.link_id,
        recipient=new.recipient,
        recipient_key=recipient_key,
        note=new.note,
        by=new.by,
        event_id=new.event_id,
        created_at=new.created_at,
    )


async def count_since(tx: Tx, merchant_id: MerchantId, *, since: int) -> int:
    """All messages of the merchant that are newer."""
    return _counted(await tx.one(_COUNT, merchant_id=merchant_id, since=since))


async def count_to(tx: Tx, merchant_id: MerchantId, recipient_key: str, *, since: int) -> int:
    """Messages to one address that are newer."""
    row = await tx.one(_COUNT_TO, merchant_id=merchant_id, recipient_key=recipient_key, since=since)
    return _counted(row)


async def messages_of(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, *, limit: int, before: str = BEFORE_ALL
) -> list[SentMessage]:
    """Of one link, newest first, older than `before`."""
    rows = await tx.all(
        _LIST, merchant_id=merchant_id, link_id=link_id, before=before, limit=limit, template=TEMPLATE
    )
    return [_sent(row) for row in rows]


async def messages_to(
    tx: Tx, merchant_id: MerchantId, recipient_key: str, *, limit: int
) -> list[SentMessage]:
    """To one address, newest first."""
    rows = await tx.all(
        _TO, merchant_id=merchant_id, recipient_key=recipient_key, limit=limit, template=TEMPLATE
    )
    return [_sent(row) for row in rows]


def _sent(row: Row) -> SentMessage:
    return SentMessage(LinkMessage(*row[:8]), *row[8:])


def _counted(row: Row | None) -> int:
    assert row is not None, "a count is a row"
    return int(row[0])
