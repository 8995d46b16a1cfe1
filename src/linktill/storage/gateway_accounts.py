"""Merchants' accounts at gateways. Their secrets are sealed (platform/secrets.py) before they come here."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, select, update

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import gateway_account

ACCOUNTS_MAX: Final = 50
"""So many accounts a merchant may have, closed ones among them."""
G: Final = gateway_account.c
_THIS: Final = and_(G.merchant_id == bindparam("merchant_id"), G.id == bindparam("account_id"))
_COLUMNS: Final = (
    G.merchant_id,
    G.id,
    G.gateway,
    G.credentials,
    G.webhook_secrets,
    G.created_at,
    G.listed_at,
    G.list_at,
    G.mode,
    G.vendor_id,
    G.label,
    G.webhook_ref,
    G.position,
    G.closed_at,
    G.last_event_at,
    G.last_failure_at,
    G.last_failure,
    G.foreign_events,
    G.offering,
)
_INSERT: Final = compiled(
    insert(gateway_account).values(
        {
            name: bindparam(name)
            for name in (
                "merchant_id",
                "id",
                "gateway",
                "credentials",
                "webhook_secrets",
                "created_at",
                "mode",
                "vendor_id",
                "label",
                "webhook_ref",
                "position",
                "last_failure",
                "offering",
            )
        }
    )
)
_SELECT: Final = compiled(select(*_COLUMNS).where(_THIS))
_EVERY: Final = compiled(
    select(*_COLUMNS)
    .where(G.merchant_id == bindparam("merchant_id"))
    .order_by(G.position, G.id)
    .limit(ACCOUNTS_MAX)
)
_OPEN: Final = compiled(
    select(*_COLUMNS)
    .where(G.merchant_id == bindparam("merchant_id"), G.closed_at.is_(None))
    .order_by(G.position, G.id)
    .limit(ACCOUNTS_MAX)
)
_TO_LIST: Final = compiled(
    select(*_COLUMNS).where(G.list_at <= bindparam("now")).order_by(G.list_at).limit(100)
)
_TAKE_LIST: Final = compiled(
    update(gateway_account)
    .where(_THIS, G.list_at == bindparam("seen"))
    .values(list_at=bindparam("list_at"))
    .returning(G.id)
)
_LISTED: Final = compiled(
    update(gateway_account)
    .where(_THIS, G.listed_at < bindparam("listed_at"))
    .values(listed_at=bindparam("listed_at"), list_at=bindparam("list_at"))
)
_SET_CREDENTIALS: Final = compiled(
    update(gateway_account).where(_THIS).values(credentials=bindparam("credentials"), closed_at=None)
)


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account with its secrets still sealed.

    `listed_at`: up to when its payments were compared with ours; `list_at`: when to compare them next. `mode`, `vendor_id` and
    `label` are what the gateway told. `closed_at`: not offered since then, but there for what was paid over it.
    """

    merchant_id: MerchantId
    id: GatewayAccountId
    gateway: str
    credentials: bytes
    webhook_secrets: bytes
    created_at: int
    listed_at: int
    list_at: int = 0
    mode: str = "test"
    vendor_id: str = ""
    label: str = ""
    webhook_ref: str = ""
    position: int = 0
    closed_at: int | None = None
    last_event_at: int | None = None
    last_failure_at: int | None = None
    last_failure: str = ""
    foreign_events: int = 0
    offering: str = ""
    """As `gateway_settings.offering_text` writes it."""


async def insert_account(tx: Tx, account: StoredAccount) -> None:
    """A new account; its id must have been claimed in the directory."""
    await tx.run(
        _INSERT,
        merchant_id=account.merchant_id,
        id=account.id,
        gateway=account.gateway,
        credentials=account.credentials,
        webhook_secrets=account.webhook_secrets,
        created_at=account.created_at,
        mode=account.mode,
        vendor_id=account.vendor_id,
        label=account.label,
        webhook_ref=account.webhook_ref,
        position=account.position,
        last_failure=account.last_failure,
        offering=account.offering,
    )


async def get_account(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId) -> StoredAccount | None:
    """The account, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, account_id=account_id)
    return None if row is None else StoredAccount(*row)


async def set_credentials(
    tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, credentials: bytes
) -> None:
    """Replaces the account's sealed credentials. One that was closed is open again."""
    await tx.run(_SET_CREDENTIALS, merchant_id=merchant_id, account_id=account_id, credentials=credentials)


async def accounts_of(tx: Tx, merchant_id: MerchantId) -> list[StoredAccount]:
    """The merchant's open accounts, in the merchant's order."""
    return [StoredAccount(*row) for row in await tx.all(_OPEN, merchant_id=merchant_id)]


async def every_account_of(tx: Tx, merchant_id: MerchantId) -> list[StoredAccount]:
    """The merchant's accounts with the closed ones, in the merchant's order."""
    return [StoredAccount(*row) for row in await tx.all(_EVERY, merchant_id=merchant_id)]


async def accounts_to_list(tx: Tx, *, now: int) -> list[StoredAccount]:
    """Accounts whose payments are to be compared, longest due first."""
    return [StoredAccount(*row) for row in await tx.all(_TO_LIST, now=now)]


async def take_list(tx: Tx, account: StoredAccount, *, list_at: int) -> bool:
    """Takes the turn to compare an account, and sets the next one. False: another worker took it."""
    row = await tx.one(
        _TAKE_LIST,
        merchant_id=account.merchant_id,
        account_id=account.id,
        seen=account.list_at,
        list_at=list_at,
    )
    return row is not None


async def set_listed(tx: Tx, account: StoredAccount, *, listed_at: int, list_at: int) -> None:
    """Everything up to `listed_at` was compared; the next turn is at `list_at`."""
    await tx.run(
        _LISTED,
        merchant_id=account.merchant_id,
        account_id=account.id,
        listed_at=listed_at,
        list_at=list_at,
    )
