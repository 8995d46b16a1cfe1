"""A comparison says what it saw and what it put right, and once everything is right it puts nothing right (GF28)."""

import asyncio

from linktill.flows.compare_now import BUSY, Outcome, compare_now, to_look_at
from tests.make import Shop

FEE = 146


async def compared(shop: Shop) -> Outcome:
    [outcome] = await compare_now(shop.services, shop.id)
    return outcome


async def test_gf28_what_no_messenger_brought_is_counted_as_put_right_once(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    await shop.fill_card(result, "dispute_lost")
    await shop.running.paid(reference="order-17")
    await shop.running.step(6)
    await shop.running.json("POST", "/v1/payouts", {}, key="payout-1")
    await shop.running.step(6)
    first = (await compared(shop)).compared
    assert first is not None
    found = {
        kind: (count.seen, count.put_right)
        for kind, count in (
            ("payments", first.payments),
            ("refunds", first.refunds),
            ("disputes", first.disputes),
            ("payouts", first.payouts),
        )
    }
    assert found == {"payments": (2, 1), "refunds": (0, 0), "disputes": (1, 1), "payouts": (1, 1)}
    assert (first.parked, first.mismatched, first.fees_put_right, first.is_whole) == (1, 0, 0, True)
    look = await to_look_at(shop.services, shop.id)
    # The other program's payment was paid out with ours, whose own money is gone with the dispute.
    assert (look.foreign, look.mismatches, len(look.below_zero)) == (1, 0, 1)
    assert look.below_zero[0].balance_minor == -(4_000 - FEE)
    again = (await compared(shop)).compared
    assert again is not None
    counts = (again.payments, again.refunds, again.disputes, again.payouts)
    assert [count.put_right for count in counts] == [0, 0, 0, 0]
    assert (again.parked, again.fees_put_right) == (0, 0)


async def test_two_at_once_compare_once(shop: Shop) -> None:
    both = await asyncio.gather(compared(shop), compared(shop))
    assert sorted(outcome.trouble or "" for outcome in both) in (["", BUSY], ["", ""])
    assert any(outcome.compared for outcome in both)


async def test_a_gateway_that_is_silent_is_said_and_asked_again_from_where_it_stopped(shop: Shop) -> None:
    await shop.pay(await shop.link())
    shop.wire.is_plugged = False
    silent = await compared(shop)
    assert silent.compared is None
    assert silent.trouble
    shop.wire.is_plugged = True
    since = await compare_now(shop.services, shop.id, since=shop.services.clock.now_us() + 10**12)
    assert [each.compared.payments.seen for each in since if each.compared] == [0]
    whole = (await compared(shop)).compared
    assert whole is not None
    # What was compared from a later begin does not count as compared.
    assert whole.payments.seen == 1
