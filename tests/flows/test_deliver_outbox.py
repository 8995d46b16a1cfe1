"""News of a payment reach the merchant's program, the merchant and the payer: each at least once, none in silence."""

import asyncio
import json

import pytest
from sqlalchemy import bindparam, update
from standardwebhooks import WebhookVerificationError
from structlog.testing import capture_logs

from linktill.core import ids as prefixes
from linktill.core.events import EventType
from linktill.core.ids import EventId
from linktill.core.link_filing import NOT_FILED
from linktill.flows.announce import Subject, announce
from linktill.flows.deliver_outbox import OutboxDelivery, _consequences, _expand
from linktill.flows.representations import link_object
from linktill.flows.send_webhooks import courier
from linktill.flows.services import moment_of
from linktill.flows.take_turn import GIVE_UP_US, RETRIES_S, Settled, Verdict
from linktill.flows.tell import load_stories
from linktill.storage import outbox, queues
from linktill.storage.database import Tx
from linktill.storage.outbox import Promise
from linktill.storage.statements import compiled
from linktill.storage.tables import outbox as outbox_table
from tests.flows.telling import Telling
from tests.notify.receivers import OK, Endpoint, answer, closed_port, endpoint, plain, postbox

CAPTURED = "payment.captured"


async def test_a_payment_is_told_to_the_program_the_merchant_and_the_payer(telling: Telling) -> None:
    async with endpoint() as program, postbox() as server:
        telling.with_mail(server)
        made = await telling.listen(program)
        link = await telling.shop.link()
        payment = await telling.shop.pay(link)
        await telling.deliver()
        told = [post.verified(made.secret) for post in program.posts]
        assert sorted(event["type"] for event in told) == sorted(await telling.events())
        [captured] = [event for event in told if event["type"] == CAPTURED]
        assert captured["object"] == "event"
        assert captured["data"]["object"]["id"] == payment.id
        assert captured["data"]["object"]["amount_minor"] == 4_000
        assert [delivery.status for delivery in await telling.deliveries(made)] == ["delivered"] * len(told)
        assert [delivery.tries for delivery in await telling.deliveries(made)] == [1] * len(told)
        [receipt] = server.to("ada@example.com")
        assert receipt["Subject"] == "Receipt from Bea's Bikes: $40.00"
        assert receipt["From"] == "Bea's Bikes <till@shop.example>"
        assert receipt["Reply-To"] == "hello@example.com"
        assert payment.id in plain(receipt)
        assert f"http://linktill.test/p/{link.slug}/checkout/{payment.session_id}?k=" in plain(receipt)
        [alert] = server.to("alerts@example.com")
        assert alert["Subject"] == "Paid: $40.00 for A bicycle repair"
        assert f"http://linktill.test/dashboard/payments/{payment.id}" in plain(alert)
        assert [mail.status for mail in await telling.mails()] == ["sent", "sent"]
    assert await telling.outbox_rows() == 0


async def test_an_endpoint_is_told_only_what_it_asked_for(telling: Telling) -> None:
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED, "refund.failed")
        await telling.shop.pay(await telling.shop.link())
        await telling.deliver()
        assert [post.verified(made.secret)["type"] for post in program.posts] == [CAPTURED]


async def test_a_webhook_signed_with_another_secret_is_refused_by_the_receiver(telling: Telling) -> None:
    async with endpoint() as program:
        await telling.listen(program, CAPTURED)
        other = await telling.listen(program, "refund.failed", path="/other")
        await telling.shop.pay(await telling.shop.link())
        await telling.deliver()
        with pytest.raises(WebhookVerificationError):
            program.posts[0].verified(other.secret)


async def test_without_a_mail_server_mails_are_kept(telling: Telling) -> None:
    await telling.shop.pay(await telling.shop.link())
    await telling.deliver()
    assert sorted((mail.template, mail.status) for mail in await telling.mails()) == [
        ("alert", "kept"),
        ("receipt", "kept"),
    ]
    assert await telling.outbox_rows() == 0


async def test_wo03_a_crash_after_the_post_tells_again_under_the_same_id(telling: Telling) -> None:
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED)
        await telling.shop.pay(await telling.shop.link())
        release = asyncio.Event()

        async def stall(_writer: asyncio.StreamWriter) -> None:
            await release.wait()

        program.stalls = stall
        crashing = asyncio.create_task(telling.deliver())
        await asyncio.wait_for(program.came.wait(), 5)
        crashing.cancel()
        await asyncio.gather(crashing, return_exceptions=True)
        release.set()
        program.stalls = None
        assert [delivery.status for delivery in await telling.deliveries(made)] == ["pending"]
        assert await telling.deliver() == 0, "the lease of the crashed worker holds"
        await telling.pass_time(61)
        await telling.deliver()
        first, second = program.posts
        assert first.id == second.id
        assert first.body == second.body
        assert [delivery.status for delivery in await telling.deliveries(made)] == ["delivered"]


