"""Two steps at one gateway: the payer approves, and only then is the money taken. Recorded first, like everything."""

from dataclasses import dataclass

import pytest
from sqlalchemy import update

from linktill.core import ids as prefixes
from linktill.core.capture import EXPIRED, Verdict
from linktill.core.ids import AttemptId
from linktill.core.link_terms import LinkFields
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.accounts import add_account
from linktill.flows.capture_payment import decide_now
from linktill.flows.manage_links import create_link, read_link
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.reconcile import poll_attempts
from linktill.flows.resolve_attempt import resolve_attempt
from linktill.flows.return_to_checkout import return_to_checkout
from linktill.flows.services import Services
from linktill.flows.start_payment import PayForm, PayResult, start_payment
from linktill.gateways.contract import Account, SignatureRefused
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.paypal.gateway import PayPalGateway
from linktill.gateways.testing import Break, Wire
from linktill.platform.http import HttpRequest
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage import attempts, inbox, ledger
from linktill.storage.database import Database, Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import inbox as inbox_table
from tests.gateways.paypal_company import Fault, PayPalCompany
from tests.gateways.paypal_holds import let_go
from tests.gateways.paypal_rig import ACCOUNT
from tests.gateways.paypal_words import Clock
from tests.make import BASE_URL, KEY, make_merchant

PAID = {"clearing": 3_880, "gateway_fees": 120, "sales": -4_000}


@dataclass
class PayPalShop:
    services: Services
    account: Account
    company: PayPalCompany
    wire: Wire
    link: PaymentLink

    async def press_pay(self) -> PayResult:
        form = PayForm(
            "submit-token-00000001", self.link.version, self.link.terms.amount, "ada@example.com", "Ada"
        )
        return await start_payment(self.services, self.link.slug, form)

    async def started(self, capture_as: str = "COMPLETED") -> PaymentAttempt:
        """Pay is pressed, and the payer approves on PayPal's page."""
        attempt = await self.attempt((await self.press_pay()).session.attempt_id)
        assert attempt.gateway_ref is not None
        self.company.approve(attempt.gateway_ref, capture_as)
        return attempt

    async def attempt(self, attempt_id: AttemptId) -> PaymentAttempt:
        found = await self.services.database.read(attempts.get_attempt, self.account.merchant_id, attempt_id)
        assert found is not None
        return found

    async def deliver(self) -> None:
        """PayPal's webhooks arrive, and are worked on."""
        while self.company.deliveries:
            headers, body = self.company.deliveries.pop(0)
            await receive_webhook(self.services, "paypal", self.account.id, headers, body)
        while await process_inbox(self.services):
            pass

    async def balances(self) -> dict[str, int]:
        found = await self.services.database.read(ledger.balances, self.account.merchant_id)
        return {balance.account.split(":")[0]: balance.amount_minor for balance in found}

    def captures(self) -> list[HttpRequest]:
        return [each for each in self.wire.sent if each.url.endswith("/capture")]


@pytest.fixture
async def shop(database: Database) -> PayPalShop:
    company = PayPalCompany(Clock())
    wire = Wire(company)
    services = Services(
        database=database,
        clock=company.clock,
        ids=SystemIds(),
        randomness=SystemRandomness(),
        http=wire,
        vault=Vault(KEY, SystemRandomness()),
        gateways=Gateways(loaded(PayPalGateway(wire, company.clock, company.signer.issuers))),
        base_url=BASE_URL,
    )
    merchant = await make_merchant(services)
    account = Account(
        merchant.id,
        type(ACCOUNT.id)(services.ids.new(prefixes.GATEWAY_ACCOUNT)),
        "paypal",
        ACCOUNT.credentials,
        ACCOUNT.webhook_secrets,
    )
    await add_account(services, account)
    link = await create_link(services, merchant.id, LinkFields(4_000, "USD", "A bicycle repair"), by="test")
    return PayPalShop(services, account, company, wire, link)


async def test_the_webhook_of_an_approval_leads_to_one_capture(shop: PayPalShop) -> None:
    attempt = await shop.started()
    await shop.deliver()
    waiting = await shop.attempt(attempt.id)
    assert (waiting.status, waiting.poll_at) == (AttemptStatus.AUTHORIZED, shop.company.clock.at)
    assert shop.captures() == []
    assert await poll_attempts(shop.services) == 1
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CAPTURED
    assert await shop.balances() == PAID
    await shop.deliver()
    assert await poll_attempts(shop.services) == 0
    assert await shop.balances() == PAID
    assert [each.headers["paypal-request-id"] for each in shop.captures()] == [f"capture-{attempt.id}"]
    link = (await read_link(shop.services, shop.account.merchant_id, shop.link.id)).link
    assert link.status is LinkStatus.COMPLETED


