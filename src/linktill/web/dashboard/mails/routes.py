"""`/dashboard/mails`: the mails that Linktill wrote, how they stand, and another try for those that did not go out."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import TransitionRefused
from linktill.flows.manage_mails import get_mail, list_mails, send_again
from linktill.storage.mails import BEFORE_ALL, FAILED, KEPT, Mail
from linktill.web.answer import Answer, mail_body, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.mails.view import MailPage, MailRow, MailsPage
from linktill.web.dashboard.paging import ROWS, pager
from linktill.web.form import Form

PATH: Final = "/dashboard/mails"


def mails_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    has_server = desk.options.mail_server is not None

    async def show_mails(visitor: Visitor) -> Answer:
        cursor = visitor.cursor(prefixes.MAIL)
        found = await list_mails(
            desk.services, visitor.merchant_id, limit=ROWS + 1, before=cursor or BEFORE_ALL
        )
        shown = found[:ROWS]
        older = shown[-1].id if len(found) > ROWS else None
        page = MailsPage(
            shell=desk.shell(visitor),
            rows=tuple(
                MailRow(mail.id, mail.created_at, mail.recipient, mail.subject, mail.status) for mail in shown
            ),
            pager=pager(PATH, newer=None, older=older, is_first=cursor is None),
            has_server=has_server,
        )
        return desk.show(visitor, page)

    async def show_mail(visitor: Visitor) -> Answer:
        mail = await _mail(visitor)
        page = _mail_page(desk, visitor, mail)
        return desk.show(visitor, page)

    async def show_body(visitor: Visitor) -> Answer:
        mail = await _mail(visitor)
        return mail_body(mail.html)

    async def send_mail(visitor: Visitor, _form: Form) -> Answer:
        mail = await _mail(visitor)
        if not has_server:
            raise TransitionRefused("No mail server is set, so nothing can be sent.")
        await send_again(desk.services, visitor.merchant_id, mail.id)
        return desk.done(f"{PATH}/{mail.id}", "mail_sent_again")

    async def lead_back(visitor: Visitor) -> Answer:
        # A refusal is shown here, and people open the address again.
        return see_other(f"{PATH}/{visitor.id(prefixes.MAIL)}")

    async def _mail(visitor: Visitor) -> Mail:
        return await get_mail(desk.services, visitor.merchant_id, visitor.id(prefixes.MAIL))

    return (
        desk.page(PATH, show_mails),
        desk.page(f"{PATH}/{{id:str}}", show_mail),
        desk.page(f"{PATH}/{{id:str}}/body", show_body),
        desk.page(f"{PATH}/{{id:str}}/send", lead_back),
        desk.form(f"{PATH}/{{id:str}}/send", send_mail),
    )


def _mail_page(desk: Desk, visitor: Visitor, mail: Mail) -> MailPage:
    return MailPage(
        shell=desk.shell(visitor),
        id=mail.id,
        at=mail.created_at,
        sender=f"{mail.sender_name} <{desk.options.mail_sender}>",
        to=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        html_url=f"{PATH}/{mail.id}/body" if mail.html else None,
        status=mail.status,
        error=mail.last_error,
        may_be_sent=desk.options.mail_server is not None and mail.status in {FAILED, KEPT},
    )
