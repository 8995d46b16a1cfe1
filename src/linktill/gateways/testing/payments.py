"""What every adapter must do with a payment: start it, look it up, cancel it, and charge exactly what was asked."""

import asyncio

import pytest

from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import FactKind
from linktill.gateways.contract import AttemptRef, OutcomeUnknown, Rejected, Started
from linktill.gateways.testing.base import Base, needs
from linktill.gateways.testing.rig import Ability, How, Rig
from linktill.gateways.testing.steps import (
    OWN_PAGE_URL,
    captured,
    is_page_of,
    look,
    order,
    price,
    refund_of,
    start,
)


class Payments(Base):
    """A payment from its start to its end."""

    async def test_a_started_payment_waits_for_its_payer_on_the_gateway_s_page(self, rig: Rig) -> None:
        started = await start(rig)
        assert is_page_of(rig, started.redirect_url)
        fact = await look(rig, started)
        assert fact.kind is FactKind.REQUIRES_ACTION
        assert (fact.gateway_ref, fact.reference, fact.amount) == (started.gateway_ref, "pay_1", None)

    @needs(Ability.VENDOR)
    async def test_a_page_of_ours_is_shown_as_long_as_there_is_something_to_pay(self, rig: Rig) -> None:
        started = await start(rig)
        ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref)
        page = await rig.gateway.own_page(rig.account, ref)
        assert (page is not None) is (started.redirect_url == OWN_PAGE_URL)
        if page is not None:
            assert page == await rig.gateway.own_page(rig.account, ref), "it is asked for each time"
            assert page.client_secret
            assert page.client_secret not in repr(page)
            assert any(page.script_url.startswith(f"{source}/") for source in page.script_sources)
        for nothing in (AttemptRef(AttemptId("pay_1"), None), AttemptRef(AttemptId("pay_1"), "unknown")):
            assert await rig.gateway.own_page(rig.account, nothing) is None
        await rig.pay(started, How.SUCCESS)
        assert await rig.gateway.own_page(rig.account, ref) is None

    @needs(Ability.VENDOR)
    async def test_a_captured_payment_says_how_much_from_whom_and_what_it_cost(self, rig: Rig) -> None:
        started = await captured(rig)
        fact = await look(rig, started)
        assert (fact.kind, fact.amount, fact.reference) == (FactKind.CAPTURED, price(rig), "pay_1")
        assert fact.gateway_ref == started.gateway_ref
        if Ability.TELL_FEES in self.lacks:
            assert fact.fee is None, "a fee that the vendor does not tell is not made up"
        else:
            assert fact.fee is not None
            assert price(rig, 0) < fact.fee < price(rig)
        assert fact.method is not None
        assert fact.decline_code is None

    async def test_cc04_the_same_key_gives_the_same_payment_even_at_once(self, rig: Rig) -> None:
        asked = order(rig)
        answers = await asyncio.gather(
            *(rig.gateway.start(rig.account, asked, key="start-pay_1") for _ in range(5))
        )
        assert len(set(answers)) == 1
        if Ability.VENDOR not in self.lacks:
            assert await rig.references_at_vendor() == ["pay_1"]

    @needs(Ability.VENDOR)
    async def test_cc05_the_same_key_for_another_order_proves_that_something_was_done(self, rig: Rig) -> None:
        await start(rig)
        with pytest.raises(OutcomeUnknown):
            await rig.gateway.start(rig.account, order(rig, amount=price(rig, 1)), key="start-pay_1")
        assert await rig.references_at_vendor() == ["pay_1"]

    @needs(Ability.FIND_BY_REFERENCE)
    async def test_it_is_found_by_our_reference_alone(self, rig: Rig) -> None:
        started = await captured(rig)
        await start(rig, "pay_2")
        fact = await look(rig, None)
        assert (fact.kind, fact.gateway_ref) == (FactKind.CAPTURED, started.gateway_ref)

    @needs(Ability.VENDOR)
    async def test_what_the_vendor_does_not_know_is_not_found(self, rig: Rig) -> None:
        assert (await look(rig, None)).kind is FactKind.NOT_FOUND
        assert (await look(rig, Started("unknown", ""))).kind is FactKind.NOT_FOUND

    @needs(Ability.VENDOR)
    async def test_gf11_a_look_up_that_lags_finds_it_later(self, rig: Rig) -> None:
        started = await captured(rig)
        rig.lag(3_600)
        for known in (started, None):
            assert (await look(rig, known)).kind is FactKind.NOT_FOUND
        rig.lag(0)
        assert (await look(rig, started)).kind is FactKind.CAPTURED

    @needs(Ability.VENDOR)
    async def test_gf09_a_decline_is_a_fact(self, rig: Rig) -> None:
        started = await start(rig)
        await rig.pay(started, How.DECLINED)
        fact = await look(rig, started)
        assert (fact.amount, fact.fee) == (None, None)
        if Ability.FINAL_DECLINES not in self.lacks:
            assert fact.kind is FactKind.FAILED
            assert fact.decline_code
        else:
            assert fact.kind is FactKind.REQUIRES_ACTION
            await rig.pay(started, How.SUCCESS)
            assert (await look(rig, started)).kind is FactKind.CAPTURED

    @needs(Ability.VENDOR)
    async def test_a_slow_payment_is_in_processing_until_it_settles(self, rig: Rig) -> None:
        started = await start(rig)
        await rig.pay(started, How.SLOW)
        fact = await look(rig, started)
        assert (fact.kind, fact.amount) == (FactKind.PROCESSING, None)
        await rig.settle()
        fact = await look(rig, started)
        assert (fact.kind, fact.amount) == (FactKind.CAPTURED, price(rig))

    @needs(Ability.CLOSE_PAGE)
    @pytest.mark.parametrize("knows_ref", [True, False])
    async def test_an_open_payment_is_canceled_and_stays_so(self, rig: Rig, knows_ref: bool) -> None:
        started = await start(rig)
        ref = AttemptRef(AttemptId("pay_1"), started.gateway_ref if knows_ref else None)
        for _ in range(2):
            fact = await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")
            assert (fact.kind, fact.gateway_ref) == (FactKind.CANCELED, started.gateway_ref)
        assert (await look(rig, started)).kind is FactKind.CANCELED

    @needs(Ability.VENDOR)
    @pytest.mark.parametrize("how", [How.SUCCESS, How.SLOW, How.DECLINED])
    async def test_ll04_a_cancel_that_comes_too_late_answers_with_what_is_true(
        self, rig: Rig, how: How
    ) -> None:
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
                How.DECLINED: FactKind.CANCELED if Ability.FINAL_DECLINES in self.lacks else FactKind.FAILED,
            }[how]
        )

    @needs(Ability.VENDOR)
    async def test_canceling_what_is_not_there_proves_nothing(self, rig: Rig) -> None:
        for gateway_ref in (None, "unknown"):
            ref = AttemptRef(AttemptId("pay_1"), gateway_ref)
            fact = await rig.gateway.cancel(rig.account, ref, key="cancel-pay_1")
            assert fact.kind is FactKind.NOT_FOUND

    @needs(Ability.VENDOR, Ability.LIST_UNPAID)
    async def test_gf28_the_list_has_every_payment_once_in_pages(self, rig: Rig) -> None:
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

    @needs(Ability.VENDOR)
    async def test_another_account_sees_nothing(self, rig: Rig) -> None:
        started = await captured(rig)
        wrong = rig.wrong_account()
        for call in (
            rig.gateway.check(wrong),
            rig.gateway.look_up(wrong, AttemptRef(AttemptId("pay_1"), started.gateway_ref)),
            rig.gateway.start(wrong, order(rig, "pay_2"), key="start-pay_2"),
            rig.gateway.refund(wrong, refund_of(rig, started, 1), key="refund-re_1"),
        ):
            with pytest.raises(Rejected) as refused:
                await call
            assert refused.value.is_account_trouble
        await rig.gateway.check(rig.account)

    async def test_what_it_can_charge_it_accepts(self, rig: Rig) -> None:
        assert len(rig.amounts) > 1
        assert [amount for amount in rig.amounts if not rig.gateway.accepts(amount)] == []
        assert [amount for amount in rig.amounts if not rig.gateway.accepts(amount, rig.account)] == []

    @needs(Ability.VENDOR)
    async def test_mc02_amounts_come_back_as_they_went(self, rig: Rig) -> None:
        for number, amount in enumerate(rig.amounts):
            started = await captured(rig, f"pay_{number}", amount)
            assert (await look(rig, started, f"pay_{number}")).amount == amount

    async def test_it_holds_money_where_it_says_so(self, rig: Rig) -> None:
        assert rig.gateway.captures_manually is (Ability.HOLD_MONEY not in self.lacks)

    async def test_what_it_cannot_charge_it_does_not_accept(self, rig: Rig) -> None:
        assert [amount for amount in rig.refused if rig.gateway.accepts(amount)] == []
        assert [amount for amount in rig.refused if rig.gateway.accepts(amount, rig.account)] == []

    async def test_secrets_are_not_shown(self, rig: Rig) -> None:
        shown = repr(rig.account)
        assert not any(
            secret in shown for secret in (*rig.account.credentials.values(), *rig.account.webhook_secrets)
        )
