"""A link that is put away: hidden and closed, with everything that money needs still at work (LL14)."""

import json

import pytest

from linktill.core.errors import LinkNotPayable, NotFound, TransitionRefused
from linktill.core.ids import LinkId
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.core.refund import RefundStatus
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import duplicate_link, edit_link, find_links, pause_link, resume_link
from linktill.platform.http import HttpRequest, HttpResponse, NoAnswer
from linktill.storage.events import list_events
from linktill.storage.link_lists import LinkFilter
from tests.flows.edits import raised_to
from tests.flows.refunding import fresh, refunded
from tests.make import Shop

SECOND_US = 1_000_000


async def archived(shop: Shop, link: PaymentLink) -> PaymentLink:
    return await archive_link(shop.services, shop.id, link.id)


async def back(shop: Shop, link: PaymentLink) -> PaymentLink:
    return await unarchive_link(shop.services, shop.id, link.id)


async def listed(shop: Shop, status: LinkStatus | None = None, search: str = "") -> list[str]:
    page = await find_links(shop.services, shop.id, limit=100, wanted=LinkFilter(status, search))
    return [link.id for link in page.links]


async def told(shop: Shop, link: PaymentLink) -> list[str]:
    found = await shop.services.database.read(list_events, shop.id, limit=100, link_id=link.id)
    return [event.type.value for event in reversed(found) if event.type.value.startswith("payment_link.")]


async def test_an_archived_link_is_hidden_and_takes_no_payment_until_it_is_back(shop: Shop) -> None:
    link, other = await shop.link(), await shop.link(description="A bicycle bell")
    put_away = await archived(shop, link)
    assert put_away.status is LinkStatus.ARCHIVED
    assert (put_away.slug, put_away.version, put_away.terms) == (link.slug, link.version, link.terms)
    assert await listed(shop) == [other.id]
    assert await listed(shop, search="bicycle") == [other.id]
    assert await listed(shop, LinkStatus.ARCHIVED) == [link.id]
    assert await listed(shop, LinkStatus.ARCHIVED, "bicycle") == [link.id]
    with pytest.raises(LinkNotPayable) as refused:
        await shop.press_pay(link)
    assert refused.value.reason == "link_archived"
    assert shop.wire.sent == []
    assert await shop.attempts(link) == []
    assert (await back(shop, link)).status is LinkStatus.ACTIVE
    assert await listed(shop) == [other.id, link.id]
    assert (await shop.pay(link)).status is AttemptStatus.CAPTURED
    names = ["created", "archived", "unarchived", "completed"]
    assert await told(shop, link) == [f"payment_link.{name}" for name in names]


async def test_archiving_and_unarchiving_twice_says_so_once(shop: Shop) -> None:
    link = await shop.link()
    assert (await back(shop, link)).status is LinkStatus.ACTIVE
    for _ in range(2):
        await archived(shop, link)
    for _ in range(2):
        await back(shop, link)
    assert (await archived(shop, link)).status is LinkStatus.ARCHIVED
    assert (await told(shop, link))[1:] == [
        "payment_link.archived",
        "payment_link.unarchived",
        "payment_link.archived",
    ]


async def test_ll14_a_pause_and_a_cancellation_outlive_the_archive(shop: Shop) -> None:
    paused, canceled = await shop.link(), await shop.link()
    await pause_link(shop.services, shop.id, paused.id)
    await cancel_link(shop.services, shop.id, canceled.id)
    for link, status in ((paused, LinkStatus.PAUSED), (canceled, LinkStatus.CANCELED)):
        await archived(shop, link)
        assert (await back(shop, link)).status is status
        with pytest.raises(LinkNotPayable):
            await shop.press_pay(link)
    resumed = await resume_link(shop.services, shop.id, paused.id)
    assert resumed.status is LinkStatus.ACTIVE
    with pytest.raises(TransitionRefused):
        await resume_link(shop.services, shop.id, canceled.id)


