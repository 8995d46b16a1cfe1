"""A draft is nobody else's business until it is published."""

from dataclasses import replace

import pytest

from linktill.core.errors import LinkNotPayable, NotFound, TransitionRefused
from linktill.core.ids import LinkId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_link import LinkStatus, Payability, PaymentLink
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import edit_link
from linktill.flows.open_checkout import open_checkout
from linktill.flows.publish_link import create_draft, publish_link
from tests.make import Shop

HOUR_US = 3_600_000_000


async def drafted(shop: Shop, **fields: object) -> PaymentLink:
    terms = replace(LinkFields(4_000, "USD", "Guitar lesson"), **fields)  # type: ignore[arg-type]
    return await create_draft(shop.services, shop.id, terms, by="test")


async def test_a_draft_takes_nothing_until_it_is_published(shop: Shop) -> None:
    link = await drafted(shop)
    assert link.status is LinkStatus.DRAFT
    opened = await open_checkout(shop.services, link.slug)
    assert opened is not None
    assert opened.payability is Payability.DRAFT
    with pytest.raises(LinkNotPayable):
        await shop.press_pay(link)
    published = await publish_link(shop.services, shop.id, link.id)
    assert published.status is LinkStatus.ACTIVE
    assert (await publish_link(shop.services, shop.id, link.id)) == published
    await shop.pay(published)
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED
    await shop.check()


async def test_a_draft_that_starts_later_is_scheduled(shop: Shop) -> None:
    link = await drafted(shop, starts_at=shop.services.clock.now_us() + HOUR_US)
    assert (await publish_link(shop.services, shop.id, link.id)).status is LinkStatus.SCHEDULED
    await shop.later(3_600)
    opened = await open_checkout(shop.services, link.slug)
    assert opened is not None
    assert opened.payability is Payability.PAYABLE


async def test_a_draft_whose_time_is_over_is_edited_first(shop: Shop) -> None:
    link = await drafted(shop, expires_at=shop.services.clock.now_us() + HOUR_US)
    await shop.later(3_601)
    await shop.poll()
    assert (await shop.fresh(link)).status is LinkStatus.DRAFT
    with pytest.raises(TransitionRefused, match="expired at once"):
        await publish_link(shop.services, shop.id, link.id)
    await edit_link(
        shop.services, shop.id, link.id, lambda terms: replace(fields_of(terms), expires_at=None), by="test"
    )
    assert (await shop.fresh(link)).status is LinkStatus.DRAFT
    assert (await publish_link(shop.services, shop.id, link.id)).status is LinkStatus.ACTIVE


async def test_an_archived_draft_comes_back_as_one(shop: Shop) -> None:
    link = await drafted(shop)
    await archive_link(shop.services, shop.id, link.id)
    with pytest.raises(TransitionRefused, match="archived"):
        await publish_link(shop.services, shop.id, link.id)
    assert (await unarchive_link(shop.services, shop.id, link.id)).status is LinkStatus.DRAFT
    await cancel_link(shop.services, shop.id, link.id)
    with pytest.raises(TransitionRefused, match="canceled"):
        await publish_link(shop.services, shop.id, link.id)
    with pytest.raises(NotFound):
        await publish_link(shop.services, shop.id, LinkId("plink_none"))
