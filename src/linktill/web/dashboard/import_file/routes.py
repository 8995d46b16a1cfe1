"""`/dashboard/links/import`: a file of links is sent, and looked at before any link is made."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, TooMany
from linktill.core.link_import import FILE_MAX_BYTES, LinkImport
from linktill.flows.csv_text import MARK, csv_text
from linktill.flows.link_columns import COLUMNS, KEY, METADATA, OTHERS, faults_of
from linktill.flows.link_imports import begin_import, upload
from linktill.storage.link_imports import BEFORE_ALL, list_imports
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import download
from linktill.web.dashboard.import_file.view import ColumnRow, ImportFilePage, ImportRow
from linktill.web.dashboard.paging import pager
from linktill.web.upload import Upload

PATH: Final = "/dashboard/links/import"
IMPORTS: Final = "/dashboard/links/imports"
ROWS: Final = 20
_AROUND: Final = 64 * 1024
"""What the form puts around the file."""
_METADATA: Final = "A pair of your own for each such column: metadata.room and the like."
_EXAMPLE: Final = (
    (KEY, "amount", "currency", "description", "reference", "due_at", "metadata.student"),
    ("2030-01/17", "40.00", "USD", "Guitar lessons in January", "INV-17", "2030-01-31", "17"),
    ("2030-01/18", "55.50", "USD", "Piano lessons in January", "INV-18", "2030-01-31", "18"),
)


def import_file_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    pages = _ImportFile(desk)
    return (
        desk.page(PATH, pages.show),
        desk.upload(PATH, pages.send, max_bytes=FILE_MAX_BYTES + _AROUND),
        desk.page(f"{PATH}/example.csv", pages.example),
    )


class _ImportFile:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/links/import`."""
        return await self._shown(visitor)

    async def send(self, visitor: Visitor, sent: Upload) -> Answer:
        """`POST /dashboard/links/import`: the file is kept and checked; no link is made."""
        if not sent.file_name and not sent.data:
            return await self._shown(visitor, "Choose a file first.")
        services = self._desk.services
        try:
            uploaded = await upload(
                services, visitor.merchant_id, sent.data, file_name=sent.file_name, by=visitor.by
            )
        except FieldInvalid as invalid:
            return await self._shown(visitor, *(fault.message for fault in faults_of(invalid)))
        except TooMany as refusal:
            return await self._shown(visitor, str(refusal))
        begun = await begin_import(services, uploaded, starts=False)
        return see_other(f"{IMPORTS}/{begun.id}")

    async def example(self, _visitor: Visitor) -> Answer:
        """`GET …/example.csv`: a file to begin with."""
        return download("links.csv", (MARK + csv_text(_EXAMPLE)).encode())

    async def _shown(self, visitor: Visitor, *problems: str) -> Answer:
        cursor = visitor.cursor(prefixes.LINK_IMPORT)
        found = await self._desk.services.database.read(
            list_imports, visitor.merchant_id, limit=ROWS + 1, before=cursor or BEFORE_ALL
        )
        shown = found[:ROWS]
        page = ImportFilePage(
            shell=self._desk.shell(visitor),
            columns=_columns(),
            imports=tuple(map(_row, shown)),
            pager=pager(
                PATH,
                newer=None,
                older=shown[-1].id if len(found) > ROWS else None,
                is_first=cursor is None,
            ),
            problems=problems,
        )
        return self._desk.show(visitor, page, status=422 if problems else 200)


def _columns() -> tuple[ColumnRow, ...]:
    return (
        *(ColumnRow(column.name, column.words, column.is_required) for column in COLUMNS),
        *(ColumnRow(name, words, is_required=False) for name, words in OTHERS.items()),
        ColumnRow(f"{METADATA}…", _METADATA, is_required=False),
    )


def _row(found: LinkImport) -> ImportRow:
    return ImportRow(
        id=found.id,
        file_name=found.file_name,
        status=found.status.value,
        rows=found.rows,
        links=found.created,
        created_at=found.created_at,
    )
