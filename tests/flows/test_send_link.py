"""A link goes out by mail: one to each address, within caps, and how it fares is told."""

from dataclasses import replace

import pytest

from linktill.core.errors import FieldInvalid, FieldsInvalid, NotFound, TooMany, TransitionRefused
from linktill.core.ids import LinkId
from linktill.core.link_message import A_DAY_MAX, RECIPIENTS_MAX, TO_ONE_MAX, check_caps
from linktill.flows.manage_links import pause_link
from tests.flows.sending import send, sent
from tests.flows.telling import Telling
from tests.flows.wishing import canceled, expired
from tests.make import BASE_URL, Shop, make_merchant
from tests.notify.receivers import plain, postbox

ADA = "ada@example.com"


async def test_each_address_gets_a_mail_of_its_own_from_the_merchant(telling: Telling) -> None:
    shop = telling.shop
    link = await shop.link(5_500, description="Course in May", reference="R-7")
    async with postbox() as server:
        telling.with_mail(server)
        await send(shop, link.id, ADA, "bo@example.com", "ADA@example.com", note="Hi,\nsee you <there>")
        await telling.deliver()
        mails = sorted(server.mails, key=lambda mail: str(mail["To"]))
    assert [mail["To"] for mail in mails] == [ADA, "bo@example.com"]
    for mail in mails:
        assert mail["From"] == "Bea's Bikes <till@shop.example>"
        assert mail["Reply-To"] == "hello@example.com"
        assert mail["Subject"] == "Bea's Bikes asks you to pay for Course in May: $55.00"
        for said in (f"{BASE_URL}/p/{link.slug}", "$55.00", "> Hi,", "> see you <there>", "Reference: R-7"):
            assert said in plain(mail)
    assert [(each.message.recipient, each.status) for each in await sent(shop, link)] == [
        ("bo@example.com", "sent"),
        (ADA, "sent"),
    ]
    assert (await telling.events()).count("payment_link.sent") == 2


async def test_a_mail_that_is_refused_is_told_with_the_servers_words(telling: Telling) -> None:
    shop = telling.shop
    link = await shop.link()
    async with postbox() as server:
        telling.with_mail(server)
        server.refused.add("nobody@example.com")
        await send(shop, link.id, "nobody@example.com")
        assert [each.status for each in await sent(shop, link)] == [None]
        await telling.deliver()
    [message] = await sent(shop, link)
    assert message.status == "failed"
    assert "No such person here" in (message.error or "")


async def test_what_nobody_could_pay_is_not_sent(shop: Shop) -> None:
    later = await shop.link(starts_at=shop.services.clock.now_us() + 3_600_000_000)
    assert len(await send(shop, later.id, ADA)) == 1
    paused = await shop.link()
    await pause_link(shop.services, shop.id, paused.id)
    for link in (await canceled(shop), await expired(shop), paused):
        with pytest.raises(TransitionRefused, match="nobody could pay it"):
            await send(shop, link.id, ADA)
        assert await sent(shop, link) == []
    stranger = await make_merchant(shop.services)
    link = await shop.link()
    with pytest.raises(NotFound):
        await send(replace(shop, merchant=stranger), link.id, ADA)
    with pytest.raises(NotFound):
        await send(shop, LinkId("plink_00000000000000000000000000"), ADA)


async def test_da12_one_address_and_a_whole_day_have_caps(shop: Shop) -> None:
    first, second = await shop.link(), await shop.link()
    for _ in range(TO_ONE_MAX - 1):
        await send(shop, first.id, ADA)
    await send(shop, second.id, "ADA@EXAMPLE.com")
    # All or none: who could get it does not get it either.
    with pytest.raises(TooMany, match="Write to them tomorrow"):
        await send(shop, second.id, "bo@example.com", ADA)
    assert len(await sent(shop, second)) == 1
    shop.running.clock.advance(24 * 3600 + 1)
    assert len(await send(shop, second.id, "bo@example.com", ADA)) == 2


def test_da12_the_cap_of_a_day_counts_those_that_are_asked_for() -> None:
    check_caps(new=20, a_day=A_DAY_MAX - 20, to_one=TO_ONE_MAX - 1, recipient=ADA)
    with pytest.raises(TooMany, match="Send the others tomorrow"):
        check_caps(new=20, a_day=A_DAY_MAX - 19, to_one=0, recipient=ADA)


async def test_what_is_wrong_is_named(shop: Shop) -> None:
    link = await shop.link()
    with pytest.raises(FieldsInvalid) as refused:
        await send(shop, link.id, ADA, "nobody", note="4242 4242 4242 4242")
    assert [error.param for error in refused.value.errors] == ["to.1", "note"]
    for to in ([], [f"a{n}@example.com" for n in range(RECIPIENTS_MAX + 1)]):
        with pytest.raises(FieldInvalid, match="Name 1 to 20 addresses"):
            await send(shop, link.id, *to)
    assert await sent(shop, link) == []
