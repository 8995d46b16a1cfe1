"""`/dashboard/developers`: API keys, webhook endpoints, and the numbers that the test gateway takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, TooMany
from linktill.core.ids import ApiKeyId, EndpointId, MerchantId
from linktill.core.merchant import Merchant, Mode
from linktill.flows.manage_api_keys import CreatedApiKey, create_api_key, revoke_api_key
from linktill.flows.manage_endpoints import EndpointTerms, WithSecret, create_endpoint
from linktill.storage.api_keys import ApiKey, list_api_keys
from linktill.storage.database import Tx
from linktill.storage.webhook_deliveries import count_failing
from linktill.storage.webhook_endpoints import WebhookEndpoint, endpoints_of
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.developers.recent import Recent
from linktill.web.dashboard.developers.view import (
    CreatedKey,
    DevelopersPage,
    EndpointListRow,
    KeyRow,
    TestNumber,
)
from linktill.web.dashboard.endpoint.show import show_endpoint
from linktill.web.form import Form

PATH: Final = "/dashboard/developers"


@dataclass(frozen=True, slots=True)
class _Typed:
    key_name: str = ""
    endpoint_url: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Known:
    keys: list[ApiKey]
    endpoints: list[WebhookEndpoint]
    failing: Mapping[EndpointId, int]


def developers_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    pages = _Developers(desk)
    return (
        desk.page(PATH, pages.show),
        # Two forms answer with a page, whose address people open again.
        desk.page(f"{PATH}/keys", pages.lead_back),
        desk.page(f"{PATH}/endpoints", pages.lead_back),
        desk.form(f"{PATH}/keys", pages.create_key),
        desk.form(f"{PATH}/keys/{{id:str}}/revoke", pages.revoke_key),
        desk.form(f"{PATH}/endpoints", pages.create_endpoint),
    )


class _Developers:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk
        self._keys: Final = Recent[CreatedApiKey](desk.services.clock)
        self._endpoints: Final = Recent[WithSecret](desk.services.clock)

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/developers`."""
        return await self._shown(visitor, _Typed())

    async def lead_back(self, _visitor: Visitor) -> Answer:
        """`GET` of an address that only forms are sent to."""
        return see_other(PATH)

    async def create_key(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/developers/keys`: the page that follows is the only one that shows the key."""
        name = form.text("name").strip()
        try:
            created = await self._keys.once(
                _once(visitor, form, name),
                lambda: create_api_key(self._desk.services, visitor.merchant_id, name=name),
            )
        except (FieldInvalid, TooMany) as refusal:
            return await self._shown(
                visitor, _Typed(key_name=name, errors={"name": str(refusal)}), status=422
            )
        return await self._shown(visitor, _Typed(), created=CreatedKey(created.key.name, created.text))

    async def revoke_key(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /dashboard/developers/keys/{id}/revoke`."""
        key_id = ApiKeyId(visitor.id(prefixes.API_KEY))
        await revoke_api_key(self._desk.services, self._desk.options.key_ring, visitor.merchant_id, key_id)
        return self._desk.done(PATH, "key_revoked")

    async def create_endpoint(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/developers/endpoints`: the page that follows is the only one that shows the secret."""
        desk, url = self._desk, form.text("url").strip()
        try:
            created = await self._endpoints.once(
                _once(visitor, form, url),
                lambda: create_endpoint(
                    desk.services,
                    visitor.merchant_id,
                    EndpointTerms(url),
                    may_be_private=desk.options.may_endpoints_be_private,
                ),
            )
        except (FieldInvalid, TooMany) as refusal:
            errors = {"url": str(refusal)}
            return await self._shown(visitor, _Typed(endpoint_url=url[:2_000], errors=errors), status=422)
        return await show_endpoint(desk, visitor, created.endpoint.id, secret=created.secret)

    async def _shown(
        self, visitor: Visitor, typed: _Typed, *, created: CreatedKey | None = None, status: int = 200
    ) -> Answer:
        desk = self._desk
        known = await desk.services.database.read(_load, visitor.merchant_id)
        merchant = visitor.who.merchant
        page = DevelopersPage(
            shell=desk.shell(visitor),
            submit_token=desk.submit_token(),
            api_base=f"{desk.services.base_url}/v1",
            keys=tuple(_key_row(key, merchant) for key in known.keys),
            endpoints=tuple(_endpoint_row(endpoint, known.failing) for endpoint in known.endpoints),
            test_numbers=tuple(TestNumber(*row) for row in desk.options.test_numbers)
            if merchant.mode is Mode.TEST
            else (),
            created_key=created,
            key_name=typed.key_name[:200],
            endpoint_url=typed.endpoint_url,
            errors=typed.errors,
        )
        return desk.show(visitor, page, status=status)


async def _load(tx: Tx, merchant_id: MerchantId) -> _Known:
    return _Known(
        await list_api_keys(tx, merchant_id),
        await endpoints_of(tx, merchant_id),
        await count_failing(tx, merchant_id),
    )


def _once(visitor: Visitor, form: Form, value: str) -> str:
    return f"{visitor.merchant_id} {form.text('submit_token')[:100]} {value}"


def _key_row(key: ApiKey, merchant: Merchant) -> KeyRow:
    public = key.id.removeprefix(prefixes.API_KEY)
    return KeyRow(
        id=key.id,
        name=key.name,
        hint=f"lt_{merchant.mode}_{public[:4]}…{key.last4}",
        last_used_at=key.used_at,
        is_revoked=key.revoked_at is not None,
    )


def _endpoint_row(endpoint: WebhookEndpoint, failing: Mapping[EndpointId, int]) -> EndpointListRow:
    return EndpointListRow(endpoint.id, endpoint.url, endpoint.is_enabled, failing.get(endpoint.id, 0))
