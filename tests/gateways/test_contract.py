"""What every adapter must do, whatever its vendor is like: start, look, cancel, refund, list."""

import asyncio
from fnmatch import fnmatch

import pytest

from linktill.core.ids import AttemptId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import (
    AttemptRef,
    OutcomeUnknown,
    RefundOrder,
    RefundRef,
    Rejected,
    Started,
    StartOrder,
)
from tests.gateways.rig import Ability, How, Rig

AMOUNT = Money(4_000, "USD")


def order(rig: Rig, reference: str = "pay_1", amount: Money = AMOUNT) -> StartOrder:
    return StartOrder(
        reference=AttemptId(reference),
        amount=amount,
        description="A bicycle repair, with “quotes” & <tags>",
        return_url="http://127.0.0.1:9/c/cs_1?k=token",
        cancel_url="http://127.0.0.1:9/p/repair",
        payer_email="ada@example.com",
        expires_at=rig.now() + 3_600_000_000,
    )


async def start(rig: Rig, reference: str = "pay_1", amount: Money = AMOUNT) -> Started:
    return await rig.gateway.start(rig.account, order(rig, reference, amount), key=f"start-{reference}")


async def look(rig: Rig, started: Started | None, reference: str = "pay_1") -> AttemptFact:
    ref = AttemptRef(AttemptId(reference), None if started is None else started.gateway_ref)
    return await rig.gateway.look_up(rig.account, ref)


async def captured(rig: Rig, reference: str = "pay_1", amount: Money = AMOUNT) -> Started:
    started = await start(rig, reference, amount)
    await rig.pay(started, How.SUCCESS)
    assert (await look(rig, started, reference)).kind is FactKind.CAPTURED
    return started


def refund_of(started: Started, minor: int, reference: str = "re_1") -> RefundOrder:
    return RefundOrder(RefundId(reference), started.gateway_ref, Money(minor, "USD"), "requested_by_customer")


def is_page_of(rig: Rig, url: str) -> bool:
    """Whether the browser would go there: the origins are sources in a Content-Security-Policy, `*` and all."""
    return any(fnmatch(url, f"{origin}/*") for origin in rig.gateway.form_action_origin.split())


async def test_a_started_payment_waits_for_its_payer_on_a_page_of_the_vendor(rig: Rig):
    started = await start(rig)
    assert is_page_of(rig, started.redirect_url)
    fact = await look(rig, started)
    assert fact.kind is FactKind.REQUIRES_ACTION
    assert (fact.gateway_ref, fact.reference, fact.amount) == (started.gateway_ref, "pay_1", None)


async def test_a_captured_payment_says_how_much_from_whom_and_what_it_cost(rig: Rig):
    started = await captured(rig)
    fact = await look(rig, started)
    assert (fact.kind, fact.amount, fact.reference) == (FactKind.CAPTURED, AMOUNT, "pay_1")
    assert fact.gateway_ref == started.gateway_ref
    assert fact.fee is not None
    assert Money(0, "USD") < fact.fee < AMOUNT
    assert fact.method is not None
    assert fact.decline_code is None


async def test_cc04_the_same_key_gives_the_same_payment_even_at_once(rig: Rig):
    asked = order(rig)
    answers = await asyncio.gather(
        *(rig.gateway.start(rig.account, asked, key="start-pay_1") for _ in range(5))
    )
    assert len(set(answers)) == 1
    assert len(await rig.references_at_vendor()) == 1


async def test_cc05_the_same_key_for_another_order_proves_that_something_was_done(rig: Rig):
    await start(rig)
    with pytest.raises(OutcomeUnknown):
        await rig.gateway.start(rig.account, order(rig, amount=Money(1, "USD")), key="start-pay_1")
    assert await rig.references_at_vendor() == ["pay_1"]


@pytest.mark.needs(Ability.FIND_BY_REFERENCE)
async def test_it_is_found_by_our_reference_alone(rig: Rig):
    started = await captured(rig)
    await start(rig, "pay_2")
    fact = await look(rig, None)
    assert (fact.kind, fact.gateway_ref) == (FactKind.CAPTURED, started.gateway_ref)


async def test_what_the_vendor_does_not_know_is_not_found(rig: Rig):
    assert (await look(rig, None)).kind is FactKind.NOT_FOUND
    assert (await look(rig, Started("sbpay_unknown", ""))).kind is FactKind.NOT_FOUND


async def test_gf11_a_look_up_that_lags_finds_it_later(rig: Rig):
    started = await captured(rig)
    rig.lag(3_600)
    assert (await look(rig, started)).kind is FactKind.NOT_FOUND
    assert (await look(rig, None)).kind is FactKind.NOT_FOUND
    rig.lag(0)
    assert (await look(rig, started)).kind is FactKind.CAPTURED


async def test_gf09_a_decline_is_a_fact(rig: Rig):
    started = await start(rig)
    await rig.pay(started, How.DECLINED)
    fact = await look(rig, started)
    assert (fact.amount, fact.fee) == (None, None)
    if Ability.FINAL_DECLINES not in rig.lacks:
        assert fact.kind is FactKind.FAILED
        assert fact.decline_code
    else:
        assert fact.kind is FactKind.REQUIRES_ACTION
        await rig.pay(started, How.SUCCESS)
        assert (await look(rig, started)).kind is FactKind.CAPTURED


async def test_a_slow_payment_is_in_processing_until_it_settles(rig: Rig):
    started = await start(rig)
    await rig.pay(started, How.SLOW)
    fact = await look(rig, started)
    assert (fact.kind, fact.amount) == (FactKind.PROCESSING, None)
    await rig.settle()
    fact = await look(rig, started)
    assert (fact.kind, fact.amount) == (FactKind.CAPTURED, AMOUNT)


