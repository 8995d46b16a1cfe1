"""`/dashboard/requests`: who asks for a new link, and the merchant's answers."""

import re
from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId, LinkRequestId, MerchantId
from linktill.core.link_request import RequestStatus
from linktill.flows.answer_requests import (
    answer_request,
    dismiss_request,
    find_requests,
    tell_everybody,
)
from linktill.flows.services import Services
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.link_requests import BEFORE_ALL, RequestFilter
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.paging import ROWS, list_url, pager
from linktill.web.dashboard.requests.load import request_rows
from linktill.web.dashboard.requests.view import AnswerForm, RequestsPage
from linktill.web.dashboard.shell import Tab
from linktill.web.form import Form

PATH: Final = "/dashboard/requests"
_TABS: Final = (("Open", "open"), ("Answered", "answered"), ("Dismissed", "dismissed"))
_LINK_ID: Final = re.compile(rf"{prefixes.LINK}[0-9a-z]{{1,40}}", re.ASCII)
_TYPED_MAX: Final = 2_000
_UNKNOWN: Final = "This is no link of yours. Give its address, such as https://…/p/…, or its number."


def requests_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        return await show_with(visitor, AnswerForm())

    async def show_with(visitor: Visitor, answer: AnswerForm) -> Answer:
        page = await _page(desk, visitor, answer)
        return desk.show(visitor, page, status=422 if answer.errors else 200)

    async def answer(visitor: Visitor, form: Form) -> Answer:
        request_id = LinkRequestId(visitor.id(prefixes.LINK_REQUEST))
        typed = form.text("payment_link").strip()[:_TYPED_MAX]
        link_id = await _link_of(services, visitor.merchant_id, typed)
        try:
            if link_id is None:
                raise FieldInvalid("payment_link", _UNKNOWN)
            await answer_request(services, visitor.merchant_id, request_id, link_id)
        except FieldInvalid:
            wrong = AnswerForm(request_id, typed, {f"payment_link_{request_id}": _UNKNOWN})
            return await show_with(visitor, wrong)
        return desk.done(PATH, told_notice(desk, "request_answered"))

    async def dismiss(visitor: Visitor, _form: Form) -> Answer:
        request_id = LinkRequestId(visitor.id(prefixes.LINK_REQUEST))
        await dismiss_request(services, visitor.merchant_id, request_id)
        return desk.done(PATH, "request_dismissed")

    async def tell(visitor: Visitor, _form: Form) -> Answer:
        link_id = LinkId(visitor.id(prefixes.LINK))
        await tell_everybody(services, visitor.merchant_id, link_id)
        return desk.done(f"/dashboard/links/{link_id}", told_notice(desk, "request_answered"))

    return (
        desk.page(PATH, show),
        desk.form(f"{PATH}/{{id:str}}/answer", answer),
        desk.form(f"{PATH}/{{id:str}}/dismiss", dismiss),
        desk.form("/dashboard/links/{id:str}/tell", tell),
    )


async def _page(desk: Desk, visitor: Visitor, answer: AnswerForm) -> RequestsPage:
    services, chosen, asked = desk.services, visitor.query("status"), visitor.query("link")
    status = RequestStatus(chosen) if chosen in set(RequestStatus) else RequestStatus.OPEN
    link_id = LinkId(asked) if _LINK_ID.fullmatch(asked) else None
    before = visitor.cursor(prefixes.LINK_REQUEST)
    found = await find_requests(
        services,
        visitor.merchant_id,
        limit=ROWS,
        before=before or BEFORE_ALL,
        wanted=RequestFilter(link_id, status),
    )
    older, is_first = found.next_cursor, before is None
    return RequestsPage(
        desk.shell(visitor),
        tuple(
            Tab(label, list_url(PATH, status=value, link=link_id), value == status) for label, value in _TABS
        ),
        status.value,
        link_id or "",
        await services.database.read(request_rows, visitor.merchant_id, found.requests),
        pager(PATH, newer=None, older=older, is_first=is_first, status=status.value, link=link_id),
        answer,
    )


def told_notice(desk: Desk, name: str) -> str:
    """Which notice is true: without a mail server the mail is kept, and nobody gets it."""
    return name if desk.options.mail_server is not None else f"{name}_kept"


async def _link_of(services: Services, merchant_id: MerchantId, typed: str) -> LinkId | None:
    """The link that is meant by an address or a number; None: none of this merchant's."""
    if not typed.isprintable():
        return None
    if _LINK_ID.fullmatch(typed):
        return LinkId(typed)
    slug = typed.partition("?")[0].rstrip("/").rpartition("/")[2]
    return await services.database.read(_by_slug, merchant_id, slug) if slug else None


async def _by_slug(tx: Tx, merchant_id: MerchantId, slug: str) -> LinkId | None:
    for written in (slug, slug.lower()):
        place = await directory.find(tx, directory.SLUG, written)
        if place is not None and place.merchant_id == merchant_id:
            return LinkId(place.target_id)
    return None
