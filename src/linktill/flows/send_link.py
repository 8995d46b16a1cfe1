"""The merchant sends a link from here: a mail to each address, in their name, within caps."""

from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.customer import email_key
from linktill.core.errors import NotFound
from linktill.core.events import EventType
from linktill.core.ids import EventId, LinkId, LinkMessageId, MerchantId
from linktill.core.link_message import (
    DAY_US,
    LinkMessage,
    MessageFields,
    check_caps,
    check_sendable,
    checked_message,
)
from linktill.core.payment_link import standing
from linktill.flows.announce import Subject, announce
from linktill.flows.message_objects import message_object
from linktill.flows.services import Moment, Services, check_room
from linktill.flows.set_up import checked_email
from linktill.storage import link_messages
from linktill.storage.database import Tx
from linktill.storage.link_messages import BEFORE_ALL, SentMessage
from linktill.storage.links import get_link, lock_link

PAGE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of a list; `next_cursor` None: there are no more."""

    messages: list[SentMessage]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Sending:
    """A link that is about to be sent. `by`: who sends it, as histories name them."""

    merchant_id: MerchantId
    link_id: LinkId
    fields: MessageFields
    by: str


def sending(merchant_id: MerchantId, link_id: LinkId, fields: MessageFields, by: str) -> Sending:
    """What `send_unit` takes. Raises FieldInvalid and FieldsInvalid: `to.0`, `note`."""
    return Sending(merchant_id, link_id, checked_message(fields, checked_email), by)


async def send_unit(tx: Tx, moment: Moment, asked: Sending) -> list[LinkMessage]:
    """Unit: notes a message for each address; the mails follow from the outbox. All of them, or none.

    Raises NotFound, TransitionRefused for a link that nobody could pay, TooMany and NoRoom.
    """
    check_room(moment)
    link = await lock_link(tx, asked.merchant_id, asked.link_id)
    if link is None:
        raise NotFound("There is no such payment link.")
    check_sendable(standing(link, moment.now))
    since = moment.now - DAY_US
    a_day = await link_messages.count_since(tx, asked.merchant_id, since=since)
    sent: list[LinkMessage] = []
    for recipient in asked.fields.to:
        key = email_key(recipient)
        to_one = await link_messages.count_to(tx, asked.merchant_id, key, since=since)
        check_caps(new=len(asked.fields.to), a_day=a_day, to_one=to_one, recipient=recipient)
        message = LinkMessage(
            asked.merchant_id,
            LinkMessageId(moment.ids.new(prefixes.LINK_MESSAGE)),
            link.id,
            recipient,
            asked.fields.note,
            asked.by,
            EventId(""),
            moment.now,
        )
        sent.append(await _note(tx, moment, message, key))
    return sent


async def find_messages(
    services: Services, merchant_id: MerchantId, link_id: LinkId, *, limit: int, before: str = BEFORE_ALL
) -> MessagePage:
    """What was sent of a link, newest first. `limit` is at most 100. Raises NotFound."""
    limit = max(1, min(limit, PAGE_MAX))
    found = await services.database.read(_messages, merchant_id, link_id, limit + 1, before)
    shown = found[:limit]
    return MessagePage(shown, shown[-1].message.id if len(found) > limit else None)


async def _note(tx: Tx, moment: Moment, message: LinkMessage, key: str) -> LinkMessage:
    subject = Subject(message.merchant_id, message.id, link_id=message.link_id)
    event_id = await announce(tx, moment, EventType.LINK_SENT, subject, message_object(message))
    noted = replace(message, event_id=event_id)
    await link_messages.insert_message(tx, noted, recipient_key=key)
    return noted


async def _messages(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, limit: int, before: str
) -> list[SentMessage]:
    if await get_link(tx, merchant_id, link_id) is None:
        raise NotFound("There is no such payment link.")
    return await link_messages.messages_of(tx, merchant_id, link_id, limit=limit, before=before)
