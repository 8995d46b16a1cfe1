"""`/dashboard/go-live`: opens the live books, and says what they lack. `/dashboard/switch`: from one book to the other."""

from collections.abc import Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.merchant import Mode
from linktill.flows.go_live import go_live, read_readiness
from linktill.flows.sign_in import show_books
from linktill.surface.sessions import safe_next
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.go_live.view import GoLivePage
from linktill.web.form import Form

PATH: Final = "/dashboard/go-live"
SWITCH: Final = "/dashboard/switch"


def go_live_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""

    async def show(visitor: Visitor) -> Answer:
        has = await read_readiness(
            desk.services, visitor.merchant_id, has_mail_server=desk.options.mail_server is not None
        )
        names = [kind.label for kind in desk.services.gateways.kinds_for(Mode.LIVE)]
        return desk.show(visitor, GoLivePage(desk.shell(visitor), has, _either(names)))

    async def open_books(visitor: Visitor, _form: Form) -> Answer:
        await go_live(desk.services, visitor.merchant_id)
        await show_books(desk.services, desk.sessions.cookie_of(visitor.request.scope), Mode.LIVE)
        return desk.done(PATH, "went_live")

    async def switch(visitor: Visitor, form: Form) -> Answer:
        try:
            mode = Mode(form.text("mode"))
        except ValueError:
            raise FieldInvalid("mode", "Choose the test or the live books.") from None
        try:
            await show_books(desk.services, desk.sessions.cookie_of(visitor.request.scope), mode)
        except NotFound:
            return see_other(PATH)
        return desk.done(safe_next(form.text("next")), f"switched_{mode}")

    return (
        desk.page(PATH, show),
        desk.form(PATH, open_books, is_of_both=True),
        desk.form(SWITCH, switch, is_of_both=True),
    )


def _either(names: Sequence[str]) -> str:
    """`A, B or C`."""
    return " or ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
