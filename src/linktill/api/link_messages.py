"""Over the API: a link sent by mail, and what was sent."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from linktill.api.answers import Reply, listed
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, cursor_parameter
from linktill.core.ids import LINK, LINK_MESSAGE, LinkId
from linktill.core.link_message import (
    A_DAY_MAX,
    NOTE_MAX,
    RECIPIENTS_MAX,
    TO_ONE_MAX,
    LinkMessage,
    MessageFields,
)
from linktill.flows.message_objects import LinkMessageObject, LinkMessagesObject, message_object, sent_object
from linktill.flows.send_link import find_messages, send_unit, sending
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.link_messages import BEFORE_ALL


class LinkSending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom a link is sent."""

    to: Annotated[
        list[str],
        Meta(
            description=f"Up to {RECIPIENTS_MAX} e-mail addresses. Each gets a mail of its own.",
            extra_json_schema={"minItems": 1, "maxItems": RECIPIENTS_MAX},
        ),
    ]
    note: Annotated[
        str | None, Meta(description=f"Your own words above the details, at most {NOTE_MAX} characters.")
    ] = None


async def send(call: Call) -> Reply:
    body, moment = call.asked(LinkSending), moment_of(call.services)
    fields = MessageFields(body.to, body.note or "")
    asked = sending(call.merchant_id, LinkId(call.id(LINK)), fields, call.by)

    async def work(tx: Tx) -> list[LinkMessage]:
        return await send_unit(tx, moment, asked)

    return await call.once(
        work, lambda sent: LinkMessagesObject(data=[message_object(each) for each in sent])
    )


async def find(call: Call) -> Reply:
    page = await find_messages(
        call.services,
        call.merchant_id,
        LinkId(call.id(LINK)),
        limit=call.limit,
        before=call.query.get("cursor", BEFORE_ALL),
    )
    return listed([sent_object(each) for each in page.messages], page.next_cursor)


_GROUP: Final = "Payment links"

OPERATIONS: Final = (
    Operation(
        "POST",
        "/v1/payment_links/{id}/send",
        "send_payment_link",
        _GROUP,
        "Send a payment link by mail",
        "Mails the link, in your name, to each address. The link must be one that can be paid now, or opens later. "
        f"Within 24 hours one address gets at most {TO_ONE_MAX} of your messages, and all together {A_DAY_MAX}.",
        send,
        LinkMessagesObject,
        takes=LinkSending,
        prefix=LINK,
        problems=("transition_refused", "too_many"),
        example={"to": ["ada@example.com"], "note": "Thank you for coming by. Here is the bill."},
    ),
    Operation(
        "GET",
        "/v1/payment_links/{id}/messages",
        "list_payment_link_messages",
        _GROUP,
        "List what was sent",
        "To whom the link was sent from here, newest first, and whether the mail server has taken it.",
        find,
        LinkMessageObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(LINK_MESSAGE)),
        prefix=LINK,
    ),
)
