"""Refunds: reserved first, sent once, booked when the gateway says so, and returned to the books when they bounce."""

import asyncio

import pytest

from linktill.core.errors import FieldInvalid, NotFound, RefundTooLarge, TransitionRefused
from linktill.core.ids import AttemptId
from linktill.core.payment_link import LinkStatus
from linktill.core.refund import Refund, RefundReason, RefundStatus
from linktill.flows.refund_payment import refund_payment
from linktill.sandbox.faults import FaultKind
from tests.flows.refunding import fresh, refunded
from tests.make import Shop

FEE = 146
SEND = "/refunds"


def sends(shop: Shop) -> int:
    return len([request for request in shop.wire.sent if request.url.endswith(SEND)])


async def test_ll10_a_full_refund_is_booked_and_does_not_reopen_the_link(shop: Shop) -> None:
    link = await shop.link()
    payment = await shop.pay(link)
    refund = await refunded(shop, payment.id)
    assert (refund.status, refund.amount.minor) == (RefundStatus.PENDING, 4_000)
    await shop.poll()
    assert (await fresh(shop, refund)).status is RefundStatus.SUCCEEDED
    after = await shop.fresh(link)
    assert (after.status, after.refunded_minor) == (LinkStatus.COMPLETED, 4_000)
    assert await shop.balances() == {
        "clearing": -FEE,
        "gateway_fees": FEE,
        "sales": -4_000,
        "refunds": 4_000,
    }


async def test_mc10_partial_refunds_of_odd_cents_sum_to_the_whole(shop: Shop) -> None:
    payment = await shop.pay(await shop.link(1_001))
    for part in (333, 334, 334):
        await refunded(shop, payment.id, part)
    await shop.poll()
    with pytest.raises(RefundTooLarge):
        await refunded(shop, payment.id, 1)
    with pytest.raises(RefundTooLarge):
        await refunded(shop, payment.id)
    after = await shop.attempt(payment.id)
    assert (after.refunded_minor, after.refund_requested_minor) == (1_001, 1_001)
    assert (await shop.balances())["refunds"] == 1_001


async def test_cc11_many_refunds_at_once_never_exceed_the_payment(shop: Shop) -> None:
    payment = await shop.pay(await shop.link(1_000))
    results = await asyncio.gather(
        *(refunded(shop, payment.id, 400) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(result, Refund) for result in results) == 2
    assert all(isinstance(result, RefundTooLarge) for result in results if not isinstance(result, Refund))
    assert (await shop.attempt(payment.id)).refund_requested_minor == 800


async def test_refusals_move_nothing(shop: Shop) -> None:
    link = await shop.link()
    pending = (await shop.press_pay(link)).session.attempt_id
    with pytest.raises(TransitionRefused):
        await refunded(shop, pending)
    with pytest.raises(NotFound):
        await refunded(shop, AttemptId("pay_nobody"))
    for bad in (0, -1):
        with pytest.raises(FieldInvalid):
            await refunded(shop, (await shop.pay(await shop.link())).id, bad)
    assert sends(shop) == 0


async def test_gf15_a_lost_reply_is_sent_again_with_the_same_key_and_refunds_once(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, f"POST /v1/payments/{payment.gateway_ref}")
    refund = await refunded(shop, payment.id, 1_000)
    await shop.poll()
    assert (await fresh(shop, refund)).status is RefundStatus.PENDING
    with pytest.raises(RefundTooLarge):
        await refunded(shop, payment.id, 3_001)
    await shop.later(16)
    assert (await fresh(shop, refund)).status is RefundStatus.SUCCEEDED
    keys = {request.headers["idempotency-key"] for request in shop.wire.sent if request.url.endswith(SEND)}
    assert keys == {f"refund-{refund.id}"}
    assert (await shop.balances())["refunds"] == 1_000


async def test_cc13_webhook_and_reply_of_a_refund_book_it_once(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    await refunded(shop, payment.id, 500)
    await asyncio.gather(shop.poll(), shop.deliver())
    await shop.deliver()
    await shop.deliver(again=True)
    assert (await shop.balances())["refunds"] == 500


async def test_gf16_a_refund_that_bounces_later_is_taken_back_in_the_books(shop: Shop) -> None:
    link = await shop.link()
    payment = await shop.pay(link, card="refund_fails")
    refund = await refunded(shop, payment.id, 1_500)
    await shop.poll()
    await shop.running.step(60)
    await shop.deliver()
    failed = await fresh(shop, refund)
    assert failed.status is RefundStatus.FAILED
    assert failed.failure_code
    assert (await shop.balances()).get("refunds", 0) == 0
    after = await shop.attempt(payment.id)
    assert (after.refunded_minor, after.refund_requested_minor) == (0, 0)
    assert (await shop.fresh(link)).refunded_minor == 0


async def test_a_gateway_that_is_down_keeps_the_refund_pending(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    shop.wire.is_plugged = False
    refund = await refunded(shop, payment.id)
    await shop.poll()
    assert (await fresh(shop, refund)).status is RefundStatus.PENDING
    shop.wire.is_plugged = True
    await shop.later(3_600)
    assert (await fresh(shop, refund)).status is RefundStatus.SUCCEEDED


async def test_a_note_with_a_card_number_is_refused(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    with pytest.raises(FieldInvalid) as refused:
        await refund_payment(
            shop.services,
            shop.id,
            payment.id,
            amount_minor=1,
            reason=RefundReason.OTHER,
            note="card 4111 1111 1111 1111",
        )
    assert refused.value.param == "note"