@pytest.mark.needs(Ability.CLOSE_PAGE)
@pytest.mark.parametrize("knows_ref", [True, False])
async def test_an_open_payment_is_canceled_and_stays_so(rig: Rig, knows_ref: bool):
    started = await start(rig)
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref if knows_ref else None)
    for _ in range(2):
        fact = await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")
        assert (fact.kind, fact.gateway_ref) == (FactKind.CANCELED, started.gateway_ref)
    assert (await look(rig, started)).kind is FactKind.CANCELED


@pytest.mark.parametrize("how", [How.SUCCESS, How.SLOW, How.DECLINED])
async def test_ll04_a_cancel_that_comes_too_late_answers_with_what_is_true(rig: Rig, how: How):
    started = await start(rig)
    await rig.pay(started, how)
    ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref)
    fact = await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")
    assert fact == await look(rig, started)
    assert (
        fact.kind
        is {
            How.SUCCESS: FactKind.CAPTURED,
            How.SLOW: FactKind.PROCESSING,
            How.DECLINED: FactKind.FAILED if Ability.FINAL_DECLINES not in rig.lacks else FactKind.CANCELED,
        }[how]
    )


async def test_canceling_what_is_not_there_proves_nothing(rig: Rig):
    for gateway_ref in (None, "sbpay_unknown"):
        ref = AttemptRef(AttemptId("pay_1"), gateway_ref)
        fact = await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")
        assert fact.kind is FactKind.NOT_FOUND


async def test_a_payment_is_refunded_in_parts_up_to_its_amount(rig: Rig):
    started = await captured(rig)
    first = await rig.gateway.refund(rig.account, refund_of(started, 1_500), key="refund-re_1")
    second = await rig.gateway.refund(rig.account, refund_of(started, 2_500, "re_2"), key="refund-re_2")
    assert (first.reference, first.amount) == ("re_1", Money(1_500, "USD"))
    assert (second.reference, second.amount) == ("re_2", Money(2_500, "USD"))
    with pytest.raises(Rejected):
        await rig.gateway.refund(rig.account, refund_of(started, 1, "re_3"), key="refund-re_3")
    await rig.settle()
    for fact in (first, second):
        assert fact.reference is not None
        for gateway_ref in (fact.gateway_ref, None):
            ref = RefundRef(RefundId(fact.reference), gateway_ref, started.gateway_ref)
            found = await rig.gateway.look_up_refund(rig.account, ref)
            assert (found.kind, found.amount) == (RefundFactKind.SUCCEEDED, fact.amount)
    missing = await rig.gateway.look_up_refund(
        rig.account, RefundRef(RefundId("re_3"), None, started.gateway_ref)
    )
    assert missing.kind is RefundFactKind.NOT_FOUND


async def test_cc11_the_same_refund_key_gives_one_refund(rig: Rig):
    started = await captured(rig)
    asked = refund_of(started, 1_500)
    answers = await asyncio.gather(
        *(rig.gateway.refund(rig.account, asked, key="refund-re_1") for _ in range(5))
    )
    assert len(set(answers)) == 1
    rest = await rig.gateway.refund(rig.account, refund_of(started, 2_500, "re_2"), key="refund-re_2")
    assert rest.amount == Money(2_500, "USD")


async def test_what_is_not_captured_is_not_refunded(rig: Rig):
    started = await start(rig)
    with pytest.raises(Rejected):
        await rig.gateway.refund(rig.account, refund_of(started, 1), key="refund-re_1")


@pytest.mark.needs(Ability.LIST_UNPAID)
async def test_gf28_the_list_has_every_payment_once_in_pages(rig: Rig):
    before = rig.now()
    started = [await start(rig, f"pay_{number:03}") for number in range(130)]
    seen: list[str | None] = []
    cursor = None
    for _ in range(10):
        page = await rig.gateway.list_attempts(rig.account, since=before, cursor=cursor)
        seen += [fact.gateway_ref for fact in page.attempts]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [each.gateway_ref for each in started]
    assert (await rig.gateway.list_attempts(rig.account, since=rig.now(), cursor=None)).attempts == ()


async def test_another_account_sees_nothing(rig: Rig):
    started = await captured(rig)
    wrong = rig.wrong_account()
    for call in (
        rig.gateway.check(wrong),
        rig.gateway.look_up(wrong, AttemptRef(AttemptId("pay_1"), started.gateway_ref)),
        rig.gateway.start(wrong, order(rig, "pay_2"), key="start-pay_2"),
        rig.gateway.refund(wrong, refund_of(started, 1), key="refund-re_1"),
    ):
        with pytest.raises(Rejected) as refused:
            await call
        assert refused.value.is_account_trouble
    await rig.gateway.check(rig.account)


async def test_mc02_amounts_come_back_as_they_went(rig: Rig):
    assert len(rig.amounts) > 1
    for number, amount in enumerate(rig.amounts):
        assert rig.gateway.accepts(amount)
        assert rig.gateway.accepts(amount, rig.account)
        started = await captured(rig, f"pay_{number}", amount)
        assert (await look(rig, started, f"pay_{number}")).amount == amount


def test_what_it_cannot_charge_it_does_not_accept(rig: Rig):
    assert [amount for amount in rig.refused if rig.gateway.accepts(amount)] == []
    assert [amount for amount in rig.refused if rig.gateway.accepts(amount, rig.account)] == []


def test_secrets_are_not_shown(rig: Rig):
    shown = repr(rig.account)
    assert not any(
        secret in shown for secret in (*rig.account.credentials.values(), *rig.account.webhook_secrets)
    )
