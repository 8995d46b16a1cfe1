"""The path of a payment through Mollie's adapter: connected by hand, paid, refunded in part, charged back, booked to the cent."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from linktill.core.dispute import DisputeStatus
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId
from linktill.core.link_terms import LinkFields
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.refund import RefundStatus
from linktill.flows.connect_gateway import connect, read_account
from linktill.flows.gateway_webhook import enter_secret, registered_urls
from linktill.flows.manage_links import create_link
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.reconcile import poll_attempts, poll_refunds
from linktill.flows.refund_payment import refund_payment
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import Services
from linktill.flows.start_payment import PayForm, PayResult, start_payment
from linktill.flows.verify_books import verify_books
from linktill.gateways.contract import SignatureRefused, Started
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.mollie import CONNECTING
from linktill.gateways.testing import Break, How
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage import attempts, disputes, ledger, refunds
from linktill.storage.database import Database
from tests.gateways.mollie_fake import API_KEY, WEBHOOK_SECRET, MollieFake
from tests.gateways.mollie_rig import MollieRig, mollie_rig
from tests.make import KEY, make_merchant

BASE_URL = "https://pay.example.com"


@dataclass
class FakeClock:
    """The fake's own time."""

    fake: MollieFake

    def now_us(self) -> int:
        return self.fake.now_s * 1_000_000

    def monotonic_s(self) -> float:
        return float(self.fake.now_s)

    async def sleep(self, seconds: float) -> None:
        self.fake.now_s += int(seconds)


@dataclass
class MollieShop:
    services: Services
    merchant_id: MerchantId
    account_id: GatewayAccountId
    rig: MollieRig
    delivered: int = 0

    async def press_pay(self) -> PayResult:
        link = await create_link(
            self.services, self.merchant_id, LinkFields(4_000, "EUR", "A bicycle repair"), by="test"
        )
        asked = PayForm("submit-token-00000001", link.version, link.terms.amount, "ada@example.com", "Ada")
        return await start_payment(self.services, link.slug, asked)

    async def deliver(self) -> None:
        batch = self.rig.webhooks()[self.delivered :]
        self.delivered += len(batch)
        for headers, body in batch:
            assert await receive_webhook(self.services, "mollie", self.account_id, headers, body)
        while await process_inbox(self.services):
            pass

    async def attempt(self, attempt_id: AttemptId) -> PaymentAttempt:
        found = await self.services.database.read(attempts.get_attempt, self.merchant_id, attempt_id)
        assert found is not None
        return found

    async def paid(self) -> tuple[PaymentAttempt, Started]:
        result = await self.press_pay()
        assert result.redirect_url is not None
        started = Started(result.redirect_url.rpartition("/")[2], result.redirect_url)
        await self.rig.pay(started, How.SUCCESS)
        await self.deliver()
        return await self.attempt(result.session.attempt_id), started

    async def later(self, seconds: int) -> None:
        self.rig.fake.now_s += seconds
        while await poll_attempts(self.services) + await poll_refunds(self.services):
            pass

    async def balances(self) -> dict[str, int]:
        found = await self.services.database.read(ledger.balances, self.merchant_id)
        return {each.account.split(":")[0]: each.amount_minor for each in found if each.amount_minor}


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[MollieShop]:
    async with mollie_rig() as rig:
        rig.fake.now_s = int(time.time())
        services = Services(
            database=database,
            clock=FakeClock(rig.fake),
            ids=SystemIds(),
            randomness=SystemRandomness(),
            http=rig.wire,
            vault=Vault(KEY, SystemRandomness()),
            gateways=Gateways(loaded(rig.gateway, CONNECTING, is_far=True)),
            base_url=BASE_URL,
        )
        merchant = await make_merchant(services)
        made = await connect(services, merchant.id, "mollie", {"api_key": API_KEY})
        assert f"with this address: {BASE_URL}/in/mollie/{made.account_id} ." in (made.webhook_trouble or "")
        await enter_secret(services, merchant.id, made.account_id, WEBHOOK_SECRET)
        yield MollieShop(services, merchant.id, made.account_id, rig)
        await seal_ledger(services)
        verified = await verify_books(services)
        assert [problem for problem in verified.problems if problem.invariant != "I6"] == []


