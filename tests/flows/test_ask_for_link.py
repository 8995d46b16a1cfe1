"""Payers who come too late ask for a new link: once each, within limits, and nobody learns who else did."""

import asyncio

import pytest

from linktill.core.errors import FieldsInvalid, NoRoom, TooMany
from linktill.core.link_filing import Filing, Refiling
from linktill.core.link_request import MESSAGE_MAX, NAME_MAX, RequestFields, RequestStatus
from linktill.flows import ask_for_link as flow
from linktill.flows.answer_requests import dismiss_request
from linktill.flows.archive_link import archive_link
from linktill.flows.ask_for_link import ASKS_MAX, Asked, AskGate, ask_for_link, may_be_asked
from linktill.flows.customer_exports import export_customer
from linktill.flows.manage_links import LinkChange, change_link, pause_link
from linktill.flows.request_objects import request_object
from linktill.flows.services import Moment, moment_of
from linktill.storage.events import list_events
from tests.flows.on_file import made
from tests.flows.wishing import ask, asked, canceled, expired, reopened
from tests.make import Shop


async def test_a_request_is_kept_and_told_as_an_event(shop: Shop) -> None:
    link = await expired(shop)
    words = "I was away.\nMay I still pay?"
    assert await may_be_asked(shop.services, link)
    assert await ask(shop, link, " Ada@Example.com ", name=" Ada  Byron ", message=words) is Asked.NOTED
    [request] = await asked(shop)
    assert (request.email, request.name, request.message) == ("Ada@example.com", "Ada  Byron", words)
    assert (request.link_id, request.status, request.answer_link_id) == (link.id, RequestStatus.OPEN, None)
    assert request.id.startswith("lrq_")
    events = await shop.services.database.read(list_events, shop.id, limit=100)
    [event] = [each for each in events if each.type == "payment_link.requested"]
    assert (event.object_id, event.link_id) == (request.id, None)
    assert f'"payment_link_id":"{link.id}"' in event.data
    assert request_object(request).closed_at is None


async def test_whoever_asks_twice_is_noted_once_and_told_the_same(shop: Shop) -> None:
    link = await canceled(shop)
    answers = [
        await ask(shop, link, email) for email in ("ada@example.com", "ADA@example.com", "bo@example.com")
    ]
    assert answers == [Asked.NOTED] * 3
    assert [each.email for each in await asked(shop)] == ["bo@example.com", "ada@example.com"]
    other = await canceled(shop)
    assert await ask(shop, other) is Asked.NOTED
    assert len(await asked(shop, other.id)) == 1


async def test_of_many_who_ask_at_once_with_one_address_one_is_kept(shop: Shop) -> None:
    link = await canceled(shop)
    answers = await asyncio.gather(*(ask(shop, link) for _ in range(6)))
    assert answers == [Asked.NOTED] * 6
    assert len(await asked(shop)) == 1


async def test_who_was_dismissed_may_ask_again(shop: Shop) -> None:
    link = await canceled(shop)
    await ask(shop, link)
    [first] = await asked(shop)
    await dismiss_request(shop.services, shop.id, first.id)
    assert await ask(shop, link) is Asked.NOTED
    assert [each.status for each in await asked(shop)] == [RequestStatus.OPEN, RequestStatus.DISMISSED]


async def test_only_a_link_that_is_over_takes_requests(shop: Shop) -> None:
    now = shop.services.clock.now_us()
    paid = await shop.link()
    await shop.pay(paid, "1")
    parts = await shop.link(payments_max=None)
    draft_like = await shop.link(starts_at=now + 3_600_000_000)
    paused = await shop.link()
    await pause_link(shop.services, shop.id, paused.id)
    archived = await canceled(shop)
    await archive_link(shop.services, shop.id, archived.id)
    for link in (await shop.link(), paid, parts, draft_like, paused, archived):
        assert not await may_be_asked(shop.services, await shop.fresh(link))
        assert await ask(shop, link) is Asked.CLOSED
    assert await asked(shop) == []
    sold = await shop.link(payments_max=2)
    await shop.pay(sold, "2")
    await shop.pay(sold, "3")
    assert await may_be_asked(shop.services, await shop.fresh(sold))
    assert await ask(shop, sold) is Asked.NOTED


