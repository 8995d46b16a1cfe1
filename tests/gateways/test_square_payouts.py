"""Payouts of Square, each request and answer held against what Square publishes."""

from collections.abc import AsyncIterator

import pytest

from linktill.core.money import Money
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.gateways.contract import Rejected, Unavailable
from tests.gateways.square_contract import object_problems, request_problems
from tests.gateways.square_rig import SquareRig, square_rig
from tests.make import usd

AT = "2026-11-20T09:30:00Z"
AT_US = 1_795_167_000_000_000


@pytest.fixture
async def square() -> AsyncIterator[SquareRig]:
    async with square_rig() as running:
        yield running


async def listed(rig: SquareRig, since: int = 0) -> list[PayoutFact]:
    found: list[PayoutFact] = []
    cursor: str | None = None
    while True:
        page = await rig.gateway.list_payouts(rig.account, since=since, cursor=cursor)
        found += page.payouts
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_a_payout_with_what_square_takes_for_it(square: SquareRig) -> None:
    payout = square.square.payouts.make(3_997, AT)
    arrives_at = 1_795_521_600_000_000
    sent = PayoutFact(
        payout["id"],
        PayoutFactKind.PENDING,
        usd(3_997),
        AT_US,
        usd(0),
        arrives_at,
        vendor_status="SENT",
    )
    assert await listed(square) == [sent]
    payout |= {
        "status": "PAID",
        "payout_fee": [
            {"amount_money": {"amount": 70, "currency": "USD"}, "effective_at": AT, "type": "TRANSFER_FEE"},
            {"amount_money": {"amount": -7, "currency": "USD"}, "type": "TAX_ON_TRANSFER_FEE"},
            {"amount_money": {"amount": 7, "currency": "EUR"}, "type": "TAX_ON_TRANSFER_FEE"},
        ],
    }
    [fact] = await listed(square)
    assert (fact.kind, fact.amount, fact.fee) == (PayoutFactKind.PAID, usd(3_997), usd(77))
    payout["status"] = "FAILED"
    [fact] = await listed(square)
    assert fact.kind is PayoutFactKind.FAILED
    assert square.gateway.lists_payouts


async def test_every_payout_of_this_location_once_oldest_first_and_from_a_day_on(square: SquareRig) -> None:
    for day in range(10, 20):
        square.square.payouts.make(100 + day, f"2026-11-{day}T09:30:00Z")
    square.square.payouts.make(5, AT, location_id="LOCATION2")
    square.square.payouts.make(-88, AT)
    facts = await listed(square)
    assert [fact.amount.minor for fact in facts] == [*range(110, 120), -88]
    assert [fact.amount for fact in await listed(square, AT_US)] == [Money(-88, "USD")]


async def test_what_it_does_not_say_is_never_guessed(square: SquareRig) -> None:
    payout = square.square.payouts.make(100, AT)
    del payout["arrival_date"]
    del payout["payout_fee"]
    [fact] = await listed(square)
    assert (fact.arrives_at, fact.fee) == (None, usd(0))
    del payout["status"]
    assert (await listed(square))[0].kind is PayoutFactKind.UNKNOWN
    payout["created_at"] = "yesterday, about noon"
    with pytest.raises(Unavailable, match="could not be read"):
        await listed(square, 0)


async def test_a_wrong_token_is_told(square: SquareRig) -> None:
    with pytest.raises(Rejected) as wrong:
        await square.gateway.list_payouts(square.wrong_account(), since=0, cursor=None)
    assert wrong.value.is_account_trouble


def test_the_judge_says_no_where_it_must() -> None:
    assert request_problems("GET", "/v2/payouts", f"begin_time={AT}&sort_order=ASC&limit=100", b"") == []
    for wrong in ("begin_time=yesterday", "since=1", "limit=many"):
        assert request_problems("GET", "/v2/payouts", wrong, b"")
    good = {"id": "po_1", "location_id": "L1", "status": "PAID"}
    assert object_problems("Payout", good) == []
    for change in ({"status": "TELEPORTED"}, {"of_tomorrow": 1}, {"amount_money": 5}):
        assert object_problems("Payout", {**good, **change})
