"""Opens a merchant's gateway account: its secrets in the clear, for the length of a call or of a burst of calls."""

import json
from dataclasses import dataclass

from linktill.core import ids as prefixes
from linktill.core.errors import GatewayTrouble, NotFound
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.money import Money
from linktill.flows.services import Services
from linktill.gateways.contract import Account, Gateway
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import StoredAccount, accounts_of, get_account, insert_account


@dataclass(frozen=True, slots=True)
class Connection:
    """A gateway and a merchant's account at it."""

    gateway: Gateway
    account: Account


def new_account_id(services: Services) -> GatewayAccountId:
    """The id of an account to be stored: known before, because the webhook's address carries it."""
    return GatewayAccountId(services.ids.new(prefixes.GATEWAY_ACCOUNT))


def webhook_url(services: Services, gateway: str, account_id: GatewayAccountId) -> str:
    """Where the gateway sends this account's webhooks."""
    return f"{services.base_url}/in/{gateway}/{account_id}"


async def add_account(services: Services, account: Account) -> None:
    """Keeps a new account, its secrets sealed."""
    stored = StoredAccount(
        account.merchant_id,
        account.id,
        account.gateway,
        sealed_credentials(services, account),
        services.vault.seal(
            json.dumps(list(account.webhook_secrets)).encode(), context=_context(account, "webhook_secrets")
        ),
        services.clock.now_us(),
        0,
    )
    await services.database.run(_add_account, stored)


def sealed_credentials(services: Services, account: Account) -> bytes:
    """An account's credentials as they are kept."""
    plain = json.dumps(dict(account.credentials)).encode()
    return services.vault.seal(plain, context=_context(account, "credentials"))


async def _add_account(tx: Tx, stored: StoredAccount) -> None:
    is_new = await directory.claim(tx, directory.GATEWAY_ACCOUNT, stored.id, stored.merchant_id, stored.id)
    if is_new:
        await insert_account(
            tx,
            stored.merchant_id,
            stored.id,
            stored.gateway,
            credentials=stored.credentials,
            webhook_secrets=stored.webhook_secrets,
            now=stored.created_at,
        )


def _context(account: Account | StoredAccount, column: str) -> str:
    return f"{account.merchant_id}:gateway_account:{column}:{account.id}"


def opened(services: Services, stored: StoredAccount) -> Connection:
    """The account ready for a call. Raises GatewayTrouble if this installation does not have its gateway."""
    gateway = services.gateways.get(stored.gateway)
    if gateway is None:
        raise GatewayTrouble(f"The gateway {stored.gateway} is not available in this installation.")
    credentials = json.loads(services.vault.open(stored.credentials, context=_context(stored, "credentials")))
    secrets = json.loads(
        services.vault.open(stored.webhook_secrets, context=_context(stored, "webhook_secrets"))
    )
    account = Account(stored.merchant_id, stored.id, stored.gateway, credentials, tuple(secrets))
    return Connection(gateway, account)


async def connection(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> Connection:
    """The account of this id, as it is or was a moment ago. Raises NotFound and GatewayTrouble."""
    services.standing.check()
    known = _known(services, account_id)
    if known is not None and known.account.merchant_id == merchant_id:
        return known
    now_s = services.clock.monotonic_s()
    stored = await services.database.read(get_account, merchant_id, account_id)
    if stored is None:
        raise NotFound(f"There is no gateway account {account_id}.")
    return _kept(services, stored, now_s)


async def connection_at(services: Services, account_id: str) -> Connection:
    """The account behind a webhook's address, as it is or was a moment ago. Raises NotFound and GatewayTrouble."""
    known = _known(services, account_id)
    if known is not None:
        return known
    now_s = services.clock.monotonic_s()
    stored = await services.database.read(_account_at, account_id)
    if stored is None:
        raise NotFound("There is no such gateway account.")
    return _kept(services, stored, now_s)


def _known(services: Services, account_id: str) -> Connection | None:
    account = services.accounts.get(account_id, now_s=services.clock.monotonic_s())
    return None if account is None else Connection(services.gateways[account.gateway], account)


def _kept(services: Services, stored: StoredAccount, now_s: float) -> Connection:
    found = opened(services, stored)
    services.accounts.keep(stored.id, found.account, now_s=now_s)
    return found


async def _account_at(tx: Tx, account_id: str) -> StoredAccount | None:
    place = await directory.find(tx, directory.GATEWAY_ACCOUNT, account_id)
    if place is None:
        return None
    return await get_account(tx, place.merchant_id, GatewayAccountId(place.target_id))


async def connection_for(services: Services, merchant_id: MerchantId, amount: Money) -> Connection:
    """The first of the merchant's accounts that can charge this amount. Raises GatewayTrouble if none can."""
    services.standing.check()
    for stored in await services.database.read(accounts_of, merchant_id):
        found = opened(services, stored)
        if found.gateway.accepts(amount, found.account):
            return found
    raise GatewayTrouble("The merchant has no payment gateway that takes this amount and currency.")