async def test_a_link_that_takes_none_takes_none(shop: Shop) -> None:
    link = await canceled(shop, filing=Filing(takes_requests=False))
    assert not await may_be_asked(shop.services, link)
    assert await ask(shop, link) is Asked.CLOSED
    change = LinkChange(None, "test", refiling=Refiling(takes_requests=True))
    assert (await change_link(shop.services, shop.id, link.id, change)).filing == Filing()
    assert await ask(shop, link) is Asked.NOTED
    assert len(await asked(shop)) == 1


async def test_a_link_that_can_be_paid_again_meanwhile_takes_none(shop: Shop) -> None:
    link = await expired(shop)
    await reopened(shop, link)
    assert await ask(shop, link) is Asked.CLOSED
    assert await asked(shop) == []


async def test_a_full_list_is_full_for_all_also_for_who_is_on_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "OPEN_MAX", 2)
    link = await canceled(shop)
    await ask(shop, link, "ada@example.com")
    await ask(shop, link, "bo@example.com")
    assert await ask(shop, link, "ada@example.com") is Asked.FULL
    assert await ask(shop, link, "cy@example.com") is Asked.FULL
    assert len(await asked(shop)) == 2
    assert await ask(shop, await canceled(shop), "cy@example.com") is Asked.NOTED


async def test_from_one_place_come_not_too_many(shop: Shop) -> None:
    link, gate = await canceled(shop), AskGate(shop.services.clock)

    async def one(number: int, address: str) -> Asked:
        fields = RequestFields(f"payer{number}@example.com")
        return await ask_for_link(shop.services, gate, link, fields, address=address)

    for number in range(ASKS_MAX):
        assert await one(number, "203.0.113.7") is Asked.NOTED
    with pytest.raises(TooMany):
        await one(99, "203.0.113.7")
    assert len(await asked(shop)) == ASKS_MAX
    assert await one(99, "203.0.113.8") is Asked.NOTED


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        (RequestFields(""), ["email"]),
        (RequestFields("nobody"), ["email"]),
        (RequestFields("x" * 250 + "@example.com"), ["email"]),
        (RequestFields("a@example.com", "4242 4242 4242 4242"), ["name"]),
        (RequestFields("a@example.com", "x" * (NAME_MAX + 1)), ["name"]),
        (RequestFields("no", "", "card 4242424242424242"), ["email", "message"]),
        (RequestFields("a@example.com", "", "x" * (MESSAGE_MAX + 1)), ["message"]),
    ],
)
async def test_what_cannot_be_is_refused_by_field(
    shop: Shop, fields: RequestFields, params: list[str]
) -> None:
    link = await canceled(shop)
    with pytest.raises(FieldsInvalid) as refused:
        await ask_for_link(shop.services, AskGate(shop.services.clock), link, fields, address="a")
    assert [error.param for error in refused.value.errors] == params
    assert await asked(shop) == []


async def test_nothing_new_is_noted_on_a_full_disk(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await canceled(shop)

    def full(services: object) -> Moment:
        made = moment_of(shop.services)
        return Moment(made.now, made.ids, made.base_url, has_room=False)

    monkeypatch.setattr(flow, "moment_of", full)
    with pytest.raises(NoRoom):
        await ask(shop, link)
    assert await asked(shop) == []


async def test_what_was_asked_is_taken_along_with_the_customer(shop: Shop) -> None:
    link, ada = await canceled(shop), await made(shop)
    await ask(shop, link, "ADA@example.com", message="Please")
    await ask(shop, link, "bo@example.com")
    export = await export_customer(shop.services, shop.id, ada.id)
    assert [(each.email, each.message) for each in export.link_requests] == [("ADA@example.com", "Please")]
    nobody = await made(shop, "Cy", "")
    assert (await export_customer(shop.services, shop.id, nobody.id)).link_requests == []
