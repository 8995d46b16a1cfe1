"""Payments that are authorized now and captured later: by a person, by a program, or never."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from linktill.core.capture import EXPIRED, VOIDED, CaptureMethod, Verdict
from linktill.core.errors import FieldInvalid, FieldsInvalid, NotFound, TransitionRefused
from linktill.core.events import EventType
from linktill.core.ids import AttemptId
from linktill.core.link_terms import fields_of
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.core.pricing import Item, Pricing
from linktill.flows.cancel_link import Received, cancel_link
from linktill.flows.capture_payment import check_amount, decide, decide_now
from linktill.flows.manage_links import duplicate_link, edit_link
from linktill.flows.offers import offers_of
from linktill.flows.reconcile import compare_accounts
from linktill.flows.return_to_checkout import return_to_checkout, turn_back
from linktill.flows.services import moment_of
from linktill.gateways.contract import Rejected
from linktill.gateways.testing import Break
from linktill.sandbox.faults import FaultKind
from linktill.storage import events, held_payments
from tests.flows.telling import Telling
from tests.make import Shop

FEE = 146
DAY_S = 86_400
PAID = {"clearing": 4_000 - FEE, "gateway_fees": FEE, "sales": -4_000}
MANUAL: dict[str, Any] = {"capture_method": "manual"}
S, E = AttemptStatus, EventType


async def held(shop: Shop, link: PaymentLink | None = None, form: str = "1") -> PaymentAttempt:
    attempt = await shop.pay(link or await shop.link(**MANUAL), form)
    assert (attempt.status, attempt.is_held, attempt.is_slot_held) == (S.AUTHORIZED, True, True)
    return attempt


async def capture(shop: Shop, attempt: PaymentAttempt) -> PaymentAttempt:
    return await decide_now(shop.services, shop.id, attempt.id, Verdict.CAPTURE, by="bea")


async def void(shop: Shop, attempt: PaymentAttempt) -> PaymentAttempt:
    return await decide_now(shop.services, shop.id, attempt.id, Verdict.VOID, by="bea")


async def ask(shop: Shop, attempt: PaymentAttempt, verdict: Verdict) -> PaymentAttempt:
    """Only the intent: the process dies before the gateway is asked."""
    run = shop.services.database.run
    return await run(decide, moment_of(shop.services), shop.id, attempt.id, verdict, "bea")


async def told(shop: Shop, attempt: PaymentAttempt) -> list[EventType]:
    found = await shop.services.database.read(events.list_events, shop.id, limit=50, attempt_id=attempt.id)
    return [event.type for event in reversed(found)]


def asked_of_gateway(shop: Shop, what: str) -> list[str]:
    return [each.headers["idempotency-key"] for each in shop.wire.sent if each.url.endswith(f"/{what}")]


async def test_what_is_authorized_rests_and_takes_no_money(shop: Shop) -> None:
    link = await shop.link(**MANUAL)
    attempt = await held(shop, link)
    now = shop.services.clock.now_us()
    assert attempt.capture_before is not None
    assert attempt.capture_before - now == pytest.approx(7 * DAY_S * 1_000_000, abs=60_000_000)
    assert attempt.poll_at is not None
    assert attempt.poll_at > now + 23 * 3_600 * 1_000_000, "it is asked for once a day"
    for _ in range(5):
        await shop.later(DAY_S)
    resting = await shop.attempt(attempt.id)
    assert (resting.status, resting.review_reason) == (S.AUTHORIZED, None)
    assert asked_of_gateway(shop, "capture") == []
    assert await shop.balances() == {}
    assert (await shop.fresh(link)).slots_taken == 1
    assert (await told(shop, attempt)).count(E.PAYMENT_AUTHORIZED) == 1


async def test_it_is_captured_in_full_when_somebody_says_so(shop: Shop) -> None:
    link = await shop.link(**MANUAL)
    attempt = await held(shop, link)
    paid = await capture(shop, attempt)
    assert (paid.status, paid.captured_minor, paid.fee_minor) == (S.CAPTURED, 4_000, FEE)
    assert paid.decision is not None
    assert (paid.decision.verdict, paid.decision.by) == (Verdict.CAPTURE, "bea")
    assert await shop.balances() == PAID
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED
    await shop.deliver()
    await shop.later(60)
    assert await shop.balances() == PAID
    again = await capture(shop, attempt)
    assert again.status is S.CAPTURED
    assert asked_of_gateway(shop, "capture") == [f"capture-{attempt.id}"]
    assert await told(shop, attempt) == [
        E.PAYMENT_STARTED,
        E.PAYMENT_AUTHORIZED,
        E.PAYMENT_CAPTURE_REQUESTED,
        E.PAYMENT_CAPTURED,
    ]


async def test_it_is_let_go_and_the_place_is_free(shop: Shop) -> None:
    stocked = Pricing(items=(Item("Bicycle", 4_000, stock=1),))
    link = await shop.link(0, pricing=stocked, **MANUAL)
    attempt = await held(shop, link)
    gone = await void(shop, attempt)
    assert (gone.status, gone.decline_code, gone.is_slot_held) == (S.CANCELED, VOIDED, False)
    assert await shop.balances() == {}
    after = await shop.fresh(link)
    assert (after.slots_taken, after.status) == (0, LinkStatus.ACTIVE)
    assert (await void(shop, attempt)).status is S.CANCELED
    with pytest.raises(TransitionRefused, match="over"):
        await capture(shop, attempt)
    assert (await held(shop, after, "2")).id != attempt.id, "the bicycle can be bought again"


async def test_a_crash_after_the_decision_is_finished_by_the_worker(shop: Shop) -> None:
    taken, let_go = await held(shop), await held(shop)
    await ask(shop, taken, Verdict.CAPTURE)
    await ask(shop, let_go, Verdict.VOID)
    assert asked_of_gateway(shop, "capture") + asked_of_gateway(shop, "void") == []
    await shop.poll()
    assert (await shop.attempt(taken.id)).status is S.CAPTURED
    assert (await shop.attempt(let_go.id)).status is S.CANCELED
    assert await shop.balances() == PAID


@pytest.mark.parametrize("how", [Break.CUT_BEFORE, Break.CUT_AFTER, Break.ERROR_AFTER, Break.NONSENSE_AFTER])
async def test_gf02_a_capture_without_an_answer_stays_open_until_a_look_tells(shop: Shop, how: Break) -> None:
    attempt = await held(shop)
    shop.running.app.faults.plan(FaultKind(how), "POST /v1/payments")
    asked = await capture(shop, attempt)
    assert (asked.status, asked.decision is not None) == (S.AUTHORIZED, True)
    assert await shop.balances() == {}
    with pytest.raises(TransitionRefused, match="asked to capture"):
        await void(shop, attempt)
    await shop.later(20)
    assert (await shop.attempt(attempt.id)).status is S.CAPTURED
    assert await shop.balances() == PAID
    assert len(set(asked_of_gateway(shop, "capture"))) == 1


async def test_cc14_of_capture_and_void_at_once_exactly_one_wins(shop: Shop) -> None:
    for number in range(4):
        attempt = await held(shop, await shop.link(**MANUAL))
        before = await shop.balances()
        orders = [capture(shop, attempt), void(shop, attempt)]
        answers = await asyncio.gather(*orders[:: 1 if number % 2 else -1], return_exceptions=True)
        refused = [each for each in answers if isinstance(each, BaseException)]
        assert [type(each) for each in refused] == [TransitionRefused]
        await shop.deliver()
        await shop.later(60)
        end = await shop.attempt(attempt.id)
        assert end.status in {S.CAPTURED, S.CANCELED}
        sold = (await shop.balances()).get("sales", 0) - before.get("sales", 0)
        assert sold == (-4_000 if end.status is S.CAPTURED else 0)


async def test_cc14_the_gateway_s_truth_wins_over_what_was_asked(shop: Shop) -> None:
    """Somebody captures, or voids, on the gateway's own page meanwhile."""
    taken, let_go = await held(shop), await held(shop)
    for attempt, what in ((taken, "capture"), (let_go, "void")):
        path = f"/v1/payments/{attempt.gateway_ref}/{what}"
        await shop.running.json("POST", path, {}, key=f"by-hand-{what}")
    assert (await void(shop, taken)).status is S.CAPTURED
    end = await capture(shop, let_go)
    assert (end.status, end.is_slot_held) == (S.CANCELED, False)
    await shop.deliver()
    assert await shop.balances() == PAID