async def test_gf21_the_payers_return_captures_at_once(shop: PayPalShop) -> None:
    result = await shop.press_pay()
    attempt = await shop.attempt(result.session.attempt_id)
    shop.company.approve(attempt.gateway_ref or "")
    visit = await return_to_checkout(shop.services, shop.link.slug, result.session.id, result.session.token)
    assert visit is not None
    assert visit.attempt.status is AttemptStatus.CAPTURED
    assert await shop.balances() == PAID


@pytest.mark.parametrize("how", [Break.CUT_BEFORE, Break.CUT_AFTER, Break.ERROR_AFTER, Break.NONSENSE_AFTER])
async def test_gf02_a_capture_without_an_answer_is_looked_for_and_made_once(
    shop: PayPalShop, how: Break
) -> None:
    attempt = await shop.started()
    await shop.deliver()
    shop.company.faults.append(Fault(how, "/capture"))
    await poll_attempts(shop.services)
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.AUTHORIZED
    shop.company.clock.at += 20_000_000
    await poll_attempts(shop.services)
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CAPTURED
    assert await shop.balances() == PAID
    assert len(shop.company.captures) == 1
    assert len({each.headers["paypal-request-id"] for each in shop.captures()}) == 1


async def test_gf09_a_declined_capture_frees_the_place(shop: PayPalShop) -> None:
    attempt = await shop.started("INSTRUMENT_DECLINED")
    await shop.deliver()
    await poll_attempts(shop.services)
    failed = await shop.attempt(attempt.id)
    assert (failed.status, failed.decline_code) == (AttemptStatus.FAILED, "INSTRUMENT_DECLINED")
    assert (failed.is_slot_held, await shop.balances()) == (False, {})


async def test_ll04_an_approval_after_the_end_is_never_captured(shop: PayPalShop) -> None:
    attempt = await shop.attempt((await shop.press_pay()).session.attempt_id)
    shop.company.clock.at += 31 * 60 * 1_000_000
    await poll_attempts(shop.services)
    assert (await shop.attempt(attempt.id)).status is AttemptStatus.CANCELED
    shop.company.approve(attempt.gateway_ref or "")
    await shop.deliver()
    await poll_attempts(shop.services)
    after = await shop.attempt(attempt.id)
    assert (after.status, after.is_slot_held) == (AttemptStatus.CANCELED, False)
    assert shop.captures() == []
    assert await shop.balances() == {}


async def test_ll04_who_still_holds_an_old_attempt_captures_only_what_the_books_say_now(
    shop: PayPalShop,
) -> None:
    """Two messengers: one has canceled, the other read the attempt before and hears of the approval after."""
    stale = await shop.attempt((await shop.press_pay()).session.attempt_id)
    shop.company.clock.at += 31 * 60 * 1_000_000
    await poll_attempts(shop.services)
    shop.company.approve(stale.gateway_ref or "")
    assert (await resolve_attempt(shop.services, stale)).status is AttemptStatus.CANCELED
    assert shop.captures() == []


async def test_an_order_that_contradicts_the_books_is_frozen_not_captured(shop: PayPalShop) -> None:
    attempt = await shop.started()
    shop.company.orders[attempt.gateway_ref or ""]["shown"]["purchase_units"][0]["custom_id"] = "pay_other"
    after = await resolve_attempt(shop.services, attempt)
    assert after.status is AttemptStatus.NEEDS_REVIEW
    assert shop.captures() == []


async def test_an_order_that_is_not_ours_is_never_captured(shop: PayPalShop) -> None:
    """Another shop may use the same account: only what is in the books is captured."""
    attempt = await shop.started()
    order = shop.company.orders[attempt.gateway_ref or ""]["shown"]
    foreign = {
        **order,
        "id": "ORDOFANOTHER1",
        "purchase_units": [{**order["purchase_units"][0], "custom_id": "x1"}],
    }
    shop.company.orders["ORDOFANOTHER1"] = {"shown": foreign, "made_at": shop.company.clock.at}
    shop.company.deliveries.clear()
    shop.company.deliver("CHECKOUT.ORDER.APPROVED", "checkout-order", foreign)
    await shop.deliver()
    assert shop.captures() == []


