"""The webhook of a gateway account: registered at the gateway, tested, and given another secret while the old one still counts.

The gateway is called first and what it told is kept then. Were we stopped between, the next call finds the webhook by its
address.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from linktill.core.errors import FieldInvalid, GatewayTrouble, NotFound, TransitionRefused, VersionConflict
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.account_health import note_words
from linktill.flows.accounts import (
    KeptSecret,
    credentials_of,
    forget,
    kept_secrets,
    opened,
    sealed,
    webhook_url,
)
from linktill.flows.services import Services
from linktill.gateways.contract import NO_CALL, Account, GatewayError, Rejected
from linktill.platform.addresses import UrlRefused, parse_target
from linktill.platform.log import get_logger
from linktill.storage import gateway_settings, leases
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import StoredAccount, get_account

OVERLAP_US: Final = 24 * 3_600 * 1_000_000
"""So long a secret counts after its successor came: gateways go on for a while with what they have queued."""
SECRETS_MAX: Final = 3
SECRET_MAX: Final = 200
LEASE_US: Final = 120 * 1_000_000
KEY_CHARS: Final = 24

log = get_logger(__name__)


class GatewayRefused(TransitionRefused):
    """The gateway says no, and will again until its merchant has mended what it names."""


@asynccontextmanager
async def alone(services: Services, account_id: GatewayAccountId) -> AsyncGenerator[None, None]:
    """Nobody else changes the account meanwhile: two who registered a webhook at once would leave two.

    Raises TransitionRefused where somebody does.
    """
    holder = services.randomness.token(12)
    lease = await services.database.run(leases.acquire, f"gateway_account {account_id}", holder, LEASE_US)
    if lease is None:
        raise TransitionRefused("This account is being changed right now. Try again in two minutes.")
    try:
        yield
    finally:
        await services.database.run(leases.release, lease)


async def keep(services: Services, before: StoredAccount, after: StoredAccount) -> None:
    """Stores what was changed, and forgets what this process remembers. Raises VersionConflict."""
    await services.database.run(_keep, before, after)
    forget(services, before.merchant_id, before.id)


async def _keep(tx: Tx, before: StoredAccount, after: StoredAccount) -> None:
    if await gateway_settings.set_connection(tx, before, after):
        return
    now = await get_account(tx, before.merchant_id, before.id)
    if now is None or (now.credentials, now.webhook_secrets) != (after.credentials, after.webhook_secrets):
        raise VersionConflict("Somebody else changed this account just now. Look again, and repeat it.")


def address_trouble(services: Services, stored: StoredAccount) -> str | None:
    """Why the gateway cannot reach us, as far as our own address tells."""
    if not services.gateways.kinds[stored.gateway].is_far:
        return None
    label = services.gateways.label(stored.gateway)
    try:
        target = parse_target(services.base_url, may_be_private=False)
    except UrlRefused:
        target = None
    if target is not None and target.scheme == "https":
        return None
    return (
        f"{label} can only call an address that begins with https:// and is open to the internet, and this server's is "
        f"{services.base_url} (LINKTILL_BASE_URL). Until then Linktill asks {label} by itself what became of each payment."
    )


async def register_webhook(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> None:
    """Has the gateway send its events to the account's address of today. Raises TransitionRefused, GatewayTrouble, NotFound."""
    services.standing.check()
    async with alone(services, account_id):
        stored = await _read(services, merchant_id, account_id)
        await _register(services, stored)


async def _register(services: Services, stored: StoredAccount) -> None:
    trouble = address_trouble(services, stored)
    if trouble is not None:
        raise TransitionRefused(trouble)
    found = opened(services, stored)
    url = webhook_url(services, stored.gateway, stored.id)
    kind = services.gateways.kinds[stored.gateway]
    if not kind.connecting.has_registration:
        raise TransitionRefused(
            f"The webhook is made by hand at {kind.label}, with this address: {url} . Enter its secret under Gateways, "
            f"or with: linktill gateway rotate {stored.id} --secret FILE"
        )
    try:
        hook = await found.gateway.register_webhook(found.account, url, key=_key(services))
    except GatewayError as error:
        hint = f"The webhook's address is {url} : it must be open to the internet (LINKTILL_BASE_URL)."
        is_about_keys = isinstance(error, Rejected) and error.is_account_trouble
        raise await _noted(services, stored, error, hint="" if is_about_keys else hint) from error
    await _renewed(services, stored, found.account, secret=hook.secret, ref=hook.ref)
    log.info("gateway_account.webhook_registered", account_id=stored.id)
    if stored.webhook_ref not in {"", hook.ref}:
        try:
            await found.gateway.remove_webhook(found.account, stored.webhook_ref)
        except GatewayError as error:
            # Its events are refused from tomorrow on; the merchant can remove it at the gateway.
            log.warning("gateway_account.webhook_left", account_id=stored.id, error=str(error))


