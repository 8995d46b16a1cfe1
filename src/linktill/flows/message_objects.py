"""Links that were sent, as programs see them: the one shape for API answers, event data and command-line output."""

from datetime import datetime
from typing import Literal

import msgspec

from linktill.core.link_message import LinkMessage
from linktill.flows.representations import time_of, time_or_none
from linktill.storage.link_messages import SentMessage
from linktill.storage.mails import PENDING, SENT


class LinkMessageObject(msgspec.Struct, frozen=True, kw_only=True):
    """A link that was sent to somebody by mail."""

    object: Literal["link_message"] = "link_message"
    id: str
    payment_link_id: str
    to: str
    note: str
    status: str
    error: str | None
    created_at: datetime
    sent_at: datetime | None


class LinkMessagesObject(msgspec.Struct, frozen=True, kw_only=True):
    """What one call sent."""

    object: Literal["list"] = "list"
    data: list[LinkMessageObject]


def message_object(message: LinkMessage) -> LinkMessageObject:
    """A message that was just asked for."""
    return sent_object(SentMessage(message, None, None, None, None))


def sent_object(sent: SentMessage) -> LinkMessageObject:
    """A message as its mail stands."""
    message, is_sent = sent.message, sent.status == SENT
    return LinkMessageObject(
        id=message.id,
        payment_link_id=message.link_id,
        to=message.recipient,
        note=message.note,
        status=sent.status or PENDING,
        error=None if is_sent else sent.error,
        created_at=time_of(message.created_at),
        sent_at=time_or_none(sent.moved_at if is_sent else None),
    )
