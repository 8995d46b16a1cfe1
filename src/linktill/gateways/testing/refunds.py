"""What every adapter must do with money that goes back, and with what is there already."""

import asyncio

import pytest

from linktill.core.ids import RefundId
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import RefundRef, Rejected
from linktill.gateways.testing.base import Base, needs
from linktill.gateways.testing.rig import Ability, Rig
from linktill.gateways.testing.steps import captured, price, refund_of, start


@needs(Ability.VENDOR)
class Refunds(Base):
    """Refunds, in full and in part."""

    async def test_a_payment_is_refunded_in_parts_up_to_its_amount(self, rig: Rig) -> None:
        started = await captured(rig)
        first = await rig.gateway.refund(rig.account, refund_of(rig, started, 1_500), key="refund-re_1")
        second = await rig.gateway.refund(
            rig.account, refund_of(rig, started, 2_500, "re_2"), key="refund-re_2"
        )
        assert (first.reference, first.amount) == ("re_1", price(rig, 1_500))
        assert (second.reference, second.amount) == ("re_2", price(rig, 2_500))
        with pytest.raises(Rejected):
            await rig.gateway.refund(rig.account, refund_of(rig, started, 1, "re_3"), key="refund-re_3")
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

    async def test_cc11_the_same_refund_key_gives_one_refund(self, rig: Rig) -> None:
        started = await captured(rig)
        asked = refund_of(rig, started, 1_500)
        answers = await asyncio.gather(
            *(rig.gateway.refund(rig.account, asked, key="refund-re_1") for _ in range(5))
        )
        assert len(set(answers)) == 1
        rest = await rig.gateway.refund(
            rig.account, refund_of(rig, started, 2_500, "re_2"), key="refund-re_2"
        )
        assert rest.amount == price(rig, 2_500)

    async def test_what_is_not_captured_is_not_refunded(self, rig: Rig) -> None:
        started = await start(rig)
        with pytest.raises(Rejected):
            await rig.gateway.refund(rig.account, refund_of(rig, started, 1), key="refund-re_1")

    async def test_the_list_of_refunds_has_each_with_its_payment(self, rig: Rig) -> None:
        before = rig.now()
        started = await captured(rig)
        for number in (1, 2, 3):
            asked = refund_of(rig, started, 100 * number, f"re_{number}")
            await rig.gateway.refund(rig.account, asked, key=f"refund-re_{number}")
        await rig.settle()
        page = await rig.gateway.list_refunds(rig.account, since=before, cursor=None)
        assert [(fact.reference, fact.payment_ref, fact.amount) for fact in page.refunds] == [
            (f"re_{number}", started.gateway_ref, price(rig, 100 * number)) for number in (1, 2, 3)
        ]
        assert page.next_cursor is None
