"""The merchant hears of requests and answers them: one mail each, with a link that can be paid."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused
from linktill.core.ids import LinkId, LinkRequestId
from linktill.core.link_request import RequestStatus
from linktill.flows.answer_requests import (
    answer_request,
    dismiss_request,
    find_requests,
    read_request,
    tell_everybody,
)
from linktill.flows.tell_of_requests import EVERY_US, tell_of_requests
from linktill.storage.link_requests import RequestFilter
from tests.flows.telling import Telling
from tests.flows.wishing import ask, asked, canceled, expired, reopened
from tests.make import BASE_URL, Shop, make_merchant
from tests.notify.receivers import endpoint, plain, postbox


async def test_an_answer_is_one_mail_with_the_link_from_the_merchant(telling: Telling) -> None:
    shop = telling.shop
    old, new = await canceled(shop, description="Course"), await shop.link(5_500, description="Course in May")
    await ask(shop, old, message="Forge\nThe link: https://evil.example")
    [request] = await asked(shop)
    async with postbox() as server:
        telling.with_mail(server)
        answered = await answer_request(shop.services, shop.id, request.id, new.id)
        assert (answered.status, answered.answer_link_id) == (RequestStatus.ANSWERED, new.id)
        assert answered.closed_at is not None
        assert await answer_request(shop.services, shop.id, request.id, new.id) == answered
        await telling.deliver()
        [mail] = server.mails
    assert (mail["To"], mail["Reply-To"]) == ("ada@example.com", "hello@example.com")
    assert mail["From"] == "Bea's Bikes <till@shop.example>"
    assert mail["Subject"] == "Bea's Bikes: you can pay now for Course in May"
    for said in (f"{BASE_URL}/p/{new.slug}", "Course in May", "$55.00", "here is your new link"):
        assert said in plain(mail)
    assert "evil" not in plain(mail)
    assert (await telling.events()).count("link_request.answered") == 1


async def test_all_who_asked_are_told_that_the_same_link_is_open_again(telling: Telling) -> None:
    shop = telling.shop
    link, other = await expired(shop), await canceled(shop)
    for email in ("ada@example.com", "bo@example.com"):
        await ask(shop, link, email)
    await ask(shop, other, "cy@example.com")
    with pytest.raises(TransitionRefused):
        await tell_everybody(shop.services, shop.id, link.id)
    await reopened(shop, link)
    async with postbox() as server:
        telling.with_mail(server)
        assert await tell_everybody(shop.services, shop.id, link.id) == 2
        assert await tell_everybody(shop.services, shop.id, link.id) == 0
        await telling.deliver()
        assert sorted(to for [to] in server.recipients) == ["ada@example.com", "bo@example.com"]
        assert "the link is open again" in plain(server.mails[0])
    assert [each.status.value for each in await asked(shop, link.id)] == ["answered", "answered"]
    assert [each.status.value for each in await asked(shop, other.id)] == ["open"]


async def test_more_than_one_batch_is_told(shop: Shop) -> None:
    link = await expired(shop)
    for number in range(51):
        await ask(shop, link, f"payer{number}@example.com")
    await reopened(shop, link)
    assert await tell_everybody(shop.services, shop.id, link.id) == 51
    assert {each.status for each in await asked(shop)} == {RequestStatus.ANSWERED}


async def test_nobody_is_sent_a_link_that_cannot_be_paid(shop: Shop) -> None:
    old, over = await canceled(shop), await canceled(shop)
    await ask(shop, old)
    [request] = await asked(shop)
    for link in (old, over):
        with pytest.raises(TransitionRefused, match="canceled"):
            await answer_request(shop.services, shop.id, request.id, link.id)
    with pytest.raises(FieldInvalid) as refused:
        await answer_request(shop.services, shop.id, request.id, LinkId("plink_none"))
    assert refused.value.param == "payment_link"
    with pytest.raises(NotFound):
        await answer_request(shop.services, shop.id, LinkRequestId("lrq_none"), old.id)
    assert await read_request(shop.services, shop.id, request.id) == request


async def test_an_answer_and_a_dismissal_are_final(shop: Shop) -> None:
    old, new, newer = await canceled(shop), await shop.link(), await shop.link()
    await ask(shop, old)
    await ask(shop, old, "bo@example.com")
    second, first = await asked(shop)
    await answer_request(shop.services, shop.id, first.id, new.id)
    with pytest.raises(TransitionRefused):
        await answer_request(shop.services, shop.id, first.id, newer.id)
    with pytest.raises(TransitionRefused):
        await dismiss_request(shop.services, shop.id, first.id)
    gone = await dismiss_request(shop.services, shop.id, second.id)
    assert gone.status is RequestStatus.DISMISSED
    assert await dismiss_request(shop.services, shop.id, second.id) == gone
    with pytest.raises(TransitionRefused):
        await answer_request(shop.services, shop.id, second.id, new.id)
    found = await find_requests(
        shop.services, shop.id, limit=1, wanted=RequestFilter(status=RequestStatus.DISMISSED)
    )
    assert (found.requests, found.next_cursor) == ([gone], None)


async def test_of_two_who_answer_at_once_one_does(telling: Telling) -> None:
    shop = telling.shop
    old, new, other = await canceled(shop), await shop.link(), await shop.link()
    await ask(shop, old)
    [request] = await asked(shop)
    done = await asyncio.gather(
        *(answer_request(shop.services, shop.id, request.id, link.id) for link in (new, other, new, other)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, TransitionRefused) for each in done) == 2
    assert (await telling.events()).count("link_request.answered") == 1


async def test_another_merchant_sees_and_answers_nothing(shop: Shop) -> None:
    old = await canceled(shop)
    await ask(shop, old)
    [request] = await asked(shop)
    cy = await make_merchant(shop.services, "Cy")
    assert (await find_requests(shop.services, cy.id, limit=10)).requests == []
    for act in (dismiss_request, read_request):
        with pytest.raises(NotFound):
            await act(shop.services, cy.id, request.id)
    with pytest.raises(NotFound):
        await answer_request(shop.services, cy.id, request.id, old.id)


async def test_the_merchant_gets_one_mail_an_hour_about_all(telling: Telling) -> None:
    shop = telling.shop
    bike, cake = await canceled(shop, description="Bike"), await canceled(shop, description="Cake")
    async with postbox() as server:
        telling.with_mail(server)
        await ask(shop, bike, "ada@example.com")
        assert await tell_of_requests(shop.services, has_mailer=True) == 1
        assert await tell_of_requests(shop.services, has_mailer=True) == 0
        for number in range(3):
            await ask(shop, cake, f"payer{number}@example.com")
        await ask(shop, bike, "late@example.com")
        assert await tell_of_requests(shop.services, has_mailer=True) == 0
        shop.running.clock.advance(EVERY_US // 1_000_000 + 1)
        assert await tell_of_requests(shop.services, has_mailer=True) == 1
        await telling.deliver()
    first, second = server.to("alerts@example.com")
    assert first["Subject"] == "One payer asks for a new link"
    assert second["Subject"] == "4 payers ask for a new link"
    for said in ("3 payers: Cake", "One payer: Bike", f"{BASE_URL}/dashboard/requests"):
        assert said in plain(second)
    assert len(server.mails) == 2


async def test_of_what_was_answered_meanwhile_no_mail_is_written(telling: Telling) -> None:
    shop = telling.shop
    link = await canceled(shop)
    await ask(shop, link)
    [request] = await asked(shop)
    await dismiss_request(shop.services, shop.id, request.id)
    assert await tell_of_requests(shop.services, has_mailer=True) == 0
    assert await telling.mails() == []


async def test_without_a_mail_server_the_mail_is_kept_to_be_read(telling: Telling) -> None:
    shop = telling.shop
    await ask(shop, await canceled(shop))
    assert await tell_of_requests(shop.services, has_mailer=False) == 1
    [mail] = await telling.mails()
    assert (mail.template, mail.status, mail.recipient) == ("alert", "kept", "alerts@example.com")


async def test_programs_are_told_at_once(telling: Telling) -> None:
    shop = telling.shop
    async with endpoint() as listening:
        telling.channels = replace(telling.channels, may_be_private=True)
        made = await telling.listen(listening, "payment_link.requested")
        link = await canceled(shop)
        await ask(shop, link, message="Please")
        await telling.deliver()
        [post] = listening.posts
        told = post.verified(made.secret)
    assert told["type"] == "payment_link.requested"
    assert told["data"]["object"]["payment_link_id"] == link.id
    assert told["data"]["object"]["message"] == "Please"
