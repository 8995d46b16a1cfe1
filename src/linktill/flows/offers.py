"""Which ways to pay a payer of a link is offered: the merchant's accounts in their order, as far as they take what is due,
the merchant wants it there, and the link lets it through.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.errors import FieldError, GatewayTrouble
from linktill.core.ids import MerchantId
from linktill.core.money import Money, exponent
from linktill.core.payment_link import LinkTerms
from linktill.flows.accounts import Connection, opened
from linktill.flows.services import Offered, Services
from linktill.platform.language import format_money
from linktill.storage.gateway_accounts import accounts_of
from linktill.storage.gateway_settings import offering_of

_COMMON: Final = 100
"""Units of a currency that whoever takes the currency takes."""
TermsCheck = Callable[[LinkTerms], Iterable[FieldError]]
"""What is wrong with a link's terms in the eyes of the merchant's gateways."""


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


async def ways_to_pay(
    services: Services, merchant_id: MerchantId, terms: LinkTerms, *, amount: Money | None = None
) -> Ways:
    """The accounts that can charge this amount for the link; None: what it asks for. Those that could not be reached a moment ago
    are left out while others can.

    Raises GatewayTrouble if there is none at all, and where this installation may not ask gateways.
    """
    services.standing.check()
    known = await _offered(services, merchant_id)
    amount = _shown(terms.due if amount is None else amount)
    fitting = [_connection(services, each) for each in known if _takes(services, each, terms, amount)]
    if not fitting:
        raise GatewayTrouble("The merchant has no payment gateway that takes this amount and currency.")
    now_s = services.clock.monotonic_s()
    up = [found for found in fitting if not services.outages.is_down(found.account.id, now_s)]
    first = fitting[0]
    if not up or up[0] is first:
        return Ways(tuple(up or fitting))
    return Ways(tuple(up), first.gateway.name)


async def offers_of(
    services: Services, merchant_id: MerchantId, terms: LinkTerms, *, amount: Money | None = None
) -> tuple[Offer, ...]:
    """As `ways_to_pay`, each gateway once, for a page to show; empty where there is none."""
    try:
        ways = await ways_to_pay(services, merchant_id, terms, amount=amount)
    except GatewayTrouble:
        return ()
    gateways = {
        found.gateway.name: Offer(found.gateway.name, found.gateway.label) for found in ways.connections
    }
    return tuple(gateways.values())


async def terms_check(services: Services, merchant_id: MerchantId) -> TermsCheck:
    """Says of terms what the merchant's gateways of now have against them.

    A gateway that the terms name must be connected and take the price. Among those that they do not name one that takes it is
    enough: the others are not offered then. Before any gateway is connected any price will do; its page says so.
    """
    known = await _offered(services, merchant_id)

    def check(terms: LinkTerms) -> Iterable[FieldError]:
        yield from _not_there(services, known, terms)
        left = [each for each in known if terms.lets_through(each.account.gateway)]
        if terms.denied_gateways and known and not left:
            yield FieldError("denied_gateways", "None of your gateways is left. Deny fewer of them.")
        asked = [[each for each in left if each.account.gateway == name] for name in terms.allowed_gateways]
        for place, currency in enumerate(terms.currencies):
            for accounts in filter(None, asked or [left]):
                found = _none_takes(services, accounts, terms, terms.in_currency(currency).due)
                if found is not None and not place:
                    yield found
                elif found is not None and found.param != "capture_method":  # which is so in every currency
                    yield replace(found, param=f"currency_options.{place - 1}.{found.param}")

    return check


def _none_takes(
    services: Services, accounts: Sequence[Offered], terms: LinkTerms, due: Money
) -> FieldError | None:
    """What all of these accounts have against it; None: one of them at least takes it."""
    # What the payer has to choose first is looked at when it is chosen.
    obstacles = [
        _hold_obstacle(services, each, terms) or (_obstacle(services, each, due) if due.minor else None)
        for each in accounts
    ]
    known = [obstacle for obstacle in obstacles if obstacle is not None]
    if len(known) < len(obstacles):
        return None
    return FieldError(known[0].param, " ".join(dict.fromkeys(obstacle.message for obstacle in known)))


def of_changes(check: TermsCheck, before: LinkTerms) -> TermsCheck:
    """The same for edited terms: what was taken when it was set is no obstacle to edits of something else."""

    def offered_as(terms: LinkTerms) -> tuple[object, ...]:
        dues = tuple(terms.in_currency(currency).due for currency in terms.currencies)
        return dues, terms.allowed_gateways, terms.denied_gateways, terms.capture_method

    return lambda terms: () if offered_as(terms) == offered_as(before) else check(terms)


def _takes(services: Services, offered: Offered, terms: LinkTerms, amount: Money) -> bool:
    is_let_through = terms.lets_through(offered.account.gateway)
    is_able = _hold_obstacle(services, offered, terms) is None
    return is_let_through and is_able and _obstacle(services, offered, amount) is None


def _not_there(services: Services, known: Sequence[Offered], terms: LinkTerms) -> Iterable[FieldError]:
    connected = dict.fromkeys(each.account.gateway for each in known)
    for name in terms.allowed_gateways:
        if name not in connected:
            others = f"You have {', '.join(connected)}." if connected else "You have none yet."
            yield FieldError("allowed_gateways", f"{name} is not connected. {others}")
    for name in terms.denied_gateways:
        if name not in services.gateways:
            yield FieldError(
                "denied_gateways", f"There is no gateway {name}. There are {', '.join(services.gateways)}."
            )


def _hold_obstacle(services: Services, offered: Offered, terms: LinkTerms) -> FieldError | None:
    """A link that is captured by hand is offered only by who can hold the money."""
    gateway = services.gateways[offered.account.gateway]
    if terms.is_manual and not gateway.captures_manually:
        words = f"{gateway.label} takes the money at once: it cannot be captured by hand."
        return FieldError("capture_method", words)
    return None


def _obstacle(services: Services, offered: Offered, amount: Money) -> FieldError | None:
    """Why an account is not offered for an amount, or None."""
    gateway = services.gateways[offered.account.gateway]
    if not gateway.accepts(amount, offered.account):
        if not gateway.accepts(_common(amount.currency), offered.account):
            return FieldError("currency", f"{gateway.label} does not take {amount.currency}.")
        return FieldError("amount_minor", f"{gateway.label} does not take {format_money(amount)}.")
    if not offered.offering.allows(amount):
        return FieldError(
            "amount_minor", f"By your rules {gateway.label} is not offered for {format_money(amount)}."
        )
    return None


def _common(currency: str) -> Money:
    return Money(_COMMON * 10 ** exponent(currency), currency)


def _shown(amount: Money) -> Money:
    """While the payer still has to choose, those that take the currency are shown."""
    return amount if amount.minor else _common(amount.currency)


def _connection(services: Services, offered: Offered) -> Connection:
    return Connection(services.gateways[offered.account.gateway], offered.account)


async def _offered(services: Services, merchant_id: MerchantId) -> tuple[Offered, ...]:
    """The merchant's accounts as they are, or were a moment ago. Those whose gateway is not installed here are left out."""
    now_s = services.clock.monotonic_s()
    known = services.connected.get(merchant_id, now_s=now_s)
    if known is None:
        stored = await services.database.read(accounts_of, merchant_id)
        known = tuple(
            Offered(opened(services, each).account, offering_of(each.offering))
            for each in stored
            if each.gateway in services.gateways
        )
        services.connected.keep(merchant_id, known, now_s=now_s)
    return known
