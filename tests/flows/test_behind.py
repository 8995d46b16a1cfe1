"""An event says how something ended, and the look-up that it leads to still shows what was before (WI09, WI11, WI17, WI26).

What the books must say afterwards, or the webhook waits and is tried again, `·`: it is done with:

| the event says    | the look-up shows, and the books know                                                            |
|-------------------|--------------------------------------------------------------------------------------------------|
| payment.captured  | captured · | anything else: waits, unless the books have the capture, or a person looks at it ·   |
| payment.failed …  | failed, canceled, captured · | still open: waits, unless it is closed in the books ·               |
| refund.succeeded  | succeeded, failed (it bounced), an unknown word (a person is told) · | pending: waits             |
| refund.failed     | failed, an unknown word on an open refund · | pending, succeeded: waits                           |
| dispute.opened    | its payment captured · | anything else: waits, as above, and nothing is booked                    |
| dispute.closed    | won, lost, an unknown word (it is asked every day) · | still open: waits, unless closed in the books ·   |

A capture that look-ups contradict for good (a debit was returned) is tried a dozen times within a day, then a person sees it.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import update

from linktill.core.dispute import Dispute, DisputeFact, DisputeStatus
from linktill.core.ids import RefundId
from linktill.core.payment_attempt import OPEN, AttemptFact, AttemptStatus, FactKind, PaymentAttempt
from linktill.core.refund import RefundFact, RefundFactKind, RefundStatus
from linktill.flows.apply_fact import apply_fact
from linktill.flows.behind import is_payment_behind, is_refund_behind
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.receive_webhook import process_inbox
from linktill.flows.reconcile import compare_accounts
from linktill.flows.refund_payment import refund_payment
from linktill.flows.schedule import RETRIES_S
from linktill.flows.services import moment_of
from linktill.gateways.sandbox import SandboxGateway
from linktill.sandbox.surprises import Surprise
from linktill.storage import disputes, foreign_payments, inbox, refunds
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import inbox as inbox_table
from tests.make import Shop, usd

DAY_S = 24 * 3_600
FEE = 146
PAID = {"clearing": 4_000 - FEE, "gateway_fees": FEE, "sales": -4_000}

S = AttemptStatus
K = FactKind


@pytest.mark.parametrize("status", AttemptStatus)
def test_wi09_what_the_books_must_say_of_a_payment(status: AttemptStatus) -> None:
    assert is_payment_behind(K.CAPTURED, status) is (status not in {S.CAPTURED, S.NEEDS_REVIEW})
    assert is_payment_behind(K.FAILED, status) is (status in OPEN)
    assert is_payment_behind(K.CANCELED, status) is (status in OPEN)
    for end in (None, K.REQUIRES_ACTION, K.PROCESSING, K.AUTHORIZED, K.NOT_FOUND, K.UNKNOWN):
        assert not is_payment_behind(end, status)


@pytest.mark.parametrize("status", RefundStatus)
def test_wi09_what_the_books_must_say_of_a_refund(status: RefundStatus) -> None:
    behind_failed = {RefundStatus.PENDING, RefundStatus.SUCCEEDED}
    assert is_refund_behind(RefundFactKind.SUCCEEDED, status) is (status is RefundStatus.PENDING)
    assert is_refund_behind(RefundFactKind.FAILED, status) is (status in behind_failed)
    assert is_refund_behind(RefundFactKind.CANCELED, status) is (status in behind_failed)
    for end in (None, RefundFactKind.PENDING, RefundFactKind.NOT_FOUND, RefundFactKind.UNKNOWN):
        assert not is_refund_behind(end, status)


@contextmanager
def stale(look_up: str, **changes: object) -> Generator[None]:
    """For so long the gateway's look-ups show what was before."""
    genuine = getattr(SandboxGateway, look_up)

    async def before(*args: object) -> object:
        return replace(await genuine(*args), **changes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SandboxGateway, look_up, before)
        yield


