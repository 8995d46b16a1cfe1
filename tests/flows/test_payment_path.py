"""The path of a payment: pressed, paid, told, booked; whoever brings the news, in whatever order, however often."""

import asyncio

import pytest

from linktill.core.checkout_session import SessionStatus
from linktill.core.errors import LinkNotPayable, NotFound, PaymentInProgress, PriceChanged
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import pause_link
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.return_to_checkout import return_to_checkout
from linktill.flows.start_payment import PayForm, start_payment
from linktill.gateways.contract import SignatureRefused
from tests.make import Shop, usd

FEE = 146  # 2.9 % of 4,000, half up, and 30


async def test_a_bill_is_paid_once_and_booked(shop: Shop) -> None:
    link = await shop.link(4_000)
    payment = await shop.pay(link)
    assert payment.status is AttemptStatus.CAPTURED
    assert (payment.captured_minor, payment.fee_minor, payment.is_surplus) == (4_000, FEE, False)
    assert await shop.balances() == {"clearing": 4_000 - FEE, "gateway_fees": FEE, "sales": -4_000}
    after = await shop.fresh(link)
    assert after.status is LinkStatus.COMPLETED
    assert (after.captured_count, after.captured_minor, after.slots_taken) == (1, 4_000, 1)
    with pytest.raises(LinkNotPayable) as refused:
        await shop.press_pay(after, "2")
    assert refused.value.reason == "link_completed"
    assert len(await shop.attempts(link)) == 1


async def test_the_return_visit_brings_the_news_without_any_webhook(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result)
    visit = await return_to_checkout(shop.services, link.slug, result.session.id, result.session.token)
    assert visit is not None
    assert visit.attempt.status is AttemptStatus.CAPTURED
    assert visit.session.status is SessionStatus.PAID
    await shop.deliver()
    assert await shop.balances() == {"clearing": 4_000 - FEE, "gateway_fees": FEE, "sales": -4_000}


async def test_a_visit_is_shown_only_for_its_own_token(shop: Shop) -> None:
    link, other = await shop.link(), await shop.link()
    session = (await shop.press_pay(link)).session
    assert await return_to_checkout(shop.services, link.slug, session.id, "x") is None
    assert await return_to_checkout(shop.services, other.slug, session.id, session.token) is None
    assert await return_to_checkout(shop.services, "nothing", session.id, session.token) is None


async def test_wi19_without_any_messenger_the_reconciler_finds_the_money(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "webhook_lost")
    await shop.later(14)
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.REQUIRES_ACTION
    await shop.later(2)
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED


async def test_wi08_cc08_all_messengers_at_once_make_one_ledger_transaction(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "webhook_doubled")
    await shop.running.step(0)
    headers, body = shop.running.receiver.received[-1]
    received = await asyncio.gather(
        *(receive_webhook(shop.services, "sandbox", shop.account.id, headers, body) for _ in range(20))
    )
    assert sum(received) == 1
    session = result.session
    await asyncio.gather(
        *(process_inbox(shop.services) for _ in range(4)),
        *(return_to_checkout(shop.services, link.slug, session.id, session.token) for _ in range(8)),
    )
    await shop.deliver(again=True)
    assert await shop.balances() == {"clearing": 4_000 - FEE, "gateway_fees": FEE, "sales": -4_000}
    assert (await shop.fresh(link)).captured_count == 1


async def test_wi09_news_in_reverse_order_end_the_same(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "webhook_out_of_order")
    await shop.running.step(20)
    await shop.deliver(backwards=True)
    payment = await shop.attempt(result.session.attempt_id)
    assert payment.status is AttemptStatus.CAPTURED
    assert (await shop.balances())["sales"] == -4_000


async def test_gf09_a_decline_frees_the_slot_and_the_same_form_may_try_again(shop: Shop) -> None:
    link = await shop.link()
    declined = await shop.pay(link, card="insufficient_funds")
    assert declined.status is AttemptStatus.FAILED
    assert declined.decline_code == "insufficient_funds"
    assert (await shop.fresh(link)).slots_taken == 0
    assert await shop.balances() == {}
    again = await shop.press_pay(link)
    assert again.session.attempts == 2
    await shop.fill_card(again)
    await shop.deliver()
    assert (await shop.attempt(again.session.attempt_id)).status is AttemptStatus.CAPTURED
    assert [attempt.status for attempt in await shop.attempts(link)] == [
        AttemptStatus.CAPTURED,
        AttemptStatus.FAILED,
    ]


async def test_a_bank_debit_is_processing_until_it_settles(shop: Shop) -> None:
    link = await shop.link()
    payment = await shop.pay(link, card="debit_settles")
    assert payment.status is AttemptStatus.PROCESSING
    assert await shop.balances() == {}
    with pytest.raises(PaymentInProgress):
        await shop.press_pay(link, "2")
    await shop.running.step(6)
    await shop.deliver()
    assert (await shop.attempt(payment.id)).status is AttemptStatus.CAPTURED


