"""`GET /dashboard/exports/{name}?format=csv`: a list to take along, under its filters; `format=xlsx` for a spreadsheet.

It is sent while it is made and kept nowhere. Two at a time in a process: others are asked to wait.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import NotFound, TooMany
from linktill.flows.sheets import Sheet, csv_of, xlsx_of
from linktill.flows.sign_in import is_still_shown
from linktill.web.answer import NO_STORE, Reply, Streamed
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.download import CSV, POLICY
from linktill.web.dashboard.exports.sheets import sheet_of

AT_ONCE: Final = 2
_XLSX: Final = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exports_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""
    exporting = asyncio.Semaphore(AT_ONCE)

    async def export(visitor: Visitor) -> Reply:
        sheet = sheet_of(str(visitor.request.path_params["name"]), visitor, desk.services)
        if sheet is None:
            raise NotFound("There is nothing with this name.")
        if exporting.locked():
            raise TooMany("Others are exporting just now. Try again in a minute.")
        is_xlsx = visitor.query("format") == "xlsx"
        name = f"{sheet.name}.{'xlsx' if is_xlsx else 'csv'}"
        headers = (
            (b"content-type", _XLSX if is_xlsx else CSV),
            (b"content-disposition", f'attachment; filename="{name}"'.encode("ascii")),
            (b"content-security-policy", POLICY),
            NO_STORE,
        )
        return Streamed(headers, _guarded(desk, visitor, sheet, exporting, is_xlsx=is_xlsx))

    return (desk.page("/dashboard/exports/{name:str}", export),)


async def _guarded(
    desk: Desk, visitor: Visitor, sheet: Sheet, exporting: asyncio.Semaphore, *, is_xlsx: bool
) -> AsyncGenerator[bytes, None]:
    """AT08: who signs out gets no more of it."""
    cookie = desk.sessions.cookie_of(visitor.request.scope)
    made = (xlsx_of if is_xlsx else csv_of)(desk.services, sheet)
    async with exporting:
        try:
            async for chunk in made:
                if not await is_still_shown(desk.services, cookie, visitor.merchant_id):
                    raise ConnectionAbortedError("The session has ended.")
                yield chunk
        finally:
            await made.aclose()