async def test_gf17_what_nobody_captures_ends_by_the_gateway_s_word(shop: Shop) -> None:
    stocked = Pricing(items=(Item("Bicycle", 4_000, stock=1),))
    link = await shop.link(0, pricing=stocked, **MANUAL)
    attempt = await held(shop, link)
    shop.running.app.faults.are_webhooks_lost = True
    for _ in range(7):
        await shop.later(DAY_S)
    await shop.later(2)
    end = await shop.attempt(attempt.id)
    assert (end.status, end.decline_code, end.is_slot_held) == (S.CANCELED, EXPIRED, False)
    assert await shop.balances() == {}
    after = await shop.fresh(link)
    assert (after.slots_taken, after.status) == (0, LinkStatus.ACTIVE)
    assert (await told(shop, attempt))[-2:] == [E.PAYMENT_AUTHORIZATION_ENDING, E.PAYMENT_CANCELED]
    assert (await told(shop, attempt)).count(E.PAYMENT_AUTHORIZATION_ENDING) == 1


async def test_gf17_no_timer_of_ours_ends_it(shop: Shop) -> None:
    """The gateway keeps it for longer than it said: it can still be captured, and after days a person looks."""
    attempt = await held(shop)
    early = shop.services.clock.now_us() + 3_600 * 1_000_000
    await shop.services.database.run(held_payments.set_term, attempt, early, poll_at=early)
    await shop.running.json("PATCH", "/v1/account", {"holds_for_s": 30 * DAY_S})
    for _ in range(2):
        await shop.later(DAY_S)
    assert (await shop.attempt(attempt.id)).status is S.AUTHORIZED
    assert (await capture(shop, attempt)).status is S.CAPTURED


