"""News that are early, odd or not ours: kept until they can be applied, parked where money is, and never in others' way."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from linktill.core.ids import MerchantId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind, PaymentAttempt
from linktill.flows.apply_fact import apply_fact
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.reconcile import compare_accounts, poll_attempts
from linktill.flows.return_to_checkout import return_to_checkout
from linktill.flows.services import moment_of
from linktill.gateways.contract import Account, AttemptRef, GatewayError, OutcomeUnknown, Unavailable
from linktill.gateways.kind import Gateways
from linktill.gateways.sandbox import SandboxGateway
from linktill.sandbox.events import signature
from linktill.sandbox.faults import FaultKind
from linktill.storage import attempt_lists, events, foreign_payments, inbox, outbox
from linktill.storage.database import Tx
from linktill.storage.foreign_payments import ForeignPayment
from linktill.storage.overview import count_needs_review, payment_page_before
from linktill.storage.statements import compiled
from linktill.storage.tables import inbox as inbox_table
from linktill.storage.tables import outbox as outbox_table
from tests.make import Shop, usd

START = "POST /v1/payments"
DAY_S = 24 * 3_600
FEE = 146
DECLINED, DEBIT = "4000000000000002", "4000000000020018"

Odd = Callable[[AttemptRef, AttemptFact], AttemptFact]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Structlog's own form of a traceback takes seconds, and the event loop with it."""
    with capture_logs():
        yield


def answer_oddly(monkeypatch: pytest.MonkeyPatch, odd: Odd) -> None:
    """From now on the gateway's look-ups answer so."""
    look_up = SandboxGateway.look_up

    async def answer(gateway: SandboxGateway, account: Account, ref: AttemptRef) -> AttemptFact:
        return odd(ref, await look_up(gateway, account, ref))

    monkeypatch.setattr(SandboxGateway, "look_up", answer)


async def foreign(shop: Shop) -> list[ForeignPayment]:
    return await shop.services.database.read(foreign_payments.list_foreign, shop.id)


async def types(shop: Shop) -> list[str]:
    found = await shop.services.database.read(events.list_events, shop.id, limit=100)
    return [event.type.value for event in reversed(found)]


async def to_decide(shop: Shop) -> list[PaymentAttempt]:
    found = await shop.services.database.read(attempt_lists.attempts_to_decide, shop.id, limit=50)
    assert await shop.services.database.read(count_needs_review, shop.id) == len(found)
    return found


async def tell(shop: Shop, attempt: PaymentAttempt, fact: AttemptFact) -> PaymentAttempt:
    return await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, attempt.id, fact)


async def test_wi11_news_that_are_faster_than_the_gateways_own_index_wait(shop: Shop) -> None:
    link = await shop.link()
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    result = await shop.press_pay(link)
    [payment] = (await shop.running.json("GET", f"/v1/payments?reference={result.session.attempt_id}"))[
        "data"
    ]
    shop.running.app.faults.lookup_lag_s = 3_600
    assert (await shop.running.pay(payment["id"])).status == 303
    await shop.deliver()
    assert await foreign(shop) == []
    shop.running.app.faults.lookup_lag_s = 0
    await asyncio.sleep(1.1)
    assert await process_inbox(shop.services) == 1
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED


async def test_wi12_a_foreign_payment_is_parked_once_it_is_money(shop: Shop) -> None:
    declined = await shop.running.create("pay_declined")
    await shop.running.pay(declined["id"], DECLINED)
    debit = await shop.running.create("pay_debit")
    await shop.running.pay(debit["id"], DEBIT)
    await shop.deliver()
    assert await foreign(shop) == []
    await shop.running.step(30)
    await shop.deliver()
    [one] = await foreign(shop)
    assert (one.gateway_ref, one.status, one.amount_minor) == (debit["id"], "captured", 4_000)
    assert (await types(shop)).count("gateway.foreign_payment_found") == 1


