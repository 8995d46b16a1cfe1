"""Opens a merchant's gateway account: its secrets in the clear, for the length of a call or of a burst of calls."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, GatewayTrouble, NotFound
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.flows.services import Services
from linktill.gateways.contract import Account, Gateway
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import StoredAccount, get_account, insert_account
from linktill.storage.merchants import get_merchant


@dataclass(frozen=True, slots=True)
class Connection:
    """A gateway and a merchant's account at it."""

    gateway: Gateway
    account: Account


def forget(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> None:
    """The account was changed by this process: what it remembers of it is old."""
    services.accounts.drop(account_id)
    services.connected.drop(merchant_id)


def new_account_id(services: Services) -> GatewayAccountId:
    """The id of an account to be stored: known before, because the webhook's address carries it."""
    return GatewayAccountId(services.ids.new(prefixes.GATEWAY_ACCOUNT))


def webhook_url(services: Services, gateway: str, account_id: GatewayAccountId) -> str:
    """Where the gateway sends this account's webhooks."""
    return f"{services.base_url}/in/{gateway}/{account_id}"


@dataclass(frozen=True, slots=True)
class KeptSecret:
    """A webhook's secret. `until`: a newer one has taken its place, and then it ends; None: it is valid."""

    text: str = field(repr=False)
    until: int | None = None


async def add_account(services: Services, account: Account, label: str = "") -> None:
    """Keeps a new account of a test merchant, its secrets sealed. One that is there already stays as it is.

    Raises FieldInvalid for keys of the other mode.
    """
    await check_mode(services, account)
    secrets = tuple(KeptSecret(each) for each in account.webhook_secrets)
    await services.database.run(_add_account, replace(sealed(services, account, secrets), label=label))
    forget(services, account.merchant_id, account.id)


def sealed(services: Services, account: Account, secrets: Sequence[KeptSecret]) -> StoredAccount:
    """The account as it is stored, in test mode and first in order unless the caller says otherwise."""
    texts = [[each.text, each.until] for each in secrets]
    return StoredAccount(
        account.merchant_id,
        account.id,
        account.gateway,
        services.vault.seal(
            json.dumps(dict(account.credentials)).encode(), context=_context(account, "credentials")
        ),
        services.vault.seal(json.dumps(texts).encode(), context=_context(account, "webhook_secrets")),
        services.clock.now_us(),
        0,
        mode=Mode.TEST,
        vendor_id=account.credentials.get("account_id", ""),
    )


async def check_mode(services: Services, account: Account) -> None:
    """Raises FieldInvalid where the account's keys tell a mode that is not that of the merchant's books."""
    owner = await services.database.read(get_merchant, account.merchant_id)
    gateway = services.gateways.get(account.gateway)
    if owner is not None and gateway is not None:
        must_fit(gateway, books=owner.mode, keys=gateway.mode_of(account), field="gateway")


def must_fit(gateway: Gateway, *, books: Mode, keys: Mode | None, field: str) -> None:
    """Raises FieldInvalid where the keys' money is not that of the books: test books must never take real money, and what
    live books call paid must be paid. `keys` None: they do not tell, and it goes by the books.
    """
    if keys in {None, books}:
        return
    if gateway.is_test_only:
        words = f"{gateway.label} moves no money, so it is not for live books. Connect another gateway."
    elif keys is Mode.LIVE:
        words = (
            "These are live keys, and they move real money; this merchant is in test mode, where none may move. Enter "
            f"{gateway.label}'s test keys here, and the live ones in your live books (Settings, Go live)."
        )
    else:
        words = (
            "These are test keys, and no money would come in; this merchant is in live mode. Enter "
            f"{gateway.label}'s live keys here, and the test keys in your test books."
        )
    raise FieldInvalid(field, words)


async def _add_account(tx: Tx, stored: StoredAccount) -> None:
    if await directory.claim(tx, directory.GATEWAY_ACCOUNT, stored.id, stored.merchant_id, stored.id):
        await insert_account(tx, stored)


def _context(account: Account | StoredAccount, column: str) -> str:
    return f"{account.merchant_id}:gateway_account:{column}:{account.id}"


def kept_secrets(services: Services, stored: StoredAccount) -> tuple[KeptSecret, ...]:
    """The webhook's secrets that are valid now, the newest first."""
    texts = json.loads(
        services.vault.open(stored.webhook_secrets, context=_context(stored, "webhook_secrets"))
    )
    now = services.clock.now_us()
    return tuple(KeptSecret(text, until) for text, until in texts if until is None or now < until)


def opened(services: Services, stored: StoredAccount) -> Connection:
    """The account ready for a call. Raises GatewayTrouble if this installation does not have its gateway."""
    gateway = services.gateways.get(stored.gateway)
    if gateway is None:
        raise GatewayTrouble(f"The gateway {stored.gateway} is not available in this installation.")
    secrets = tuple(each.text for each in kept_secrets(services, stored))
    account = Account(
        stored.merchant_id, stored.id, stored.gateway, credentials_of(services, stored), secrets
    )
    return Connection(gateway, account)


def credentials_of(services: Services, stored: StoredAccount) -> dict[str, str]:
    """The credentials in the clear, for the length of a call."""
    plain = services.vault.open(stored.credentials, context=_context(stored, "credentials"))
    found: dict[str, str] = json.loads(plain)
    return found


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
