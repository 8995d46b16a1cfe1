"""Money that goes back: reserved once, booked once, asked for by one worker at a time."""

from linktill.core.errors import RefundTooLarge
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.refund import Refund, RefundFact, RefundFactKind, RefundReason, RefundStatus
from linktill.flows.refund_payment import RefundAsked, apply_refund_fact, new_refund_id, request_refund
from linktill.storage import attempts, refunds
from linktill.storage.database import Database
from tests.concurrency.interleaver import Body, Ended
from tests.concurrency.telling import booked, told
from tests.concurrency.world import Scene, World


def asking(world: World, attempt: PaymentAttempt, amount_minor: int | None) -> Body:
    wanted = RefundAsked(
        new_refund_id(world.services), attempt.id, amount_minor, RefundReason.REQUESTED_BY_CUSTOMER, ""
    )

    async def body(database: Database) -> Refund:
        return await database.run(request_refund, world.moment(), world.id, wanted)

    return body


def hearing(world: World, refund: Refund, kind: RefundFactKind) -> Body:
    fact = RefundFact(kind, gateway_ref=f"sbre_{refund.id}", amount=refund.amount)

    async def body(database: Database) -> Refund:
        return await database.run(apply_refund_fact, world.moment(), world.id, refund.id, fact)

    return body


async def asked(world: World, attempt: PaymentAttempt, amount_minor: int) -> Refund:
    done: Refund = await asking(world, attempt, amount_minor)(world.database)
    return done


async def two_refunds_of_one_payment(world: World) -> Scene:
    """CC11: each would fit, both do not."""
    attempt = await world.paid(await world.link())

    async def check(ended: Ended) -> None:
        results = ended.values(RefundTooLarge)
        assert sorted(type(result).__name__ for result in results) == ["Refund", "RefundTooLarge"]
        assert (await world.attempt(attempt.id)).refund_requested_minor == 2_500

    return Scene([asking(world, attempt, 2_500), asking(world, attempt, 2_500)], check)


async def reply_against_refund_webhook(world: World) -> Scene:
    """CC13."""
    attempt = await world.paid(await world.link())
    refund = await asked(world, attempt, 1_000)

    async def check(ended: Ended) -> None:
        for result in ended.values():
            assert result.status is RefundStatus.SUCCEEDED
        assert await booked(world, attempt.id) == ["capture", "refund"]
        assert (await world.attempt(attempt.id)).refunded_minor == 1_000
        assert (await told(world)).count("refund.succeeded") == 1

    kind = RefundFactKind.SUCCEEDED
    return Scene([hearing(world, refund, kind), hearing(world, refund, kind)], check)


async def failed_refund_against_another(world: World) -> Scene:
    """What a failed refund gives back, and what the next one takes, are both counted."""
    attempt = await world.paid(await world.link())
    refund = await asked(world, attempt, 2_000)

    async def check(ended: Ended) -> None:
        ended.values()
        assert (await world.attempt(attempt.id)).refund_requested_minor == 1_500

    bodies = [hearing(world, refund, RefundFactKind.FAILED), asking(world, attempt, 1_500)]
    return Scene(bodies, check)


async def two_workers_send_a_refund(world: World) -> Scene:
    """CC16: one of them takes the turn to ask the gateway."""
    attempt = await world.paid(await world.link())
    refund = await asked(world, attempt, 1_000)

    async def take(database: Database) -> bool:
        due = refund.poll_at or 0
        return await database.run(refunds.take_poll, refund, poll_at=due + 60_000_000, started_at=due)

    async def check(ended: Ended) -> None:
        assert sorted(ended.values()) == [False, True]

    return Scene([take, take], check)


async def two_workers_look_a_payment_up(world: World) -> Scene:
    """CC16."""
    attempt = await world.claimed(await world.link())

    async def take(database: Database) -> bool:
        return await database.run(attempts.take_poll, attempt, poll_at=(attempt.poll_at or 0) + 60_000_000)

    async def check(ended: Ended) -> None:
        assert sorted(ended.values()) == [False, True]

    return Scene([take, take], check)


async def three_refunds(world: World) -> Scene:
    """CC11: two of three fit."""
    attempt = await world.paid(await world.link())

    async def check(ended: Ended) -> None:
        results = ended.values(RefundTooLarge)
        assert sum(isinstance(result, Refund) for result in results) == 2
        assert (await world.attempt(attempt.id)).refund_requested_minor == 3_000

    return Scene([asking(world, attempt, 1_500) for _ in range(3)], check)


async def refund_reply_webhook_and_bounce(world: World) -> Scene:
    """The same refund succeeds twice over and comes back, in any order."""
    attempt = await world.paid(await world.link())
    refund = await asked(world, attempt, 1_000)

    async def check(ended: Ended) -> None:
        ended.values()
        after = await world.attempt(attempt.id)
        assert (after.refund_requested_minor, after.refunded_minor) in {(0, 0), (1_000, 1_000)}

    bodies = [
        hearing(world, refund, kind)
        for kind in (RefundFactKind.SUCCEEDED, RefundFactKind.SUCCEEDED, RefundFactKind.FAILED)
    ]
    return Scene(bodies, check)


TWO = (
    two_refunds_of_one_payment,
    reply_against_refund_webhook,
    failed_refund_against_another,
    two_workers_send_a_refund,
    two_workers_look_a_payment_up,
)
THREE = (three_refunds, refund_reply_webhook_and_bounce)