async def try_register(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId
) -> str | None:
    """As `register_webhook`, but answers why not: the account is connected all the same."""
    try:
        await register_webhook(services, merchant_id, account_id)
    except (TransitionRefused, GatewayTrouble, VersionConflict) as refused:
        return str(refused)
    return None


async def renew_secret(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> None:
    """Another secret; the old one counts for a day. Where there is no webhook yet, it is registered.

    Raises TransitionRefused with the way to do it by hand, where the gateway does not do it for us.
    """
    services.standing.check()
    async with alone(services, account_id):
        stored = await _read(services, merchant_id, account_id)
        if not stored.webhook_ref:
            await _register(services, stored)
            return
        found = opened(services, stored)
        try:
            secret = await found.gateway.renew_webhook_secret(
                found.account, stored.webhook_ref, key=_key(services)
            )
        except Rejected as rejected:
            if rejected.code == NO_CALL:
                raise TransitionRefused(services.gateways.kinds[stored.gateway].connecting.renews) from None
            raise await _noted(services, stored, rejected) from rejected
        except GatewayError as error:
            raise await _noted(services, stored, error) from error
        await _renewed(services, stored, found.account, secret=secret, ref=stored.webhook_ref)
        log.info("gateway_account.secret_renewed", account_id=account_id)


async def enter_secret(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, secret: str
) -> None:
    """A secret that the merchant has from the gateway's own pages; the one before counts for a day. Raises FieldInvalid."""
    text = secret.strip()
    if not text or len(text) > SECRET_MAX or not text.isascii() or not text.isprintable() or " " in text:
        raise FieldInvalid("secret", "Copy it again: it is one word of letters, digits and signs.")
    async with alone(services, account_id):
        stored = await _read(services, merchant_id, account_id)
        account = opened(services, stored).account
        begins = services.gateways.kinds[stored.gateway].connecting.paste_begins
        if not text.startswith(begins):
            raise FieldInvalid("secret", f"This is something else: what is wanted here begins with {begins}.")
        await _renewed(services, stored, account, secret=text, ref=stored.webhook_ref)
    log.info("gateway_account.secret_entered", account_id=account_id)


async def send_test_event(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> str:
    """What the gateway said of it. Raises TransitionRefused, GatewayTrouble and NotFound."""
    services.standing.check()
    stored = await _read(services, merchant_id, account_id)
    found = opened(services, stored)
    if not found.account.webhook_secrets:
        raise TransitionRefused("There is no webhook yet, so there is nobody to tell. Register it first.")
    try:
        return await found.gateway.send_test_event(found.account, stored.webhook_ref, key=_key(services))
    except Rejected as rejected:
        if rejected.code == NO_CALL:
            words = services.gateways.kinds[stored.gateway].connecting.test_event
            raise TransitionRefused(words or str(rejected)) from None
        raise await _noted(services, stored, rejected) from rejected
    except GatewayError as error:
        raise await _noted(services, stored, error) from error


def registered_urls(services: Services, stored: StoredAccount) -> tuple[str, ...]:
    """The addresses that the gateway was told, the newest first."""
    return tuple(credentials_of(services, stored).get("webhook_url", "").split())


async def _renewed(
    services: Services, stored: StoredAccount, account: Account, *, secret: str, ref: str
) -> None:
    """Keeps a secret as the newest, and the address that it was made for."""
    until = services.clock.now_us() + OVERLAP_US
    older = [
        KeptSecret(each.text, min(each.until or until, until))
        for each in kept_secrets(services, stored)
        if each.text != secret
    ]
    url = webhook_url(services, stored.gateway, stored.id)
    # The last address still counts: what is under way to it is signed with it.
    urls = [url, *[each for each in registered_urls(services, stored) if each != url][:1]]
    changed = replace(account, credentials={**account.credentials, "webhook_url": " ".join(urls)})
    after = sealed(services, changed, [KeptSecret(secret), *older][:SECRETS_MAX])
    await keep(
        services,
        stored,
        replace(after, label=stored.label, vendor_id=stored.vendor_id, webhook_ref=ref),
    )


async def _noted(
    services: Services, stored: StoredAccount, error: GatewayError, *, hint: str = ""
) -> GatewayRefused | GatewayTrouble:
    """What the merchant is told: a refusal is theirs to mend, as `hint` says; else the gateway may be asked again."""
    if isinstance(error, Rejected):
        words = f"{error} {hint}".strip()
        await note_words(services, stored.merchant_id, stored.id, words)
        return GatewayRefused(words)
    await note_words(services, stored.merchant_id, stored.id, str(error))
    return GatewayTrouble(f"{error} Try again in a minute.")


async def _read(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> StoredAccount:
    stored = await services.database.read(get_account, merchant_id, account_id)
    if stored is None:
        raise no_such_account()
    return stored


def no_such_account() -> NotFound:
    """For whoever typed an id, or followed an old address."""
    return NotFound(
        "There is no such gateway account. Gateways in the dashboard shows yours, and so does: linktill gateway list"
    )


def _key(services: Services) -> str:
    return services.randomness.token(KEY_CHARS)