async def test_cc01_a_double_click_makes_one_attempt(shop: Shop) -> None:
    link = await shop.link()
    first, second = await asyncio.gather(shop.press_pay(link), shop.press_pay(link))
    assert first.session.id == second.session.id
    assert first.redirect_url == second.redirect_url
    assert first.redirect_url is not None
    assert len(await shop.attempts(link)) == 1


async def test_cc02_two_tabs_on_a_bill_the_second_is_told_before_any_charge(shop: Shop) -> None:
    link = await shop.link()
    await shop.press_pay(link, "1")
    calls = len(shop.wire.sent)
    with pytest.raises(PaymentInProgress):
        await shop.press_pay(link, "2")
    assert len(shop.wire.sent) == calls
    assert len(await shop.attempts(link)) == 1


async def test_cc03_fifty_payers_at_once_reach_the_gateway_once(shop: Shop) -> None:
    link = await shop.link()
    results = await asyncio.gather(
        *(shop.press_pay(link, str(payer)) for payer in range(50)), return_exceptions=True
    )
    started = [result for result in results if not isinstance(result, BaseException)]
    assert len(started) == 1
    assert all(isinstance(result, PaymentInProgress) for result in results if result not in started)
    assert len([request for request in shop.wire.sent if request.url.endswith("/v1/payments")]) == 1
    assert (await shop.fresh(link)).slots_taken == 1


async def test_ll11_a_limit_of_three_takes_three_of_ten(shop: Shop) -> None:
    link = await shop.link(payments_max=3)
    results = await asyncio.gather(
        *(shop.press_pay(link, str(payer)) for payer in range(10)), return_exceptions=True
    )
    started = [result for result in results if not isinstance(result, BaseException)]
    assert len(started) == 3
    for result in started:
        await shop.fill_card(result)
    await shop.deliver()
    after = await shop.fresh(link)
    assert (after.status, after.captured_count) == (LinkStatus.SOLD_OUT, 3)


async def test_ll01_ll02_an_expired_link_takes_nothing(shop: Shop) -> None:
    link = await shop.link(expires_at=shop.services.clock.now_us() + 60_000_000)
    shop.running.clock.advance(61)
    with pytest.raises(LinkNotPayable) as refused:
        await shop.press_pay(link)
    assert refused.value.reason == "link_expired"
    assert shop.wire.sent == []
    assert await shop.attempts(link) == []


async def test_ll06_a_payer_who_pressed_pay_may_finish_on_a_canceled_link(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await cancel_link(shop.services, shop.id, link.id)
    with pytest.raises(LinkNotPayable):
        await shop.press_pay(link, "2")
    await shop.fill_card(result)
    await shop.deliver()
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED
    assert (await shop.fresh(link)).status is LinkStatus.CANCELED


async def test_a_paused_link_takes_nothing(shop: Shop) -> None:
    link = await shop.link()
    await pause_link(shop.services, shop.id, link.id)
    with pytest.raises(LinkNotPayable) as refused:
        await shop.press_pay(link)
    assert refused.value.reason == "link_paused"


async def test_ll08_another_price_than_displayed_is_refused(shop: Shop) -> None:
    link = await shop.link()
    with pytest.raises(PriceChanged):
        await shop.press_pay(link, amount=usd(3_999))
    with pytest.raises(PriceChanged):
        await shop.press_pay(link, version=link.version + 1)
    assert shop.wire.sent == []
    assert await shop.attempts(link) == []
    assert (await shop.fresh(link)).slots_taken == 0


async def test_an_unknown_address_and_a_short_form_token_are_refused(shop: Shop) -> None:
    link = await shop.link()
    with pytest.raises(NotFound):
        await start_payment(shop.services, "nothing", PayForm("x" * 20, 1, usd(4_000)))
    with pytest.raises(NotFound):
        await start_payment(shop.services, link.slug, PayForm("x" * 15, 1, usd(4_000)))


async def test_wi01_wi05_a_forged_webhook_leaves_nothing(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result)
    await shop.running.step(0)
    headers, body = shop.running.receiver.received[-1]
    for bad_headers, bad_body in (
        ({}, body),
        (headers, body + b" "),
        (headers, body.replace(b"4000", b"4001")),
        ({"sandbox-signature": "t=1,v1=00"}, body),
    ):
        with pytest.raises(SignatureRefused):
            await receive_webhook(shop.services, "sandbox", shop.account.id, bad_headers, bad_body)
    assert await process_inbox(shop.services) == 0
    with pytest.raises(NotFound):
        await receive_webhook(shop.services, "sandbox", "gwa_nobody", headers, body)
    with pytest.raises(NotFound):
        await receive_webhook(shop.services, "stripe", shop.account.id, headers, body)


async def test_wi12_a_payment_that_is_not_ours_is_parked(shop: Shop) -> None:
    await shop.running.paid(reference="pay_from_elsewhere")
    await shop.deliver()
    await shop.deliver(again=True)
    assert await shop.balances() == {}
