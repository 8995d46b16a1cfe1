"""The turn of a merchant's mails: hands them to the mail server, a few at once."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.ids import EventId
from linktill.core.merchant import Merchant
from linktill.flows.draw_documents import attached_document
from linktill.flows.services import Moment, Services
from linktill.flows.stories import Draft
from linktill.flows.take_turn import (
    Channels,
    Courier,
    Outcome,
    Settled,
    Verdict,
    hold_turn,
    settle_queue,
    take_rows,
)
from linktill.notify.letters import (
    DocumentLetter,
    Invitation,
    LinkAnswer,
    Receipt,
    RefundNotice,
    write,
)
from linktill.notify.mail import Attachment, Letter, MailNotSent, MailRefused
from linktill.storage import mails
from linktill.storage.database import Tx
from linktill.storage.mails import Mail
from linktill.storage.merchants import get_merchant
from linktill.storage.outbox import Promise
from linktill.storage.queues import Queued, enqueue

KIND: Final = "mail"
"""The outbox kind whose subject is a mail."""
AT_ONCE: Final = 4
_STATUS: Final = {Verdict.DONE: mails.SENT, Verdict.AGAIN: mails.PENDING, Verdict.DEAD: mails.FAILED}
TO_PAYERS: Final = frozenset(
    {
        Receipt.TEMPLATE,
        RefundNotice.TEMPLATE,
        LinkAnswer.TEMPLATE,
        Invitation.TEMPLATE,
        DocumentLetter.TEMPLATE,
    }
)
WITH_DOCUMENT: Final = frozenset({Receipt.TEMPLATE, RefundNotice.TEMPLATE})
"""With these an invoice or a credit note goes along where there is one."""
_SENDER_NAME: Final = "Linktill"


def new_mail(
    moment: Moment, merchant: Merchant, event_id: EventId, draft: Draft, *, has_mailer: bool
) -> Mail:
    """The mail as it is kept and sent: its words are written here, once. Without a mail server it is only kept."""
    template, written = draft.view.TEMPLATE, write(draft.view)
    return Mail(
        merchant_id=merchant.id,
        id=moment.ids.new(prefixes.MAIL),
        event_id=event_id,
        template=template,
        recipient=draft.recipient,
        sender_name=merchant.name if template in TO_PAYERS else _SENDER_NAME,
        subject=written.subject,
        text=written.text,
        html=written.html,
        status=mails.PENDING if has_mailer else mails.KEPT,
        last_error=None,
        created_at=moment.now,
        updated_at=moment.now,
        attached=draft.attached,
    )


async def post(tx: Tx, mail: Mail) -> None:
    """Keeps a new mail, and lines it up where there is a mail server. One that is kept already stays as it is."""
    if await mails.insert_mail(tx, mail) and mail.status == mails.PENDING:
        await enqueue(tx, mail.merchant_id, mails.QUEUE, kind=KIND, subject_id=mail.id, now=mail.created_at)


@dataclass(frozen=True, slots=True)
class Load:
    """The mails by id, and whose they are."""

    merchant: Merchant
    mails: dict[str, Mail]


def courier(channels: Channels) -> Courier[Load]:
    """How mails are sent."""
    return Courier(_take, partial(_send, channels), _settle)


async def _take(tx: Tx, turn: Promise) -> tuple[Load, list[Queued]] | None:
    rows = await take_rows(tx, turn, prefix=prefixes.MAIL, limit=AT_ONCE)
    if not rows:
        return None
    merchant = await get_merchant(tx, turn.merchant_id)
    assert merchant is not None, "mails belong to merchants"
    return Load(
        merchant, await mails.mails_to_send(tx, turn.merchant_id, [row.subject_id for row in rows])
    ), rows


async def _send(channels: Channels, services: Services, load: Load, row: Queued) -> Outcome:
    mail = load.mails[row.subject_id]
    if channels.mailer is None:
        return Outcome(row, Verdict.DEAD, is_sent=False)
    document = None if mail.attached is None else await attached_document(services, mail, mail.attached)
    letter = Letter(
        mail.id,
        mail.recipient,
        mail.sender_name,
        load.merchant.contact_email if mail.template in TO_PAYERS else None,
        mail.subject,
        mail.text,
        mail.html,
        mail.created_at,
        () if document is None else (Attachment(document.name, document.pdf),),
    )
    try:
        await channels.mailer.send(letter)
    except MailRefused as error:
        return Outcome(row, Verdict.DEAD, str(error))
    except MailNotSent as error:
        return Outcome(row, Verdict.AGAIN, str(error))
    return Outcome(row, Verdict.DONE)


async def _settle(tx: Tx, moment: Moment, turn: Promise, settled: Settled) -> bool:
    if not await hold_turn(tx, turn):
        return False
    for outcome in settled.outcomes:
        status = _STATUS[outcome.verdict] if outcome.is_sent else mails.KEPT
        await mails.move_mail(
            tx, turn.merchant_id, outcome.row.subject_id, status=status, error=outcome.error, now=moment.now
        )
    return await settle_queue(tx, turn, settled)
