"""Payers who came too late, for tests about them."""

from dataclasses import replace
from typing import Any

from linktill.core.ids import LinkId
from linktill.core.link_request import LinkRequest, RequestFields
from linktill.core.link_terms import fields_of
from linktill.core.payment_link import PaymentLink
from linktill.flows.answer_requests import find_requests
from linktill.flows.ask_for_link import Asked, AskGate, ask_for_link
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import edit_link
from linktill.storage.link_requests import RequestFilter
from tests.make import Shop


async def canceled(shop: Shop, **fields: Any) -> PaymentLink:
    """A link that is closed for good."""
    link = await shop.link(**fields)
    await cancel_link(shop.services, shop.id, link.id, None)
    return await shop.fresh(link)


async def expired(shop: Shop, **fields: Any) -> PaymentLink:
    """A link whose last moment is over."""
    link = await shop.link(expires_at=shop.services.clock.now_us() + 60 * 1_000_000, **fields)
    shop.running.clock.advance(61)
    return link


async def reopened(shop: Shop, link: PaymentLink) -> None:
    """Its last moment is put off."""
    later = shop.services.clock.now_us() + 3_600 * 1_000_000
    await edit_link(
        shop.services,
        shop.id,
        link.id,
        lambda terms: replace(fields_of(terms), expires_at=later),
        by="test",
    )


async def ask(shop: Shop, link: PaymentLink, email: str = "ada@example.com", **more: str) -> Asked:
    gate, fields = AskGate(shop.services.clock), RequestFields(email, **more)
    return await ask_for_link(shop.services, gate, link, fields, address="203.0.113.7")


async def asked(shop: Shop, link_id: LinkId | None = None) -> list[LinkRequest]:
    """Newest first."""
    wanted = RequestFilter(link_id)
    return (await find_requests(shop.services, shop.id, limit=100, wanted=wanted)).requests
