"""The time of an offline payment is over while a part of its money is recorded: the money has its place, whoever was first."""

import asyncio

from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.flows.end_waiting import lapse
from linktill.flows.resolve_attempt import resolve_attempt
from linktill.flows.services import moment_of
from tests.offline import Counter, counter

__all__ = ["counter"]


async def test_a_part_is_recorded_while_the_timer_ends_the_payment(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.chosen(link)
    counter.clock.at += 15 * 86_400_000_000
    await asyncio.gather(counter.later(0), counter.mark(attempt, 1_000))
    after = await counter.attempt(attempt.id)
    assert (after.status, after.received_minor) == (AttemptStatus.REQUIRES_ACTION, 1_000)


async def test_the_timers_word_is_not_applied_to_money_that_came_after_it(counter: Counter) -> None:
    """The timer has ended the payment, a part is recorded and opens it again, and the timer is still at its work."""
    link = await counter.link()
    attempt = await counter.chosen(link)
    over = AttemptFact(FactKind.CANCELED, vendor_status="waited too long")
    run, moment = counter.services.database.run, moment_of(counter.services)
    assert (await run(lapse, moment, counter.id, attempt.id, over)).status is AttemptStatus.CANCELED
    await counter.mark(attempt, 1_000)
    after = await run(lapse, moment, counter.id, attempt.id, over)
    assert (after.status, after.received_minor) == (AttemptStatus.REQUIRES_ACTION, 1_000)
    assert (await counter.fresh(link)).slots_taken == 1


async def test_the_timer_leaves_a_payment_that_has_had_a_part(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.chosen(link)
    counter.clock.at += 15 * 86_400_000_000
    await counter.mark(attempt, 1_000)
    after = await resolve_attempt(counter.services, attempt)
    assert (after.status, after.received_minor) == (AttemptStatus.REQUIRES_ACTION, 1_000)
    await counter.later(0)
    assert (await counter.attempt(attempt.id)).received_minor == 1_000
