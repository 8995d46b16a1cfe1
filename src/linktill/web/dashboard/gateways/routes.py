"""`/dashboard/gateways`: the connected accounts in order, and the form that connects another."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import (
    FieldInvalid,
    FieldsInvalid,
    GatewayTrouble,
    NotFound,
    Refusal,
    TooMany,
    TransitionRefused,
)
from linktill.core.ids import GatewayAccountId
from linktill.flows.connect_gateway import connect, connectable, list_accounts, move_account
from linktill.gateways.kind import Kind
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.gateways.state import account_row, credential_rows
from linktill.web.dashboard.gateways.view import ConnectPage, GatewaysPage, KindRow
from linktill.web.form import Form

PATH: Final = "/dashboard/gateways"


def gateways_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    pages = _Gateways(desk)
    return (
        desk.page(PATH, pages.show),
        desk.page(f"{PATH}/connect/{{id:str}}", pages.show_connect),
        desk.form(f"{PATH}/connect/{{id:str}}", pages.connect),
        desk.page(f"{PATH}/{{id:str}}/up", pages.lead_back),
        desk.form(f"{PATH}/{{id:str}}/up", pages.up),
        desk.page(f"{PATH}/{{id:str}}/down", pages.lead_back),
        desk.form(f"{PATH}/{{id:str}}/down", pages.down),
    )


class _Gateways:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/gateways`."""
        services = self._desk.services
        found = await list_accounts(services, visitor.merchant_id)
        page = GatewaysPage(
            shell=self._desk.shell(visitor),
            rows=tuple(account_row(services, each) for each in found if each.closed_at is None),
            closed=tuple(account_row(services, each) for each in found if each.closed_at is not None),
            kinds=tuple(KindRow(kind.name, kind.label) for kind in connectable(services)),
        )
        return self._desk.show(visitor, page)

    async def lead_back(self, _visitor: Visitor) -> Answer:
        """`GET` of an address that only forms are sent to."""
        return see_other(PATH)

    async def up(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /dashboard/gateways/{id}/up`."""
        return await self._move(visitor, by=-1)

    async def down(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /dashboard/gateways/{id}/down`."""
        return await self._move(visitor, by=1)

    async def _move(self, visitor: Visitor, *, by: int) -> Answer:
        account_id = GatewayAccountId(visitor.id(prefixes.GATEWAY_ACCOUNT))
        await move_account(self._desk.services, visitor.merchant_id, account_id, by=by)
        return self._desk.done(PATH, "gateway_moved")

    async def show_connect(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/gateways/connect/{name}`."""
        return self._desk.show(visitor, self._page(visitor, self._kind(visitor), {}))

    async def connect(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/gateways/connect/{name}`: the keys are tried while the merchant waits."""
        desk, kind = self._desk, self._kind(visitor)
        typed = {each.name: form.text(each.name) for each in kind.connecting.fields}
        try:
            made = await connect(desk.services, visitor.merchant_id, kind.name, typed)
        except FieldsInvalid as invalid:
            errors = {error.param: error.message for error in invalid.errors}
            return desk.show(visitor, self._page(visitor, kind, typed, errors), status=422)
        except FieldInvalid as invalid:
            errors = {invalid.param or "": str(invalid)}
            return desk.show(visitor, self._page(visitor, kind, typed, errors), status=422)
        except (TransitionRefused, TooMany, GatewayTrouble) as refusal:
            page = self._page(visitor, kind, typed, problem=str(refusal))
            return desk.show(visitor, page, status=_status(refusal))
        # Why the webhook is not registered, if it is not, the page says itself.
        notice = "gateway_connected" if made.webhook_trouble is None else "gateway_connected_only"
        return desk.done(f"{PATH}/{made.account_id}", notice)

    def _kind(self, visitor: Visitor) -> Kind:
        name = visitor.id("")
        for kind in connectable(self._desk.services):
            if kind.name == name:
                return kind
        raise NotFound("There is no such gateway to connect.")

    def _page(
        self,
        visitor: Visitor,
        kind: Kind,
        typed: Mapping[str, str],
        errors: Mapping[str, str] | None = None,
        *,
        problem: str = "",
    ) -> ConnectPage:
        return ConnectPage(
            shell=self._desk.shell(visitor),
            name=kind.name,
            label=kind.label,
            steps=kind.connecting.steps,
            fields=credential_rows(kind.connecting.fields, typed),
            errors=errors or {},
            problem=problem,
            has_registration=kind.connecting.has_registration,
        )


def _status(refusal: Refusal) -> int:
    return 503 if isinstance(refusal, GatewayTrouble) else 409