async def test_what_is_archived_is_not_paused_resumed_canceled_or_edited_and_says_what_to_do(
    shop: Shop,
) -> None:
    link = await shop.link()
    await archived(shop, link)
    before = await told(shop, link)
    for act in (pause_link, resume_link, cancel_link):
        with pytest.raises(TransitionRefused, match="Unarchive it first"):
            await act(shop.services, shop.id, link.id)
    with pytest.raises(TransitionRefused, match="Unarchive it first"):
        await edit_link(shop.services, shop.id, link.id, raised_to(5), by="test")
    assert (await shop.fresh(link)).status is LinkStatus.ARCHIVED
    assert (await shop.fresh(link)).version == 1
    assert await told(shop, link) == before
    copy = await duplicate_link(shop.services, shop.id, link.id, by="test")
    assert copy.status is LinkStatus.ACTIVE


async def test_ll14_an_unknown_payment_of_an_archived_link_is_found_booked_and_given_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    send, late = shop.wire.send, list[HttpRequest]()

    async def gives_up(request: HttpRequest) -> HttpResponse:
        late.append(request)
        raise NoAnswer("timeout")

    monkeypatch.setattr(shop.wire, "send", gives_up)
    result = await shop.press_pay(link)
    monkeypatch.setattr(shop.wire, "send", send)
    attempt_id = result.session.attempt_id
    assert (await shop.attempt(attempt_id)).status is AttemptStatus.UNKNOWN
    put_away = await archived(shop, link)
    assert (put_away.status, put_away.slots_taken) == (LinkStatus.ARCHIVED, 1), "the place is held"
    at_gateway = json.loads((await send(late[0])).body)["id"]
    await shop.running.pay(at_gateway, "4242424242424242")
    await shop.later(20)
    captured = await shop.attempt(attempt_id)
    assert (captured.status, captured.is_surplus) == (AttemptStatus.CAPTURED, False)
    paid = await shop.fresh(link)
    assert (paid.status, paid.captured_count, paid.captured_minor) == (LinkStatus.ARCHIVED, 1, 4_000)
    assert (await shop.balances())["sales"] == -4_000
    given = await refunded(shop, attempt_id)
    await shop.later(60)
    assert (await fresh(shop, given)).status is RefundStatus.SUCCEEDED
    assert (await shop.fresh(link)).refunded_minor == 4_000
    # LL10: money that went back opens nothing, not even by way of the archive.
    assert (await back(shop, link)).status is LinkStatus.COMPLETED
    assert await listed(shop) == [link.id]
    await shop.check()


async def test_ll14_who_has_pressed_pay_may_finish_after_the_link_was_archived(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await archived(shop, link)
    await shop.fill_card(result)
    await shop.deliver()
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED
    assert (await shop.fresh(link)).status is LinkStatus.ARCHIVED
    assert (await back(shop, link)).status is LinkStatus.COMPLETED
    await shop.check()


async def test_ll13_a_limit_raised_after_the_archive_reopens_once(shop: Shop) -> None:
    link = await shop.link()
    await shop.pay(link)
    await archived(shop, link)
    await back(shop, link)
    raised = await edit_link(shop.services, shop.id, link.id, raised_to(2), by="test")
    assert raised.status is LinkStatus.ACTIVE
    assert (await told(shop, link)).count("payment_link.reopened") == 1


async def test_ll14_time_passes_in_the_archive_and_the_clock_goes_on_afterwards(shop: Shop) -> None:
    now = shop.services.clock.now_us()
    link = await shop.link(starts_at=now + 30 * SECOND_US, expires_at=now + 90 * SECOND_US)
    assert link.status is LinkStatus.SCHEDULED
    await archived(shop, link)
    await shop.running.step(31)
    assert (await shop.fresh(link)).status is LinkStatus.ARCHIVED
    assert (await back(shop, link)).status is LinkStatus.ACTIVE
    await archived(shop, link)
    await shop.running.step(60)
    assert (await back(shop, link)).status is LinkStatus.EXPIRED
    await shop.check()


async def test_a_link_that_is_not_there_is_not_archived(shop: Shop) -> None:
    nobody = LinkId("plink_00000000000000000000000000")
    for act in (archive_link, unarchive_link):
        with pytest.raises(NotFound):
            await act(shop.services, shop.id, nobody)