async def test_the_news_of_its_end_frees_the_place_at_once(shop: Shop) -> None:
    await shop.running.json("PATCH", "/v1/account", {"holds_for_s": 60})
    attempt = await held(shop)
    await shop.running.step(61)
    await shop.deliver()
    end = await shop.attempt(attempt.id)
    assert (end.status, end.decline_code) == (S.CANCELED, EXPIRED)


async def test_a_payer_who_comes_back_changes_nothing(shop: Shop) -> None:
    link = await shop.link(**MANUAL)
    result = await shop.press_pay(link)
    await shop.fill_card(result)
    key = (link.slug, result.session.id, result.session.token)
    for go in (return_to_checkout, turn_back, return_to_checkout):
        visit = await go(shop.services, *key)
        assert visit is not None
        assert visit.attempt.status is S.AUTHORIZED
    await shop.later(31 * 60)
    visit = await return_to_checkout(shop.services, *key)
    assert visit is not None
    assert visit.attempt.is_resting, "the end of the checkout is no end of what is held"
    assert await shop.balances() == {}


async def test_canceling_a_link_lets_go_of_what_is_held_but_for_what_is_being_captured(shop: Shop) -> None:
    link = await shop.link(payments_max=None, **MANUAL)
    resting, taken = await held(shop, link, "1"), await held(shop, link, "2")
    await ask(shop, taken, Verdict.CAPTURE)
    await cancel_link(shop.services, shop.id, link.id, Received.KEEP)
    await shop.poll()
    assert (await shop.attempt(resting.id)).status is S.CANCELED
    assert (await shop.attempt(taken.id)).status is S.CAPTURED
    assert await shop.balances() == PAID


async def test_what_may_not_be_decided_is_refused_and_nothing_moves(shop: Shop) -> None:
    plain = await shop.pay(await shop.link())
    waiting = (await shop.press_pay(await shop.link(**MANUAL))).session.attempt_id
    held_one = await held(shop)
    for attempt_id, words in ((plain.id, "by itself"), (waiting, "not authorized yet")):
        for verdict in Verdict:
            with pytest.raises(TransitionRefused, match=words):
                await decide_now(shop.services, shop.id, attempt_id, verdict, by="bea")
    with pytest.raises(NotFound):
        await decide_now(shop.services, shop.id, AttemptId("pay_0"), Verdict.VOID, by="bea")
    with pytest.raises(FieldInvalid, match="whole amount") as refused:
        await shop.services.database.read(check_amount, shop.id, held_one.id, 1_000)
    assert refused.value.param == "amount_minor"
    await shop.services.database.read(check_amount, shop.id, held_one.id, 4_000)
    await capture(shop, held_one)
    with pytest.raises(TransitionRefused, match="refund it"):
        await void(shop, held_one)
    assert (await shop.attempt(held_one.id)).status is S.CAPTURED


