"""LL04, LL06: money that a link had no room for, where its merchant wants to be asked: kept once, or given back, never both."""

import asyncio

import pytest

from linktill.core.errors import FieldsInvalid, NotFound, TransitionRefused
from linktill.core.ids import AttemptId, RefundId
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.refund import RefundReason, RefundStatus
from linktill.flows.keep_surplus import keep_surplus
from linktill.flows.manage_links import read_link
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.flows.refund_payment import RefundAsked, refund_payment, request_refund
from linktill.flows.services import moment_of
from linktill.storage import attempt_lists, events, refunds
from tests.make import Shop

SETTINGS = MerchantSettings("Bea's Bikes", "bea@example.com", "USD", on_surplus="ask")


async def keep(shop: Shop, payment_id: AttemptId) -> PaymentAttempt:
    return await shop.services.database.run(keep_surplus, moment_of(shop.services), shop.id, payment_id)


async def refunds_of(shop: Shop, attempt: PaymentAttempt) -> list[tuple[RefundReason, RefundStatus]]:
    found = await shop.services.database.read(refunds.refunds_of, shop.id, attempt.id)
    return [(refund.reason, refund.status) for refund in found]


async def to_decide(shop: Shop) -> list[AttemptId]:
    found = await shop.services.database.read(attempt_lists.attempts_to_decide, shop.id, limit=10)
    return [attempt.id for attempt in found]


async def events_of(shop: Shop, attempt: PaymentAttempt) -> list[str]:
    found = await shop.services.database.read(events.list_events, shop.id, limit=100, attempt_id=attempt.id)
    return [event.type.value for event in reversed(found)]


@pytest.fixture
async def asked(shop: Shop) -> Shop:
    await change_settings(shop.services, shop.id, SETTINGS)
    return shop


async def test_without_a_choice_it_goes_back_by_itself_and_nothing_is_to_decide(shop: Shop):
    surplus = await shop.surplus()
    assert await refunds_of(shop, surplus) == [(RefundReason.SURPLUS, RefundStatus.SUCCEEDED)]
    assert await to_decide(shop) == []
    with pytest.raises(TransitionRefused, match="goes back to its payer"):
        await keep(shop, surplus.id)


async def test_it_waits_for_a_person_who_keeps_it_once(asked: Shop):
    surplus = await asked.surplus()
    assert (surplus.is_surplus, surplus.refund_requested_minor) == (True, 0)
    assert await refunds_of(asked, surplus) == []
    assert await to_decide(asked) == [surplus.id]
    assert (await asked.balances())["surplus_payments"] == -4_000
    kept = await keep(asked, surplus.id)
    assert kept.surplus_kept_at is not None
    assert await keep(asked, surplus.id) == kept, "the same words again change nothing"
    assert await to_decide(asked) == []
    balances = await asked.balances()
    assert (balances.get("surplus_payments", 0), balances["sales"]) == (0, -8_000)
    told = await events_of(asked, surplus)
    assert [told.count(word) for word in ("payment.surplus_noticed", "payment.surplus_kept")] == [1, 1]
    # It does not count on the link, which was paid by somebody else.
    link = (await read_link(asked.services, asked.id, kept.link_id)).link
    assert (link.captured_count, link.captured_minor) == (1, 4_000)
    await asked.check()


async def test_it_is_given_back_instead_and_cannot_be_kept_then(asked: Shop):
    surplus = await asked.surplus()
    await refund_payment(asked.services, asked.id, surplus.id, amount_minor=1_500)
    assert await to_decide(asked) == [surplus.id], "the rest still waits"
    with pytest.raises(TransitionRefused, match="or a part of it"):
        await keep(asked, surplus.id)
    await refund_payment(asked.services, asked.id, surplus.id, amount_minor=None)
    await asked.poll()
    assert await to_decide(asked) == []
    assert (await asked.balances()).get("surplus_payments", 0) == 0
    await asked.check()


async def test_what_was_kept_is_refunded_like_any_sale(asked: Shop):
    surplus = await asked.surplus()
    await keep(asked, surplus.id)
    await refund_payment(asked.services, asked.id, surplus.id, amount_minor=1_000)
    await asked.poll()
    balances = await asked.balances()
    assert (balances.get("surplus_payments", 0), balances["refunds"]) == (0, 1_000)
    await asked.check()


async def test_kept_and_given_back_at_once_is_only_one_of_both(asked: Shop):
    surplus = await asked.surplus()
    wanted = RefundAsked(RefundId("re_race"), surplus.id, None, RefundReason.OTHER, "")
    database, moment = asked.services.database, moment_of(asked.services)
    answers = await asyncio.gather(
        database.run(keep_surplus, moment, asked.id, surplus.id),
        database.run(request_refund, moment, asked.id, wanted),
        return_exceptions=True,
    )
    after = await asked.attempt(surplus.id)
    # A refund of what was kept is a refund like any other; what is on its way back is never kept.
    assert isinstance(answers[0], TransitionRefused) == (after.surplus_kept_at is None)
    await asked.poll()
    assert (await asked.balances()).get("surplus_payments", 0) == 0
    await asked.check()


async def test_only_money_without_a_place_is_kept(asked: Shop):
    paid = await asked.pay(await asked.link())
    with pytest.raises(TransitionRefused, match="no room"):
        await keep(asked, paid.id)
    assert (await asked.attempt(paid.id)).status is AttemptStatus.CAPTURED
    with pytest.raises(NotFound):
        await keep(asked, AttemptId("pay_nobodys"))


async def test_a_choice_that_is_none_is_refused(shop: Shop):
    with pytest.raises(FieldsInvalid) as refused:
        await change_settings(
            shop.services, shop.id, MerchantSettings("Bea", "bea@example.com", "USD", on_surplus="hide")
        )
    assert [error.param for error in refused.value.errors] == ["on_surplus"]
