"""Mails as they were written: sent, to be sent, failed, or kept because no mail server is set."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select, update

from linktill.core.ids import EventId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import any_of, compiled, insert_ignore
from linktill.storage.tables import mail

PENDING: Final = "pending"
SENT: Final = "sent"
FAILED: Final = "failed"
KEPT: Final = "kept"
"""Written while no mail server was set: readable in the dashboard, sent to nobody."""
QUEUE: Final = "mails"
"""The queue of a merchant's mails."""

M: Final = mail.c
_THIS: Final = and_(M.merchant_id == bindparam("merchant_id"), M.id == bindparam("mail_id"))
_INSERT: Final = compiled(insert_ignore(mail, [M.merchant_id, M.event_id, M.template, M.recipient]))
_SELECT: Final = compiled(select(mail).where(_THIS))
_OF_IDS: Final = compiled(
    select(mail).where(M.merchant_id == bindparam("merchant_id"), any_of(M.id, "mail_ids"))
)
_LIST: Final = compiled(
    select(mail)
    .where(M.merchant_id == bindparam("merchant_id"), M.id < bindparam("before"))
    .order_by(M.id.desc())
    .limit(bindparam("limit"))
)
_MOVE: Final = compiled(
    update(mail)
    .where(_THIS)
    .values(status=bindparam("status"), last_error=bindparam("last_error"), updated_at=bindparam("now"))
)
_SEND: Final = compiled(
    update(mail)
    .where(_THIS, or_(M.status == FAILED, M.status == KEPT))
    .values(status=PENDING, updated_at=bindparam("now"))
    .returning(M.id)
)
DOCUMENT: Final = "document"
"""The template of mails by which a person sends a document."""
_DOCUMENTS_SENT: Final = compiled(
    select(
        func.count(),
        func.coalesce(func.sum(case((M.recipient == bindparam("recipient"), 1), else_=0)), 0),
    ).where(
        M.merchant_id == bindparam("merchant_id"),
        M.template == literal_column("'document'"),
        M.created_at > bindparam("since"),
    )
)
BEFORE_ALL: Final = "mail_~"
"""Sorts after every mail id: the cursor of a first page."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail. `template` says what kind it is: a receipt, an alert."""

    merchant_id: MerchantId
    id: str
    event_id: EventId
    template: str
    recipient: str
    sender_name: str
    subject: str
    text: str
    html: str
    status: str
    last_error: str | None
    created_at: int
    updated_at: int
    attached: str | None = None
    """What goes with it as PDF: the id of an invoice, or of a payment for its receipt."""


async def insert_mail(tx: Tx, new: Mail) -> bool:
    """A mail. False: this event has told this recipient already."""
    row = await tx.one(
        _INSERT,
        merchant_id=new.merchant_id,
        id=new.id,
        event_id=new.event_id,
        template=new.template,
        recipient=new.recipient,
        sender_name=new.sender_name,
        subject=new.subject,
        text=new.text,
        html=new.html,
        status=new.status,
        last_error=new.last_error,
        created_at=new.created_at,
        updated_at=new.updated_at,
        attached=new.attached,
    )
    return row is not None


async def get_mail(tx: Tx, merchant_id: MerchantId, mail_id: str) -> Mail | None:
    """The mail, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, mail_id=mail_id)
    return None if row is None else Mail(*row)


async def mails_to_send(tx: Tx, merchant_id: MerchantId, mail_ids: list[str]) -> dict[str, Mail]:
    """The mails of these ids, by id."""
    rows = await tx.all(_OF_IDS, merchant_id=merchant_id, mail_ids=mail_ids)
    return {row[1]: Mail(*row) for row in rows}


async def list_mails(tx: Tx, merchant_id: MerchantId, *, limit: int, before: str = BEFORE_ALL) -> list[Mail]:
    """Newest first, older than `before`."""
    return [Mail(*row) for row in await tx.all(_LIST, merchant_id=merchant_id, before=before, limit=limit)]


async def move_mail(
    tx: Tx, merchant_id: MerchantId, mail_id: str, *, status: str, error: str | None, now: int
) -> None:
    """Writes down what came of a try. The caller holds the turn of the merchant's mails."""
    await tx.run(_MOVE, merchant_id=merchant_id, mail_id=mail_id, status=status, last_error=error, now=now)


async def send_mail_again(tx: Tx, merchant_id: MerchantId, mail_id: str, *, now: int) -> bool:
    """Makes a failed or kept mail pending again. False: there is none such."""
    return await tx.one(_SEND, merchant_id=merchant_id, mail_id=mail_id, now=now) is not None


async def documents_sent(tx: Tx, merchant_id: MerchantId, recipient: str, *, since: int) -> tuple[int, int]:
    """How many documents people of this merchant have sent since then: in all, and to this address."""
    row = await tx.one(_DOCUMENTS_SENT, merchant_id=merchant_id, recipient=recipient, since=since)
    assert row is not None, "a count is always one row"
    return int(row[0]), int(row[1])
