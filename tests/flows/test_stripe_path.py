"""The path of a payment through Stripe's adapter: the real flows, and a Stripe that remembers."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from linktill.core.dispute import DisputeStatus
from linktill.core.ids import AttemptId
from linktill.core.link_terms import LinkFields
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.refund import RefundStatus
from linktill.flows.accounts import add_account, new_account_id
from linktill.flows.manage_links import create_link
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.reconcile import compare_account, poll_attempts, poll_refunds
from linktill.flows.refund_payment import refund_payment
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import Services
from linktill.flows.start_payment import PayForm, PayResult, start_payment
from linktill.flows.verify_books import verify_books
from linktill.gateways.contract import Account, Started
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.testing import Break, How
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage import attempts, disputes, gateway_accounts, ledger, refunds
from linktill.storage.database import Database
from tests.gateways.stripe_fake import StripeFake
from tests.gateways.stripe_rig import StripeRig, stripe_rig
from tests.make import BASE_URL, KEY, make_merchant

FEE = 146


@dataclass
class FakeClock:
    """The fake's own time: it moves on with every call."""

    fake: StripeFake

    def now_us(self) -> int:
        return self.fake.now_s * 1_000_000

    def monotonic_s(self) -> float:
        return float(self.fake.now_s)

    async def sleep(self, seconds: float) -> None:
        self.fake.now_s += int(seconds)


@dataclass
class StripeShop:
    services: Services
    account: Account
    rig: StripeRig
    delivered: int = 0

    async def press_pay(self, form: str = "1") -> PayResult:
        terms = LinkFields(4_000, "USD", "A bicycle repair")
        link = await create_link(self.services, self.account.merchant_id, terms, by="test")
        asked = PayForm(f"submit-token-{form:>08}", link.version, link.terms.amount, "ada@example.com", "Ada")
        return await start_payment(self.services, link.slug, asked)

    def started(self, result: PayResult) -> Started:
        assert result.redirect_url is not None
        return Started(result.redirect_url.rpartition("/")[2], result.redirect_url)

    async def deliver(self) -> None:
        batch = self.rig.webhooks()[self.delivered :]
        self.delivered += len(batch)
        for headers, body in batch:
            assert await receive_webhook(self.services, "stripe", self.account.id, headers, body)
        while await process_inbox(self.services):
            pass

    async def paid(self) -> tuple[PaymentAttempt, Started]:
        result = await self.press_pay()
        started = self.started(result)
        await self.rig.pay(started, How.SUCCESS)
        await self.deliver()
        return await self.attempt(result), started

    async def attempt(self, result: PayResult) -> PaymentAttempt:
        return await self.attempt_of(result.session.attempt_id)

    async def attempt_of(self, attempt_id: AttemptId) -> PaymentAttempt:
        read = self.services.database.read
        found = await read(attempts.get_attempt, self.account.merchant_id, attempt_id)
        assert found is not None
        return found

    async def later(self, seconds: int) -> None:
        self.rig.fake.now_s += seconds
        while await poll_attempts(self.services) + await poll_refunds(self.services):
            pass

    async def balances(self) -> dict[str, int]:
        found = await self.services.database.read(ledger.balances, self.account.merchant_id)
        return {
            balance.account.split(":")[0]: balance.amount_minor for balance in found if balance.amount_minor
        }


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[StripeShop]:
    async with stripe_rig() as rig:
        rig.fake.now_s = int(time.time())
        services = Services(
            database=database,
            clock=FakeClock(rig.fake),
            ids=SystemIds(),
            randomness=SystemRandomness(),
            http=rig.wire,
            vault=Vault(KEY, SystemRandomness()),
            gateways=Gateways(loaded(rig.gateway)),
            base_url=BASE_URL,
        )
        merchant = await make_merchant(services)
        account = replace(rig.account, merchant_id=merchant.id, id=new_account_id(services))
        await add_account(services, account)
        yield StripeShop(services, account, rig)
        await seal_ledger(services)
        verified = await verify_books(services)
        assert [problem for problem in verified.problems if problem.invariant != "I6"] == []


