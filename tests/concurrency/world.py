"""A fresh merchant for each interleaving, with a link and payments as far as a scenario needs them; no gateway is asked."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from linktill.core import ids as prefixes
from linktill.core.ids import AttemptId, GatewayAccountId, MerchantId, SessionId
from linktill.core.link_terms import LinkFields
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind, PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.flows.accounts import add_account
from linktill.flows.apply_fact import apply_fact
from linktill.flows.manage_links import new_link, store_link
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.start_payment import PayForm, _Claimed, _New, claim
from linktill.flows.verify_books import verify_chain
from linktill.gateways.contract import Account
from linktill.gateways.kind import Gateways
from linktill.platform.http import GuardedHttp
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage import attempt_lists, attempts, invariants, links
from linktill.storage.database import Database, Tx
from tests.concurrency.exploring import Play
from tests.concurrency.interleaver import Body, Choose, Controller, Ended, NoSleep
from tests.make import BASE_URL, KEY, make_merchant

NEVER = ("I6",)
"""Nobody tells anybody anything here, and nobody is late."""
_vault = Vault(KEY, SystemRandomness())


def services_on(database: Database) -> Services:
    """The ports on this database. There is no gateway behind them."""
    return Services(
        database=database,
        clock=NoSleep(),
        ids=SystemIds(),
        randomness=SystemRandomness(),
        http=GuardedHttp(),
        vault=_vault,
        gateways=Gateways(),
        base_url=BASE_URL,
    )


@dataclass
class World:
    """A merchant of one's own on a database that many share."""

    services: Services
    id: MerchantId
    account_id: GatewayAccountId
    numbers: "itertools.count[int]"

    @property
    def database(self) -> Database:
        return self.services.database

    def moment(self) -> Moment:
        return moment_of(self.services)

    async def link(self, amount_minor: int = 4_000, **fields: Any) -> PaymentLink:
        terms = LinkFields(amount_minor, "USD", "A bicycle repair", **fields)
        link = new_link(self.services, self.id, terms, lambda _: ())
        return await self.database.run(store_link, self.moment(), link, "test")

    async def fresh(self, link: PaymentLink) -> PaymentLink:
        found = await self.database.read(links.get_link, self.id, link.id)
        assert found is not None
        return found

    async def attempt(self, attempt_id: AttemptId) -> PaymentAttempt:
        found = await self.database.read(attempts.get_attempt, self.id, attempt_id)
        assert found is not None
        return found

    async def attempts(self, link: PaymentLink) -> list[PaymentAttempt]:
        return await self.database.read(attempt_lists.list_attempts, self.id, limit=100, link_id=link.id)

    def press(self, link: PaymentLink, form: str = "1") -> Body:
        """Somebody presses Pay: the unit of `start_payment` that claims a slot."""
        pay_form = PayForm(f"submit-token-{form:>08}", link.version, link.terms.amount)
        new = _New(
            SessionId(self.services.ids.new(prefixes.SESSION)),
            AttemptId(self.services.ids.new(prefixes.ATTEMPT)),
            self.services.randomness.token(18),
            "sandbox",
            self.account_id,
        )

        async def body(database: Database) -> _Claimed:
            return await database.run(claim, self.moment(), link.slug, pay_form, new)

        return body

    async def claimed(self, link: PaymentLink, form: str = "1") -> PaymentAttempt:
        done: _Claimed = await self.press(link, form)(self.database)
        return done.attempt

    def tell(self, attempt: PaymentAttempt, kind: FactKind = FactKind.CAPTURED, **changes: Any) -> Body:
        """A messenger brings what the gateway says of an attempt."""
        fact = AttemptFact(
            kind,
            changes.pop("gateway_ref", f"sbpay_{attempt.id}"),
            attempt.id,
            attempt.amount if kind is FactKind.CAPTURED else None,
            **changes,
        )

        async def body(database: Database) -> PaymentAttempt:
            return await database.run(apply_fact, self.moment(), self.id, attempt.id, fact)

        return body

    async def paid(self, link: PaymentLink, form: str = "1", **changes: Any) -> PaymentAttempt:
        attempt = await self.claimed(link, form)
        done: PaymentAttempt = await self.tell(attempt, **changes)(self.database)
        return done

    async def check(self) -> None:
        """The standing invariants, as `linktill verify` looks for them, for this merchant."""
        await seal_ledger(self.services)
        found = await self.database.read(_problems, self.id)
        _, broken = await verify_chain(self.services, self.id)
        assert (found, broken) == ([], None)


async def _problems(tx: Tx, merchant_id: MerchantId) -> list[str]:
    problems = []
    for (invariant, words), statement in invariants.CHECKS.items():
        if invariant not in NEVER:
            ids = await invariants.find(tx, statement, merchant_id, late=0)
            problems += [f"{invariant} {words}: {ids}"] if ids else []
    return problems


async def new_world(services: Services, numbers: "itertools.count[int]") -> World:
    """A merchant with a gateway account that nobody asks."""
    merchant = await make_merchant(services, f"Shop {next(numbers)}")
    account_id = GatewayAccountId(services.ids.new(prefixes.GATEWAY_ACCOUNT))
    await add_account(services, Account(merchant.id, account_id, "sandbox", {}, ("secret",)))
    return World(services, merchant.id, account_id, numbers)


@dataclass
class Scene:
    """What is played side by side, and what must hold afterwards however it was interleaved."""

    bodies: Sequence[Body]
    check: Callable[[Ended], Awaitable[None]]


Scenario = Callable[[World], Awaitable[Scene]]


def playing(controller: Controller, services: Services, scenario: Scenario) -> Play:
    """Plays interleavings of a scenario, each in a world of its own; afterwards the invariants hold in it."""
    numbers = itertools.count(1)

    async def play(choose: Choose) -> Ended:
        world = await new_world(services, numbers)
        scene = await scenario(world)
        ended = await controller.run(scene.bodies, choose)
        try:
            await scene.check(ended)
            await world.check()
        except AssertionError as error:
            raise AssertionError(f"{error}\nafter\n{ended.order()}") from error
        return ended

    return play


def usd(minor: int) -> Money:
    return Money(minor, "USD")
