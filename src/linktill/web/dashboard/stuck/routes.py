"""`/dashboard/stuck`: what was tried for a day and given up, and the button that tries it again."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.flows.stuck_work import list_stuck, retry_stuck
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.stuck.view import StuckPage, StuckRow
from linktill.web.form import Form

PATH: Final = "/dashboard/stuck"
SHOWN: Final = 25
"""Each comes with its error, which may be long."""


def stuck_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""

    async def show_stuck(visitor: Visitor) -> Answer:
        found = await list_stuck(desk.services, visitor.merchant_id)
        rows = tuple(
            StuckRow(work.id, work.kind, work.event_type, work.payment_id, work.since, work.tries, work.error)
            for work in found[:SHOWN]
        )
        return desk.show(visitor, StuckPage(desk.shell(visitor), rows, len(found) - len(rows)))

    async def retry(visitor: Visitor, _form: Form) -> Answer:
        # Both kinds have ids of their own, and either is only looked for.
        await retry_stuck(desk.services, visitor.merchant_id, visitor.id(""))
        return desk.done(PATH, "stuck_retried")

    async def lead_back(_visitor: Visitor) -> Answer:
        return see_other(PATH)

    return (
        desk.page(PATH, show_stuck),
        desk.page(f"{PATH}/{{id:str}}/retry", lead_back),
        desk.form(f"{PATH}/{{id:str}}/retry", retry),
    )
