"""Which ways to pay a payer of a link is offered: the merchant's accounts in their order, as far as they take what is due."""

from dataclasses import dataclass

from linktill.core.errors import GatewayTrouble
from linktill.core.ids import MerchantId
from linktill.core.money import Money
from linktill.flows.accounts import Connection, opened
from linktill.flows.services import Services
from linktill.storage.gateway_accounts import accounts_of


@dataclass(frozen=True, slots=True)
class Ways:
    """What can take a payment now, the merchant's favorite first.

    `skipped`: the gateway that would have been first, and could not be reached a moment ago; None: it is the first.
    """

    connections: tuple[Connection, ...]
    skipped: str | None = None

    def through(self, gateway: str | None) -> tuple[Connection, ...]:
        """Those of the gateway that the payer has chosen; None: the payer was not asked, and any will do."""
        return tuple(found for found in self.connections if gateway in {None, found.gateway.name})


@dataclass(frozen=True, slots=True)
class Offer:
    """A gateway as a payer may choose it."""

    gateway: str
    label: str


async def ways_to_pay(services: Services, merchant_id: MerchantId, amount: Money) -> Ways:
    """The accounts that can charge this amount. Those that could not be reached a moment ago are left out while others can.

    Raises GatewayTrouble if there is none at all, and where this installation may not ask gateways.
    """
    services.standing.check()
    fitting = [
        found
        for found in await _accounts(services, merchant_id)
        if found.gateway.accepts(amount, found.account)
    ]
    if not fitting:
        raise GatewayTrouble("The merchant has no payment gateway that takes this amount and currency.")
    now_s = services.clock.monotonic_s()
    up = [found for found in fitting if not services.outages.is_down(found.account.id, now_s)]
    first = fitting[0]
    if not up or up[0] is first:
        return Ways(tuple(up or fitting))
    return Ways(tuple(up), first.gateway.name)


async def offers_of(services: Services, merchant_id: MerchantId, amount: Money) -> tuple[Offer, ...]:
    """As `ways_to_pay`, each gateway once, for a page to show; empty where there is none."""
    try:
        ways = await ways_to_pay(services, merchant_id, amount)
    except GatewayTrouble:
        return ()
    gateways = {
        found.gateway.name: Offer(found.gateway.name, found.gateway.label) for found in ways.connections
    }
    return tuple(gateways.values())


async def _accounts(services: Services, merchant_id: MerchantId) -> tuple[Connection, ...]:
    """The merchant's accounts as they are, or were a moment ago. Those whose gateway is not installed here are left out."""
    now_s = services.clock.monotonic_s()
    known = services.connected.get(merchant_id, now_s=now_s)
    if known is None:
        stored = await services.database.read(accounts_of, merchant_id)
        known = tuple(opened(services, each).account for each in stored if each.gateway in services.gateways)
        services.connected.keep(merchant_id, known, now_s=now_s)
    return tuple(Connection(services.gateways[account.gateway], account) for account in known)
