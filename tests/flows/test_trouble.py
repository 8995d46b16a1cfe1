"""Gateway trouble and crashes: unknown stays unknown, nothing is charged twice, no slot leaks."""

import pytest

from linktill.core.errors import GatewayTrouble, PaymentInProgress
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.flows import start_payment as flow
from linktill.flows.manage_links import edit_link
from linktill.flows.resolve_attempt import resolve_attempt
from linktill.gateways.contract import OutcomeUnknown
from linktill.sandbox.faults import FaultKind
from tests.flows.crashing import press_pay_and_crash
from tests.flows.edits import raised_to
from tests.make import Shop

START = "POST /v1/payments"
TTL_S = flow.SESSION_TTL_US // 1_000_000


async def test_gf26_a_gateway_that_cannot_be_reached_frees_the_slot_at_once(shop: Shop) -> None:
    link = await shop.link()
    shop.wire.is_plugged = False
    with pytest.raises(GatewayTrouble):
        await shop.press_pay(link)
    shop.wire.is_plugged = True
    [attempt] = await shop.attempts(link)
    assert (attempt.status, attempt.decline_code) == (AttemptStatus.FAILED, "gateway_unavailable")
    assert (await shop.fresh(link)).slots_taken == 0
    payment = await shop.pay(link)
    assert payment.status is AttemptStatus.CAPTURED


@pytest.mark.parametrize(
    "fault", [FaultKind.CUT_AFTER, FaultKind.CUT_BEFORE, FaultKind.HTML_AFTER, FaultKind.ERROR_AFTER]
)
async def test_gf02_gf13_a_lost_reply_is_unknown_and_resolved_with_the_same_key(
    shop: Shop, fault: FaultKind
) -> None:
    link = await shop.link()
    shop.running.app.faults.plan(fault, START)
    result = await shop.press_pay(link)
    assert result.redirect_url is None
    attempt = await shop.attempt(result.session.attempt_id)
    assert attempt.status is AttemptStatus.UNKNOWN
    with pytest.raises(PaymentInProgress):
        await shop.press_pay(link, "2")
    again = await shop.press_pay(link)
    if fault is FaultKind.ERROR_AFTER:
        # GF04: a stored 500 is replayed for this key; only a look-up gets further.
        await shop.later(61)
    else:
        assert again.redirect_url is not None
    attempt = await shop.attempt(result.session.attempt_id)
    assert attempt.gateway_ref is not None
    response = await shop.running.pay(attempt.gateway_ref)
    assert response.status == 303
    await shop.deliver()
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CAPTURED
    assert (await shop.balances())["sales"] == -4_000


async def test_gf13_a_crash_after_the_intent_is_found_by_the_reconciler(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    await press_pay_and_crash(shop, link, monkeypatch)
    [attempt] = await shop.attempts(link)
    assert attempt.status is AttemptStatus.CREATED
    await shop.later(61)
    [attempt] = await shop.attempts(link)
    assert attempt.status is AttemptStatus.REQUIRES_ACTION
    await shop.later(TTL_S)
    [attempt] = await shop.attempts(link)
    assert attempt.status is AttemptStatus.CANCELED
    assert (await shop.fresh(link)).slots_taken == 0


async def test_gf04_what_a_look_found_stays_known_though_it_cannot_be_canceled(shop: Shop) -> None:
    link = await shop.link()
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    payment_id = (await shop.press_pay(link)).session.attempt_id
    assert (await shop.attempt(payment_id)).status is AttemptStatus.UNKNOWN
    shop.running.app.faults.plan(FaultKind.ERROR_BEFORE, f"{START}/", times=1_000)
    with pytest.raises(OutcomeUnknown):
        await resolve_attempt(shop.services, await shop.attempt(payment_id), is_given_up=True)
    attempt = await shop.attempt(payment_id)
    assert attempt.status is AttemptStatus.REQUIRES_ACTION
    assert attempt.gateway_ref is not None
    assert (await shop.fresh(link)).slots_taken == 1
    shop.running.app.faults.clear()
    after = await resolve_attempt(shop.services, attempt, is_given_up=True)
    assert after.status is AttemptStatus.CANCELED
    assert (await shop.fresh(link)).slots_taken == 0


async def test_ll04_the_slot_of_an_abandoned_checkout_is_freed_by_the_gateways_word(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.later(TTL_S - 60)
    assert (await shop.fresh(link)).slots_taken == 1
    await shop.later(120)
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CANCELED
    assert (await shop.fresh(link)).slots_taken == 0
    payment = await shop.pay(link, "2")
    assert payment.status is AttemptStatus.CAPTURED


async def test_gf19_while_the_gateway_is_down_nothing_is_guessed(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "webhook_lost")
    shop.wire.is_plugged = False
    await shop.later(2 * TTL_S)
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.REQUIRES_ACTION
    assert (await shop.fresh(link)).slots_taken == 1
    shop.wire.is_plugged = True
    await shop.later(24 * 3600)
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED


async def test_ll03_a_link_that_expires_during_the_challenge_honors_the_payment(shop: Shop) -> None:
    link = await shop.link(expires_at=shop.services.clock.now_us() + 60_000_000)
    result = await shop.press_pay(link)
    await shop.running.step(120)
    await shop.fill_card(result)
    await shop.deliver()
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED


async def test_ll12_ll13_a_limit_below_what_was_used_closes_and_raised_opens_again(shop: Shop) -> None:
    link = await shop.link(payments_max=5)
    await shop.pay(link, "1")
    await shop.pay(link, "2")
    closed = await edit_link(shop.services, shop.id, link.id, raised_to(2), by="test")
    assert closed.status is LinkStatus.SOLD_OUT
    opened = await edit_link(shop.services, shop.id, link.id, raised_to(3), by="test")
    assert opened.status is LinkStatus.ACTIVE
    await shop.pay(opened, "3")
    assert (await shop.fresh(link)).status is LinkStatus.SOLD_OUT
