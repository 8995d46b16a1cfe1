"""Builders: a shop with a merchant, a link and a real sandbox company, and the hands of its payers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from linktill.core import ids as prefixes
from linktill.core.ids import AttemptId, MerchantId
from linktill.core.link_filing import NOT_FILED
from linktill.core.link_terms import LinkFields
from linktill.core.merchant import Merchant, Mode
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind, PaymentAttempt
from linktill.core.payment_link import LinkTerms, PaymentLink
from linktill.flows.accounts import add_account, new_account_id, webhook_url
from linktill.flows.apply_fact import apply_fact
from linktill.flows.manage_links import create_link, read_link
from linktill.flows.receive_webhook import process_inbox, receive_webhook
from linktill.flows.reconcile import poll_attempts, poll_refunds
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import Services, moment_of
from linktill.flows.start_payment import PayForm, PayResult, start_payment
from linktill.flows.verify_books import verify_books
from linktill.gateways.contract import Account
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.sandbox import SandboxGateway
from linktill.gateways.testing import Wire
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.sandbox.cards import BY_NAME
from linktill.storage import attempt_lists, attempts, ledger
from linktill.storage.database import Database, Tx
from linktill.storage.merchants import insert_merchant
from linktill.storage.sessions import get_session
from tests.sandbox.running import Running, running_sandbox

BASE_URL = "http://linktill.test"
KEY = bytes(32)


class OtherGateway(SandboxGateway):  # type: ignore[misc]  # the same company under another name
    """A second gateway."""

    name: ClassVar[str] = "other"
    label: ClassVar[str] = "Other"


@dataclass
class Shop:
    """A merchant with one sandbox account. Webhooks wait in `running.receiver` until `deliver`."""

    services: Services
    merchant: Merchant
    account: Account
    running: Running
    wire: Wire
    other_wire: Wire
    """To the second gateway, where there is one."""
    delivered: int = 0

    @property
    def id(self) -> MerchantId:
        return self.merchant.id

    async def link(self, amount_minor: int = 4_000, currency: str = "USD", **fields: Any) -> PaymentLink:
        slug, filing = fields.pop("slug", ""), fields.pop("filing", NOT_FILED)
        terms = LinkFields(amount_minor, currency, fields.pop("description", "A bicycle repair"), **fields)
        return await create_link(self.services, self.id, terms, by="test", slug=slug, filing=filing)

    async def fresh(self, link: PaymentLink) -> PaymentLink:
        return (await read_link(self.services, self.id, link.id)).link

    async def press_pay(self, link: PaymentLink, form: str = "1", **changes: Any) -> PayResult:
        amount = changes.pop("amount", link.terms.due)
        version = changes.pop("version", link.version)
        pay_form = PayForm(f"submit-token-{form:>08}", version, amount, "ada@example.com", "Ada", **changes)
        return await start_payment(self.services, link.slug, pay_form)

    async def fill_card(self, result: PayResult, card: str = "success") -> None:
        """The payer fills in the gateway's page."""
        assert result.redirect_url is not None
        payment_id = urlsplit(result.redirect_url).path.rsplit("/", 1)[-1]
        response = await self.running.pay(payment_id, BY_NAME[card].number)
        assert response.status == 303, response.body

    async def deliver(self, *, again: bool = False, backwards: bool = False) -> int:
        """Webhooks that the company has sent arrive and are worked on; answers how many were new."""
        await self.running.step(0)
        received = self.running.receiver.received
        batch = received if again else received[self.delivered :]
        self.delivered = len(received)
        new = 0
        for headers, body in reversed(batch) if backwards else batch:
            new += await receive_webhook(self.services, "sandbox", self.account.id, headers, body)
        while await process_inbox(self.services):
            pass
        return new

    async def pay(self, link: PaymentLink, form: str = "1", card: str = "success") -> PaymentAttempt:
        """A payer presses Pay and fills in a card; the news arrives by webhook."""
        result = await self.press_pay(link, form)
        await self.fill_card(result, card)
        await self.deliver()
        return await self.attempt(result.session.attempt_id)

    async def attempt(self, attempt_id: AttemptId) -> PaymentAttempt:
        found = await self.services.database.read(attempts.get_attempt, self.id, attempt_id)
        assert found is not None
        return found

    async def attempts(self, link: PaymentLink) -> list[PaymentAttempt]:
        return await self.services.database.read(
            attempt_lists.list_attempts, self.id, limit=100, link_id=link.id
        )

    async def page_of(self, attempt: PaymentAttempt) -> str:
        """The address of the payer's own page of a payment."""
        session = await self.services.database.read(get_session, self.id, attempt.session_id)
        assert session is not None
        link = (await read_link(self.services, self.id, attempt.link_id)).link
        return f"/p/{link.slug}/checkout/{session.id}?k={session.token}"

    async def surplus(self) -> PaymentAttempt:
        """A payer is captured at the gateway after their place was given to another one."""
        link = await self.link()
        result = await self.press_pay(link, "1")
        failed, first = AttemptFact(FactKind.FAILED), result.session.attempt_id
        await self.services.database.run(apply_fact, moment_of(self.services), self.id, first, failed)
        await self.pay(link, "2")
        await self.fill_card(result)
        await self.deliver()
        await self.poll()
        return await self.attempt(first)

    async def balances(self) -> dict[str, int]:
        """Account → balance. The gateway's clearing account is called `clearing`."""
        found = await self.services.database.read(ledger.balances, self.id)
        return {balance.account.split(":")[0]: balance.amount_minor for balance in found}

    async def later(self, seconds: float) -> None:
        """So much later, with the company's own work done and all our look-ups taken."""
        await self.running.step(seconds)
        await self.poll()

    async def poll(self) -> None:
        while await poll_attempts(self.services) + await poll_refunds(self.services):
            pass

    async def check(self) -> None:
        """The standing invariants hold, but for the telling (I6): no worker runs here."""
        await seal_ledger(self.services)
        verified = await verify_books(self.services)
        assert [problem for problem in verified.problems if problem.invariant != "I6"] == []


