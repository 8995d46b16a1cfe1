"""A merchant connects their own account at a gateway, gives it other keys, closes and reopens it, and puts all in order.

Keys are tried before anything is kept. A closed account is not offered any more; what was paid over it is still looked up,
refunded and heard of, so nothing of it is deleted.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.errors import (
    FieldError,
    FieldInvalid,
    FieldsInvalid,
    GatewayTrouble,
    NotFound,
    TooMany,
    TransitionRefused,
)
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Mode
from linktill.core.offering import Offering, checked_offering
from linktill.flows.account_health import note_trouble
from linktill.flows.accounts import (
    Connection,
    credentials_of,
    forget,
    kept_secrets,
    must_fit,
    new_account_id,
    opened,
    sealed,
)
from linktill.flows.gateway_webhook import alone, keep, no_such_account, try_register
from linktill.flows.services import Services
from linktill.gateways.contract import Account, AccountFound, GatewayError, Rejected
from linktill.gateways.kind import CredentialField, Kind
from linktill.platform.log import get_logger
from linktill.storage import directory, gateway_settings
from linktill.storage.database import Tx
from linktill.storage.gateway_accounts import (
    ACCOUNTS_MAX,
    StoredAccount,
    accounts_of,
    every_account_of,
    get_account,
    insert_account,
)
from linktill.storage.merchants import get_merchant, lock_merchant

ENTERED_MAX: Final = 500

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Connected:
    """An account that is kept, what its gateway told of it, and why its webhook is not registered, if it is not."""

    account_id: GatewayAccountId
    found: AccountFound
    webhook_trouble: str | None


def connectable(services: Services) -> list[Kind]:
    """The gateways whose accounts a merchant connects by entering keys."""
    return [kind for kind in services.gateways.kinds.values() if kind.connecting.fields]


def kind_of(services: Services, gateway: str) -> Kind:
    """The gateway to connect. Raises FieldInvalid, which says what there is."""
    for kind in connectable(services):
        if kind.name == gateway:
            return kind
    names = ", ".join(kind.name for kind in connectable(services))
    raise FieldInvalid("gateway", f"There is no gateway {gateway[:40]!r} to connect. There are: {names}.")


async def connect(
    services: Services, merchant_id: MerchantId, gateway: str, entered: Mapping[str, str]
) -> Connected:
    """Tries the keys, keeps the account as the last in order, and has its webhook registered.

    Raises FieldsInvalid and FieldInvalid (what was entered, or what the gateway says of it), GatewayTrouble (it gives no
    answer; nothing was kept), TransitionRefused (connected already) and TooMany.
    """
    services.standing.check()
    kind = kind_of(services, gateway)
    draft = Account(merchant_id, new_account_id(services), gateway, _checked(kind, entered), ())
    found = await _found(services, kind, draft)
    mode = await _fitting_mode(services, kind, merchant_id, found)
    account = replace(draft, credentials=found.credentials)
    stored = replace(
        sealed(services, account, ()), mode=mode, vendor_id=_vendor_id(kind, found), label=found.label[:200]
    )
    await services.database.run(_connect, kind.label, stored)
    forget(services, merchant_id, stored.id)
    log.info("gateway_account.connected", account_id=stored.id, gateway=gateway, mode=mode)
    trouble = await try_register(services, merchant_id, stored.id)
    return Connected(stored.id, found, trouble)


async def _connect(tx: Tx, label: str, stored: StoredAccount) -> None:
    await lock_merchant(tx, stored.merchant_id)  # two presses must not connect one account twice
    known = await every_account_of(tx, stored.merchant_id)
    if any(each.id == stored.id for each in known):
        return  # the unit is run again, and its first run was kept
    same = [each for each in known if (each.gateway, each.vendor_id) == (stored.gateway, stored.vendor_id)]
    if any(each.closed_at is None for each in same):
        raise TransitionRefused(
            f"This {label} account is connected already. To give it other keys, open it under Gateways."
        )
    if same:
        raise TransitionRefused(
            f"This {label} account was connected before and is disconnected. Open it under Gateways and connect it again: "
            "what was paid over it stays with it."
        )
    if len(known) >= ACCOUNTS_MAX:
        raise TooMany(f"There can be {ACCOUNTS_MAX} gateway accounts, disconnected ones among them.")
    is_new = await directory.claim(tx, directory.GATEWAY_ACCOUNT, stored.id, stored.merchant_id, stored.id)
    assert is_new, "ids are made once"
    last = max((each.position for each in known), default=-1)
    await insert_account(tx, replace(stored, position=last + 1))


async def check_account(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId
) -> AccountFound:
    """Asks the gateway whether the keys still work. Raises FieldInvalid, GatewayTrouble and NotFound."""
    services.standing.check()
    stored = await read_account(services, merchant_id, account_id)
    known = opened(services, stored)
    kind = services.gateways.kinds[stored.gateway]
    try:
        return await known.gateway.complete(known.account)
    except GatewayError as error:
        await note_trouble(services, merchant_id, account_id, error)
        raise _refusal(kind, error) from error


async def change_keys(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, entered: Mapping[str, str]
) -> AccountFound:
    """Other keys for the same account there. Raises as `connect`, and FieldInvalid for another account's."""
    services.standing.check()
    async with alone(services, account_id):
        stored = await read_account(services, merchant_id, account_id)
        kind = kind_of(services, stored.gateway)
        account = opened(services, stored).account
        found = await _found(services, kind, replace(account, credentials=_checked(kind, entered)))
        await _fitting_mode(services, kind, merchant_id, found)
        known = stored.vendor_id
        if found.vendor_id and not known.startswith(_UNSEEN) and found.vendor_id != known:
            raise FieldInvalid(
                _field_of(kind, ""),
                f"These keys belong to another {kind.label} account ({found.label or found.vendor_id}). Connect it as a new one.",
            )
        kept = credentials_of(services, stored)
        where = {name: kept[name] for name in ("webhook_url",) if name in kept}
        changed = replace(account, credentials={**found.credentials, **where})
        after = sealed(services, changed, kept_secrets(services, stored))
        vendor_id = _vendor_id(kind, found) if found.vendor_id else known
        await keep(
            services,
            stored,
            replace(
                after,
                label=found.label[:200] or stored.label,
                vendor_id=vendor_id,
                webhook_ref=stored.webhook_ref,
            ),
        )
    log.info("gateway_account.keys_changed", account_id=account_id)
    return found


