"""Each guard of the money path alone, with whatever else would catch the same mistake out of the way (STYLE 19).

Every test here was written because its bug, planted, was seen by no other test.
"""

import asyncio
import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from linktill.core.checkout_session import CheckoutSession, SessionStatus
from linktill.core.errors import FieldInvalid, RefundTooLarge
from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.payment_link import LinkStatus
from linktill.core.refund import RefundFact, RefundFactKind, RefundStatus, may_refund
from linktill.flows import reconcile
from linktill.flows import start_payment as flow
from linktill.flows.accounts import add_account, new_account_id
from linktill.flows.apply_fact import apply_fact
from linktill.flows.cancel_link import cancel_link
from linktill.flows.manage_links import edit_link, pause_link
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.refund_payment import apply_refund_fact, refund_payment
from linktill.flows.schedule import RETRIES_S
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import moment_of
from linktill.gateways.contract import Account, AttemptRef
from linktill.gateways.sandbox import SandboxGateway, gateway
from linktill.sandbox.events import signature
from linktill.sandbox.faults import FaultKind
from linktill.storage import attempts, foreign_payments, inbox, ledger, links, refunds, sessions
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import inbox as inbox_table
from tests.flows.crashing import press_pay_and_crash
from tests.flows.edits import raised_to
from tests.make import Shop, usd

START = "POST /v1/payments"
TTL_S = flow.SESSION_TTL_US // 1_000_000
DAY_S = 24 * 3_600
FEE = 146


def starts(shop: Shop) -> list[str]:
    return [one.headers["idempotency-key"] for one in shop.wire.sent if one.url.endswith("/v1/payments")]


async def session_of(shop: Shop, attempt_id: AttemptId) -> CheckoutSession:
    attempt = await shop.attempt(attempt_id)
    found = await shop.services.database.read(sessions.get_session, shop.id, attempt.session_id)
    assert found is not None
    return found


async def tell(shop: Shop, attempt_id: AttemptId, fact: AttemptFact) -> None:
    await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, attempt_id, fact)


async def test_cc03_the_claim_alone_counts_slots(shop: Shop) -> None:
    """Without the rules that read the link before: two who read at once have both read a free slot."""
    database, now = shop.services.database, shop.services.clock.now_us()
    for payments_max, room in ((1, 1), (3, 3)):
        link = await shop.link(payments_max=payments_max)
        claims = await asyncio.gather(
            *(database.run(links.claim_slot, link, link.terms.amount, now=now) for _ in range(room + 3))
        )
        assert sum(claims) == room
        for _ in range(room):
            await database.run(links.free_slot, shop.id, link.id, link.terms.amount)


async def test_the_claim_alone_looks_at_version_times_and_status(shop: Shop) -> None:
    database, now = shop.services.database, shop.services.clock.now_us()
    link = await shop.link(expires_at=now + 60_000_000)

    async def claims(*, version: int = 1, at: int = now) -> bool:
        amount = link.terms.amount
        is_claimed = await database.run(links.claim_slot, replace(link, version=version), amount, now=at)
        if is_claimed:
            await database.run(links.free_slot, shop.id, link.id, amount)
        return is_claimed

    assert await claims()
    assert not await claims(version=2)
    assert not await claims(version=0)
    assert await claims(at=now + 59_999_999)
    assert not await claims(at=now + 60_000_000)
    await pause_link(shop.services, shop.id, link.id)
    assert not await claims()
    await cancel_link(shop.services, shop.id, link.id)
    assert not await claims()
    link = await shop.link(starts_at=now + 60_000_000)
    assert not await claims(at=now + 59_999_999)
    assert await claims(at=now + 60_000_000)


async def test_cc11_the_reservation_alone_counts_what_is_left(shop: Shop) -> None:
    payment = await shop.pay(await shop.link(1_000))
    waiting = (await shop.press_pay(await shop.link(1_000), "2")).session.attempt_id
    database = shop.services.database

    async def reserves(amount_minor: int, attempt_id: AttemptId = payment.id) -> bool:
        return await database.run(attempts.reserve_refund, shop.id, attempt_id, amount_minor)

    assert not await reserves(1_001)
    assert await reserves(600)
    assert not await reserves(401)
    assert await reserves(400)
    assert not await reserves(1)
    assert not await reserves(1, waiting)
    await database.run(attempts.change_refund, shop.id, payment.id, requested=-1_000, refunded=0)