async def test_wo04_an_event_and_its_promise_are_kept_together_or_not_at_all(telling: Telling) -> None:
    services, link = telling.shop.services, await telling.shop.link()
    await telling.deliver()
    before = await telling.events()

    async def unit(tx: Tx) -> None:
        moment = moment_of(services)
        thing = link_object(link, NOT_FILED, base_url=services.base_url, now=moment.now)
        await announce(tx, moment, EventType.LINK_UPDATED, Subject(telling.shop.id, link.id, link.id), thing)
        raise RuntimeError("the change is not made")

    with pytest.raises(RuntimeError):
        await services.database.run(unit)
    assert (await telling.events(), await telling.outbox_rows()) == (before, 0)


async def test_cc16_two_workers_share_the_work(telling: Telling) -> None:
    async with endpoint() as program, postbox() as server:
        telling.with_mail(server)
        await telling.listen(program)
        link = await telling.shop.link(payments_max=3)
        for form in ("1", "2", "3"):
            await telling.shop.pay(link, form)
        workers = [OutboxDelivery(telling.channels) for _ in range(4)]
        for _ in range(10):
            await asyncio.gather(*(worker.step(telling.shop.services) for worker in workers))
            await asyncio.gather(*(worker.drain() for worker in workers))
        assert sorted(post.id for post in program.posts) == sorted({post.id for post in program.posts})
        assert len(program.posts) == len(await telling.events())
        assert (len(server.to("ada@example.com")), len(server.to("alerts@example.com"))) == (3, 3)
    assert await telling.outbox_rows() == 0


async def _lease(telling: Telling, token: str) -> list[Promise]:
    async def unit(tx: Tx) -> list[Promise]:
        now = await tx.database_time()
        until = now + 60_000_000
        return await outbox.lease(
            tx, telling.shop.id, now=now, lease_until=until, lease_token=token, limit=50
        )

    return await telling.database.run(unit)


async def test_cc17_a_worker_that_slept_past_its_lease_writes_nothing(telling: Telling) -> None:
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED)
        await telling.shop.pay(await telling.shop.link())
        # Worker A expands the events and takes the endpoint's turn, sends, and falls asleep before it writes.
        expanding = OutboxDelivery(telling.channels)
        await expanding.step(telling.shop.services)
        await expanding.drain()
        [turn] = await _lease(telling, "worker-a")
        assert turn.kind == queues.TURN
        by_a, services = courier(telling.channels), telling.shop.services
        found = await services.database.run(by_a.take, turn)
        assert found is not None
        load, [row] = found
        outcome = await by_a.send(services, load, row)
        assert outcome.verdict is Verdict.DONE
        await telling.pass_time(61)
        program.says = [answer(500)]
        await telling.deliver()
        before = (await telling.deliveries(made), await telling.outbox_rows())
        assert [delivery.status for delivery in before[0]] == ["pending"]
        settled = Settled((outcome,), (0,), 0)
        assert await services.database.run(by_a.settle, moment_of(services), turn, settled) is False
        assert (await telling.deliveries(made), await telling.outbox_rows()) == before
        assert await services.database.run(by_a.take, turn) is None
        assert (await telling.deliveries(made), await telling.outbox_rows()) == before


async def test_cc17_an_event_is_expanded_under_its_own_lease_only(telling: Telling) -> None:
    services = telling.shop.services
    async with endpoint() as program:
        made = await telling.listen(program, CAPTURED)
        await telling.shop.pay(await telling.shop.link())
        asleep = await _lease(telling, "asleep")
        await telling.pass_time(61)
        awake = await _lease(telling, "awake")
        assert {held.id for held in asleep} == {held.id for held in awake}
        rows = await telling.outbox_rows()
        for held in asleep:
            event_id = EventId(held.subject_id)
            stories = await services.database.read(load_stories, telling.shop.id, [event_id])
            consequences = _consequences(services, stories[event_id], has_mailer=True)
            await services.database.run(_expand, held, consequences, moment_of(services))
        assert await telling.deliveries(made) == []
        assert await telling.mails() == []
        assert await telling.outbox_rows() == rows
        await telling.pass_time(61)
        await telling.deliver()
        assert (len(program.posts), len(await telling.mails())) == (1, 2)