async def close_account(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> None:
    """It is not offered to payers any more. Raises NotFound."""
    await _set_closed(services, merchant_id, account_id, services.clock.now_us())


async def reopen_account(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> None:
    """It is offered again. Raises NotFound."""
    await _set_closed(services, merchant_id, account_id, None)


async def _set_closed(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, closed_at: int | None
) -> None:
    if not await services.database.run(gateway_settings.set_closed, merchant_id, account_id, closed_at):
        raise no_such_account()
    forget(services, merchant_id, account_id)
    event = "gateway_account.reopened" if closed_at is None else "gateway_account.closed"
    log.info(event, account_id=account_id)


async def move_account(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, *, by: int
) -> None:
    """So many places later (negative: earlier) among the open ones. Beyond an end it stays there. Raises NotFound."""
    await services.database.run(_move, merchant_id, account_id, by)
    forget(services, merchant_id, account_id)


async def _move(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, by: int) -> None:
    await lock_merchant(tx, merchant_id)
    order = [each.id for each in await accounts_of(tx, merchant_id)]
    if account_id not in order:
        raise no_such_account()
    place = min(max(order.index(account_id) + by, 0), len(order) - 1)
    order.remove(account_id)
    order.insert(place, account_id)
    for position, each in enumerate(order):
        await gateway_settings.set_position(tx, merchant_id, each, position)


async def set_offering(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, offering: Offering
) -> Offering:
    """What the account is offered for from now on; open checkouts go on. Raises FieldInvalid and NotFound."""
    checked = checked_offering(offering)
    if not await services.database.run(gateway_settings.set_offering, merchant_id, account_id, checked):
        raise no_such_account()
    forget(services, merchant_id, account_id)
    return checked


async def list_accounts(services: Services, merchant_id: MerchantId) -> list[StoredAccount]:
    """Open ones in the merchant's order, then the closed ones."""
    every = await services.database.read(every_account_of, merchant_id)
    return sorted(every, key=lambda each: each.closed_at is not None)


async def read_account(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId
) -> StoredAccount:
    """The account. Raises NotFound."""
    stored = await services.database.read(get_account, merchant_id, account_id)
    if stored is None:
        raise no_such_account()
    return stored


async def reach(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> Connection:
    """The account as it is now, for calls. Raises NotFound and GatewayTrouble."""
    services.standing.check()
    return opened(services, await read_account(services, merchant_id, account_id))


_UNSEEN: Final = "keys:"


def _vendor_id(kind: Kind, found: AccountFound) -> str:
    """Where the gateway does not show which account it is, the same keys are at least known again."""
    if found.vendor_id:
        return found.vendor_id
    # What may be left out is a choice about the account, and tells none from another.
    choices = {each.name for each in kind.connecting.fields if each.is_optional}
    keys = {name: text for name, text in found.credentials.items() if name not in choices}
    text = json.dumps(keys, sort_keys=True)
    return _UNSEEN + hashlib.sha256(text.encode()).hexdigest()[:32]


async def _fitting_mode(services: Services, kind: Kind, merchant_id: MerchantId, found: AccountFound) -> Mode:
    """The merchant's mode, which the account must have. Raises FieldInvalid and NotFound."""
    merchant = await services.database.read(get_merchant, merchant_id)
    if merchant is None:
        raise NotFound("There is no such merchant.")
    must_fit(
        services.gateways[kind.name],
        books=merchant.mode,
        keys=found.mode,
        field=_field_of(kind, "environment"),
    )
    return merchant.mode


async def _found(services: Services, kind: Kind, account: Account) -> AccountFound:
    gateway = services.gateways.get(kind.name)
    if gateway is None:
        raise GatewayTrouble(
            f"{kind.label} could not be loaded, so nothing was changed. See: linktill doctor"
        )
    try:
        return await gateway.complete(account)
    except GatewayError as error:
        raise _refusal(kind, error) from error


def _refusal(kind: Kind, error: GatewayError) -> FieldInvalid | GatewayTrouble:
    """What the gateway says of the keys, beside the field that it is about."""
    if isinstance(error, Rejected):
        return FieldInvalid(_field_of(kind, error.code), str(error))
    return GatewayTrouble(
        f"{kind.label} could not be asked, so nothing was changed. Look whether this server reaches the internet, and try "
        f"again. {error}"
    )


def _field_of(kind: Kind, code: str) -> str:
    """The field that a refusal is about: the one that its code names, else the secret one."""
    fields = kind.connecting.fields
    named = [each.name for each in fields if code and code in each.name]
    secret = [each.name for each in fields if each.is_secret]
    return (*named, *secret, "gateway")[0]


def _checked(kind: Kind, entered: Mapping[str, str]) -> dict[str, str]:
    """What was entered, without blanks around it. Raises FieldsInvalid, naming every field at fault."""
    clean = {each.name: entered.get(each.name, "").strip() for each in kind.connecting.fields}
    errors = [_error(each, clean[each.name]) for each in kind.connecting.fields]
    errors += [
        FieldError(name[:60], f"{kind.label} has no such field.") for name in entered if name not in clean
    ]
    found = tuple(error for error in errors if error is not None)
    if found:
        raise FieldsInvalid(found)
    return {name: text for name, text in clean.items() if text}


def _error(of: CredentialField, text: str) -> FieldError | None:
    if not text and of.is_optional:
        return None
    if not text and not of.choices:
        return FieldError(of.name, f"Enter this: {of.label}.")
    if of.choices and text not in {each.value for each in of.choices}:
        values = " or ".join(each.value for each in of.choices)
        return FieldError(of.name, f"{of.label}: choose {values}.")
    if of.is_other_key(text):
        begins = " or ".join(of.begins_with)
        return FieldError(
            of.name,
            f"{of.label}: it begins with {begins}. What was entered is something else; it was neither tried nor kept.",
        )
    if len(text) > ENTERED_MAX or not text.isascii() or not text.isprintable() or " " in text:
        return FieldError(
            of.name,
            f"{of.label}: copy it again; it is one word of at most {ENTERED_MAX} letters, digits and signs.",
        )
    return None
