"""`POST /dashboard/links/selected`: does the same with the links that were ticked in the list, or takes them along."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import FieldInvalid
from linktill.core.ids import LINK, LinkId
from linktill.core.payment_link import PaymentLink, standing
from linktill.flows.cancel_link import is_partly_paid
from linktill.flows.control_links import LINKS_MAX, Control, control_links, read_links
from linktill.flows.link_reports import links_csv
from linktill.flows.link_totals import others_of
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import download
from linktill.web.dashboard.selected_links.view import SelectedLinksPage, SelectedRow
from linktill.web.form import Form

PATH: Final = "/dashboard/links/selected"
TICKED: Final = "pick_"
"""Begins the names of the fields that tick links."""
DOWNLOAD: Final = "download"


def selected_links_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    pages = _SelectedLinks(desk)
    # It answers with a page, whose address people open again.
    return (desk.form(PATH, pages.act), desk.page(PATH, pages.lead_back))


class _SelectedLinks:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def lead_back(self, _visitor: Visitor) -> Answer:
        """`GET` of an address that only forms are sent to."""
        return see_other("/dashboard/links")

    async def act(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/links/selected`."""
        services, asked = self._desk.services, form.text("control")
        link_ids = _ticked(form)
        if not link_ids:
            raise FieldInvalid("links", "Tick at least one link, or “All on this page”.")
        if asked == DOWNLOAD:
            found = await read_links(services, visitor.merchant_id, link_ids)
            links = list(found.values())
            others = await services.database.report(others_of, visitor.merchant_id, links)
            return download("links.csv", links_csv(services, links, others))
        if asked not in set(Control):
            raise FieldInvalid("control", "Choose what to do with the links.")
        control = Control(asked)
        if control is Control.CANCEL and not form.text("sure"):
            found = await read_links(services, visitor.merchant_id, link_ids)
            rows = [self._row(link_id, link, "") for link_id, link in found.items()]
            page = self._page(visitor, control, rows, is_asking=True)
            page = replace(page, has_parts=any(is_partly_paid(link) for link in found.values()))
            return self._desk.show(visitor, page)
        done = await control_links(
            services, visitor.merchant_id, link_ids, control, keeps_payments=bool(form.text("keep"))
        )
        rows = [self._row(each.link_id, each.link, each.refusal) for each in done]
        return self._desk.show(visitor, self._page(visitor, control, rows, is_asking=False))

    def _page(
        self, visitor: Visitor, control: Control, rows: Sequence[SelectedRow], *, is_asking: bool
    ) -> SelectedLinksPage:
        return SelectedLinksPage(
            shell=self._desk.shell(visitor),
            kind=control.value,
            is_asking=is_asking,
            rows=tuple(rows),
            shown=" ".join(row.id for row in rows),
        )

    def _row(self, link_id: LinkId, link: PaymentLink | None, refusal: str) -> SelectedRow:
        if link is None:
            return SelectedRow(link_id, "", "", None, refusal)
        status = standing(link, self._desk.services.clock.now_us()).value
        return SelectedRow(link_id, link.terms.description, status, link.terms.amount, refusal)


def _ticked(form: Form) -> list[LinkId]:
    """The links that were ticked, in the order of the page; with `every` all that it showed."""
    shown = [text for text in form.text("shown").split() if text.startswith(LINK)][:LINKS_MAX]
    return [LinkId(text) for text in shown if form.text("every") or f"{TICKED}{text}" in form.fields]
