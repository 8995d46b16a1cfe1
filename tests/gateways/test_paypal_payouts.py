"""Withdrawals from PayPal, each request and answer held against what PayPal publishes."""

from collections.abc import AsyncIterator

import pytest

from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.gateways.contract import Unavailable
from tests.gateways.paypal_rig import PayPalRig, paypal_rig, withdraw
from tests.make import usd

DAY = 86_400_000_000
SECOND = 1_000_000


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as running:
        yield running


async def listed(rig: PayPalRig, since: int) -> list[PayoutFact]:
    found: list[PayoutFact] = []
    cursor: str | None = None
    while True:
        page = await rig.gateway.list_payouts(rig.account, since=since, cursor=cursor)
        found += page.payouts
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_a_withdrawal_with_what_paypal_takes_for_it(paypal: PayPalRig) -> None:
    since = paypal.now()
    row = withdraw(
        paypal.company, 3_997, transaction_status="P", fee_amount={"currency_code": "USD", "value": "-0.25"}
    )
    [fact] = await listed(paypal, since)
    made_at = since // SECOND * SECOND
    assert fact == PayoutFact(
        row["transaction_id"], PayoutFactKind.PENDING, usd(3_997), made_at, usd(25), vendor_status="P"
    )
    for status, kind in (
        ("S", PayoutFactKind.PAID),
        ("D", PayoutFactKind.CANCELED),
        ("V", PayoutFactKind.FAILED),
        ("X", PayoutFactKind.UNKNOWN),
    ):
        row["transaction_status"] = status
        assert [each.kind for each in await listed(paypal, since)] == [kind]
    assert paypal.gateway.lists_payouts


async def test_a_withdrawal_that_the_bank_sent_back_is_found_by_its_reference(paypal: PayPalRig) -> None:
    since = paypal.now()
    row = withdraw(paypal.company, 3_997)
    paypal.company.clock.at += 3 * DAY
    amount = {"currency_code": "USD", "value": "39.97"}
    back = withdraw(paypal.company, 0, "T1101", transaction_amount=amount)
    assert len(await listed(paypal, since)) == 1  # it does not say of what
    back["paypal_reference_id"] = row["transaction_id"]
    paid, failed = await listed(paypal, since)
    assert (paid.kind, failed.kind) == (PayoutFactKind.PAID, PayoutFactKind.FAILED)
    assert (failed.gateway_ref, failed.amount, failed.fee) == (paid.gateway_ref, paid.amount, None)


async def test_every_withdrawal_once_oldest_first_and_nothing_else(paypal: PayPalRig) -> None:
    since = paypal.now()
    for day in range(40):
        withdraw(paypal.company, 100 + day, "T0401" if day % 2 else "T0400")
        withdraw(paypal.company, 5, "T0006")
        paypal.company.clock.at += DAY
    facts = await listed(paypal, since)
    # What is on the border of two windows comes twice rather than never.
    assert list(dict.fromkeys(fact.amount.minor for fact in facts)) == [*range(100, 140)]
    assert len({fact.gateway_ref for fact in facts}) == 40


async def test_what_paypal_does_not_say_is_never_guessed(paypal: PayPalRig) -> None:
    since = paypal.now()
    row = withdraw(paypal.company, 100)
    del row["transaction_initiation_date"]
    with pytest.raises(Unavailable, match="could not be read"):
        await listed(paypal, since)
    row["transaction_initiation_date"] = paypal.company.now()
    del row["transaction_amount"]
    with pytest.raises(Unavailable, match="could not be read"):
        await listed(paypal, since)
