"""Payouts: what goes to the bank leaves the clearing account at zero, each booked once and reversed once (WI19, WI20)."""

import asyncio
from dataclasses import replace

import pytest

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused
from linktill.core.ids import GatewayAccountId, MerchantId, PayoutId
from linktill.core.money import Money
from linktill.core.payout import NEXT, Payout, PayoutFact, PayoutFactKind, PayoutStatus
from linktill.core.refund import RefundReason
from linktill.flows.reconcile import compare
from linktill.flows.record_payout import (
    TypedPayout,
    apply_payout_fact,
    check_payout,
    payout_said,
    record_payout,
    take_payout_back,
)
from linktill.flows.refund_payment import RefundAsked, new_refund_id, request_refund
from linktill.flows.services import moment_of
from linktill.storage import gateway_accounts, ledger, payouts
from linktill.storage.events import list_events
from tests.make import Shop, usd

K, S = PayoutFactKind, PayoutStatus
FEE = 146
PAID = PayoutFact("sbpo_1", K.PAID, usd(3_000), 1_000)


async def tell(shop: Shop, fact: PayoutFact) -> Payout:
    return await shop.services.database.run(
        apply_payout_fact, moment_of(shop.services), shop.id, shop.account.id, fact
    )


async def compared(shop: Shop) -> None:
    [stored] = await shop.services.database.read(gateway_accounts.accounts_of, shop.id)
    assert (await compare(shop.services, stored)) is not None


async def listed(shop: Shop) -> list[Payout]:
    return await shop.services.database.read(payouts.list_payouts, shop.id, limit=100)


async def kinds(shop: Shop) -> list[str]:
    found = await shop.services.database.read(ledger.list_transactions, shop.id, limit=100)
    return sorted(each.transaction.kind for each in found)


async def events(shop: Shop) -> list[str]:
    """Of payouts, oldest first."""
    found = await shop.services.database.read(list_events, shop.id, limit=100)
    return [each.type for each in reversed(found) if each.type.startswith("payout")]


def test_every_status_has_an_answer_to_every_fact() -> None:
    assert set(NEXT) == set(S)
    assert all(set(row) == set(K) for row in NEXT.values())
    assert (NEXT[S.PAID][K.PENDING], NEXT[S.PAID][K.FAILED]) == (S.PAID, S.FAILED)
    assert all(after is status for status in (S.FAILED, S.CANCELED) for after in NEXT[status].values())


async def test_wi19_paid_out_with_refund_and_disputes_the_clearing_account_is_zero(shop: Shop) -> None:
    refunded = await shop.pay(await shop.link())
    asked = RefundAsked(new_refund_id(shop.services), refunded.id, 1_000, RefundReason.OTHER, "")
    await shop.services.database.run(request_refund, moment_of(shop.services), shop.id, asked)
    await shop.poll()
    await shop.pay(await shop.link(), card="dispute_won")
    await shop.pay(await shop.link(9_900), card="dispute_lost")
    await shop.later(6)
    await shop.later(61)
    await shop.deliver()
    before = await shop.balances()
    assert (before["disputes"], before["dispute_fees"], before["refunds"]) == (9_900, 3_000, 1_000)
    assert before["clearing"] == 7_000 - 2 * FEE - 317 - 3_000
    await shop.running.json("POST", "/v1/payouts", {}, key="payout-1")
    await compared(shop)
    [pending] = await listed(shop)
    assert (pending.status, pending.amount) == (S.PENDING, usd(before["clearing"]))
    assert (await shop.balances())["clearing"] == before["clearing"]
    await shop.later(6)
    await compared(shop)
    [paid] = await listed(shop)
    assert paid.status is S.PAID
    after = await shop.balances()
    assert (after["clearing"], after["bank"]) == (0, before["clearing"])
    await compared(shop)
    assert (await kinds(shop)).count("payout") == 1
    assert await events(shop) == ["payout.paid"]


async def test_a_paid_payout_that_fails_later_is_reversed_once_and_paid_out_again(shop: Shop) -> None:
    await shop.pay(await shop.link())
    [made] = (await shop.running.json("POST", "/v1/payouts", {}, key="payout-1"))["data"]
    await shop.later(6)
    await compared(shop)
    await shop.running.json("POST", f"/v1/payouts/{made['id']}/fail", {})
    await compared(shop)
    await compared(shop)
    assert (await listed(shop))[0].failure_code == "bank_refused"
    assert {key: (await shop.balances())[key] for key in ("clearing", "bank")} == {
        "clearing": 4_000 - FEE,
        "bank": 0,
    }
    assert (await kinds(shop)).count("payout_returned") == 1
    await shop.running.json("POST", "/v1/payouts", {}, key="payout-2")
    await shop.later(6)
    await compared(shop)
    assert {key: (await shop.balances())[key] for key in ("clearing", "bank")} == {
        "clearing": 0,
        "bank": 4_000 - FEE,
    }
    assert await events(shop) == ["payout.paid", "payout.failed", "payout.paid"]


