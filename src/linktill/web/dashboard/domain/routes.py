"""`/dashboard/settings/domain`: the links of these books under a name of the merchant's own."""

import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import FieldInvalid
from linktill.flows.domains import origin_of
from linktill.flows.manage_domain import check_domain, read_domain, remove_domain, set_domain
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.domain.view import DomainPage
from linktill.web.form import Form

PATH = "/dashboard/settings/domain"
_KEPT_CHARS = 500


def domain_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        return desk.show(visitor, await page(visitor, None, {}))

    async def save(visitor: Visitor, form: Form) -> Answer:
        typed = form.text("domain")
        try:
            await set_domain(services, visitor.merchant_id, typed)
        except FieldInvalid as invalid:
            shown = await page(visitor, typed[:_KEPT_CHARS], {"domain": str(invalid)})
            return desk.show(visitor, shown, status=422)
        return desk.done(PATH, "domain_set")

    async def check(visitor: Visitor, _form: Form) -> Answer:
        checked = await check_domain(services, visitor.merchant_id)
        return desk.done(PATH, "domain_failed" if checked.failure else "domain_verified")

    async def remove(visitor: Visitor, _form: Form) -> Answer:
        await remove_domain(services, visitor.merchant_id)
        return desk.done(PATH, "domain_removed")

    async def page(visitor: Visitor, typed: str | None, errors: Mapping[str, str]) -> DomainPage:
        known, base_url = await read_domain(services, visitor.merchant_id), services.base_url
        host = "" if known is None else known.host
        own_host = urlsplit(base_url).hostname or ""
        return DomainPage(
            shell=desk.shell(visitor),
            domain=host if typed is None else typed,
            is_set=known is not None,
            is_verified=known is not None and known.verified_at is not None,
            checked_at=None if known is None else known.checked_at,
            failure="" if known is None else known.failure,
            host=host,
            origin=origin_of(base_url, host),
            own_host=own_host,
            record=record_for(own_host),
            own_origin=base_url,
            errors=errors,
        )

    return (
        desk.page(PATH, show),
        desk.form(PATH, save),
        desk.form(f"{PATH}/check", check),
        desk.form(f"{PATH}/remove", remove),
    )


def record_for(own_host: str) -> str:
    """The kind of DNS record that leads to the installation's host."""
    try:
        address = ipaddress.ip_address(own_host)
    except ValueError:
        return "CNAME"
    return "A" if address.version == 4 else "AAAA"
