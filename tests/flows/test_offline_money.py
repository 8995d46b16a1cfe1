"""Money that a person says has come: whole, in part, too much, too late, taken back, given back."""

import asyncio

import pytest

from linktill.core.creditor_reference import creditor_reference, is_creditor_reference
from linktill.core.errors import (
    FieldInvalid,
    LinkNotPayable,
    PaymentInProgress,
    TransitionRefused,
    VersionConflict,
)
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.core.receipt import TakenBack, Way
from linktill.core.refund import RefundReason, RefundStatus
from linktill.flows.cancel_link import cancel_link
from linktill.flows.end_waiting import end_waiting
from linktill.flows.keep_surplus import keep_surplus
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.flows.record_money import record_money
from linktill.flows.refund_payment import refund_payment
from linktill.flows.return_to_checkout import return_to_checkout
from linktill.flows.services import moment_of
from linktill.storage import events
from tests.offline import Counter, counter

__all__ = ["counter"]


async def test_who_chooses_it_is_led_to_a_page_of_ours_and_has_two_weeks(counter: Counter) -> None:
    link = await counter.link()
    result = await counter.press_pay(link)
    session = result.session
    assert (
        result.redirect_url == f"http://linktill.test/p/{link.slug}/checkout/{session.id}?k={session.token}"
    )
    attempt = await counter.attempt(session.attempt_id)
    assert attempt.status is AttemptStatus.REQUIRES_ACTION
    assert attempt.gateway_ref == creditor_reference(attempt.id)
    assert is_creditor_reference(attempt.gateway_ref)
    await counter.later(14)
    assert (await counter.attempt(attempt.id)).status is AttemptStatus.REQUIRES_ACTION
    await counter.later(0.1)
    assert (await counter.attempt(attempt.id)).status is AttemptStatus.CANCELED
    assert (await counter.fresh(link)).slots_taken == 0
    assert await counter.balances() == {}