def shown(kind: FactKind) -> dict[str, object]:
    return {"kind": kind, "amount": None, "fee": None, "vendor_status": kind.value}


async def again(shop: Shop) -> int:
    """The webhooks that wait are tried again; answers how many."""

    async def due_now(tx: Tx) -> None:
        await tx.run(compiled(update(inbox_table).where(inbox_table.c.status == "pending").values(due_at=0)))

    await shop.services.database.run(due_now)
    return await process_inbox(shop.services)


async def given_up(shop: Shop) -> list[inbox.DeadReceived]:
    """After all tries."""
    for _ in RETRIES_S:
        assert await again(shop) == 1
    assert await again(shop) == 0
    return await shop.services.database.read(inbox.list_dead, shop.id)


async def tell(shop: Shop, payment: PaymentAttempt, fact: AttemptFact) -> None:
    await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, payment.id, fact)


async def captured_after_all(shop: Shop) -> PaymentAttempt:
    """A payment that failed in our books, and at the gateway; there it is captured now, and the webhook is on its way."""
    failed = await shop.pay(await shop.link(), card="declined")
    assert failed.status is S.FAILED
    assert await shop.running.app.surprise(Surprise.CAPTURED_AFTER_ALL, failed.id)
    return failed


@pytest.mark.parametrize("before", [kind for kind in K if kind not in {K.CAPTURED, K.NOT_FOUND}])
async def test_wi11_a_dead_payment_that_was_captured_waits_for_a_look_up_that_knows(
    shop: Shop, before: FactKind
) -> None:
    failed = await captured_after_all(shop)
    with stale("look_up", **shown(before)):
        await shop.deliver()
        assert await again(shop) == 1
        assert (await shop.attempt(failed.id)).status is S.FAILED
        assert await shop.balances() == {}
    assert await again(shop) == 1
    assert (await shop.attempt(failed.id)).status is S.CAPTURED
    assert await shop.balances() == PAID
    assert await again(shop) == 0


@pytest.mark.parametrize("before", [K.PROCESSING, K.FAILED, K.CANCELED])
async def test_wi11_what_was_before_is_not_applied_to_a_live_one_either(shop: Shop, before: FactKind) -> None:
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result)
    with stale("look_up", **shown(before)):
        await shop.deliver()
        waiting = await shop.attempt(result.session.attempt_id)
        assert (waiting.status, waiting.is_slot_held) == (S.REQUIRES_ACTION, True)
    assert await again(shop) == 1
    assert (await shop.attempt(waiting.id)).status is S.CAPTURED


async def test_wi17_a_capture_that_is_never_seen_ends_before_a_person(shop: Shop) -> None:
    failed = await captured_after_all(shop)
    with stale("look_up", **shown(K.FAILED)):
        await shop.deliver()
        [dead] = await given_up(shop)
    assert dead.event_type == "payment.captured"
    assert "payment.captured" in dead.last_error
    assert f"{failed.gateway_ref} as failed" in dead.last_error
    assert await shop.services.database.run(inbox.revive, shop.id, dead.id, now=0)
    assert await again(shop) == 1
    assert (await shop.attempt(failed.id)).status is S.CAPTURED


@pytest.mark.parametrize("before", [K.PROCESSING, K.FAILED, K.UNKNOWN])
async def test_wi09_what_the_books_know_needs_no_look_up_that_knows_it(shop: Shop, before: FactKind) -> None:
    result = await shop.press_pay(await shop.link())
    await shop.fill_card(result)
    attempt = await shop.attempt(result.session.attempt_id)
    captured = AttemptFact(K.CAPTURED, attempt.gateway_ref, attempt.id, usd(4_000), usd(FEE))
    await tell(shop, attempt, captured)
    with stale("look_up", **shown(before)):
        await shop.deliver()
        assert await again(shop) == 0
    assert (await shop.attempt(attempt.id)).status is S.CAPTURED
    assert await shop.balances() == PAID


