"""Refunds that meet trouble: told once, never doubled, never stuck in silence, and only on their own gateway account."""

from dataclasses import replace

import pytest

from linktill.core.payment_attempt import AttemptFact, FactKind, PaymentAttempt
from linktill.core.refund import Refund, RefundFact, RefundFactKind, RefundReason, RefundStatus
from linktill.flows.accounts import add_account, new_account_id
from linktill.flows.apply_fact import apply_fact
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.refund_payment import apply_refund_fact, refund_payment
from linktill.flows.schedule import BOUNCE_LOOKS_S
from linktill.flows.services import moment_of
from linktill.gateways.contract import Account, OutcomeUnknown, RefundOrder, RefundRef, Rejected
from linktill.gateways.sandbox import SandboxGateway
from linktill.sandbox.faults import FaultKind
from linktill.storage import attempt_lists, events, foreign_payments, refunds
from tests.flows.refunding import fresh, refunded
from tests.make import Shop, usd

DAY_S = 24 * 3_600


async def told(shop: Shop, refund: Refund, kind: RefundFactKind, amount_minor: int) -> Refund:
    fact = RefundFact(kind, gateway_ref="sbref_1", reference=refund.id, amount=usd(amount_minor))
    return await shop.services.database.run(
        apply_refund_fact, moment_of(shop.services), shop.id, refund.id, fact
    )


async def types(shop: Shop) -> list[str]:
    found = await shop.services.database.read(events.list_events, shop.id, limit=100)
    return [event.type.value for event in reversed(found)]


@pytest.mark.parametrize("how", ["unplugged", "rate limited"])
async def test_gf15_a_refund_that_was_surely_not_sent_is_still_unsent(shop: Shop, how: str) -> None:
    payment = await shop.pay(await shop.link(), card="dispute_lost")
    if how == "unplugged":
        shop.wire.is_plugged = False
    else:
        shop.running.app.faults.plan(FaultKind.RATE_LIMITED, f"POST /v1/payments/{payment.gateway_ref}")
    refund = await refunded(shop, payment.id)
    await shop.poll()
    assert (await fresh(shop, refund)).status is RefundStatus.PENDING
    shop.wire.is_plugged = True
    # Now it is disputed: the gateway refuses, and since nothing was ever sent, that is final.
    await shop.later(60)
    assert (await fresh(shop, refund)).status is RefundStatus.FAILED
    assert (await shop.attempt(payment.id)).refund_requested_minor == 0


