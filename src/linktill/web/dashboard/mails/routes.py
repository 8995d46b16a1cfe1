"""`/dashboard/mails`: the mails that Linktill wrote; without a mail server they are kept and can be read here only."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.flows.manage_mails import get_mail, list_mails
from linktill.storage.mails import BEFORE_ALL, Mail
from linktill.web.answer import NO_STORE, Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.mails.view import MailPage, MailRow, MailsPage
from linktill.web.dashboard.paging import ROWS, pager
from linktill.web.look import policy

PATH: Final = "/dashboard/mails"
_BODY_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", policy.MAIL_BODY.encode()),
    NO_STORE,
)


def mails_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""

    async def show_mails(visitor: Visitor) -> Answer:
        cursor = visitor.cursor(prefixes.MAIL)
        found = await list_mails(
            desk.services, visitor.merchant_id, limit=ROWS + 1, before=cursor or BEFORE_ALL
        )
        shown = found[:ROWS]
        older = shown[-1].id if len(found) > ROWS else None
        page = MailsPage(
            shell=desk.shell(visitor),
            rows=tuple(MailRow(mail.id, mail.created_at, mail.recipient, mail.subject) for mail in shown),
            pager=pager(PATH, newer=None, older=older, is_first=cursor is None),
        )
        return desk.show(visitor, page)

    async def show_mail(visitor: Visitor) -> Answer:
        mail = await _mail(visitor)
        page = MailPage(
            shell=desk.shell(visitor),
            id=mail.id,
            at=mail.created_at,
            sender=f"{mail.sender_name} <{desk.options.mail_sender}>",
            to=mail.recipient,
            subject=mail.subject,
            text=mail.text,
            html_url=f"{PATH}/{mail.id}/body" if mail.html else None,
        )
        return desk.show(visitor, page)

    async def show_body(visitor: Visitor) -> Answer:
        mail = await _mail(visitor)
        return Answer(200, _BODY_HEADERS, mail.html.encode())

    async def _mail(visitor: Visitor) -> Mail:
        return await get_mail(desk.services, visitor.merchant_id, visitor.id(prefixes.MAIL))

    return (
        desk.page(PATH, show_mails),
        desk.page(f"{PATH}/{{id:str}}", show_mail),
        desk.page(f"{PATH}/{{id:str}}/body", show_body),
    )
