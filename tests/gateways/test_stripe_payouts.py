"""Payouts of Stripe, held against the schema of Stripe's own SDK."""

from collections.abc import AsyncIterator

import pytest

from linktill.core.money import Money
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.gateways.contract import Rejected, Unavailable
from linktill.gateways.testing import Break
from tests.gateways.stripe_rig import StripeRig, stripe_rig
from tests.make import usd


@pytest.fixture
async def stripe() -> AsyncIterator[StripeRig]:
    async with stripe_rig() as running:
        yield running


async def listed(stripe: StripeRig, since: int = 0) -> list[PayoutFact]:
    found: list[PayoutFact] = []
    cursor: str | None = None
    while True:
        page = await stripe.gateway.list_payouts(stripe.account, since=since, cursor=cursor)
        found += page.payouts
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_it_tells_of_its_payouts(stripe: StripeRig) -> None:
    assert stripe.gateway.lists_payouts


async def test_a_payout_with_what_stripe_keeps_for_itself(stripe: StripeRig) -> None:
    payout = stripe.fake.pay_out(3_654)
    at = stripe.fake.now_s
    [fact] = await listed(stripe)
    made_at, arrives_at = at * 1_000_000, (at + 2 * 86_400) * 1_000_000
    pending = PayoutFactKind.PENDING
    assert fact == PayoutFact(
        payout["id"], pending, usd(3_654), made_at, usd(0), arrives_at, vendor_status="pending"
    )
    payout["status"] = "in_transit"
    assert (await listed(stripe))[0].kind is pending
    # Paid, and Stripe has not worked out yet what it is made of: its fees are not known.
    payout["status"] = "paid"
    assert (await listed(stripe))[0].kind is pending
    stripe.fake.take_fee(payout, 200)
    stripe.fake.take_fee(payout, 38, "tax_fee")
    stripe.fake.take_fee(payout, 5_000, "transfer")
    payout["reconciliation_status"] = "completed"
    [fact] = await listed(stripe)
    assert (fact.kind, fact.amount, fact.fee) == (PayoutFactKind.PAID, usd(3_654), usd(238))
    payout |= {"status": "failed", "failure_code": "account_closed"}
    [fact] = await listed(stripe)
    assert (fact.kind, fact.failure_code) == (PayoutFactKind.FAILED, "account_closed")


async def test_payouts_made_by_hand_cost_what_they_cost_and_are_not_waited_for(stripe: StripeRig) -> None:
    instant = stripe.fake.pay_out(9_900, fee=100)
    instant |= {"automatic": False, "reconciliation_status": "not_applicable", "status": "paid"}
    taken_back = stripe.fake.pay_out(-500)
    taken_back |= {"automatic": False, "reconciliation_status": "not_applicable", "status": "canceled"}
    odd = stripe.fake.pay_out(1)
    odd |= {"status": "teleported"}
    facts = await listed(stripe)
    assert [(fact.kind, fact.amount, fact.fee) for fact in facts] == [
        (PayoutFactKind.PAID, usd(9_900), usd(100)),
        (PayoutFactKind.CANCELED, usd(-500), usd(0)),
        (PayoutFactKind.UNKNOWN, usd(1), usd(0)),
    ]
    # Nothing more is asked about them.
    assert not [request for request in stripe.wire.sent if "balance_transactions?" in request.url]


async def test_every_payout_is_listed_once_oldest_first_and_from_a_day_on(stripe: StripeRig) -> None:
    made = []
    for number in range(45):
        stripe.fake.now_s += 60
        made.append(stripe.fake.pay_out(100 + number)["id"])
    since = (stripe.fake.now_s - 60) * 1_000_000
    assert [fact.gateway_ref for fact in await listed(stripe)] == made
    assert [fact.gateway_ref for fact in await listed(stripe, since)] == made[-2:]


async def test_amounts_without_decimals_are_read_as_stripe_means_them(stripe: StripeRig) -> None:
    payout = stripe.fake.pay_out(50_000)
    payout["currency"] = "isk"
    [fact] = await listed(stripe)
    assert fact.amount == Money(500, "ISK")
    payout["amount"] = 50_050
    with pytest.raises(Unavailable, match="no amount of that currency"):
        await listed(stripe)


async def test_a_missing_permission_and_a_silent_stripe_are_told_apart(stripe: StripeRig) -> None:
    stripe.fake.pay_out(100)
    for how in (Break.CUT_BEFORE, Break.NONSENSE_AFTER):
        stripe.break_next(how)
        with pytest.raises(Unavailable):
            await listed(stripe)
    with pytest.raises(Rejected) as wrong:
        await stripe.gateway.list_payouts(stripe.wrong_account(), since=0, cursor=None)
    assert wrong.value.is_account_trouble