@asynccontextmanager
async def shop_on(database: Database, *, has_other: bool = False) -> AsyncIterator[Shop]:
    """A shop on this database, with a company of its own. `has_other`: it has an account at a second gateway as well."""
    async with running_sandbox() as running:
        wire, other_wire = Wire(running.http), Wire(running.http)
        services = Services(
            database=database,
            clock=running.clock,
            ids=SystemIds(),
            randomness=SystemRandomness(),
            http=running.http,
            vault=Vault(KEY, SystemRandomness()),
            gateways=Gateways(
                loaded(SandboxGateway(wire, running.url)), loaded(OtherGateway(other_wire, running.url))
            ),
            base_url=BASE_URL,
        )
        merchant = await make_merchant(services)
        account_id = new_account_id(services)
        assert webhook_url(services, "sandbox", account_id) == f"{BASE_URL}/in/sandbox/{account_id}"
        opened = running.account
        account = Account(
            merchant.id,
            account_id,
            "sandbox",
            {"account_id": opened.account_id, "secret_key": opened.secret_key},
            (opened.webhook_secret,),
        )
        await add_account(services, account)
        if has_other:
            await add_account(services, await _other_account(services, merchant, running))
        yield Shop(services, merchant, account, running, wire, other_wire)


async def _other_account(services: Services, merchant: Merchant, running: Running) -> Account:
    account_id = new_account_id(services)
    opened = await running.app.open_account(webhook_url(services, OtherGateway.name, account_id))
    credentials = {"account_id": opened.account_id, "secret_key": opened.secret_key}
    return Account(merchant.id, account_id, OtherGateway.name, credentials, (opened.webhook_secret,))


async def make_merchant(services: Services, name: str = "Bea's Bikes") -> Merchant:
    """A merchant in test mode."""
    merchant = Merchant(
        MerchantId(services.ids.new(prefixes.MERCHANT)),
        Mode.TEST,
        name,
        "hello@example.com",
        "USD",
        "alerts@example.com",
        services.clock.now_us(),
    )

    async def insert(tx: Tx) -> None:
        await insert_merchant(tx, merchant)

    await services.database.run(insert)
    return merchant


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def asking(minor: int) -> LinkTerms:
    """What a link asks."""
    return LinkTerms(usd(minor), "A lesson")
