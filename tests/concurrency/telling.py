"""Messengers that bring news of one payment at the same time: webhook, the payer's return, the reconciler, the API's reply."""

from dataclasses import replace

from linktill.core.dispute import DisputeFact, DisputeStatus
from linktill.core.errors import VersionConflict
from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import AttemptStatus, FactKind
from linktill.core.payment_link import LinkStatus
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.park_foreign import park_foreign
from linktill.flows.start_payment import _Claimed, fail_unsent, record_started
from linktill.gateways.contract import Started
from linktill.storage import attempts, disputes, events, inbox, ledger
from linktill.storage.database import Database, Tx
from linktill.storage.inbox import NewReceived
from tests.concurrency.interleaver import Body, Ended
from tests.concurrency.world import Scene, World, usd


async def booked(world: World, attempt_id: AttemptId) -> list[str]:
    found = await world.database.read(ledger.transactions_of, world.id, attempt_id)
    return sorted(sealed.transaction.kind for sealed in found)


async def told(world: World) -> list[str]:
    found = await world.database.read(events.list_events, world.id, limit=100)
    return sorted(event.type.value for event in found)


async def one_capture_told_twice(world: World) -> Scene:
    """CC08, WI08: the return and the webhook, or two events of one charge, in the same moment."""
    link = await world.link()
    attempt = await world.claimed(link)

    async def check(ended: Ended) -> None:
        for result in ended.values():
            assert result.status is AttemptStatus.CAPTURED
        assert await booked(world, attempt.id) == ["capture"]
        fresh = await world.fresh(link)
        assert (fresh.captured_count, fresh.captured_minor, fresh.status) == (1, 4_000, LinkStatus.COMPLETED)
        assert (await told(world)).count("payment.captured") == 1

    return Scene([world.tell(attempt, fee=usd(146)), world.tell(attempt, fee=usd(146))], check)


async def capture_against_failure(world: World) -> Scene:
    """WI09: a late failure undoes no money."""
    link = await world.link()
    attempt = await world.claimed(link)

    async def check(ended: Ended) -> None:
        ended.values()
        assert (await world.attempt(attempt.id)).status is AttemptStatus.CAPTURED
        assert (await world.fresh(link)).slots_taken == 1

    return Scene([world.tell(attempt), world.tell(attempt, FactKind.FAILED)], check)


async def two_captures_of_one_link(world: World) -> Scene:
    """Both count, and the link is sold out once."""
    link = await world.link(payments_max=2)
    first, second = await world.claimed(link, "1"), await world.claimed(link, "2")

    async def check(ended: Ended) -> None:
        ended.values()
        fresh = await world.fresh(link)
        assert (fresh.captured_count, fresh.captured_minor, fresh.status) == (2, 8_000, LinkStatus.SOLD_OUT)
        assert (await told(world)).count("payment_link.sold_out") == 1

    return Scene([world.tell(first), world.tell(second)], check)


async def reply_against_webhook(world: World) -> Scene:
    """WI11: the webhook of a capture is faster than the reply to the call that opened the gateway's page."""
    link = await world.link()
    claimed: _Claimed = await world.press(link)(world.database)
    attempt, ref = claimed.attempt, f"sbpay_{claimed.attempt.id}"

    async def reply(database: Database) -> str | None:
        started = Started(ref, "https://gateway.example/pay")
        return await database.run(record_started, world.moment(), claimed.session, attempt, started)

    async def check(ended: Ended) -> None:
        ended.values()
        after = await world.attempt(attempt.id)
        assert (after.status, after.gateway_ref) == (AttemptStatus.CAPTURED, ref)
        assert after.redirect_url is not None

    return Scene([reply, world.tell(attempt)], check)


