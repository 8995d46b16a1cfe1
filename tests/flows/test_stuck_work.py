"""Work that was given up is seen by a person, with the payment that it is about, and tried again (WI17)."""

import pytest

from linktill.core.errors import NotFound
from linktill.core.ids import MerchantId
from linktill.flows.receive_webhook import process_inbox
from linktill.flows.refund_payment import refund_payment
from linktill.flows.stuck_work import count_stuck, list_stuck, retry_stuck
from linktill.flows.verify_books import verify_books
from linktill.gateways.contract import Hint
from linktill.storage import events, inbox
from linktill.storage.database import Tx
from linktill.storage.waiting import waiting_since
from tests.flows.telling import Telling
from tests.make import Shop, make_merchant
from tests.stuck import ERROR, stuck_news, stuck_webhook

DAY_S = 24 * 3_600


async def count(shop: Shop) -> int:
    return await shop.services.database.read(count_stuck, shop.id)


async def test_wi17_each_says_what_it_is_and_which_payment_it_is_about(shop: Shop) -> None:
    services, account_id = shop.services, shop.account.id
    payment = await shop.pay(await shop.link())
    refund = await refund_payment(services, shop.id, payment.id, amount_minor=1)
    found = await services.database.read(events.list_events, shop.id, limit=100)
    [captured] = [event for event in found if event.type.value == "payment.captured"]
    hints = [
        Hint("e1", "payment.captured", 1, payment_ref=payment.gateway_ref),
        Hint("e2", "payment.captured", 1, payment_ref="sbpay_none", reference=payment.id),
        Hint("e3", "refund.failed", 1, refund_ref="sbre_1", reference=refund.id),
        Hint("e4", "dispute.opened", 1, dispute_ref="sbdis_1", reference=payment.id),
        Hint("e5", "payment.captured", 1, payment_ref="sbpay_none", reference="pay_elsewhere"),
        Hint("e6", "balance.available", 1),
    ]
    ids = [await stuck_webhook(services, shop.id, account_id, hint) for hint in hints]
    ids.append(await stuck_news(services, shop.id, captured.id))
    ids.append(await stuck_news(services, shop.id, "evt_none"))
    listed = {work.id: work for work in await list_stuck(services, shop.id)}
    assert set(listed) == set(ids)
    assert await count(shop) == len(ids)
    assert [listed[each].payment_id for each in ids] == [payment.id] * 4 + [None, None, payment.id, None]
    assert [listed[each].kind for each in ids] == ["webhook"] * 6 + ["news"] * 2
    assert [listed[each].event_type for each in ids[5:]] == ["balance.available", "payment.captured", ""]
    assert {(work.tries, work.error) for work in listed.values()} == {(1, ERROR)}


async def test_wi17_a_webhook_is_worked_on_again_once(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    await shop.fill_card(result, "webhook_lost")
    attempt = await shop.attempt(result.session.attempt_id)
    hint = Hint("e1", "payment.captured", 1, payment_ref=attempt.gateway_ref)
    stuck = await stuck_webhook(shop.services, shop.id, shop.account.id, hint)
    assert await process_inbox(shop.services) == 0
    await retry_stuck(shop.services, shop.id, stuck)
    assert await count(shop) == 0
    with pytest.raises(NotFound):
        await retry_stuck(shop.services, shop.id, stuck)
    assert await process_inbox(shop.services) == 1
    assert (await shop.attempt(attempt.id)).captured_minor == 4_000


async def test_wi17_news_are_told_again(telling: Telling) -> None:
    shop = telling.shop
    await telling.pay()
    await telling.deliver()
    found = await shop.services.database.read(events.list_events, shop.id, limit=100)
    stuck = await stuck_news(shop.services, shop.id, found[0].id)
    await telling.deliver()
    assert await count(shop) == 1
    await retry_stuck(shop.services, shop.id, stuck)
    await telling.deliver()
    assert (await count(shop), await telling.outbox_rows()) == (0, 0)


async def test_what_is_tried_again_does_not_say_that_no_worker_runs(shop: Shop) -> None:
    await shop.link()
    [event] = await shop.services.database.read(events.list_events, shop.id, limit=1)
    hint = Hint("e1", "payment.captured", 1, payment_ref="sbpay_none")
    shop.running.clock.advance(-DAY_S)
    stuck = [
        await stuck_webhook(shop.services, shop.id, shop.account.id, hint),
        await stuck_news(shop.services, shop.id, event.id),
    ]
    shop.running.clock.advance(DAY_S)
    for work_id in stuck:
        await retry_stuck(shop.services, shop.id, work_id)
    now = shop.services.clock.now_us()
    since = await shop.services.database.read(waiting_since, shop.id, now=now)
    assert since is None or since > now - 60_000_000
    problems = (await verify_books(shop.services)).problems
    assert problems == []


async def test_what_is_not_stuck_or_not_ours_is_not_found(shop: Shop) -> None:
    stranger = await make_merchant(shop.services, "Stranger")
    hint = Hint("e1", "payment.captured", 1, payment_ref="sbpay_none")
    theirs = await stuck_webhook(shop.services, stranger.id, shop.account.id, hint)
    for work_id in (theirs, "ib_none", "ob_none", "nonsense", ""):
        with pytest.raises(NotFound):
            await retry_stuck(shop.services, shop.id, work_id)
    assert await list_stuck(shop.services, shop.id) == []
    assert await shop.services.database.read(count_stuck, MerchantId(stranger.id)) == 1


async def test_a_hint_that_nobody_can_read_hides_nothing(shop: Shop) -> None:
    hint = Hint("e1", "payment.captured", 1, payment_ref="sbpay_none")
    await stuck_webhook(shop.services, shop.id, shop.account.id, hint)

    async def spoiled(tx: Tx) -> None:
        now = shop.services.clock.now_us()
        new = inbox.NewReceived(shop.id, "ib_odd", shop.account.id, "e2", "odd", "{}", "{}", now)
        await inbox.store(tx, new)
        [held] = await inbox.lease(tx, shop.id, now=now, lease_until=now + 1, lease_token="last", limit=9)
        await inbox.dead(tx, held, error="ValidationError")

    await shop.services.database.run(spoiled)
    assert {work.event_type for work in await list_stuck(shop.services, shop.id)} == {"odd", hint.event_type}
