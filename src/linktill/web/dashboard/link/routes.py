"""`/dashboard/links/{id}`: one link, its payments and its history, and what may be done with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import NotFound
from linktill.core.events import Event
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import Filing
from linktill.core.money import Money
from linktill.core.payment_link import TRANSITIONS, LinkStatus, PaymentLink, standing
from linktill.documents.printer import PDF
from linktill.documents.sheets import Layout
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.asking_words import asking_words
from linktill.flows.cancel_link import Received, cancel_link, is_partly_paid
from linktill.flows.draw_documents import sheet_document
from linktill.flows.link_stock import StockItemObject, stock_of
from linktill.flows.link_totals import received_in_others
from linktill.flows.manage_links import FiledLink, copied_link, draft_of, pause_link, resume_link
from linktill.flows.pricing_words import pricing_words
from linktill.flows.publish_link import publish_link
from linktill.flows.services import Services
from linktill.storage.attempt_lists import BEFORE_ALL, list_attempts
from linktill.storage.database import Tx
from linktill.storage.events import list_events
from linktill.storage.link_filing import filing_of
from linktill.storage.links import get_link
from linktill.storage.overview import payment_page_before
from linktill.web.answer import Answer
from linktill.web.dashboard.customer.choose import customer_text
from linktill.web.dashboard.customer.load import customer_link
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import download
from linktill.web.dashboard.link.filing import filing_form, filing_routes
from linktill.web.dashboard.link.record import money_form, record_routes
from linktill.web.dashboard.link.share import share_of
from linktill.web.dashboard.link.template import template_routes
from linktill.web.dashboard.link.view import FilingForm, LinkActions, LinkDetailPage, StockRow
from linktill.web.dashboard.link_form.store import store_once
from linktill.web.dashboard.link_message.routes import message_rows
from linktill.web.dashboard.link_message.view import MessageRow
from linktill.web.dashboard.link_templates.view import TemplateForm
from linktill.web.dashboard.links.routes import tag_links
from linktill.web.dashboard.money.view import MoneyForm
from linktill.web.dashboard.paging import pager
from linktill.web.dashboard.requests.load import link_requests_of
from linktill.web.dashboard.requests.view import LinkRequests
from linktill.web.dashboard.rows import payment_rows, timeline
from linktill.web.dashboard.shell import CustomerLink, PaymentRow
from linktill.web.form import Form

PATH: Final = "/dashboard/links"
PAYMENTS: Final = 20
"""Payments on a page of a link."""
HISTORY: Final = 50
"""Events in a history: the latest."""

Control: TypeAlias = Callable[[Services, MerchantId, LinkId], Awaitable[PaymentLink]]


@dataclass(frozen=True, slots=True)
class _Detail:
    link: PaymentLink
    filing: Filing
    payments: tuple[PaymentRow, ...]
    newer: str | None
    events: list[Event]
    stock: tuple[StockItemObject, ...]
    customer: CustomerLink | None
    requests: LinkRequests | None
    messages: tuple[MessageRow, ...]


def link_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""

    async def show(
        visitor: Visitor,
        typed: MoneyForm | None,
        filed: FilingForm | None = None,
        kept: TemplateForm | None = None,
    ) -> Answer:
        cursor = visitor.cursor(prefixes.ATTEMPT)
        now = desk.services.clock.now_us()
        detail = await desk.services.database.read(
            _load, visitor.merchant_id, LinkId(visitor.id(prefixes.LINK)), cursor, now
        )
        page = _page(desk, visitor, detail, is_first=cursor is None)
        page = replace(page, collected_in=await received_in_others(desk.services, detail.link))
        form = typed or await money_form(desk, visitor, detail.link, PATH)
        whose = await customer_text(desk.services, visitor.merchant_id, detail.filing.customer_id)
        page = replace(
            page,
            money_form=form,
            filing_form=filed or filing_form(detail.filing, whose),
            template_form=kept or page.template_form,
        )
        return desk.show(visitor, page, status=422 if typed or filed or kept else 200)

    def control(action: Control, notice: str) -> Callable[[Visitor, Form], Awaitable[Answer]]:
        async def act(visitor: Visitor, _form: Form) -> Answer:
            link_id = LinkId(visitor.id(prefixes.LINK))
            await action(desk.services, visitor.merchant_id, link_id)
            return desk.done(f"{PATH}/{link_id}", notice)

        return act

    async def duplicate(visitor: Visitor, form: Form) -> Answer:
        link_id = LinkId(visitor.id(prefixes.LINK))
        terms, filing = await copied_link(desk.services, visitor.merchant_id, link_id)
        copy = FiledLink(draft_of(desk.services, visitor.merchant_id, terms), filing)
        stored_id = await store_once(
            desk.services, copy, form, by=visitor.by, path=f"{PATH}/{link_id}/duplicate"
        )
        return desk.done(f"{PATH}/{stored_id}", "link_duplicated")

    one = f"{PATH}/{{id:str}}"
    return (
        desk.page(f"{one}/sheet", partial(_sheet, desk)),
        desk.page(one, partial(show, typed=None)),
        desk.form(f"{one}/publish", control(publish_link, "link_published")),
        desk.form(f"{one}/pause", control(pause_link, "link_paused")),
        desk.form(f"{one}/resume", control(resume_link, "link_resumed")),
        desk.form(f"{one}/cancel", lambda visitor, form: _cancel(desk, visitor, form)),
        desk.form(f"{one}/archive", control(archive_link, "link_archived")),
        desk.form(f"{one}/unarchive", control(unarchive_link, "link_unarchived")),
        desk.form(f"{one}/duplicate", duplicate),
        *filing_routes(desk, PATH, lambda visitor, typed: show(visitor, None, typed)),
        *template_routes(desk, PATH, lambda visitor, typed: show(visitor, None, None, typed)),
        *record_routes(desk, PATH, show),
    )


async def _cancel(desk: Desk, visitor: Visitor, form: Form) -> Answer:
    link_id = LinkId(visitor.id(prefixes.LINK))
    sent = form.text("payments")
    received = Received(sent) if sent in set(Received) else None
    await cancel_link(desk.services, visitor.merchant_id, link_id, received)
    notice = "link_canceled_refunded" if received is Received.REFUND else "link_canceled"
    return desk.done(f"{PATH}/{link_id}", notice)


async def _sheet(desk: Desk, visitor: Visitor) -> Answer:
    layout = Layout.CARDS if visitor.query("layout") == Layout.CARDS else Layout.POSTER
    link_id = LinkId(visitor.id(prefixes.LINK))
    document = await sheet_document(desk.services, visitor.merchant_id, link_id, layout)
    return download(document.name, document.pdf, media_type=PDF.encode())


async def _load(tx: Tx, merchant_id: MerchantId, link_id: LinkId, cursor: str | None, now: int) -> _Detail:
    link = await get_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound("There is no such payment link.")
    attempts = await list_attempts(
        tx, merchant_id, limit=PAYMENTS + 1, before=cursor or BEFORE_ALL, link_id=link_id
    )
    newer = None
    if cursor is not None and attempts:
        newer = await payment_page_before(tx, merchant_id, attempts[0].id, limit=PAYMENTS, link_id=link_id)
    events = await list_events(tx, merchant_id, limit=HISTORY, link_id=link_id)
    filing = await filing_of(tx, merchant_id, link_id)
    return _Detail(
        link,
        filing,
        await payment_rows(tx, attempts),
        newer,
        events,
        await stock_of(tx, link),
        await customer_link(tx, merchant_id, filing.customer_id),
        await link_requests_of(tx, link, now),
        await message_rows(tx, merchant_id, link_id),
    )


def _stock_row(each: StockItemObject) -> StockRow:
    name = f"{each.name}, {each.variant}" if each.variant else each.name
    return StockRow(name, each.stock, each.sold, each.held)


def _left(link: PaymentLink) -> Money | None:
    limit = link.terms.amount_max_minor
    return None if limit is None else Money(max(0, limit - link.captured_minor), link.terms.amount.currency)


def _page(desk: Desk, visitor: Visitor, detail: _Detail, *, is_first: bool) -> LinkDetailPage:
    link, rows = detail.link, detail.payments
    terms = link.terms
    status = standing(link, desk.services.clock.now_us())
    share = share_of(desk.services.origin_of(link.merchant_id), link.slug, terms.description, terms.due)
    return LinkDetailPage(
        shell=desk.shell(visitor),
        id=link.id,
        share=share,
        status=status.value,
        description=terms.description,
        note=terms.note,
        reference=terms.reference,
        amount=terms.due,
        pricing=pricing_words(terms.pricing, terms.amount.currency),
        asking=asking_words(terms.asking),
        left=_left(link),
        is_bill=link.is_bill,
        is_partly_paid=is_partly_paid(link),
        stock=tuple(_stock_row(each) for each in detail.stock),
        collected=Money(link.captured_minor - link.refunded_minor, terms.amount.currency),
        collected_in=(),
        payments_count=link.captured_count,
        payments_max=terms.payments_max,
        due_at=terms.due_at,
        starts_at=terms.starts_at,
        expires_at=terms.expires_at,
        redirect_url=terms.redirect_url,
        created_at=link.created_at,
        version=link.version,
        # Every captured payment keeps its place; the other places are held by payers who are at it.
        open_sessions=link.slots_taken - link.captured_count,
        actions=_actions(status),
        submit_token=desk.submit_token(),
        payments=rows[:PAYMENTS],
        payments_pager=pager(
            f"{PATH}/{link.id}",
            newer=detail.newer,
            older=rows[PAYMENTS - 1].id if len(rows) > PAYMENTS else None,
            is_first=is_first,
        ),
        timeline=timeline(detail.events, has_links=True),
        tags=tag_links(detail.filing),
        internal_note=detail.filing.internal_note,
        filing_form=FilingForm(),
        template_form=TemplateForm(),
        customer=detail.customer,
        requests=detail.requests,
        messages=detail.messages,
    )


def _actions(status: LinkStatus) -> LinkActions:
    """What the rules allow now, so that no button leads to a refusal."""
    is_archived = status is LinkStatus.ARCHIVED
    return LinkActions(
        may_edit=status not in {LinkStatus.CANCELED, LinkStatus.ARCHIVED},
        may_publish=status is LinkStatus.DRAFT,
        may_pause=not is_archived and (status, LinkStatus.PAUSED) in TRANSITIONS,
        may_resume=status is LinkStatus.PAUSED,
        may_cancel=not is_archived and (status, LinkStatus.CANCELED) in TRANSITIONS,
        may_archive=not is_archived,
        may_unarchive=is_archived,
    )