async def test_paid_and_refunded_in_part(shop: MollieShop) -> None:
    payment, started = await shop.paid()
    assert (payment.status, payment.captured_minor) == (AttemptStatus.CAPTURED, 4_000)
    assert (payment.gateway_ref, payment.method) == (started.gateway_ref, "Mastercard •••• 6787")
    assert payment.fee_minor == 0
    asked = await refund_payment(shop.services, shop.merchant_id, payment.id, amount_minor=1_500)
    await shop.later(1)
    await shop.rig.settle()
    await shop.deliver()
    refund = await shop.services.database.read(refunds.get_refund, shop.merchant_id, asked.id)
    assert refund is not None
    assert refund.status is RefundStatus.SUCCEEDED
    assert (await shop.balances())["clearing"] == 2_500


async def test_a_chargeback_is_lost_and_comes_back(shop: MollieShop) -> None:
    payment, started = await shop.paid()
    chargeback = shop.rig.fake.charge_back(shop.rig.payment(started), "40.00")
    await shop.deliver()
    read = shop.services.database.read
    [dispute] = await read(disputes.disputes_of, shop.merchant_id, payment.id)
    assert (dispute.status, dispute.is_withdrawn, dispute.amount.minor) == (DisputeStatus.LOST, True, 4_000)
    assert (await shop.balances()).get("clearing", 0) == 0
    shop.rig.fake.now_s += 60
    chargeback["reversedAt"] = shop.rig.fake.at()
    shop.rig.fake.tell("chargeback.reversed", chargeback)
    await shop.deliver()
    [dispute] = await read(disputes.disputes_of, shop.merchant_id, payment.id)
    assert (dispute.status, dispute.is_withdrawn) == (DisputeStatus.WON, False)
    assert (await shop.balances())["clearing"] == 4_000


async def test_a_lost_answer_is_found_by_our_reference_and_charged_once(shop: MollieShop) -> None:
    shop.rig.break_next(Break.CUT_AFTER)
    result = await shop.press_pay()
    assert result.redirect_url is None
    await shop.later(60)
    assert len(shop.rig.fake.payments) == 1
    [payment] = shop.rig.fake.payments.values()
    found = await shop.attempt(result.session.attempt_id)
    assert (found.gateway_ref, found.status) == (payment["id"], AttemptStatus.REQUIRES_ACTION)
    await shop.rig.pay(Started(payment["id"], ""), How.SUCCESS)
    await shop.later(600)
    assert (await shop.attempt(found.id)).status is AttemptStatus.CAPTURED


async def test_an_unsigned_webhook_moves_nothing(shop: MollieShop) -> None:
    result = await shop.press_pay()
    assert result.redirect_url is not None
    [payment] = shop.rig.fake.payments.values()
    shop.rig.wire.sent.clear()
    with pytest.raises(SignatureRefused):
        await receive_webhook(shop.services, "mollie", shop.account_id, {}, f"id={payment['id']}".encode())
    assert shop.rig.wire.sent == []
    assert (await shop.attempt(result.session.attempt_id)).status is AttemptStatus.REQUIRES_ACTION


async def test_the_address_for_the_webhook_is_shown(shop: MollieShop) -> None:
    stored = await read_account(shop.services, shop.merchant_id, shop.account_id)
    assert (stored.label, stored.vendor_id, stored.mode) == ("Repair shop", "pfl_QkEhN94Ba", "test")
    assert registered_urls(shop.services, stored) in {(), (f"{BASE_URL}/in/mollie/{shop.account_id}",)}