async def test_wi12_a_foreign_payment_that_was_unclear_first_is_told_when_it_is_money(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    debit = await shop.running.create("pay_elsewhere")
    with monkeypatch.context() as patch:
        answer_oddly(patch, lambda _, fact: replace(fact, kind=FactKind.UNKNOWN, amount=None))
        await shop.running.pay(debit["id"], DEBIT)
        await shop.deliver()
        assert [one.status for one in await foreign(shop)] == ["unknown"]
    await shop.running.step(30)
    await shop.deliver()
    await shop.deliver(again=True)
    [one] = await foreign(shop)
    assert (one.status, one.amount_minor, one.currency) == ("captured", 4_000, "USD")
    assert (await types(shop)).count("gateway.foreign_payment_found") == 2


async def test_a_second_payment_under_one_attempt_is_parked_and_a_person_sees_it(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    assert await to_decide(shop) == []
    for ref in ("sbpay_second", "sbpay_third", "sbpay_second"):
        await tell(shop, payment, AttemptFact(FactKind.CAPTURED, ref, payment.id, usd(4_000), usd(FEE)))
    after = await shop.attempt(payment.id)
    assert (after.status, after.gateway_ref) == (AttemptStatus.CAPTURED, payment.gateway_ref)
    assert sorted(one.gateway_ref for one in await foreign(shop)) == ["sbpay_second", "sbpay_third"]
    assert [one.id for one in await to_decide(shop)] == [payment.id]
    assert await shop.balances() == {"clearing": 4_000 - FEE, "gateway_fees": FEE, "sales": -4_000}
    assert (await types(shop)).count("payment.quarantined") == 1


async def test_a_fee_in_another_currency_is_not_booked_as_if_it_were_in_this_one(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    attempt = await shop.attempt(result.session.attempt_id)
    good = AttemptFact(FactKind.CAPTURED, attempt.gateway_ref, attempt.id, usd(4_000), Money(130, "EUR"))
    assert (await tell(shop, attempt, good)).fee_minor == 0
    assert (await tell(shop, attempt, good)).fee_minor == 0
    assert await shop.balances() == {"clearing": 4_000, "sales": -4_000}


async def test_wi17_an_event_that_cannot_be_stored_dies_and_others_flow(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await shop.attempt((await shop.press_pay(await shop.link())).session.attempt_id)
    link = await shop.link()
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    lost = (await shop.press_pay(link, "2")).session.attempt_id
    [payment] = (await shop.running.json("GET", f"/v1/payments?reference={lost}"))["data"]
    good = await shop.press_pay(await shop.link(), "3")

    def odd(ref: AttemptRef, fact: AttemptFact) -> AttemptFact:
        # Two payments under one id of the gateway's: the schema refuses it, however often it is told.
        return replace(fact, gateway_ref=held.gateway_ref) if fact.reference == lost else fact

    answer_oddly(monkeypatch, odd)
    await shop.running.pay(payment["id"])
    await shop.fill_card(good)
    await shop.deliver()
    assert (await shop.attempt(good.session.attempt_id)).status is AttemptStatus.CAPTURED
    assert (await shop.attempt(lost)).status is AttemptStatus.UNKNOWN
    # The reconciler meets it as well, and goes on.
    shop.running.clock.advance(61)
    for _ in range(3):
        await poll_attempts(shop.services)
    assert (await shop.attempt(lost)).status is AttemptStatus.UNKNOWN
    assert (await shop.attempt(held.id)).polls > 0


async def test_gf23_what_a_clock_that_was_an_hour_ahead_has_put_off_is_asked_for_at_once(shop: Shop) -> None:
    shop.running.clock.advance(3_600)
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    lost = (await shop.press_pay(await shop.link())).session.attempt_id
    assert (await shop.attempt(lost)).status is AttemptStatus.UNKNOWN
    shop.running.clock.advance(-3_600)
    assert await poll_attempts(shop.services) == 1
    found = await shop.attempt(lost)
    assert found.status is AttemptStatus.REQUIRES_ACTION
    assert await poll_attempts(shop.services) == 0, "a payer who takes their time is asked for in turn"


@pytest.mark.parametrize("trouble", [OutcomeUnknown("stored 500"), Unavailable("no connection")])
async def test_da14_one_attempt_that_gets_no_answer_does_not_hurry_all_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, trouble: GatewayError
) -> None:
    bad = (await shop.press_pay(await shop.link())).session.attempt_id
    await shop.press_pay(await shop.link(), "2")
    asked = 0

    def odd(ref: AttemptRef, fact: AttemptFact) -> AttemptFact:
        nonlocal asked
        asked += 1
        if fact.reference == bad:
            raise trouble
        return fact

    answer_oddly(monkeypatch, odd)
    shop.running.clock.advance(16)
    for _ in range(20):
        await poll_attempts(shop.services)
    assert asked <= 6


async def test_the_daily_list_misses_nothing_because_the_gateway_was_down_that_day(shop: Shop) -> None:
    assert await compare_accounts(shop.services) == 1
    await shop.running.step(3_600)
    paid = await shop.running.paid(reference="pay_elsewhere")
    await shop.running.step(DAY_S)
    shop.wire.is_plugged = False
    await compare_accounts(shop.services)
    assert await compare_accounts(shop.services) == 0  # not again at once
    shop.wire.is_plugged = True
    await shop.running.step(DAY_S)
    assert await compare_accounts(shop.services) == 1
    assert [one.gateway_ref for one in await foreign(shop)] == [paid["id"]]


async def test_one_fact_that_cannot_be_applied_does_not_hide_the_rest_of_the_list(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = [(await shop.running.paid(reference=f"pay_{number}"))["id"] for number in range(3)]
    list_attempts = SandboxGateway.list_attempts

    async def odd(*args: object, **kwargs: object) -> object:
        page = await list_attempts(*args, **kwargs)  # type: ignore[arg-type]
        first, *rest = page.attempts
        return replace(page, attempts=(replace(first, amount=Money(2**80, "USD")), *rest))

    monkeypatch.setattr(SandboxGateway, "list_attempts", odd)
    await compare_accounts(shop.services)
    assert {one.gateway_ref for one in await foreign(shop)} == set(refs[1:])
    monkeypatch.undo()
    shop.running.clock.advance(3_601)
    await compare_accounts(shop.services)
    assert {one.gateway_ref for one in await foreign(shop)} == set(refs)


async def test_gf28_a_foreign_debit_that_became_money_days_later_is_listed(shop: Shop) -> None:
    shop.running.app.faults.are_webhooks_lost = True
    await shop.running.json("PATCH", "/v1/account", {"settles_after_s": 86_400})
    debit = await shop.running.create("pay_elsewhere")
    await shop.running.pay(debit["id"], DEBIT)
    await compare_accounts(shop.services)
    assert await foreign(shop) == []
    for _ in range(3):
        await shop.running.step(DAY_S + 1)
        await compare_accounts(shop.services)
    assert [one.gateway_ref for one in await foreign(shop)] == [debit["id"]]


async def test_wi17_an_odd_word_in_an_error_does_not_keep_an_event_alive(shop: Shop) -> None:
    body = json.dumps(
        {
            "id": "sbevt_odd",
            "type": "payment.captured",
            "created_at": 1,
            "data": {"object": {"id": "sbpay_\0", "object": "payment"}},
        }
    ).encode()
    [secret] = shop.account.webhook_secrets
    headers = {"sandbox-signature": signature(secret, shop.services.clock.now_us() // 1_000_000, body)}
    assert await receive_webhook(shop.services, "sandbox", shop.account.id, headers, body)
    assert await process_inbox(shop.services) == 1
    good = await shop.press_pay(await shop.link())
    await shop.fill_card(good)
    await shop.deliver()
    assert (await shop.attempt(good.session.attempt_id)).status is AttemptStatus.CAPTURED


async def test_da13_the_merchant_who_waits_longest_comes_first(shop: Shop) -> None:
    """A hundred busy merchants are looked at in one pass: the quiet one must not be the hundred and first for ever."""
    database, now = shop.services.database, shop.services.clock.now_us()

    async def fill(tx: Tx) -> None:
        for number in range(150):
            # The longest due comes last in every order but the one that counts.
            merchant_id, age = f"mer_{149 - number:03}", number
            await inbox.store(
                tx,
                inbox.NewReceived(
                    MerchantId(merchant_id), f"ib_{999 - age}", "gwa_1", "evt_1", "x", "{}", "{}", now
                ),
            )
            await outbox.promise(
                tx, MerchantId(merchant_id), f"ob_{number}", "event", "evt_1", due_at=0, now=now - age
            )

    await database.run(fill)
    for due in (inbox.merchants_with_due, outbox.merchants_with_due):
        found = await database.read(due, now=now)
        assert found[:3] == ["mer_000", "mer_001", "mer_002"]
        assert len(found) == 100

    async def empty(tx: Tx) -> None:
        for table in (inbox_table, outbox_table):
            await tx.run(compiled(delete(table)))

    await database.run(empty)


async def test_the_pages_of_what_a_person_must_look_at(shop: Shop) -> None:
    first, second = [await shop.pay(await shop.link(), str(number)) for number in range(2)]
    for payment in (first, second):
        await tell(shop, payment, AttemptFact(FactKind.CAPTURED, "sbpay_x", payment.id, usd(4_000)))
    database = shop.services.database
    older = await database.read(attempt_lists.attempts_to_decide, shop.id, limit=10, before=second.id)
    assert [one.id for one in older] == [first.id]
    newer = await database.read(
        payment_page_before, shop.id, first.id, limit=1, status=AttemptStatus.NEEDS_REVIEW
    )
    assert newer is None


async def test_gf12_what_no_gateway_knows_is_shown_to_a_person_and_late_money_still_settles_it(
    shop: Shop,
) -> None:
    link = await shop.link()
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    result = await shop.press_pay(link)
    [payment] = (await shop.running.json("GET", f"/v1/payments?reference={result.session.attempt_id}"))[
        "data"
    ]
    await shop.running.pay(payment["id"])
    shop.running.app.faults.lookup_lag_s = 40 * DAY_S
    shop.running.app.faults.plan(FaultKind.CUT_BEFORE, START, times=100)
    for _ in range(3):
        await shop.later(DAY_S // 2)
    attempt = await shop.attempt(result.session.attempt_id)
    assert (attempt.status, attempt.is_slot_held) == (AttemptStatus.UNKNOWN, True)
    assert [one.id for one in await to_decide(shop)] == [attempt.id]
    assert (await types(shop)).count("payment.quarantined") == 1
    shop.running.app.faults.lookup_lag_s = 0
    for _ in range(3):
        await shop.later(DAY_S)
    settled = await shop.attempt(attempt.id)
    assert (settled.status, settled.review_reason) == (AttemptStatus.CAPTURED, None)
    assert await to_decide(shop) == []


async def test_ll17_an_account_that_answers_no_more_is_shown_to_a_person(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    shop.wire.is_plugged = False
    await shop.later(DAY_S - 60)
    assert await to_decide(shop) == []
    for _ in range(2):
        await shop.later(DAY_S)
    [attempt] = await to_decide(shop)
    assert (attempt.id, attempt.status) == (result.session.attempt_id, AttemptStatus.REQUIRES_ACTION)
    shop.wire.is_plugged = True
    await shop.later(2 * DAY_S)
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CANCELED
    assert await to_decide(shop) == []


async def test_a_payment_in_processing_for_a_month_is_shown_to_a_person(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await shop.pay(await shop.link(), card="debit_settles")
    answer_oddly(monkeypatch, lambda _, fact: replace(fact, kind=FactKind.PROCESSING, amount=None, fee=None))
    for _ in range(29):
        await shop.later(DAY_S)
    assert await to_decide(shop) == []
    for _ in range(3):
        await shop.later(DAY_S)
    assert [one.id for one in await to_decide(shop)] == [payment.id]


async def test_a_debit_that_waits_for_its_payer_again_is_canceled_when_the_checkout_is_over(
    shop: Shop,
) -> None:
    attempt = await shop.attempt((await shop.press_pay(await shop.link())).session.attempt_id)
    await tell(shop, attempt, AttemptFact(FactKind.PROCESSING, attempt.gateway_ref, attempt.id))
    shop.running.clock.advance(3_600)
    await shop.poll()
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CANCELED


async def test_a_payer_comes_back_though_the_gateway_was_taken_out_of_this_installation(shop: Shop) -> None:
    link = await shop.link()
    session = (await shop.press_pay(link)).session
    without = replace(shop.services, gateways=Gateways())
    visit = await return_to_checkout(without, link.slug, session.id, session.token)
    assert visit is not None
    assert visit.attempt.status is AttemptStatus.REQUIRES_ACTION
