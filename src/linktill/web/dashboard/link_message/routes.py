"""`/dashboard/links/{id}/send`: a link is sent by mail, and looks beforehand as it will."""

import re
from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, FieldsInvalid, TooMany
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_message import NOTE_MAX, LinkMessage, MessageFields
from linktill.core.link_terms import clean_text
from linktill.core.payment_link import PaymentLink
from linktill.flows.idempotent import Answer as Kept
from linktill.flows.idempotent import idempotently
from linktill.flows.invitation import invitation_letter
from linktill.flows.manage_links import read_link
from linktill.flows.send_link import send_unit, sending
from linktill.flows.services import Services, moment_of
from linktill.notify.letters import write
from linktill.storage.database import Tx
from linktill.storage.link_messages import messages_of
from linktill.web.answer import Answer, mail_body
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.link_message.view import LinkMessagePage, MessageRow
from linktill.web.dashboard.once import once
from linktill.web.form import Form

PATH: Final = "/dashboard/links/{id:str}/send"
MESSAGES: Final = 10
"""Shown on the page of a link."""
_APART: Final = re.compile(r"[\s,;]+")
_KEPT_CHARS: Final = 6_000


def link_message_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        return desk.show(visitor, await _page(desk, visitor, Form({})))

    async def send(visitor: Visitor, form: Form) -> Answer:
        link_id = LinkId(visitor.id(prefixes.LINK))
        try:
            await _send(desk, visitor, link_id, form)
        except (FieldInvalid, TooMany) as refusal:
            page = await _page(desk, visitor, form, _said(refusal, _addresses(form)))
            return desk.show(visitor, page, status=422)
        has_server = desk.options.mail_server is not None
        return desk.done(f"/dashboard/links/{link_id}", "link_sent" if has_server else "link_sent_kept")

    async def preview(visitor: Visitor) -> Answer:
        return await _preview(services, visitor, visitor.query("note"))

    return (
        desk.page(PATH, show),
        desk.form(PATH, send),
        desk.page(f"{PATH}/preview", preview),
        desk.form(f"{PATH}/preview", lambda visitor, form: _preview(services, visitor, form.text("note"))),
    )


async def message_rows(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> tuple[MessageRow, ...]:
    """The latest messages, for the page of their link."""
    sent = await messages_of(tx, merchant_id, link_id, limit=MESSAGES)
    return tuple(
        MessageRow(
            each.message.created_at,
            each.message.recipient,
            each.status or "pending",
            each.error,
            each.mail_id,
        )
        for each in sent
    )


async def _send(desk: Desk, visitor: Visitor, link_id: LinkId, form: Form) -> None:
    fields = MessageFields(_addresses(form), form.text("note"))
    asked = sending(visitor.merchant_id, link_id, fields, visitor.by)
    moment = moment_of(desk.services)

    async def work(tx: Tx) -> list[LinkMessage]:
        return await send_unit(tx, moment, asked)

    path = PATH.replace("{id:str}", link_id)
    await idempotently(
        desk.services,
        visitor.merchant_id,
        once(form, path),
        work,
        lambda sent: Kept(303, sent[0].id.encode()),
    )
    desk.services.wake.now()


async def _page(
    desk: Desk, visitor: Visitor, form: Form, errors: dict[str, str] | None = None
) -> LinkMessagePage:
    link = await _link(desk.services, visitor)
    return LinkMessagePage(
        desk.shell(visitor),
        link.id,
        link.terms.description,
        visitor.who.merchant.name,
        form.text("submit_token")[:100] or desk.submit_token(),
        desk.options.mail_server is not None,
        form.text("to")[:_KEPT_CHARS],
        form.text("note")[:_KEPT_CHARS],
        errors or {},
    )


async def _preview(services: Services, visitor: Visitor, typed: str) -> Answer:
    """The mail as it would be. Words that cannot be sent are left out: the form says what is wrong with them."""
    link = await _link(services, visitor)
    try:
        note = clean_text(typed, "note", max_length=NOTE_MAX, is_multiline=True)
    except FieldInvalid:
        note = ""
    origin = services.origin_of(visitor.merchant_id)
    letter = invitation_letter(visitor.who.merchant, link, note, origin)
    return mail_body(write(letter).html)


async def _link(services: Services, visitor: Visitor) -> PaymentLink:
    return (await read_link(services, visitor.merchant_id, LinkId(visitor.id(prefixes.LINK)))).link


def _addresses(form: Form) -> list[str]:
    return [text for text in _APART.split(form.text("to")) if text]


def _said(refusal: FieldInvalid | TooMany, to: list[str]) -> dict[str, str]:
    """Field of the form → what is wrong with it: the first address that is none stands for all."""
    if isinstance(refusal, FieldsInvalid):
        errors: dict[str, str] = {}
        for error in refusal.errors:
            name, _, at = error.param.partition(".")
            words = f"“{to[int(at)][:80]}” is no e-mail address. {error.message}" if at else error.message
            errors.setdefault(name, words)
        return errors
    return {"note" if refusal.param == "note" else "to": str(refusal)}