async def test_a_call_that_was_not_sent_says_nothing_of_the_next_turns_call(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    refund = await refunded(shop, payment.id)
    database, soon = shop.services.database, shop.services.clock.now_us() + 60_000_000
    assert await database.run(refunds.take_poll, refund, poll_at=soon, started_at=1)
    await database.run(refunds.note_not_sent, refund)
    assert (await fresh(shop, refund)).started_at is None
    taken = await fresh(shop, refund)
    assert await database.run(refunds.take_poll, taken, poll_at=soon + 1, started_at=2)
    await database.run(refunds.note_not_sent, refund)
    assert (await fresh(shop, refund)).started_at == 2


@pytest.mark.parametrize("is_answered", [True, False])
async def test_cc17_a_refusal_from_before_says_nothing_of_the_call_that_was_made_since(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_answered: bool
) -> None:
    payment = await shop.pay(await shop.link())
    refund = await refunded(shop, payment.id)
    send, calls = SandboxGateway.refund, 0

    async def refused_first(
        self: SandboxGateway, account: Account, order: RefundOrder, *, key: str
    ) -> RefundFact:
        nonlocal calls
        calls += 1
        if calls == 1:
            await shop.later(
                200
            )  # its process stands still with the refusal in its hands, and another one goes on
            raise Rejected("The payment is disputed.", code="not_refundable")
        fact = await send(self, account, order, key=key)
        if not is_answered:
            raise OutcomeUnknown("The sandbox did not answer.")
        return fact

    monkeypatch.setattr(SandboxGateway, "refund", refused_first)
    await shop.poll()
    wanted = RefundStatus.SUCCEEDED if is_answered else RefundStatus.PENDING
    assert (calls, (await fresh(shop, refund)).status) == (2, wanted)
    await shop.later(200)
    assert (await fresh(shop, refund)).status is RefundStatus.SUCCEEDED
    assert (await shop.attempt(payment.id)).refunded_minor == 4_000
    await shop.check()


async def test_gf15_a_refund_nobody_can_find_is_told_and_stays_reserved(shop: Shop) -> None:
    payment = await shop.pay(await shop.link(), card="dispute_lost")
    shop.running.app.faults.plan(FaultKind.CUT_BEFORE, f"POST /v1/payments/{payment.gateway_ref}")
    refund = await refunded(shop, payment.id)
    await shop.poll()
    await shop.later(60)
    assert (await fresh(shop, refund)).status is RefundStatus.PENDING
    for _ in range(4):
        await shop.later(DAY_S)
    assert (await fresh(shop, refund)).status is RefundStatus.UNKNOWN
    assert (await shop.attempt(payment.id)).refund_requested_minor == 4_000
    assert (await types(shop)).count("refund.outcome_unknown") == 1


async def test_gf04_a_stored_error_is_looked_up_and_not_sent_again(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    shop.running.app.faults.plan(
        FaultKind.ERROR_AFTER, f"POST /v1/payments/{payment.gateway_ref}", times=1_000
    )
    refund = await refunded(shop, payment.id)
    await shop.poll()
    await shop.later(16)
    assert (await fresh(shop, refund)).status is RefundStatus.SUCCEEDED
    assert len([one for one in shop.wire.sent if one.url.endswith("/refunds")]) == 1


@pytest.mark.parametrize("kind", [RefundFactKind.SUCCEEDED, RefundFactKind.FAILED])
async def test_an_odd_amount_does_not_reopen_a_refund_that_is_over(shop: Shop, kind: RefundFactKind) -> None:
    payment = await shop.pay(await shop.link())
    refund = await refunded(shop, payment.id, 1_000)
    over = await told(shop, refund, kind, 1_000)
    before = await shop.attempt(payment.id)
    assert (await told(shop, refund, RefundFactKind.SUCCEEDED, 999)).status is over.status
    assert (await told(shop, refund, RefundFactKind.SUCCEEDED, 1_000)).status is over.status
    after = await shop.attempt(payment.id)
    assert (after.refund_requested_minor, after.refunded_minor) == (
        before.refund_requested_minor,
        before.refunded_minor,
    )


async def test_an_odd_amount_of_an_open_refund_is_told_and_moves_nothing(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    refund = await refunded(shop, payment.id, 1_000)
    assert (await told(shop, refund, RefundFactKind.SUCCEEDED, 999)).status is RefundStatus.UNKNOWN
    assert (await shop.balances()).get("refunds", 0) == 0
    assert (await told(shop, refund, RefundFactKind.SUCCEEDED, 1_000)).status is RefundStatus.SUCCEEDED
    assert (await shop.balances())["refunds"] == 1_000


async def test_wi19_gf16_a_refund_that_bounces_is_found_though_its_webhook_was_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await shop.pay(await shop.link())
    refund = await refunded(shop, payment.id, 1_000)
    kept = await refunded(shop, payment.id, 500)
    await shop.poll()
    look_up, asked = SandboxGateway.look_up_refund, 0

    async def bounced(gateway: SandboxGateway, account: Account, ref: RefundRef) -> RefundFact:
        nonlocal asked
        asked += 1
        fact = await look_up(gateway, account, ref)
        return replace(fact, kind=RefundFactKind.FAILED) if ref.reference == refund.id else fact

    monkeypatch.setattr(SandboxGateway, "look_up_refund", bounced)
    await shop.later(DAY_S - 60)
    assert asked == 0
    await shop.later(60)
    assert (await fresh(shop, refund)).status is RefundStatus.FAILED
    assert (await shop.balances())["refunds"] == 500
    for _ in range(40):
        await shop.later(DAY_S)
    assert asked == 1 + len(BOUNCE_LOOKS_S)
    assert ((await fresh(shop, kept)).status, (await fresh(shop, kept)).poll_at) == (
        RefundStatus.SUCCEEDED,
        None,
    )
    assert len([one for one in shop.wire.sent if one.url.endswith("/refunds")]) == 2


async def test_a_refund_that_is_over_is_never_sent(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    refund = await refunded(shop, payment.id, 1_000)
    await told(shop, refund, RefundFactKind.SUCCEEDED, 1_000)
    for _ in range(3):
        await shop.later(2 * DAY_S)
    assert (await fresh(shop, refund)).status is RefundStatus.SUCCEEDED
    assert [one for one in shop.wire.sent if one.url.endswith("/refunds")] == []


async def test_news_of_a_refund_count_only_from_its_own_gateway_account(shop: Shop) -> None:
    other_id = new_account_id(shop.services)
    own = shop.account
    await add_account(
        shop.services, Account(shop.id, other_id, "sandbox", own.credentials, own.webhook_secrets)
    )
    payment = await shop.pay(await shop.link(), card="refund_fails")
    refund = await refunded(shop, payment.id)
    await shop.poll()
    seen = len(shop.running.receiver.received)
    await shop.running.step(60)
    for headers, body in shop.running.receiver.received[seen:]:
        await receive_webhook(shop.services, "sandbox", other_id, headers, body)
    while await process_inbox(shop.services):
        pass
    assert (await fresh(shop, refund)).status is RefundStatus.PENDING
    [foreign] = await shop.services.database.read(foreign_payments.list_foreign, shop.id)
    assert (foreign.gateway_account_id, foreign.amount_minor) == (other_id, 4_000)
    await shop.deliver()
    assert (await fresh(shop, refund)).status is RefundStatus.FAILED


async def test_money_owed_back_is_booked_as_such_whoever_sends_it_back(shop: Shop) -> None:
    """A surplus payment whose own refund bounced, refunded by hand: it never counted on the link, nor as a sale."""
    link = await shop.link()
    first = await shop.press_pay(link, "1")
    lost = AttemptFact(FactKind.FAILED)
    await shop.services.database.run(
        apply_fact, moment_of(shop.services), shop.id, first.session.attempt_id, lost
    )
    await shop.pay(link, "2")
    await shop.fill_card(first, "refund_fails")
    await shop.deliver()
    surplus = await shop.attempt(first.session.attempt_id)
    assert surplus.is_surplus
    await shop.poll()
    await shop.running.step(60)
    await shop.deliver()
    assert (await shop.balances())["surplus_payments"] == -4_000
    assert [one.id for one in await to_decide(shop)] == [surplus.id]
    refund = await refunded(shop, surplus.id)
    assert await to_decide(shop) == []
    await told(shop, refund, RefundFactKind.SUCCEEDED, 4_000)
    balances = await shop.balances()
    assert (balances["surplus_payments"], balances.get("refunds", 0)) == (0, 0)
    assert (await shop.fresh(link)).refunded_minor == 0


async def test_a_reason_does_not_decide_where_a_refund_is_booked(shop: Shop) -> None:
    link = await shop.link()
    payment = await shop.pay(link)
    refund = await refund_payment(
        shop.services, shop.id, payment.id, amount_minor=1_000, reason=RefundReason.SURPLUS
    )
    await told(shop, refund, RefundFactKind.SUCCEEDED, 1_000)
    assert (await shop.balances())["refunds"] == 1_000
    assert (await shop.fresh(link)).refunded_minor == 1_000


async def to_decide(shop: Shop) -> list[PaymentAttempt]:
    return await shop.services.database.read(attempt_lists.attempts_to_decide, shop.id, limit=10)