async def test_wi20_many_messengers_at_once_book_a_payout_once(shop: Shop) -> None:
    told = await asyncio.gather(*(tell(shop, PAID) for _ in range(8)))
    assert {each.status for each in told} == {S.PAID}
    assert len({each.id for each in told}) == 1
    assert await kinds(shop) == ["payout"]
    assert await events(shop) == ["payout.paid"]
    await asyncio.gather(*(tell(shop, replace(PAID, kind=K.FAILED)) for _ in range(8)))
    # A late "paid" is old news.
    assert (await tell(shop, PAID)).status is S.FAILED
    assert await kinds(shop) == ["payout", "payout_returned"]
    assert await shop.balances() == {"bank": 0, "clearing": 0}


async def test_what_the_gateway_keeps_for_itself_is_a_fee(shop: Shop) -> None:
    await tell(shop, replace(PAID, kind=K.PENDING))
    await tell(shop, replace(PAID, fee=usd(200)))
    assert await shop.balances() == {"bank": 3_000, "gateway_fees": 200, "clearing": -3_200}
    # Not in the payout's currency: not booked as if it were. And what is booked stays.
    await tell(shop, replace(PAID, fee=usd(900)))
    await tell(shop, replace(PAID, gateway_ref="sbpo_2", fee=Money(200, "EUR")))
    assert await shop.balances() == {"bank": 6_000, "gateway_fees": 200, "clearing": -6_200}


async def test_below_zero_the_gateway_took_it_from_the_bank_and_nothing_is_booked_for_nothing(
    shop: Shop,
) -> None:
    await tell(shop, replace(PAID, amount=usd(-500)))
    await tell(shop, replace(PAID, gateway_ref="sbpo_2", amount=usd(0)))
    assert await shop.balances() == {"bank": -500, "clearing": 500}
    await tell(shop, replace(PAID, gateway_ref="sbpo_2", amount=usd(0), kind=K.FAILED))
    assert await kinds(shop) == ["payout"]


async def test_another_amount_than_before_is_refused_and_moves_nothing(shop: Shop) -> None:
    await tell(shop, PAID)
    with pytest.raises(TransitionRefused, match="3000 USD before, and is 3001 USD now"):
        await tell(shop, replace(PAID, amount=usd(3_001)))
    assert await shop.balances() == {"bank": 3_000, "clearing": -3_000}


async def test_by_hand_only_where_no_gateway_tells_and_taken_back_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = TypedPayout(shop.account.id, 2_500, "USD", "2026-11-20", note="Withdrawn")
    said = payout_said(shop.services, typed, by="mem_1")
    with pytest.raises(FieldInvalid, match="twice") as refused:
        await check_payout(shop.services, shop.id, said)
    assert refused.value.param == "account"
    monkeypatch.setattr(type(shop.services.gateways["sandbox"]), "lists_payouts", False)
    await check_payout(shop.services, shop.id, said)
    made = await shop.services.database.run(record_payout, moment_of(shop.services), shop.id, said)
    assert (made.status, made.by, made.gateway_ref, made.amount) == (S.PAID, "mem_1", None, usd(2_500))
    again = await shop.services.database.run(record_payout, moment_of(shop.services), shop.id, said)
    assert again == made
    assert await shop.balances() == {"bank": 2_500, "clearing": -2_500}
    for _ in range(2):
        taken = await shop.services.database.run(take_payout_back, moment_of(shop.services), shop.id, made.id)
        assert taken.status is S.CANCELED
    assert await kinds(shop) == ["payout", "payout_returned"]
    assert await events(shop) == ["payout.paid", "payout.canceled"]
    told = await tell(shop, PAID)
    with pytest.raises(TransitionRefused):
        await shop.services.database.run(take_payout_back, moment_of(shop.services), shop.id, told.id)
    with pytest.raises(NotFound):
        await shop.services.database.run(
            take_payout_back, moment_of(shop.services), MerchantId("mer_other"), made.id
        )


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"currency": "ZZZ"}, "currency"),
        ({"paid_on": "yesterday"}, "paid_on"),
        ({"way": "pigeon"}, "way"),
        ({"note": "x" * 501}, "note"),
    ],
)
async def test_what_cannot_be_is_named(shop: Shop, changes: dict[str, object], param: str) -> None:
    typed = replace(TypedPayout(shop.account.id, 2_500, "USD"), **changes)  # type: ignore[arg-type]
    with pytest.raises(FieldInvalid) as refused:
        payout_said(shop.services, typed, by="mem_1")
    assert refused.value.param == param
    assert await shop.balances() == {}


async def test_of_an_account_that_is_not_there(shop: Shop) -> None:
    said = payout_said(shop.services, TypedPayout("gwa_none", 1, "USD"), by="mem_1")
    with pytest.raises(NotFound):
        await check_payout(shop.services, shop.id, said)
    assert said.id.startswith(prefixes.PAYOUT)
    assert (PayoutId(said.id), GatewayAccountId("gwa_none")) == (said.id, said.account_id)


async def test_a_payout_that_comes_back_weeks_later_is_still_heard_of(shop: Shop) -> None:
    await shop.pay(await shop.link())
    [made] = (await shop.running.json("POST", "/v1/payouts", {}, key="payout-1"))["data"]
    await shop.later(6)
    await compared(shop)
    shop.running.clock.advance(20 * 86_400)
    await compared(shop)
    await shop.running.json("POST", f"/v1/payouts/{made['id']}/fail", {})
    await compared(shop)
    assert (await listed(shop))[0].status is S.FAILED
    assert (await shop.balances())["bank"] == 0