async def unsent_against_second_asker(world: World) -> Scene:
    """The first call was surely not sent; at the same time somebody else is about to send it again. Only one may be right."""
    link = await world.link()
    attempt = await world.claimed(link)

    async def fail(database: Database) -> bool:
        return await database.run(fail_unsent, world.moment(), attempt, "gateway_unavailable")

    async def ask(database: Database) -> bool:
        return await database.run(attempts.ask_again, world.id, attempt.id)

    async def check(ended: Ended) -> None:
        has_failed, is_asking = ended.values()
        assert has_failed is not is_asking
        status = AttemptStatus.FAILED if has_failed else AttemptStatus.CREATED
        assert (await world.attempt(attempt.id)).status is status

    return Scene([fail, ask], check)


async def two_fees(world: World) -> Scene:
    """The gateway's fee changes twice: the books follow what the payment says."""
    link = await world.link()
    attempt = await world.paid(link, fee=usd(146))

    async def check(ended: Ended) -> None:
        ended.values()
        assert (await world.attempt(attempt.id)).fee_minor in {150, 160}

    return Scene([world.tell(attempt, fee=usd(150)), world.tell(attempt, fee=usd(160))], check)


async def a_dispute_heard_of_twice(world: World) -> Scene:
    """Its money is taken once."""
    attempt = await world.paid(await world.link())
    fact = DisputeFact(
        "sbdp_1",
        None,
        attempt.id,
        DisputeStatus.NEEDS_RESPONSE,
        usd(4_000),
        fee=None,
        is_withdrawn=True,
        reason="fraudulent",
        respond_by=None,
    )

    def hear() -> Body:
        async def body(database: Database) -> object:
            return await database.run(apply_dispute_fact, world.moment(), world.id, attempt.id, fact)

        return body

    async def check(ended: Ended) -> None:
        ended.values(VersionConflict)
        assert len(await world.database.read(disputes.disputes_of, world.id, attempt.id)) == 1
        assert (await told(world)).count("dispute.opened") == 1

    return Scene([hear(), hear()], check)


async def foreign_money_found_twice(world: World) -> Scene:
    """A payment that is none of ours is parked, and told of, once."""

    def park() -> Body:
        async def body(database: Database) -> None:
            async def unit(tx: Tx) -> None:
                await park_foreign(
                    tx,
                    world.moment(),
                    world.id,
                    world.account_id,
                    ref="sbpay_foreign",
                    status="captured",
                    amount=usd(4_000),
                )

            await database.run(unit)

        return body

    async def check(ended: Ended) -> None:
        ended.values()
        assert (await told(world)).count("gateway.foreign_payment_found") == 1

    return Scene([park(), park()], check)


async def one_webhook_received_twice(world: World) -> Scene:
    """WI07: the gateway sends an event again before we have answered."""
    first = NewReceived(world.id, "", world.account_id, "sbevt_1", "payment.captured", "{}", "{}", 1)

    def store() -> Body:
        new = replace(first, id=world.services.ids.new("ib_"))

        async def body(database: Database) -> bool:
            return await database.run(inbox.store, new)

        return body

    async def check(ended: Ended) -> None:
        assert sorted(ended.values()) == [False, True]

    return Scene([store(), store()], check)


async def three_messengers(world: World) -> Scene:
    """CC08: webhook, return and reconciler; one of them late, with old news."""
    link = await world.link()
    attempt = await world.claimed(link)

    async def check(ended: Ended) -> None:
        ended.values()
        assert (await world.attempt(attempt.id)).status is AttemptStatus.CAPTURED
        assert await booked(world, attempt.id) == ["capture"]

    bodies = [world.tell(attempt), world.tell(attempt), world.tell(attempt, FactKind.FAILED)]
    return Scene(bodies, check)


TWO = (
    one_capture_told_twice,
    capture_against_failure,
    two_captures_of_one_link,
    reply_against_webhook,
    unsent_against_second_asker,
    two_fees,
    a_dispute_heard_of_twice,
    foreign_money_found_twice,
    one_webhook_received_twice,
)
THREE = (three_messengers,)