async def test_a_capture_that_the_gateway_refuses_is_put_before_a_person(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = await held(shop)
    with monkeypatch.context() as patch:
        refuse(shop, patch)
        asked = await capture(shop, attempt)
    assert (asked.status, asked.decision) == (S.AUTHORIZED, None)
    assert asked.review_reason is not None
    assert "refused to capture" in asked.review_reason
    paid = await capture(shop, attempt)
    assert (paid.status, paid.review_reason) == (S.CAPTURED, None)


def refuse(shop: Shop, patch: pytest.MonkeyPatch) -> None:
    async def no(*_: object, **__: object) -> None:
        raise Rejected("No.", code="no")

    patch.setattr(type(shop.services.gateways["sandbox"]), "capture", no)


async def test_only_who_can_hold_money_is_offered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await shop.link(**MANUAL)
    plain = await shop.link()
    monkeypatch.setattr(type(shop.services.gateways["sandbox"]), "captures_manually", False)
    assert await offers_of(shop.services, shop.id, link.terms) == ()
    assert [each.gateway for each in await offers_of(shop.services, shop.id, plain.terms)] == ["sandbox"]
    with pytest.raises(FieldsInvalid) as refused:
        await shop.link(**MANUAL)
    (error,) = refused.value.errors
    assert error.param == "capture_method"
    assert "cannot be captured by hand" in error.message
    with pytest.raises(FieldsInvalid, match="automatic or manual"):
        await shop.link(capture_method="later")


async def test_the_payment_keeps_what_the_link_said_when_pay_was_pressed(shop: Shop) -> None:
    link = await shop.link(**MANUAL, payments_max=None)
    result = await shop.press_pay(link)

    edited = await edit_link(
        shop.services,
        shop.id,
        link.id,
        lambda terms: replace(fields_of(terms), capture_method="automatic"),
        by="test",
    )
    assert (edited.version, edited.terms.capture_method) == (2, CaptureMethod.AUTOMATIC)
    await shop.fill_card(result)
    await shop.deliver()
    assert (await shop.attempt(result.session.attempt_id)).status is S.AUTHORIZED
    assert (await shop.pay(edited, "2")).status is S.CAPTURED
    copy = await duplicate_link(shop.services, shop.id, (await shop.link(**MANUAL)).id, by="test")
    assert copy.terms.capture_method is CaptureMethod.MANUAL


async def test_a_comparison_with_the_gateway_leaves_what_rests_alone(shop: Shop) -> None:
    attempt = await held(shop)
    await shop.later(2 * DAY_S)
    await compare_accounts(shop.services)
    assert (await shop.attempt(attempt.id)).is_resting
    assert await shop.balances() == {}
    assert await held_count(shop, days=1) == 0
    assert await held_count(shop, days=6) == 1


async def held_count(shop: Shop, *, days: int) -> int:
    until = shop.services.clock.now_us() + days * DAY_S * 1_000_000
    return await shop.services.database.read(held_payments.count_ending, shop.id, until=until)


async def test_a_held_payment_that_is_a_bad_amount_is_frozen_at_its_capture(shop: Shop) -> None:
    attempt = await held(shop)
    await shop.running.app._company.db.write(
        lambda tx: tx.run("UPDATE payment SET amount_minor = 4001 WHERE id = :id", id=attempt.gateway_ref)
    )
    assert (await capture(shop, attempt)).status is S.NEEDS_REVIEW
    assert await shop.balances() == {}


async def test_the_merchant_is_told_what_is_held_what_ends_soon_and_what_is_gone(telling: Telling) -> None:
    shop = telling.shop
    attempt = await held(shop)
    await telling.deliver()
    for _ in range(7):
        await shop.later(DAY_S)
        await telling.deliver()
    await shop.later(2)
    await telling.deliver()
    assert (await shop.attempt(attempt.id)).status is S.CANCELED
    found = [mail for mail in await telling.mails() if mail.recipient == "alerts@example.com"]
    assert sorted(mail.subject for mail in found) == [
        "Authorized: $40.00 for A bicycle repair",
        "Ends soon: $40.00 for A bicycle repair",
        "Not captured in time: $40.00 for A bicycle repair",
    ]
    assert all("Capture before" in mail.text for mail in found)
    assert [mail for mail in await telling.mails() if mail.recipient == "ada@example.com"] == [], "no receipt"


async def test_who_has_decided_is_not_told_to_decide(telling: Telling) -> None:
    shop = telling.shop
    taken, let_go = await held(shop), await held(shop)
    await capture(shop, taken)
    await void(shop, let_go)
    await telling.deliver()
    subjects = sorted(mail.subject for mail in await telling.mails())
    assert [each for each in subjects if each.startswith(("Ends", "Not captured"))] == []
    assert len([each for each in subjects if each.startswith("Receipt")]) == 1