async def test_an_event_that_was_promised_twice_is_told_once(telling: Telling) -> None:
    async with endpoint() as program, postbox() as server:
        telling.with_mail(server)
        await telling.listen(program, CAPTURED)
        await telling.shop.pay(await telling.shop.link())
        await telling.deliver()
        event_id = program.posts[0].id

        async def promise_again(tx: Tx) -> None:
            ids = telling.shop.services.ids
            await outbox.promise(
                tx, telling.shop.id, ids.new(prefixes.OUTBOX), "event", event_id, due_at=0, now=1
            )

        await telling.database.run(promise_again)
        await telling.deliver()
        assert (len(program.posts), len(server.mails), len(await telling.mails())) == (1, 2, 2)
    assert await telling.outbox_rows() == 0


async def test_what_is_not_taken_is_tried_again_for_three_days_and_then_kept(telling: Telling) -> None:
    async with endpoint(answer(500, b"no <b>luck</b>")) as program:
        made = await telling.listen(program, CAPTURED)
        await telling.shop.pay(await telling.shop.link())
        await telling.deliver()
        waited_s, [delivery] = 0.0, await telling.deliveries(made)
        for tries in range(1, 40):
            [delivery] = await telling.deliveries(made)
            if delivery.status == "dead":
                break
            assert (delivery.tries, len(program.posts)) == (tries, tries)
            assert delivery.next_at is not None
            step_s = RETRIES_S[min(tries, len(RETRIES_S)) - 1]
            wait_s = (delivery.next_at - telling.shop.services.clock.now_us()) / 1e6
            assert step_s - 2 < wait_s <= step_s * 1.15
            await telling.pass_time(wait_s / 2)
            await telling.deliver()
            assert len(program.posts) == tries, "not before its time"
            await telling.pass_time(wait_s / 2 + 1)
            waited_s += wait_s + 1
            await telling.deliver()
        assert delivery.status == "dead"
        assert waited_s >= GIVE_UP_US / 1e6 == 3 * 24 * 3600
        assert delivery.last_error == "Given up after three days. Answered 500."
        assert delivery.response_body == "no <b>luck</b>"
        assert {post.id for post in program.posts} == {delivery.event_id}
        await telling.pass_time(61)
        await telling.deliver()
        assert len(program.posts) == delivery.tries, "what was given up stays so"
    assert await telling.outbox_rows() == 0


async def test_wi17_a_promise_that_nobody_can_keep_is_buried_and_the_others_are_kept(
    telling: Telling,
) -> None:
    async def poison(tx: Tx) -> None:
        now = telling.shop.services.clock.now_us()
        poison_id = telling.shop.services.ids.new(prefixes.OUTBOX)
        await outbox.promise(tx, telling.shop.id, poison_id, "event", "evt_none", due_at=now - 1, now=now)

    await telling.database.run(poison)
    async with endpoint() as program:
        await telling.listen(program, CAPTURED)
        await telling.shop.pay(await telling.shop.link())
        # Captured: tracebacks drawn for a terminal take longer than all else here.
        with capture_logs():
            await telling.deliver()
            assert len(program.posts) == 1, "the poison held nobody up"
            for _ in range(20):
                await telling.pass_time(50_000)
                await telling.deliver()
    [buried] = await telling.database.read(outbox.list_dead, telling.shop.id)
    assert (buried.event_type, buried.attempt_id, buried.tries) == (None, None, 13)
    assert "an event is written with the promise" in buried.last_error
    assert await telling.database.run(outbox.revive, telling.shop.id, buried.id, now=0) is True
    await telling.deliver()
    assert await telling.database.read(outbox.list_dead, telling.shop.id) == []
    await telling.database.run(_forget, telling.shop.id)


_FORGET = compiled(
    update(outbox_table)
    .where(outbox_table.c.merchant_id == bindparam("merchant_id"))
    .values(status="dead", last_error="forgotten by the test")
)


async def _forget(tx: Tx, merchant_id: str) -> None:
    await tx.run(_FORGET, merchant_id=merchant_id)


async def test_a_receiver_that_is_back_gets_its_whole_backlog_at_once(telling: Telling) -> None:
    program = Endpoint(port=closed_port())
    made = await telling.listen(program)
    await telling.shop.pay(await telling.shop.link())
    await telling.deliver()
    waiting = await telling.deliveries(made)
    assert {delivery.status for delivery in waiting} == {"pending"}
    assert {delivery.last_error for delivery in waiting} == {"The connection was refused."}
    server = await asyncio.start_server(program.serve, "127.0.0.1", program.port)
    await telling.pass_time(61)
    await telling.deliver()
    server.close()
    assert {delivery.status for delivery in await telling.deliveries(made)} == {"delivered"}
    assert program.open_most <= 8
    assert json.loads(program.posts[0].body)["type"] == "payment_link.created"
    assert OK in program.says