def test_the_rule_alone_counts_what_is_left() -> None:
    may_refund(usd(1_000), usd(600), usd(400))
    for requested, asked in ((600, 401), (1_000, 1), (0, 1_001)):
        with pytest.raises(RefundTooLarge):
            may_refund(usd(1_000), usd(requested), usd(asked))
    for asked in (0, -1):
        with pytest.raises(FieldInvalid):
            may_refund(usd(1_000), usd(0), usd(asked))


async def test_gf02_a_start_is_sent_again_under_its_one_key(shop: Shop) -> None:
    shop.running.app.faults.plan(FaultKind.CUT_BEFORE, START, times=3)
    result = await shop.press_pay(await shop.link())
    await shop.press_pay(await shop.fresh(await shop.link()), "2")
    await shop.later(61)
    await shop.later(61)
    await shop.later(61)
    mine = [key for key in starts(shop) if result.session.attempt_id in key]
    assert len(mine) >= 2
    assert set(mine) == {f"start-{result.session.attempt_id}"}


async def test_gf05_a_start_is_not_sent_again_when_its_key_may_be_forgotten(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    await press_pay_and_crash(shop, link, monkeypatch)
    shop.running.clock.advance(23 * 3_600 + 1)
    await shop.poll()
    await shop.press_pay(link)
    assert starts(shop) == []
    [attempt] = await shop.attempts(link)
    assert (attempt.status, attempt.is_slot_held) == (AttemptStatus.CREATED, True)


async def test_ll04_only_the_gateway_ends_a_checkout_whose_time_is_over(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    attempt = await shop.attempt(result.session.attempt_id)
    # The company's own clock does not strike: nothing ends this payment but our asking.
    shop.running.clock.advance(TTL_S + 1)
    await shop.poll()
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CANCELED
    [sent] = [one for one in shop.wire.sent if one.url.endswith("/cancel")]
    assert sent.headers["idempotency-key"] == f"cancel-{attempt.id}"
    assert (await shop.running.payment(attempt.gateway_ref or ""))["status"] == "canceled"


async def test_ll04_a_capture_that_won_the_race_against_the_cancel_is_honored(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "webhook_lost")
    look_up, asked = SandboxGateway.look_up, 0

    async def stale_first(adapter: SandboxGateway, account: Account, ref: AttemptRef) -> AttemptFact:
        nonlocal asked
        asked += 1
        fact = await look_up(adapter, account, ref)
        return replace(fact, kind=FactKind.REQUIRES_ACTION, amount=None, fee=None) if asked == 1 else fact

    monkeypatch.setattr(SandboxGateway, "look_up", stale_first)
    shop.running.clock.advance(TTL_S + 1)
    await shop.poll()
    assert asked == 2
    payment = await shop.attempt(result.session.attempt_id)
    assert (payment.status, payment.is_surplus) == (AttemptStatus.CAPTURED, False)
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED


async def test_a_reference_counts_only_over_its_own_gateway_account(shop: Shop) -> None:
    other_id = new_account_id(shop.services)
    own = shop.account
    await add_account(
        shop.services, Account(shop.id, other_id, "sandbox", own.credentials, own.webhook_secrets)
    )
    shop.running.app.faults.plan(FaultKind.CUT_AFTER, START)
    result = await shop.press_pay(await shop.link())
    [payment] = (await shop.running.json("GET", f"/v1/payments?reference={result.session.attempt_id}"))[
        "data"
    ]
    await shop.running.pay(payment["id"])
    await shop.running.step(0)
    for headers, body in shop.running.receiver.received:
        await receive_webhook(shop.services, "sandbox", other_id, headers, body)
    while await process_inbox(shop.services):
        pass
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.UNKNOWN
    [foreign] = await shop.services.database.read(foreign_payments.list_foreign, shop.id)
    assert (foreign.gateway_account_id, foreign.gateway_ref) == (other_id, payment["id"])


async def test_cc16_a_turn_is_taken_once(shop: Shop) -> None:
    attempt = await shop.attempt((await shop.press_pay(await shop.link())).session.attempt_id)
    payment = await shop.pay(await shop.link(), "2")
    refund = await refund_payment(shop.services, shop.id, payment.id, amount_minor=1)
    database, soon = shop.services.database, shop.services.clock.now_us() + 3_600_000_000
    taken = await asyncio.gather(
        *(database.run(attempts.take_poll, attempt, poll_at=soon + n) for n in range(5))
    )
    assert sum(taken) == 1
    taken = await asyncio.gather(
        *(database.run(refunds.take_poll, refund, poll_at=soon + n, started_at=1) for n in range(5))
    )
    assert sum(taken) == 1


async def test_cc01_a_failed_form_is_tried_again_once(shop: Shop) -> None:
    link = await shop.link(payments_max=5)
    failed = await shop.pay(link, card="declined")
    session = await session_of(shop, failed.id)
    database = shop.services.database
    again = [replace(session, attempt_id=AttemptId(f"pay_{n}")) for n in range(3)]
    taken = await asyncio.gather(
        *(database.run(sessions.retry_session, one, attempt_before=failed.id) for one in again)
    )
    assert sum(taken) == 1
    assert not await database.run(sessions.retry_session, again[0], attempt_before=failed.id)


async def test_late_news_of_an_older_try_leave_the_session_alone(shop: Shop) -> None:
    link = await shop.link()
    failed = await shop.pay(link, card="declined")
    again = await shop.press_pay(link)
    await tell(
        shop,
        failed.id,
        AttemptFact(FactKind.CAPTURED, failed.gateway_ref, failed.id, usd(4_000), usd(FEE)),
    )
    session = await session_of(shop, again.session.attempt_id)
    assert (session.status, session.attempt_id) == (SessionStatus.PROCESSING, again.session.attempt_id)
    late = await shop.attempt(failed.id)
    assert late.is_surplus, "the newer try holds the only place"


async def test_gf16_a_refund_that_was_booked_and_bounces_is_free_to_be_refunded_again(shop: Shop) -> None:
    link = await shop.link()
    payment = await shop.pay(link)
    refund = await refund_payment(shop.services, shop.id, payment.id, amount_minor=4_000)
    await shop.poll()
    assert (await shop.balances())["refunds"] == 4_000
    bounced = RefundFact(RefundFactKind.FAILED, reference=refund.id, failure_code="account_closed")
    for _ in range(2):
        after = await shop.services.database.run(
            apply_refund_fact, moment_of(shop.services), shop.id, refund.id, bounced
        )
        assert (after.status, after.failure_code) == (RefundStatus.FAILED, "account_closed")
    assert (await shop.balances())["refunds"] == 0
    attempt = await shop.attempt(payment.id)
    assert (attempt.refund_requested_minor, attempt.refunded_minor) == (0, 0)
    assert (await shop.fresh(link)).refunded_minor == 0
    again = await refund_payment(shop.services, shop.id, payment.id, amount_minor=None)
    assert again.amount == usd(4_000)


async def test_ll12_money_that_comes_late_counts_the_limit_of_now(shop: Shop) -> None:
    link = await shop.link(payments_max=2)
    failed = await shop.pay(link, "1", card="declined")
    await shop.pay(link, "2")
    await edit_link(shop.services, shop.id, link.id, raised_to(1), by="test")
    captured = AttemptFact(FactKind.CAPTURED, failed.gateway_ref, failed.id, usd(4_000), usd(FEE))
    await tell(shop, failed.id, captured)
    assert (await shop.attempt(failed.id)).is_surplus


async def test_gf18_each_change_of_a_fee_is_booked(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    for fee in (150, 140, 160):
        await tell(
            shop,
            payment.id,
            AttemptFact(FactKind.CAPTURED, payment.gateway_ref, payment.id, usd(4_000), usd(fee)),
        )
        assert (await shop.balances())["gateway_fees"] == fee


async def received(shop: Shop, body: bytes) -> None:
    [secret] = shop.account.webhook_secrets
    headers = {"sandbox-signature": signature(secret, shop.services.clock.now_us() // 1_000_000, body)}
    assert await receive_webhook(shop.services, "sandbox", shop.account.id, headers, body)


def event(payment_id: str) -> bytes:
    thing = {"id": payment_id, "object": "payment"}
    return json.dumps(
        {"id": "sbevt_1", "type": "payment.captured", "created_at": 1, "data": {"object": thing}}
    ).encode()


async def test_cc16_cc17_whoever_was_asleep_past_its_lease_finishes_nothing(shop: Shop) -> None:
    await received(shop, event("sbpay_x"))
    database = shop.services.database

    async def lease(tx: Tx, token: str, now: int) -> list[inbox.Received]:
        return await inbox.lease(tx, shop.id, now=now, lease_until=now + 10, lease_token=token, limit=9)

    [asleep] = await database.run(lease, "first", 1_000)
    assert await database.run(lease, "second", 1_009) == []
    [awake] = await database.run(lease, "second", 1_010)
    assert (asleep.id, awake.tries) == (awake.id, 2)
    assert not await database.run(inbox.done, asleep)
    assert not await database.run(inbox.dead, asleep, error="x")
    assert not await database.run(inbox.later, asleep, due_at=1, error="x")
    assert await database.run(inbox.done, awake)
    assert not await database.run(inbox.done, awake)


async def test_wi17_an_event_that_never_works_dies_is_kept_and_can_be_replayed(shop: Shop) -> None:
    paid = await shop.running.paid(reference="pay_elsewhere")
    await shop.running.step(0)
    shop.running.app.faults.lookup_lag_s = 365 * DAY_S
    await received(shop, event(paid["id"]))
    database = shop.services.database

    async def due_now(tx: Tx) -> None:
        await tx.run(compiled(update(inbox_table).where(inbox_table.c.status == "pending").values(due_at=0)))

    for tried in range(len(RETRIES_S) + 1):
        assert await database.read(inbox.list_dead, shop.id) == [], tried
        await database.run(due_now)
        assert await process_inbox(shop.services) == 1
    await database.run(due_now)
    assert await process_inbox(shop.services) == 0
    [dead] = await database.read(inbox.list_dead, shop.id)
    assert (dead.tries, paid["id"] in dead.last_error) == (len(RETRIES_S) + 1, True)
    shop.running.app.faults.lookup_lag_s = 0
    assert await database.run(inbox.revive, shop.id, dead.id, now=0)
    assert await process_inbox(shop.services) == 1
    assert await database.read(inbox.list_dead, shop.id) == []
    [foreign] = await database.read(foreign_payments.list_foreign, shop.id)
    assert foreign.gateway_ref == paid["id"]


async def test_a_row_is_sealed_once(shop: Shop) -> None:
    await shop.pay(await shop.link())
    database, now = shop.services.database, shop.services.clock.now_us()
    [row] = await database.read(ledger.unsealed, shop.id, until=now, limit=10)
    await seal_ledger(shop.services)
    assert not await database.run(ledger.seal, row, seq=2, seal_version=1, chain_hash=b"x")


async def test_a_list_that_was_not_gone_through_to_its_end_does_not_count(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "PAGE_MAX", 1)
    refs = [(await shop.running.paid(reference=f"pay_{number}"))["id"] for number in range(3)]
    database = shop.services.database
    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "PAGES_MAX", 2)
        await reconcile.compare_accounts(shop.services)
    assert len(await database.read(foreign_payments.list_foreign, shop.id)) == 2
    shop.running.clock.advance(3_601)
    assert await reconcile.compare_accounts(shop.services) == 1
    found = await database.read(foreign_payments.list_foreign, shop.id)
    assert {one.gateway_ref for one in found} == set(refs)
