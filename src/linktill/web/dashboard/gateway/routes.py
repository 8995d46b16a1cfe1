"""`/dashboard/gateways/{id}` and what may be done there."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import (
    FieldInvalid,
    FieldsInvalid,
    GatewayTrouble,
    NotFound,
    Refusal,
    TransitionRefused,
    VersionConflict,
)
from linktill.core.ids import GatewayAccountId
from linktill.core.receipt import OFFLINE
from linktill.flows import connect_gateway, gateway_webhook
from linktill.flows.accounts import credentials_of, kept_secrets, webhook_url
from linktill.gateways.kind import BY_ITSELF, Connecting
from linktill.storage.gateway_accounts import StoredAccount
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.gateway.offering import OfferingForm, form_of, read_offering, typed_form
from linktill.web.dashboard.gateway.view import GatewayPage, WebhookView
from linktill.web.dashboard.gateways.routes import PATH
from linktill.web.dashboard.gateways.state import credential_rows, state_of
from linktill.web.form import Form

ACTIONS: Final = ("check", "test", "webhook", "renew", "secret", "keys", "offering", "close", "reopen")


@dataclass(frozen=True, slots=True)
class _Told:
    """What the page says besides what it always says."""

    said: str = ""
    problem: str = ""
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    offering: OfferingForm | None = None


def gateway_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    pages = _Gateway(desk)
    handlers = {name: getattr(pages, name) for name in ACTIONS}
    return (
        desk.page(f"{PATH}/{{id:str}}", pages.show),
        *(desk.form(f"{PATH}/{{id:str}}/{name}", handlers[name]) for name in ACTIONS),
        # Some answer with a page, whose address people open again.
        *(desk.page(f"{PATH}/{{id:str}}/{name}", pages.lead_back) for name in ACTIONS),
    )


class _Gateway:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/gateways/{id}`."""
        return await self._shown(visitor, _Told())

    async def lead_back(self, visitor: Visitor) -> Answer:
        """`GET` of an address that only forms are sent to."""
        return see_other(f"{PATH}/{_id(visitor)}")

    async def check(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/check`: the gateway is asked while the merchant waits."""

        async def act() -> str:
            found = await connect_gateway.check_account(
                self._desk.services, visitor.merchant_id, _id(visitor)
            )
            name = f" It answers for {found.label}." if found.label else ""
            limits = f" It takes {', '.join(found.currencies)}." if found.currencies else ""
            return f"The keys work.{name}{limits}"

        return await self._tried(visitor, act)

    async def test(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/test`."""

        async def act() -> str:
            said = await gateway_webhook.send_test_event(
                self._desk.services, visitor.merchant_id, _id(visitor)
            )
            return f"{said} When it has come, “Last event” says so: open this page again in a moment."

        return await self._tried(visitor, act)

    async def webhook(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/webhook`."""

        async def act() -> str:
            await gateway_webhook.register_webhook(self._desk.services, visitor.merchant_id, _id(visitor))
            return "The webhook is registered."

        return await self._tried(visitor, act)

    async def renew(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/renew`."""

        async def act() -> str:
            await gateway_webhook.renew_secret(self._desk.services, visitor.merchant_id, _id(visitor))
            return "The webhook has a new secret. The old one counts for a day."

        return await self._tried(visitor, act)

    async def secret(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/secret`: one that the merchant has from the gateway."""

        async def act() -> str:
            await gateway_webhook.enter_secret(
                self._desk.services, visitor.merchant_id, _id(visitor), form.text("secret")
            )
            return "Saved. Events are checked with it from now on; what was saved before counts for a day."

        return await self._tried(visitor, act)

    async def keys(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/keys`: other keys for the same account."""
        services = self._desk.services
        stored = await connect_gateway.read_account(services, visitor.merchant_id, _id(visitor))
        kind = services.gateways.kinds.get(stored.gateway)
        if kind is None or not kind.connecting.fields:
            raise NotFound("The keys of this account are not entered by hand.")
        typed = {each.name: form.text(each.name) for each in kind.connecting.fields}

        async def act() -> str:
            await connect_gateway.change_keys(services, visitor.merchant_id, _id(visitor), typed)
            return "The new keys work and are saved."

        return await self._tried(visitor, act, typed)

    async def offering(self, visitor: Visitor, form: Form) -> Answer:
        """`POST …/offering`."""
        services, typed = self._desk.services, typed_form(form)
        try:
            offering = read_offering(typed)
            await connect_gateway.set_offering(services, visitor.merchant_id, _id(visitor), offering)
        except FieldInvalid as invalid:
            told = _Told(errors={"rules": str(invalid)}, offering=typed)
            return await self._shown(visitor, told, status=422)
        return self._desk.done(f"{PATH}/{_id(visitor)}", "gateway_offering_saved")

    async def close(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/close`."""
        await connect_gateway.close_account(self._desk.services, visitor.merchant_id, _id(visitor))
        return self._desk.done(PATH, "gateway_closed")

    async def reopen(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST …/reopen`."""
        await connect_gateway.reopen_account(self._desk.services, visitor.merchant_id, _id(visitor))
        return self._desk.done(f"{PATH}/{_id(visitor)}", "gateway_reopened")

    async def _tried(
        self, visitor: Visitor, act: Callable[[], Awaitable[str]], typed: Mapping[str, str] | None = None
    ) -> Answer:
        """The page again, with what came of it."""
        typed = typed or {}
        fields = {"secret", *typed}
        try:
            return await self._shown(visitor, _Told(said=await act()))
        except FieldsInvalid as invalid:
            errors = {error.param: error.message for error in invalid.errors}
            return await self._shown(visitor, _Told(typed=typed, errors=errors), status=422)
        except FieldInvalid as invalid:
            if typed or invalid.param == "secret":
                errors = {invalid.param: str(invalid)} if invalid.param in fields else {}
                told = _Told(typed=typed, errors=errors, problem="" if errors else str(invalid))
            else:
                told = _Told(problem=str(invalid))
            return await self._shown(visitor, told, status=422)
        except (TransitionRefused, GatewayTrouble, VersionConflict) as refusal:
            return await self._shown(
                visitor, _Told(typed=typed, problem=str(refusal)), status=_status(refusal)
            )

    async def _shown(self, visitor: Visitor, told: _Told, *, status: int = 200) -> Answer:
        services = self._desk.services
        stored = await connect_gateway.read_account(services, visitor.merchant_id, _id(visitor))
        kind = services.gateways.kinds.get(stored.gateway)
        connecting = BY_ITSELF if kind is None else kind.connecting
        page = GatewayPage(
            shell=self._desk.shell(visitor),
            id=stored.id,
            gateway=services.gateways.label(stored.gateway),
            name=stored.label,
            state=state_of(services, stored),
            created_at=stored.created_at,
            last_event_at=stored.last_event_at,
            last_failure_at=stored.last_failure_at,
            last_failure=stored.last_failure,
            foreign_events=stored.foreign_events,
            webhook=None if stored.gateway == OFFLINE else self._webhook(stored),
            fields=credential_rows(connecting.fields, told.typed or self._chosen(stored, connecting)),
            offering=None if stored.closed_at is not None else told.offering or form_of(stored.offering),
            said=told.said,
            problem=told.problem,
            errors=told.errors,
        )
        return self._desk.show(visitor, page, status=status)

    def _chosen(self, stored: StoredAccount, connecting: Connecting) -> Mapping[str, str]:
        """What may be left out stays as it was chosen unless it is changed: nobody means to choose anew with each new key."""
        names = {each.name for each in connecting.fields if each.is_optional and not each.is_secret}
        if not names:
            return {}
        kept = credentials_of(self._desk.services, stored)
        return {name: text for name, text in kept.items() if name in names}

    def _webhook(self, stored: StoredAccount) -> WebhookView:
        services = self._desk.services
        kind = services.gateways.kinds.get(stored.gateway)
        connecting = BY_ITSELF if kind is None else kind.connecting
        registered = gateway_webhook.registered_urls(services, stored)
        trouble = None if kind is None else gateway_webhook.address_trouble(services, stored)
        return WebhookView(
            url=webhook_url(services, stored.gateway, stored.id),
            registered=registered[0] if registered else "",
            has_secret=bool(kept_secrets(services, stored)),
            trouble=trouble or "",
            renews=connecting.renews,
            has_renewal=connecting.has_renewal,
            test_event=connecting.test_event,
            has_test_event=connecting.has_test_event,
            by_hand=connecting.webhook_steps,
            paste_label=connecting.paste_label,
            has_registration=connecting.has_registration,
        )


def _id(visitor: Visitor) -> GatewayAccountId:
    return GatewayAccountId(visitor.id(prefixes.GATEWAY_ACCOUNT))


def _status(refusal: Refusal) -> int:
    return 503 if isinstance(refusal, GatewayTrouble) else 409