async def by_hand(shop: PayPalShop) -> PaymentAttempt:
    """The payer of a link that is captured by hand approves on PayPal's page."""
    fields = LinkFields(4_000, "USD", "A bicycle repair", capture_method="manual")
    shop.link = await create_link(shop.services, shop.account.merchant_id, fields, by="test")
    return await shop.started()


def calls(shop: PayPalShop, what: str) -> list[str]:
    return [each.headers["paypal-request-id"] for each in shop.wire.sent if each.url.endswith(f"/{what}")]


async def test_an_approval_is_authorized_and_nothing_is_captured_before_somebody_says_so(
    shop: PayPalShop,
) -> None:
    attempt = await by_hand(shop)
    await shop.deliver()
    await poll_attempts(shop.services)
    held = await shop.attempt(attempt.id)
    assert (held.status, held.is_resting) == (AttemptStatus.AUTHORIZED, True)
    assert held.capture_before == shop.company.clock.at + 29 * 86_400 * 1_000_000
    assert calls(shop, "authorize") == [f"authorize-{attempt.id}"]
    await shop.deliver()
    shop.company.clock.at += 5 * 86_400 * 1_000_000
    await poll_attempts(shop.services)
    assert await shop.balances() == {}
    decided = await decide_now(
        shop.services, shop.account.merchant_id, attempt.id, Verdict.CAPTURE, by="test"
    )
    assert decided.status is AttemptStatus.CAPTURED
    await shop.deliver()
    assert await shop.balances() == PAID
    assert calls(shop, "capture") == [f"capture-{attempt.id}"]


@pytest.mark.parametrize("how", [Break.CUT_BEFORE, Break.CUT_AFTER, Break.ERROR_AFTER, Break.NONSENSE_AFTER])
async def test_gf02_an_authorization_without_an_answer_is_looked_for_and_made_once(
    shop: PayPalShop, how: Break
) -> None:
    attempt = await by_hand(shop)
    shop.company.faults.append(Fault(how, "/authorize"))
    await shop.deliver()
    await poll_attempts(shop.services)
    waiting = await shop.attempt(attempt.id)
    assert waiting.status in {AttemptStatus.PROCESSING, AttemptStatus.REQUIRES_ACTION}
    shop.company.clock.at += 20_000_000
    await poll_attempts(shop.services)
    assert (await shop.attempt(attempt.id)).is_resting
    assert len(shop.company.held) == 1
    assert set(calls(shop, "authorize")) == {f"authorize-{attempt.id}"}
    assert await shop.balances() == {}


async def test_gf17_paypal_lets_go_of_what_nobody_captured(shop: PayPalShop) -> None:
    attempt = await by_hand(shop)
    await shop.deliver()
    await poll_attempts(shop.services)
    await shop.deliver()
    shop.company.clock.at += (29 * 86_400 + 1) * 1_000_000
    (held,) = shop.company.held.values()
    let_go(shop.company, held["shown"])
    await shop.deliver()
    await poll_attempts(shop.services)
    end = await shop.attempt(attempt.id)
    assert (end.status, end.decline_code, end.is_slot_held) == (AttemptStatus.CANCELED, EXPIRED, False)
    assert await shop.balances() == {}


async def due_now(tx: Tx) -> None:
    await tx.run(compiled(update(inbox_table).values(due_at=0)))


async def test_wi22_a_webhook_is_kept_unverified_while_its_certificate_cannot_be_fetched(
    shop: PayPalShop,
) -> None:
    await shop.started()
    (headers, body), *_ = shop.company.deliveries
    services, merchant_id = shop.services, shop.account.merchant_id

    async def take(sent: bytes) -> bool:
        return await receive_webhook(services, "paypal", shop.account.id, headers, sent)

    shop.company.faults += [Fault(Break.CUT_BEFORE, "/certs/") for _ in range(5)]
    assert not await take(body)
    assert not await take(body), "the same delivery twice is kept once"
    assert not await take(body + b" ")
    assert await process_inbox(services) == 2
    sent = len(shop.wire.sent)
    assert await process_inbox(services) == 0, "they are asked about again later"
    assert len(shop.wire.sent) == sent
    await services.database.run(due_now)
    assert await process_inbox(services) == 2
    assert await process_inbox(services) == 1, "the genuine one, under its own id; the forged one is done"
    assert await process_inbox(services) == 0
    assert await services.database.read(inbox.count_dead, merchant_id) == 0
    # What was verified late is known when it comes again.
    assert not await take(body)
    with pytest.raises(SignatureRefused):
        await receive_webhook(shop.services, "paypal", shop.account.id, headers, body + b" ")