async def test_paid_refunded_in_part_and_booked_to_the_cent(shop: StripeShop):
    payment, started = await shop.paid()
    assert (payment.status, payment.captured_minor, payment.fee_minor) == (AttemptStatus.CAPTURED, 4_000, FEE)
    assert (payment.gateway_ref, payment.method) == (started.gateway_ref, "Visa •••• 4242")
    asked = await refund_payment(shop.services, shop.account.merchant_id, payment.id, amount_minor=1_500)
    await shop.later(1)
    await shop.deliver()
    refund = await shop.services.database.read(refunds.get_refund, shop.account.merchant_id, asked.id)
    assert refund is not None
    assert refund.status is RefundStatus.SUCCEEDED
    assert await shop.balances() == {
        "clearing": 4_000 - FEE - 1_500,
        "gateway_fees": FEE,
        "sales": -4_000,
        "refunds": 1_500,
    }


async def test_gf18_a_fee_that_comes_late_is_booked_by_the_event_of_its_charge(shop: StripeShop):
    shop.rig.fake.is_balance_late = True
    payment, started = await shop.paid()
    assert payment.fee_minor == 0
    charge = shop.rig.fake.things["charge"][shop.rig.intent(started)["latest_charge"]]
    shop.rig.fake.book(charge)
    shop.rig.fake.tell("charge.updated", charge)
    await shop.deliver()
    assert (await shop.attempt_of(payment.id)).fee_minor == FEE


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_a_dispute_from_its_inquiry_to_its_end(shop: StripeShop, end: str):
    payment, started = await shop.paid()
    dispute = shop.rig.fake.dispute(shop.rig.intent(started), "warning_needs_response")
    await shop.deliver()
    shop.rig.fake.move_dispute(dispute, "needs_response", -4_000, 1_500)
    await shop.deliver()
    assert (await shop.balances())["clearing"] == -FEE - 1_500
    shop.rig.fake.move_dispute(dispute, end, 4_000 if end == "won" else 0)
    await shop.deliver()
    known = await shop.services.database.run(
        disputes.lock_dispute, shop.account.merchant_id, payment.id, dispute["id"]
    )
    assert known is not None
    assert known[0].status is DisputeStatus(end)
    assert (await shop.balances())["clearing"] == (4_000 if end == "won" else 0) - FEE - 1_500


async def test_gf02_an_answer_that_was_lost_is_found_by_our_reference(shop: StripeShop):
    shop.rig.break_next(Break.CUT_AFTER)
    result = await shop.press_pay()
    assert result.redirect_url is None
    assert (await shop.attempt(result)).status is AttemptStatus.UNKNOWN
    await shop.later(600)
    found = await shop.attempt(result)
    assert found.status is AttemptStatus.REQUIRES_ACTION
    assert list(shop.rig.fake.things["checkout.session"]) == [found.gateway_ref]


async def test_a_page_that_nobody_paid_on_is_closed_at_stripe_on_time(shop: StripeShop):
    result = await shop.press_pay()
    await shop.later(30 * 60 + 1)
    assert (await shop.attempt(result)).status is AttemptStatus.CANCELED
    session = shop.rig.session(shop.started(result))
    assert session["status"] == "expired"
    assert session["expires_at"] > shop.rig.fake.now_s


async def test_wi19_gf28_without_any_webhook_the_daily_list_brings_all(shop: StripeShop):
    result = await shop.press_pay()
    started = shop.started(result)
    await shop.rig.pay(started, How.SUCCESS)
    intent = shop.rig.intent(started)
    shop.rig.fake.refund(intent, {"amount": 100})
    dispute = shop.rig.fake.dispute(intent, "needs_response")
    shop.rig.fake.move_dispute(dispute, "needs_response", -3_900, 1_500)
    stored = await shop.services.database.read(
        gateway_accounts.get_account, shop.account.merchant_id, shop.account.id
    )
    assert stored is not None
    assert await compare_account(shop.services, stored) == 1
    assert (await shop.attempt(result)).status is AttemptStatus.CAPTURED
    # The refund was made in Stripe's Dashboard: it is ours by its payment, and a person decides.
    assert (await shop.balances())["clearing"] == 4_000 - FEE - 4_000 - 1_500
