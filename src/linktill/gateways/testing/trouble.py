"""What a failure proves. Only a failure to connect, or a 429, proves that nothing was done."""

from typing import Final

import pytest

from linktill.core.ids import AttemptId, RefundId
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import AttemptRef, OutcomeUnknown, RefundRef, Started, Unavailable
from linktill.gateways.testing.base import Base, needs
from linktill.gateways.testing.rig import Ability, Break, Rig
from linktill.gateways.testing.steps import captured, look, order, price, refund_of, start

EXECUTED: Final = frozenset({Break.CUT_AFTER, Break.ERROR_AFTER, Break.NONSENSE_AFTER})
UNSURE: Final = sorted(set(Break) - {Break.RATE_LIMITED})


@needs(Ability.VENDOR)
class Trouble(Base):
    """A broken connection, a vendor in trouble, nonsense."""

    @pytest.mark.parametrize("how", UNSURE)
    async def test_gf02_gf04_a_start_without_an_answer_is_unknown_and_the_same_key_settles_it(
        self, rig: Rig, how: Break
    ) -> None:
        asked = order(rig)
        rig.break_next(how)
        with pytest.raises(OutcomeUnknown):
            await rig.gateway.start(rig.account, asked, key="start-pay_1")
        assert len(await rig.references_at_vendor()) == (1 if how in EXECUTED else 0)

        started = await rig.gateway.start(rig.account, asked, key="start-pay_1")
        assert (await look(rig, started)).gateway_ref == started.gateway_ref
        if Ability.FIND_BY_REFERENCE not in self.lacks:
            assert (await look(rig, None)).gateway_ref == started.gateway_ref
        assert len(await rig.references_at_vendor()) == 1

    @pytest.mark.parametrize("how", UNSURE)
    async def test_gf15_a_refund_without_an_answer_is_unknown_and_the_same_key_settles_it(
        self, rig: Rig, how: Break
    ) -> None:
        started = await captured(rig)
        asked = refund_of(rig, started, 4_000)
        rig.break_next(how, on="/refund")
        with pytest.raises(OutcomeUnknown):
            await rig.gateway.refund(rig.account, asked, key="refund-re_1")
        await rig.settle()
        ref = RefundRef(RefundId("re_1"), None, started.gateway_ref)
        found = await rig.gateway.look_up_refund(rig.account, ref)
        assert found.kind is (RefundFactKind.SUCCEEDED if how in EXECUTED else RefundFactKind.NOT_FOUND)

        assert (await rig.gateway.refund(rig.account, asked, key="refund-re_1")).amount == price(rig)

    @needs(Ability.CLOSE_PAGE)
    @pytest.mark.parametrize("how", UNSURE)
    async def test_a_cancel_without_an_answer_is_unknown(self, rig: Rig, how: Break) -> None:
        started = await start(rig)
        rig.break_next(how)
        with pytest.raises(OutcomeUnknown):
            await rig.gateway.cancel(
                rig.account, AttemptRef(AttemptId("pay_1"), started.gateway_ref), key="cancel-pay_1"
            )
        expected = FactKind.CANCELED if how in EXECUTED else FactKind.REQUIRES_ACTION
        assert (await look(rig, started)).kind is expected

    @pytest.mark.parametrize("how", UNSURE)
    async def test_a_look_up_without_an_answer_may_be_asked_again(self, rig: Rig, how: Break) -> None:
        started = await start(rig)
        rig.break_look(how)
        with pytest.raises(Unavailable):
            await look(rig, started)
        if Ability.FIND_BY_REFERENCE not in self.lacks:
            rig.break_look(how)
            with pytest.raises(Unavailable):
                await look(rig, None)
        assert (await look(rig, started)).kind is FactKind.REQUIRES_ACTION

    async def test_gf07_a_rate_limit_proves_that_nothing_was_done(self, rig: Rig) -> None:
        rig.break_next(Break.RATE_LIMITED)
        with pytest.raises(Unavailable) as trouble:
            await start(rig)
        assert trouble.value.retry_after_s == 1
        assert await rig.references_at_vendor() == []

    async def test_no_connection_proves_that_nothing_was_done(self, rig: Rig) -> None:
        rig.wire.is_plugged = False
        with pytest.raises(Unavailable):
            await start(rig)
        with pytest.raises(Unavailable):
            await look(rig, Started("PAY1", ""))
        rig.wire.is_plugged = True
        assert await rig.references_at_vendor() == []

    async def test_gf27_each_call_is_one_request_whatever_happens_to_it(self, rig: Rig) -> None:
        asked = order(rig)
        for how in Break:
            rig.break_next(how)
            rig.wire.sent.clear()
            with pytest.raises((OutcomeUnknown, Unavailable)):
                await rig.gateway.start(rig.account, asked, key="start-pay_1")
            assert len(rig.wire.sent) == 1
