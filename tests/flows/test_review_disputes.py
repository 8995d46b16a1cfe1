"""Disputes: old news that come late move no money back, the fee is booked once, and nothing is booked in a wrong currency."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core.dispute import Dispute, DisputeFact, DisputeStatus
from linktill.core.errors import CurrencyMismatch, VersionConflict
from linktill.core.money import Money
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.receive_webhook import process_inbox
from linktill.flows.services import moment_of
from linktill.gateways.contract import Account
from linktill.gateways.sandbox import SandboxGateway
from linktill.storage import disputes
from tests.make import Shop, usd

FEE = 146


def fact_of(payment: PaymentAttempt, status: DisputeStatus, *, is_withdrawn: bool) -> DisputeFact:
    return DisputeFact(
        gateway_ref="sbdis_1",
        payment_ref=payment.gateway_ref,
        reference=payment.id,
        status=status,
        amount=usd(4_000),
        fee=usd(1_500),
        is_withdrawn=is_withdrawn,
        reason="fraudulent",
        respond_by=None,
    )


async def tell(shop: Shop, payment: PaymentAttempt, fact: DisputeFact) -> Dispute:
    return await shop.services.database.run(
        apply_dispute_fact, moment_of(shop.services), shop.id, payment.id, fact
    )


async def test_wi09_an_older_look_up_that_comes_late_moves_no_money(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    opened = fact_of(payment, DisputeStatus.NEEDS_RESPONSE, is_withdrawn=True)
    won = fact_of(payment, DisputeStatus.WON, is_withdrawn=False)
    earlier = moment_of(shop.services)
    await tell(shop, payment, won)
    with pytest.raises(VersionConflict):
        await shop.services.database.run(apply_dispute_fact, earlier, shop.id, payment.id, opened)
    [kept] = await shop.services.database.read(disputes.disputes_of, shop.id, payment.id)
    assert (kept.status, kept.is_withdrawn) == (DisputeStatus.WON, False)
    # It went and came back before anybody looked; what the gateway asked for it stays spent.
    assert await shop.balances() == {
        "clearing": 4_000 - FEE - 1_500,
        "disputes": 0,
        "dispute_fees": 1_500,
        "gateway_fees": FEE,
        "sales": -4_000,
    }


async def test_wi09_news_that_overtake_each_other_on_the_wire_end_with_the_truth(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two webhooks at once: the first one's look-up is answered before the dispute is won, and applied after."""
    payment = await shop.pay(await shop.link(), card="dispute_won")
    await shop.running.step(6)
    look_up, waits, may_go = SandboxGateway.look_up_dispute, asyncio.Event(), asyncio.Event()

    async def held(gateway: SandboxGateway, account: Account, ref: str) -> DisputeFact:
        fact = await look_up(gateway, account, ref)
        if not waits.is_set():
            waits.set()
            await may_go.wait()
        return fact

    monkeypatch.setattr(SandboxGateway, "look_up_dispute", held)
    first = asyncio.create_task(shop.deliver())
    await waits.wait()
    await shop.running.step(61)
    await shop.deliver()
    may_go.set()
    await first
    for _ in range(3):
        await asyncio.sleep(1.1)
        await process_inbox(shop.services)
    [kept] = await shop.services.database.read(disputes.disputes_of, shop.id, payment.id)
    assert (kept.status, kept.is_withdrawn) == (DisputeStatus.WON, False)
    assert (await shop.balances()).get("disputes", 0) == 0


async def test_an_inquiry_that_becomes_a_dispute_is_booked_as_it_is_then(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    inquiry = replace(
        fact_of(payment, DisputeStatus.INQUIRY, is_withdrawn=False), fee=None, amount=usd(4_000)
    )
    dispute = fact_of(payment, DisputeStatus.NEEDS_RESPONSE, is_withdrawn=True)
    await tell(shop, payment, inquiry)
    last = await tell(shop, payment, replace(dispute, amount=usd(3_000)))
    assert (last.amount, last.fee_minor) == (usd(3_000), 1_500)
    [kept] = await shop.services.database.read(disputes.disputes_of, shop.id, payment.id)
    assert (kept.amount, kept.fee_minor) == (usd(3_000), 1_500)
    balances = await shop.balances()
    assert (balances["disputes"], balances["dispute_fees"]) == (3_000, 1_500)


async def test_an_appeal_books_the_fee_once(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    for status, is_withdrawn in (
        (DisputeStatus.NEEDS_RESPONSE, True),
        (DisputeStatus.WON, False),
        (DisputeStatus.LOST, True),
    ):
        await tell(shop, payment, fact_of(payment, status, is_withdrawn=is_withdrawn))
    balances = await shop.balances()
    assert (balances["disputes"], balances["dispute_fees"]) == (4_000, 1_500)


async def test_a_dispute_in_another_currency_is_not_booked_as_if_it_were_in_this_one(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    euros = replace(
        fact_of(payment, DisputeStatus.NEEDS_RESPONSE, is_withdrawn=True), amount=Money(4_000, "EUR")
    )
    with pytest.raises(CurrencyMismatch):
        await tell(shop, payment, euros)
    fee_in_euros = replace(euros, amount=usd(4_000), fee=Money(1_500, "EUR"))
    await tell(shop, payment, fee_in_euros)
    balances = await shop.balances()
    assert (balances["disputes"], balances.get("dispute_fees", 0)) == (4_000, 0)