async def test_a_transfer_is_marked_as_paid_and_booked_where_it_lies(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.mark(await counter.chosen(link), received_on="2026-02-01", note="statement 7")
    assert (attempt.status, attempt.captured_minor, attempt.method) == (
        AttemptStatus.CAPTURED,
        4_000,
        "Bank transfer",
    )
    assert (await counter.fresh(link)).status is LinkStatus.COMPLETED
    assert await counter.balances() == {"bank": 4_000, "sales": -4_000}
    (receipt,) = await counter.receipts(attempt)
    assert (receipt.amount.minor, receipt.way, receipt.received_on) == (4_000, Way.TRANSFER, "2026-02-01")
    assert (receipt.note, receipt.by) == ("statement 7", "mem_bea")


async def test_parts_are_collected_until_it_is_whole(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.chosen(link)
    attempt = await counter.mark(attempt, 1_500, Way.CASH)
    assert (attempt.status, attempt.received_minor, attempt.missing_minor) == (
        AttemptStatus.REQUIRES_ACTION,
        1_500,
        2_500,
    )
    assert await counter.balances() == {"cash": 1_500, "clearing": -1_500}
    await counter.check()
    # Its time is over, but money came: it waits on, since ending it would lose sight of that money.
    await counter.later(20)
    assert (await counter.attempt(attempt.id)).status is AttemptStatus.REQUIRES_ACTION
    await counter.later(20)
    assert (await counter.attempt(attempt.id)).review_reason is not None
    attempt = await counter.mark(attempt)
    assert (attempt.status, attempt.method) == (AttemptStatus.CAPTURED, "Cash, Bank transfer")
    assert attempt.review_reason is None
    assert await counter.balances() == {"cash": 1_500, "bank": 2_500, "sales": -4_000}


async def test_the_same_words_run_again_after_a_lost_answer_count_once(counter: Counter) -> None:
    attempt = await counter.chosen(await counter.link())
    came = counter.came(1_000)
    for _ in range(2):
        after = await counter.services.database.run(
            record_money, moment_of(counter.services), counter.id, attempt.id, came
        )
        assert after.received_minor == 1_000
    assert len(await counter.receipts(attempt)) == 1


async def test_more_than_was_due_is_a_surplus_payment_of_its_own(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.mark(await counter.chosen(link), 5_000)
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.CAPTURED, 4_000)
    extra, paid = await counter.attempts(link)
    assert paid.id == attempt.id
    assert (extra.is_surplus, extra.captured_minor, extra.received_minor) == (True, 1_000, 1_000)
    (refund,) = await counter.refunds(extra)
    assert (refund.reason, refund.amount.minor, refund.status) == (
        RefundReason.SURPLUS,
        1_000,
        RefundStatus.PENDING,
    )
    assert await counter.balances() == {"bank": 5_000, "sales": -4_000, "surplus_payments": -1_000}
    await counter.later(1)
    assert (await counter.refunds(extra))[0].status is RefundStatus.PENDING
    with pytest.raises(TransitionRefused, match="owed to its payer"):
        await counter.settle(refund.id, None)
    for _ in range(2):
        assert (await counter.settle(refund.id, Way.TRANSFER)).status is RefundStatus.SUCCEEDED
    assert await counter.balances() == {"bank": 4_000, "sales": -4_000}
    assert (await counter.fresh(link)).captured_minor == 4_000


async def test_a_transfer_after_the_end_takes_a_free_place(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.chosen(link)
    await counter.later(14.1)
    attempt = await counter.mark(attempt)
    assert (attempt.status, attempt.is_surplus) == (AttemptStatus.CAPTURED, False)
    assert (await counter.fresh(link)).status is LinkStatus.COMPLETED


async def test_ll04_a_transfer_after_the_end_is_surplus_where_somebody_else_has_paid(
    counter: Counter,
) -> None:
    link = await counter.link()
    late = await counter.chosen(link)
    await counter.later(14.1)
    await counter.record(link)
    late = await counter.mark(late)
    assert (late.status, late.is_surplus) == (AttemptStatus.CAPTURED, True)
    (refund,) = await counter.refunds(late)
    assert refund.amount.minor == 4_000
    assert await counter.balances() == {
        "cash": 4_000,
        "bank": 4_000,
        "sales": -4_000,
        "surplus_payments": -4_000,
    }


async def test_a_part_that_comes_after_the_end_opens_it_again_or_is_surplus(counter: Counter) -> None:
    link = await counter.link()
    late = await counter.chosen(link)
    await counter.later(14.1)
    opened = await counter.mark(late, 1_000)
    assert (opened.status, opened.is_slot_held, opened.received_minor) == (
        AttemptStatus.REQUIRES_ACTION,
        True,
        1_000,
    )
    await counter.check()
    await counter.take_back((await counter.receipts(late))[0], TakenBack.GIVEN_BACK)
    await counter.later(1)
    assert (await counter.attempt(late.id)).status is AttemptStatus.CANCELED
    await counter.record(link)
    assert (await counter.mark(late, 1_000)).status is AttemptStatus.CANCELED
    extra = next(each for each in await counter.attempts(link) if each.is_surplus)
    assert extra.captured_minor == 1_000
    assert await counter.balances() == {
        "cash": 4_000,
        "bank": 1_000,
        "sales": -4_000,
        "surplus_payments": -1_000,
    }


async def test_cash_over_the_counter_needs_no_payer_at_a_screen(counter: Counter) -> None:
    link = await counter.link(payments_max=2)
    attempt = await counter.record(link)
    assert (attempt.status, attempt.method) == (AttemptStatus.CAPTURED, "Cash")
    part = await counter.record(link, 1_000, Way.CHECK)
    assert (part.status, part.received_minor) == (AttemptStatus.REQUIRES_ACTION, 1_000)
    with pytest.raises(PaymentInProgress):
        await counter.record(link)
    paid = await counter.mark(part)
    assert (paid.status, paid.method) == (AttemptStatus.CAPTURED, "Check, Bank transfer")
    fresh = await counter.fresh(link)
    assert (fresh.status, fresh.captured_count, fresh.captured_minor) == (LinkStatus.SOLD_OUT, 2, 8_000)
    extra = await counter.record(link, 700)
    assert (extra.is_surplus, extra.captured_minor) == (True, 700)


async def test_a_canceled_link_takes_no_money(counter: Counter) -> None:
    link = await counter.link()
    await cancel_link(counter.services, counter.id, link.id)
    with pytest.raises(LinkNotPayable):
        await counter.record(link)
    assert await counter.balances() == {}


async def test_a_mistaken_mark_is_reversed_and_the_link_is_open_again(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.mark(await counter.chosen(link))
    (receipt,) = await counter.receipts(attempt)
    for _ in range(2):
        attempt = await counter.take_back(receipt)
        assert (attempt.status, attempt.captured_minor, attempt.received_minor) == (
            AttemptStatus.REQUIRES_ACTION,
            0,
            0,
        )
    assert await counter.balances() == {}
    fresh = await counter.fresh(link)
    assert (fresh.status, fresh.captured_count, fresh.slots_taken) == (LinkStatus.ACTIVE, 0, 1)
    await counter.check()
    (kept,) = await counter.receipts(attempt)
    assert (kept.taken_back_by, kept.taken_back_why) == ("mem_bea", TakenBack.MISTAKE)
    # The real money comes: booked again, and the first booking and its reversal stay.
    attempt = await counter.mark(attempt, way=Way.CHECK)
    assert attempt.status is AttemptStatus.CAPTURED
    assert await counter.balances() == {"checks": 4_000, "sales": -4_000}
    await counter.check()
    await counter.take_back((await counter.receipts(attempt))[1], TakenBack.BOUNCED)
    assert await counter.balances() == {}
    assert (await counter.mark(attempt)).status is AttemptStatus.CAPTURED
    assert await counter.balances() == {"bank": 4_000, "sales": -4_000}
    assert (await counter.fresh(link)).status is LinkStatus.COMPLETED


async def test_one_of_two_parts_is_taken_back_and_the_other_stays(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.mark(await counter.chosen(link), 3_000, Way.CASH)
    attempt = await counter.mark(attempt, 1_000)
    second = (await counter.receipts(attempt))[1]
    attempt = await counter.take_back(second)
    assert (attempt.status, attempt.received_minor) == (AttemptStatus.REQUIRES_ACTION, 3_000)
    assert await counter.balances() == {"cash": 3_000, "clearing": -3_000}


async def test_cash_that_was_recorded_by_mistake_frees_the_link_by_itself(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.record(link)
    await counter.take_back((await counter.receipts(attempt))[0])
    await counter.later(0.01)
    assert (await counter.attempt(attempt.id)).status is AttemptStatus.CANCELED
    fresh = await counter.fresh(link)
    assert (fresh.status, fresh.slots_taken) == (LinkStatus.ACTIVE, 0)


async def test_a_surplus_by_a_slip_of_the_pen_is_taken_back_with_its_refund(counter: Counter) -> None:
    link = await counter.link()
    await counter.mark(await counter.chosen(link), 40_000)
    extra = (await counter.attempts(link))[0]
    taken = await counter.take_back((await counter.receipts(extra))[0])
    assert (taken.status, taken.is_surplus) == (AttemptStatus.CANCELED, False)
    assert [refund.status for refund in await counter.refunds(extra)] == [RefundStatus.CANCELED]
    assert await counter.balances() == {"bank": 4_000, "sales": -4_000}


async def test_a_surplus_that_somebody_decided_to_keep_is_not_taken_back(counter: Counter) -> None:
    asked = MerchantSettings("Studio", "studio@example.com", "EUR", on_surplus="ask")
    await change_settings(counter.services, counter.id, asked)
    link = await counter.link()
    await counter.mark(await counter.chosen(link), 40_000)
    extra = (await counter.attempts(link))[0]
    assert await counter.refunds(extra) == []
    # A refund that somebody asked for is called off like any other: nothing goes back by itself here.
    refund = await refund_payment(counter.services, counter.id, extra.id, amount_minor=None)
    assert (await counter.settle(refund.id, None)).status is RefundStatus.CANCELED
    kept = await counter.services.database.run(
        keep_surplus, moment_of(counter.services), counter.id, extra.id
    )
    assert kept.surplus_kept_at is not None
    assert await counter.balances() == {"bank": 40_000, "sales": -40_000}
    with pytest.raises(TransitionRefused, match="decided to keep"):
        await counter.take_back((await counter.receipts(extra))[0])
    again = await refund_payment(counter.services, counter.id, extra.id, amount_minor=1_000)
    assert (await counter.settle(again.id, Way.CASH)).status is RefundStatus.SUCCEEDED
    assert await counter.balances() == {"bank": 40_000, "cash": -1_000, "refunds": 1_000, "sales": -40_000}


async def test_a_refund_goes_out_when_a_person_says_so(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.mark(await counter.chosen(link))
    refund = await refund_payment(counter.services, counter.id, attempt.id, amount_minor=1_500)
    await counter.later(1)
    with pytest.raises(TransitionRefused, match="refunded"):
        await counter.take_back((await counter.receipts(attempt))[0])
    assert (await counter.settle(refund.id, Way.CASH)).status is RefundStatus.SUCCEEDED
    assert await counter.balances() == {"bank": 4_000, "cash": -1_500, "refunds": 1_500, "sales": -4_000}
    rest = await refund_payment(counter.services, counter.id, attempt.id, amount_minor=None)
    assert (await counter.settle(rest.id, None)).status is RefundStatus.CANCELED
    with pytest.raises(TransitionRefused, match="canceled already"):
        await counter.settle(rest.id, Way.CASH)
    attempt = await counter.attempt(attempt.id)
    assert (attempt.refunded_minor, attempt.refund_requested_minor) == (1_500, 1_500)
    await counter.later(30)


async def test_somebody_says_that_no_money_will_come(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.chosen(link)

    async def end() -> AttemptStatus:
        after = await counter.services.database.run(
            end_waiting, moment_of(counter.services), counter.id, attempt.id
        )
        return after.status

    await counter.mark(attempt, 100)
    with pytest.raises(TransitionRefused, match="Take that back first"):
        await end()
    await counter.take_back((await counter.receipts(attempt))[0])
    assert [await end(), await end()] == [AttemptStatus.CANCELED] * 2
    assert (await counter.fresh(link)).slots_taken == 0


async def test_cc11_two_people_press_mark_as_paid_at_once(counter: Counter) -> None:
    link = await counter.link()
    attempt = await counter.chosen(link)
    pressed = await asyncio.gather(
        *(counter.mark(attempt, 4_000, seen_minor=0) for _ in range(6)), return_exceptions=True
    )
    assert [type(each) for each in pressed if isinstance(each, Exception)] == [VersionConflict] * 5
    assert await counter.balances() == {"bank": 4_000, "sales": -4_000}
    assert len(await counter.receipts(attempt)) == 1


async def test_cc11_money_recorded_while_the_payment_is_being_ended(counter: Counter) -> None:
    for turn in range(12):
        link = await counter.link()
        attempt = await counter.chosen(link)
        ended, marked = await asyncio.gather(
            counter.services.database.run(end_waiting, moment_of(counter.services), counter.id, attempt.id),
            counter.mark(attempt, 1_000),
            return_exceptions=True,
        )
        assert not isinstance(marked, BaseException), marked
        after = await counter.attempt(attempt.id)
        # Whoever was first, the money has its place; a refusal of the end moved nothing.
        assert (after.status, after.received_minor) == (AttemptStatus.REQUIRES_ACTION, 1_000), turn
        assert not isinstance(ended, Exception) or isinstance(ended, TransitionRefused)
        assert (await counter.fresh(link)).slots_taken == 1


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"received_on": "2026-02-30"}, "received_on"),
        ({"received_on": "22.11.2026"}, "received_on"),
        ({"received_on": "2026-02-10"}, "received_on"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"note": "4242 4242 4242 4242"}, "note"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    counter: Counter, wrong: dict[str, object], param: str
) -> None:
    with pytest.raises(FieldInvalid) as refused:
        counter.came(**wrong)  # type: ignore[arg-type]
    assert refused.value.param == param


async def test_the_payers_page_asks_nobody_and_changes_nothing(counter: Counter) -> None:
    link = await counter.link()
    result = await counter.press_pay(link)
    visit = await return_to_checkout(counter.services, link.slug, result.session.id, result.session.token)
    assert visit is not None
    assert visit.attempt.status is AttemptStatus.REQUIRES_ACTION
    found = await counter.services.database.read(
        events.list_events, counter.id, limit=10, attempt_id=result.session.attempt_id
    )
    assert [event.type.value for event in found] == ["payment.started"]