async def test_wi09_what_a_person_looks_at_already_does_not_wait(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    await shop.fill_card(result)
    attempt = await shop.attempt(result.session.attempt_id)
    await tell(shop, attempt, AttemptFact(K.CAPTURED, attempt.gateway_ref, attempt.id, usd(1), usd(0)))
    assert (await shop.attempt(attempt.id)).status is S.NEEDS_REVIEW
    with stale("look_up", **shown(K.PROCESSING)):
        await shop.deliver()
        assert await again(shop) == 0


async def test_wi12_money_that_is_not_ours_waits_too_and_is_parked_then(shop: Shop) -> None:
    paid = await shop.running.paid(reference="pay_elsewhere")
    with stale("look_up", **shown(K.PROCESSING)):
        await shop.deliver()
    assert await shop.services.database.read(foreign_payments.list_foreign, shop.id) == []
    assert await again(shop) == 1
    [foreign] = await shop.services.database.read(foreign_payments.list_foreign, shop.id)
    assert foreign.gateway_ref == paid["id"]


async def test_wi11_a_payment_that_failed_frees_its_place_as_soon_as_look_ups_know(shop: Shop) -> None:
    """A debit is looked at twice a day after a week: so long would its place be held."""
    link = await shop.link()
    result = await shop.press_pay(link)
    await shop.fill_card(result, "declined")
    with stale("look_up", **shown(K.PROCESSING)):
        await shop.deliver()
        assert (await shop.fresh(link)).slots_taken == 1
    assert await again(shop) == 1
    assert (await shop.attempt(result.session.attempt_id)).status is S.FAILED
    assert (await shop.fresh(link)).slots_taken == 0


async def test_wi09_news_of_a_failure_that_money_has_outrun_do_not_wait(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    await shop.fill_card(result, "declined")
    assert await shop.running.app.surprise(Surprise.CAPTURED_AFTER_ALL, result.session.attempt_id)
    await shop.deliver(backwards=True)
    assert await again(shop) == 0
    assert (await shop.attempt(result.session.attempt_id)).status is S.CAPTURED


async def refunded(shop: Shop) -> RefundId:
    payment = await shop.pay(await shop.link())
    return (await refund_payment(shop.services, shop.id, payment.id, amount_minor=4_000)).id


async def refund_status(shop: Shop, refund_id: RefundId) -> RefundStatus:
    refund = await shop.services.database.read(refunds.get_refund, shop.id, refund_id)
    assert refund is not None
    return refund.status


def pending(fact: RefundFact) -> RefundFact:
    return replace(fact, kind=RefundFactKind.PENDING, vendor_status="pending")


async def test_wi11_a_refund_that_went_through_waits_for_a_look_up_that_knows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund_id = await refunded(shop)
    genuine = SandboxGateway.refund

    async def slow(*args: object, **kwargs: object) -> RefundFact:
        return pending(await genuine(*args, **kwargs))  # type: ignore[arg-type]

    monkeypatch.setattr(SandboxGateway, "refund", slow)
    with stale("look_up_refund", kind=RefundFactKind.PENDING, vendor_status="pending"):
        await shop.poll()
        await shop.deliver()
        assert await refund_status(shop, refund_id) is RefundStatus.PENDING
        assert await again(shop) == 1
    assert await again(shop) == 1
    assert await refund_status(shop, refund_id) is RefundStatus.SUCCEEDED
    assert await again(shop) == 0


async def test_gf16_a_refund_that_bounced_waits_for_a_look_up_that_knows(shop: Shop) -> None:
    """Left to the look-ups for bounces it would be found a day later."""
    refund_id = await refunded(shop)
    await shop.poll()
    await shop.deliver()
    assert await shop.running.app.surprise(Surprise.REFUND_BOUNCED, refund_id)
    with stale("look_up_refund", kind=RefundFactKind.SUCCEEDED, vendor_status="succeeded", failure_code=None):
        await shop.deliver()
        assert await refund_status(shop, refund_id) is RefundStatus.SUCCEEDED
    assert await again(shop) == 1
    assert await refund_status(shop, refund_id) is RefundStatus.FAILED
    # Its older event, told again, is outranked.
    await shop.deliver(again=True)
    assert await again(shop) == 0


async def dispute_of(shop: Shop, payment: PaymentAttempt) -> Dispute:
    [found] = await shop.services.database.read(disputes.disputes_of, shop.id, payment.id)
    return found


async def test_wi26_a_dispute_of_a_dead_payment_waits_until_look_ups_know_of_its_money(shop: Shop) -> None:
    result = await shop.press_pay(await shop.link())
    shop.running.app.faults.are_webhooks_lost = True
    await shop.fill_card(result, "dispute_lost")
    attempt = await shop.attempt(result.session.attempt_id)
    await tell(shop, attempt, AttemptFact(K.CANCELED, attempt.gateway_ref, attempt.id))
    await shop.running.step(0)
    shop.running.app.faults.are_webhooks_lost = False
    await shop.running.step(6)
    with stale("look_up", **shown(K.CANCELED)):
        await shop.deliver()
        assert await shop.services.database.read(disputes.disputes_of, shop.id, attempt.id) == []
        assert await shop.balances() == {}
    assert await again(shop) == 1
    assert (await shop.attempt(attempt.id)).status is S.CAPTURED
    assert (await dispute_of(shop, attempt)).is_withdrawn


async def test_wi11_a_decided_dispute_waits_for_a_look_up_that_knows(shop: Shop) -> None:
    payment = await shop.pay(await shop.link(), card="dispute_won")
    await shop.running.step(6)
    await shop.deliver()
    await shop.running.step(61)
    open_again = {
        "status": DisputeStatus.NEEDS_RESPONSE,
        "is_withdrawn": True,
        "vendor_status": "needs_response",
    }
    with stale("look_up_dispute", **open_again):
        await shop.deliver()
        assert (await dispute_of(shop, payment)).status is DisputeStatus.NEEDS_RESPONSE
    assert await again(shop) == 1
    won = await dispute_of(shop, payment)
    assert (won.status, won.is_withdrawn) == (DisputeStatus.WON, False)
    # The same event again, and look-ups that are behind again: the books know it.
    with stale("look_up_dispute", **open_again):
        await shop.deliver(again=True)
        assert await again(shop) == 0


async def test_wi19_a_dispute_whose_end_was_never_told_is_found_by_the_daily_list(shop: Shop) -> None:
    """Lists begin eight days ago; a bank takes weeks to decide."""
    payment = await shop.pay(await shop.link(), card="dispute_won")
    await shop.running.step(6)
    await shop.deliver()
    for _ in range(12):
        with stale("look_up_dispute", status=DisputeStatus.NEEDS_RESPONSE, is_withdrawn=True):
            shop.running.clock.advance(DAY_S + 1)
            await compare_accounts(shop.services)
    assert (await dispute_of(shop, payment)).status is DisputeStatus.NEEDS_RESPONSE
    shop.running.app.faults.are_webhooks_lost = True
    await shop.running.step(61)
    shop.running.clock.advance(DAY_S + 1)
    await compare_accounts(shop.services)
    won = await dispute_of(shop, payment)
    assert (won.status, won.is_withdrawn) == (DisputeStatus.WON, False)


async def test_a_dispute_that_the_gateway_forgot_does_not_keep_the_list_from_being_over(shop: Shop) -> None:
    payment = await shop.pay(await shop.link(), card="dispute_won")
    forgotten = DisputeFact(
        "sbdis_gone",
        payment.gateway_ref,
        payment.id,
        DisputeStatus.INQUIRY,
        usd(4_000),
        None,
        is_withdrawn=False,
        reason="fraudulent",
        respond_by=None,
    )

    await shop.services.database.run(
        apply_dispute_fact, moment_of(shop.services), shop.id, payment.id, forgotten
    )
    assert await compare_accounts(shop.services) == 1
    shop.running.clock.advance(3_601)
    assert await compare_accounts(shop.services) == 0
