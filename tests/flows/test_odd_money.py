"""Money that does not fit: late, surplus, wrong, foreign, disputed. Applied or parked where a person sees it, never dropped."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.payment_link import LinkStatus
from linktill.core.refund import RefundReason, RefundStatus
from linktill.flows.apply_fact import apply_fact
from linktill.flows.reconcile import compare_accounts
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import moment_of
from linktill.flows.verify_books import verify_books
from linktill.storage import disputes, events, foreign_payments, refunds
from linktill.storage.database import Database, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import ledger_entry, ledger_transaction
from tests.make import Shop, shop_on, usd

FEE = 146


async def types(shop: Shop) -> list[str]:
    found = await shop.services.database.read(events.list_events, shop.id, limit=100)
    return [event.type.value for event in reversed(found)]


async def test_a_capture_after_the_slot_was_freed_is_honored_while_there_is_room(shop: Shop) -> None:
    link = await shop.link()
    failed = await shop.pay(link, card="declined")
    fact = AttemptFact(FactKind.CAPTURED, failed.gateway_ref, failed.id, usd(4_000), usd(FEE))
    late = await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, failed.id, fact)
    assert (late.status, late.is_surplus, late.is_slot_held) == (AttemptStatus.CAPTURED, False, True)
    assert (await shop.fresh(link)).status is LinkStatus.COMPLETED


async def test_a_capture_on_a_full_link_is_surplus_and_goes_back_by_itself(shop: Shop) -> None:
    link = await shop.link()
    result = await shop.press_pay(link, "1")
    # The payer is captured at the gateway while we hold the attempt for failed: another payer took the place.
    failed = AttemptFact(FactKind.FAILED)
    await shop.services.database.run(
        apply_fact, moment_of(shop.services), shop.id, result.session.attempt_id, failed
    )
    paid = await shop.pay(link, "2")
    assert paid.status is AttemptStatus.CAPTURED
    await shop.fill_card(result)
    await shop.deliver()
    surplus = await shop.attempt(result.session.attempt_id)
    assert (surplus.status, surplus.is_surplus) == (AttemptStatus.CAPTURED, True)
    assert (await shop.balances())["surplus_payments"] == -4_000
    after = await shop.fresh(link)
    assert (after.captured_count, after.captured_minor) == (1, 4_000)
    await shop.poll()
    [refund] = await shop.services.database.read(refunds.refunds_of, shop.id, surplus.id)
    assert (refund.reason, refund.status, refund.amount.minor) == (
        RefundReason.SURPLUS,
        RefundStatus.SUCCEEDED,
        4_000,
    )
    assert await shop.balances() == {
        "clearing": 4_000 - 2 * FEE,
        "gateway_fees": 2 * FEE,
        "sales": -4_000,
        "surplus_payments": 0,
    }
    assert "payment.surplus_noticed" in await types(shop)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": usd(3_999)},
        {"amount": Money(4_000, "EUR")},
        {"amount": None},
        {"reference": "pay_another"},
        {"gateway_ref": "sbpay_another"},
    ],
)
async def test_what_is_charged_must_be_the_snapshot_else_it_is_quarantined(
    shop: Shop, change: dict[str, object]
) -> None:
    link = await shop.link()
    attempt = await shop.attempt((await shop.press_pay(link)).session.attempt_id)
    good = AttemptFact(FactKind.CAPTURED, attempt.gateway_ref, attempt.id, usd(4_000), usd(FEE))
    wrong = replace(good, **change)  # type: ignore[arg-type]
    moment = moment_of(shop.services)
    held = await shop.services.database.run(apply_fact, moment, shop.id, attempt.id, wrong)
    assert held.status is AttemptStatus.NEEDS_REVIEW
    assert held.review_reason
    assert await shop.balances() == {}
    assert (await shop.fresh(link)).slots_taken == 1
    # Frozen: even the right fact moves nothing until a person has decided.
    again = await shop.services.database.run(apply_fact, moment, shop.id, attempt.id, good)
    assert again.status is AttemptStatus.NEEDS_REVIEW
    assert await shop.balances() == {}
    assert (await types(shop)).count("payment.quarantined") == 1


async def test_ll19_late_failure_does_not_undo_a_capture(shop: Shop) -> None:
    link = await shop.link()
    payment = await shop.pay(link)
    for kind in (
        FactKind.FAILED,
        FactKind.CANCELED,
        FactKind.PROCESSING,
        FactKind.NOT_FOUND,
        FactKind.UNKNOWN,
    ):
        fact = AttemptFact(kind, payment.gateway_ref, payment.id)
        after = await shop.services.database.run(
            apply_fact, moment_of(shop.services), shop.id, payment.id, fact
        )
        assert after.status is AttemptStatus.CAPTURED
    assert (await shop.balances())["sales"] == -4_000


async def test_gf18_another_fee_is_a_new_ledger_transaction(shop: Shop) -> None:
    payment = await shop.pay(await shop.link())
    for fee in (150, 140, 140, 150):
        fact = AttemptFact(FactKind.CAPTURED, payment.gateway_ref, payment.id, usd(4_000), usd(fee))
        await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, payment.id, fact)
    assert await shop.balances() == {"clearing": 3_850, "gateway_fees": 150, "sales": -4_000}


@pytest.mark.parametrize(
    ("card", "status", "lost"), [("dispute_lost", "lost", 4_000), ("dispute_won", "won", 0)]
)
async def test_wi26_a_dispute_is_followed_and_booked(shop: Shop, card: str, status: str, lost: int) -> None:
    payment = await shop.pay(await shop.link(), card=card)
    for _ in range(6):
        await shop.running.step(30)
        await shop.deliver(backwards=True)
    await shop.deliver(again=True)
    [dispute] = await shop.services.database.read(disputes.disputes_of, shop.id, payment.id)
    assert dispute.status.value == status
    balances = await shop.balances()
    assert balances["disputes"] == lost
    assert balances["sales"] == -4_000
    assert "dispute.closed" in await types(shop)


async def test_gf28_the_daily_list_books_what_no_messenger_brought_and_parks_what_is_not_ours(
    shop: Shop,
) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "webhook_lost")
    await shop.running.paid("4000000000030041", reference="pay_elsewhere")
    assert await compare_accounts(shop.services) == 1
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.CAPTURED
    [foreign] = await shop.services.database.read(foreign_payments.list_foreign, shop.id)
    assert (foreign.amount_minor, foreign.currency) == (4_000, "USD")
    assert await compare_accounts(shop.services) == 0
    shop.running.clock.advance(24 * 3_600 + 1)
    assert await compare_accounts(shop.services) == 1
    assert (await types(shop)).count("gateway.foreign_payment_found") == 1


TAMPERINGS = {
    "an amount": update(ledger_entry).where(ledger_entry.c.account == "sales").values(amount_minor=-1),
    "an account": update(ledger_entry).where(ledger_entry.c.account == "sales").values(account="gifts"),
    "a key": update(ledger_transaction).where(ledger_transaction.c.seq == 2).values(business_key="other"),
    "the order": update(ledger_transaction).where(ledger_transaction.c.seq == 2).values(seq=9),
    "a hash": update(ledger_transaction).where(ledger_transaction.c.seq == 2).values(hash=b"x"),
    "a row left out": delete(ledger_entry).where(ledger_entry.c.account == "gateway_fees"),
}


@pytest.mark.parametrize("change", TAMPERINGS)
async def test_pa04_a_changed_row_breaks_the_chain_and_is_named(database: Database, change: str) -> None:
    async with shop_on(database) as shop:
        for _ in range(3):
            await shop.pay(await shop.link())
        assert await seal_ledger(shop.services) == 3
        assert await seal_ledger(shop.services) == 0
        verified = await verify_books(shop.services)
        assert (verified.ledger_rows, [p for p in verified.problems if p.invariant != "I6"]) == (3, [])

        async def tamper(tx: Tx) -> None:
            await tx.run(compiled(TAMPERINGS[change]))

        await database.run(tamper)
        assert "I10" in {problem.invariant for problem in (await verify_books(shop.services)).problems}
