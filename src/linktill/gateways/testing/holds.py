"""What every adapter must do with money that is only held: say so, take it once, let go of it, and never both."""

import asyncio
from dataclasses import replace
from typing import Final

import pytest

from linktill.core.capture import EXPIRED
from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.gateways.contract import AttemptRef, GatewayError, OutcomeUnknown, Started
from linktill.gateways.testing.base import Base, needs
from linktill.gateways.testing.rig import Ability, Break, HoldRig
from linktill.gateways.testing.steps import order, price, refund_of

UNSURE: Final = (Break.CUT_BEFORE, Break.CUT_AFTER, Break.ERROR_AFTER, Break.NONSENSE_AFTER)


@needs(Ability.VENDOR, Ability.HOLD_MONEY)
class Holds(Base):
    """A payment that is captured by hand."""

    async def test_money_that_is_held_says_so_and_until_when(self, rig: HoldRig) -> None:
        assert rig.gateway.captures_manually
        started = await held(rig)
        fact = await look(rig, started)
        assert (fact.kind, fact.is_held) == (FactKind.AUTHORIZED, True)
        assert (fact.gateway_ref, fact.reference) == (started.gateway_ref, "pay_1")
        assert (fact.amount, fact.fee) == (None, None), "nothing was taken yet"
        assert fact.capture_before is not None or rig.gateway.authorization_lasts_s > 0
        if fact.capture_before is not None:
            assert fact.capture_before > rig.now()

    async def test_it_is_captured_once_under_its_key(self, rig: HoldRig) -> None:
        started = await held(rig)
        for _ in range(2):
            fact = await capture(rig, started)
            assert (fact.kind, fact.amount, fact.gateway_ref) == (
                FactKind.CAPTURED,
                price(rig),
                started.gateway_ref,
            )
        found = await look(rig, started)
        assert (found.kind, found.amount) == (FactKind.CAPTURED, price(rig))

    async def test_it_is_let_go_and_stays_so(self, rig: HoldRig) -> None:
        started = await held(rig)
        for _ in range(2):
            fact = await void(rig, started)
            assert (fact.kind, fact.amount, fact.gateway_ref) == (
                FactKind.CANCELED,
                None,
                started.gateway_ref,
            )
        assert (await look(rig, started)).kind is FactKind.CANCELED

    async def test_cc14_what_was_captured_is_not_let_go_and_the_other_way_round(self, rig: HoldRig) -> None:
        taken, let_go = await held(rig), await held(rig, "pay_2")
        await capture(rig, taken)
        assert (await void(rig, taken)).kind is FactKind.CAPTURED
        await void(rig, let_go, "pay_2")
        assert (await capture(rig, let_go, "pay_2")).kind is FactKind.CANCELED

    async def test_cc14_of_both_at_once_exactly_one_wins(self, rig: HoldRig) -> None:
        started = await held(rig)
        answers = await asyncio.gather(capture(rig, started), void(rig, started), return_exceptions=True)
        end = (await look(rig, started)).kind
        assert end in {FactKind.CAPTURED, FactKind.CANCELED}
        told = {each.kind for each in answers if isinstance(each, AttemptFact)}
        assert told == {end}, "whoever has an answer was told the truth"
        assert all(isinstance(each, AttemptFact | GatewayError) for each in answers)

    async def test_gf17_what_nobody_captures_in_time_is_let_go(self, rig: HoldRig) -> None:
        started = await held(rig)
        await rig.lapse(started)
        fact = await look(rig, started)
        assert (fact.kind, fact.amount, fact.decline_code) == (FactKind.CANCELED, None, EXPIRED)
        assert (await capture(rig, started)).kind is FactKind.CANCELED

    @pytest.mark.parametrize("how", UNSURE)
    @pytest.mark.parametrize("name", ["capture", "void"])
    async def test_gf02_without_an_answer_it_is_unknown_and_the_same_key_settles_it(
        self, rig: HoldRig, name: str, how: Break
    ) -> None:
        started, ask = await held(rig), {"capture": capture, "void": void}[name]
        rig.break_next(how, on=name)
        with pytest.raises(OutcomeUnknown):
            await ask(rig, started)
        end = {"capture": FactKind.CAPTURED, "void": FactKind.CANCELED}[name]
        is_done = how is not Break.CUT_BEFORE
        assert (await look(rig, started)).kind is (end if is_done else FactKind.AUTHORIZED)
        assert (await ask(rig, started)).kind is end
        assert (await look(rig, started)).kind is end

    async def test_closing_the_payer_s_page_lets_go_of_nothing(self, rig: HoldRig) -> None:
        started = await held(rig)
        fact = await rig.gateway.cancel(rig.account, ref_of(started), key="cancel-pay_1")
        assert (fact.kind, fact.is_held) == (FactKind.AUTHORIZED, True)
        assert (await look(rig, started)).kind is FactKind.AUTHORIZED

    async def test_what_was_captured_by_hand_is_refunded_like_any_money(self, rig: HoldRig) -> None:
        started = await held(rig)
        await capture(rig, started)
        refund = await rig.gateway.refund(rig.account, refund_of(rig, started, 1_000), key="refund-re_1")
        assert refund.amount == price(rig, 1_000)

    async def test_the_news_of_it_lead_to_the_payment(self, rig: HoldRig) -> None:
        started = await held(rig)
        await rig.settle()
        before = len(rig.webhooks())
        await capture(rig, started)
        await rig.settle()
        hints = [
            rig.gateway.verify(rig.account, headers, body, now=rig.now())
            for headers, body in rig.webhooks()[before:]
        ]
        assert any(hint.payment_ref == started.gateway_ref or hint.reference == "pay_1" for hint in hints)


async def held(rig: HoldRig, reference: str = "pay_1") -> Started:
    """A payment whose money is held, as the flows come to it."""
    asked = replace(order(rig, reference), is_manual=True)
    started = await rig.gateway.start(rig.account, asked, key=f"start-{reference}")
    await rig.agree(started)
    fact = await look(rig, started, reference)
    assert fact.kind is FactKind.AUTHORIZED, f"its payer has agreed, and the look-up says {fact}"
    if not fact.is_held:
        key = f"authorize-{reference}"
        fact = await rig.gateway.authorize(rig.account, ref_of(started, reference), key=key)
    assert (fact.kind, fact.is_held) == (FactKind.AUTHORIZED, True)
    return started


def ref_of(started: Started, reference: str = "pay_1") -> AttemptRef:
    """The payment by both of its names."""
    return AttemptRef(AttemptId(reference), started.gateway_ref, is_manual=True)


async def look(rig: HoldRig, started: Started, reference: str = "pay_1") -> AttemptFact:
    """What is true of it."""
    return await rig.gateway.look_up(rig.account, ref_of(started, reference))


async def capture(rig: HoldRig, started: Started, reference: str = "pay_1") -> AttemptFact:
    """Takes the money."""
    return await rig.gateway.capture(rig.account, ref_of(started, reference), key=f"capture-{reference}")


async def void(rig: HoldRig, started: Started, reference: str = "pay_1") -> AttemptFact:
    """Lets go of it."""
    return await rig.gateway.void(rig.account, ref_of(started, reference), key=f"void-{reference}")
