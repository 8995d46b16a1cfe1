"""A merchant whose payers pay without a gateway, for the tests of those folders that ask for one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from linktill.core.ids import AttemptId, MerchantId, ReceiptId, RefundId
from linktill.core.link_terms import LinkFields
from linktill.core.offline_terms import OfflineFields
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.core.receipt import Receipt, TakenBack, Way
from linktill.core.refund import Refund
from linktill.flows.manage_links import create_link, read_link
from linktill.flows.offline_account import account_to_record, set_up_offline
from linktill.flows.reconcile import poll_attempts, poll_refunds
from linktill.flows.record_money import MoneyCame, Said, money_came, record_money, record_payment
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import Services, moment_of
from linktill.flows.start_payment import PayForm, PayResult, start_payment
from linktill.flows.take_back import Taking, settle_refund, take_back
from linktill.flows.verify_books import verify_books
from linktill.gateways.kind import Gateways
from linktill.gateways.offline import offline
from linktill.platform.http import GuardedHttp
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage import attempt_lists, attempts, ledger, receipts, refunds
from linktill.storage.database import Database
from tests.gateways.paypal_words import Clock
from tests.make import BASE_URL, KEY, make_merchant

IBAN = "DE89370400440532013000"
TERMS = OfflineFields(
    holder="Beas Räder GmbH", iban="DE89 3704 0044 0532 0130 00", bic="COBADEFFXXX", takes_cash=True
)
DAY_US = 24 * 3_600 * 1_000_000


@dataclass
class Counter:
    """The merchant's counter, with what people do there."""

    services: Services
    id: MerchantId
    clock: Clock

    async def link(self, amount_minor: int = 4_000, currency: str = "EUR", **fields: Any) -> PaymentLink:
        terms = LinkFields(amount_minor, currency, "A bicycle repair", **fields)
        return await create_link(self.services, self.id, terms, by="test")

    async def fresh(self, link: PaymentLink) -> PaymentLink:
        return (await read_link(self.services, self.id, link.id)).link

    async def press_pay(self, link: PaymentLink, form: str = "1") -> PayResult:
        asked = PayForm(f"submit-token-{form:>08}", link.version, link.terms.amount, "ada@example.com", "Ada")
        return await start_payment(self.services, link.slug, asked)

    async def chosen(self, link: PaymentLink, form: str = "1") -> PaymentAttempt:
        """A payer has chosen to pay offline, and the payment waits for money."""
        return await self.attempt((await self.press_pay(link, form)).session.attempt_id)

    def came(self, amount_minor: int | None = None, way: Way = Way.TRANSFER, **more: Any) -> MoneyCame:
        return money_came(self.services, Said(way.value, amount_minor, **more), by="mem_bea")

    async def mark(
        self, attempt: PaymentAttempt, amount_minor: int | None = None, way: Way = Way.TRANSFER, **more: Any
    ) -> PaymentAttempt:
        came = self.came(amount_minor, way, **more)
        return await self.services.database.run(
            record_money, moment_of(self.services), self.id, attempt.id, came
        )

    async def record(
        self, link: PaymentLink, amount_minor: int | None = None, way: Way = Way.CASH, **more: Any
    ) -> PaymentAttempt:
        came = self.came(amount_minor, way, **more)
        account_id = await account_to_record(self.services, self.id)
        return await self.services.database.run(
            record_payment, moment_of(self.services), self.id, link.id, account_id, came
        )

    async def take_back(self, receipt: Receipt, why: TakenBack = TakenBack.MISTAKE) -> PaymentAttempt:
        taking = Taking(ReceiptId(receipt.id), why, "mem_bea")
        return await self.services.database.run(take_back, moment_of(self.services), self.id, taking)

    async def settle(self, refund_id: RefundId, way: Way | None) -> Refund:
        return await self.services.database.run(
            settle_refund, moment_of(self.services), self.id, refund_id, way
        )

    async def attempt(self, attempt_id: AttemptId) -> PaymentAttempt:
        found = await self.services.database.read(attempts.get_attempt, self.id, attempt_id)
        assert found is not None
        return found

    async def attempts(self, link: PaymentLink) -> list[PaymentAttempt]:
        return await self.services.database.read(
            attempt_lists.list_attempts, self.id, limit=100, link_id=link.id
        )

    async def receipts(self, attempt: PaymentAttempt) -> list[Receipt]:
        return await self.services.database.read(receipts.receipts_of, self.id, attempt.id)

    async def refunds(self, attempt: PaymentAttempt) -> list[Refund]:
        return await self.services.database.read(refunds.refunds_of, self.id, attempt.id)

    async def balances(self) -> dict[str, int]:
        """Account → balance, without those at zero: `bank`, `cash` and `checks` where money lies, `clearing` between."""
        found = await self.services.database.read(ledger.balances, self.id)
        short = {each.account: each.account.split(":") for each in found}
        return {
            short[each.account][2 if len(short[each.account]) == 3 else 0]: each.amount_minor
            for each in found
            if each.amount_minor
        }

    async def later(self, days: float) -> None:
        """So much later, with all our own looks taken."""
        self.clock.at += round(days * DAY_US)
        for _ in range(20):
            if not await poll_attempts(self.services) + await poll_refunds(self.services):
                return
        raise AssertionError("what is asked for nobody must not be asked for again at once")

    async def check(self) -> None:
        """The standing invariants hold, but for the telling (I6): no worker runs here."""
        await seal_ledger(self.services)
        verified = await verify_books(self.services)
        assert [problem for problem in verified.problems if problem.invariant != "I6"] == []


@pytest_asyncio.fixture
async def counter(database: Database) -> AsyncIterator[Counter]:
    """A merchant with an offline account and no other, on SQLite and on PostgreSQL."""
    clock = Clock()
    http = GuardedHttp()
    services = Services(
        database=database,
        clock=clock,
        ids=SystemIds(),
        randomness=SystemRandomness(),
        http=http,
        vault=Vault(KEY, SystemRandomness()),
        gateways=Gateways(offline()),
        base_url=BASE_URL,
    )
    merchant = await make_merchant(services)
    await set_up_offline(services, merchant.id, TERMS)
    made = Counter(services, merchant.id, clock)
    yield made
    await made.check()
    await http.close()
