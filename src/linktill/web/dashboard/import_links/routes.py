"""`/dashboard/links/imports/{id}`: what became of a file of links, and what may be done with it."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import LinkImportId
from linktill.flows.link_imports import read_import, row_outcomes, start_import, stop_import
from linktill.flows.link_reports import import_report
from linktill.flows.plan_links import RowOutcome
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import download
from linktill.web.dashboard.import_links.view import ImportLinksPage, OutcomeRow
from linktill.web.dashboard.paging import pager
from linktill.web.form import Form, whole_number

PATH: Final = "/dashboard/links/imports/{id:str}"
ROWS: Final = 50


def import_links_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    pages = _ImportLinks(desk)
    return (
        desk.page(PATH, pages.show),
        desk.page(f"{PATH}/report.csv", pages.report),
        desk.form(f"{PATH}/start", pages.start),
        desk.form(f"{PATH}/stop", pages.stop),
    )


class _ImportLinks:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/links/imports/{id}`."""
        services, import_id = self._desk.services, _id(visitor)
        found = await read_import(services, visitor.merchant_id, import_id)
        cursor = whole_number(visitor.query("cursor")) or 0
        is_failed_only = visitor.query("rows") == "failed"
        outcomes = await row_outcomes(
            services,
            visitor.merchant_id,
            import_id,
            after=min(cursor, 2**31),
            limit=ROWS + 1,
            only_failed=is_failed_only,
        )
        shown = outcomes[:ROWS]
        page = ImportLinksPage(
            shell=self._desk.shell(visitor),
            id=found.id,
            file_name=found.file_name,
            status=found.status.value,
            rows_count=found.rows,
            done=found.done,
            ready=found.ready,
            created=found.created,
            existing=found.existing,
            failed=found.failed,
            rows=tuple(map(_row, shown)),
            is_failed_only=is_failed_only,
            pager=pager(
                f"/dashboard/links/imports/{import_id}",
                newer=None,
                older=str(shown[-1].number) if len(outcomes) > ROWS else None,
                is_first=cursor == 0,
                rows="failed" if is_failed_only else None,
            ),
        )
        refresh = ((b"refresh", page.refresh_header.encode()),) if page.is_under_way and not cursor else ()
        return self._desk.show(visitor, page, *refresh)

    async def report(self, visitor: Visitor) -> Answer:
        """`GET …/report.csv`."""
        services, import_id = self._desk.services, _id(visitor)
        await read_import(services, visitor.merchant_id, import_id)
        body = await import_report(services, visitor.merchant_id, import_id)
        return download(f"links-report-{import_id}.csv", body)

    async def start(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/start`."""
        import_id = _id(visitor)
        await start_import(self._desk.services, visitor.merchant_id, import_id)
        return self._desk.done(f"/dashboard/links/imports/{import_id}", "import_started")

    async def stop(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/stop`."""
        import_id = _id(visitor)
        await stop_import(self._desk.services, visitor.merchant_id, import_id)
        return self._desk.done(f"/dashboard/links/imports/{import_id}", "import_stopped")


def _id(visitor: Visitor) -> LinkImportId:
    return LinkImportId(visitor.id(prefixes.LINK_IMPORT))


def _row(outcome: RowOutcome) -> OutcomeRow:
    faults = [
        f"{fault.column}: {fault.message}" if fault.column else fault.message for fault in outcome.faults
    ]
    return OutcomeRow(
        number=outcome.number,
        key=outcome.key,
        status=outcome.status.value,
        about=outcome.about,
        link_id=outcome.link_id,
        remarks=(*faults, *([outcome.note] if outcome.note else [])),
    )
