"""Merchants' accounts at gateways. Their secrets are sealed (platform/secrets.py) before they come here."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, insert, select, update

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert_ignore
from linktill.storage.tables import foreign_payment, gateway_account

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
)
_INSERT: Final = compiled(
    insert(gateway_account).values(
        {
            name: bindparam(name)
            for name in ("merchant_id", "id", "gateway", "credentials", "webhook_secrets", "created_at")
        }
    )
)
_SELECT: Final = compiled(select(*_COLUMNS).where(_THIS))
_OF_MERCHANT: Final = compiled(
    select(*_COLUMNS).where(G.merchant_id == bindparam("merchant_id")).order_by(G.id).limit(50)
)
_TO_LIST: Final = compiled(
    select(*_COLUMNS).where(G.listed_at <= bindparam("before")).order_by(G.listed_at).limit(100)
)
_LISTED: Final = compiled(
    update(gateway_account)
    .where(_THIS, G.listed_at == bindparam("seen"))
    .values(listed_at=bindparam("listed_at"))
    .returning(G.id)
)
F: Final = foreign_payment.c
_PARK: Final = compiled(insert_ignore(foreign_payment))
_FOREIGN: Final = compiled(
    select(F.gateway_account_id, F.gateway_ref, F.reference, F.status, F.amount_minor, F.currency, F.found_at)
    .where(F.merchant_id == bindparam("merchant_id"))
    .order_by(F.found_at.desc())
    .limit(100)
)


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account with its secrets still sealed. `listed_at`: up to when its payments were compared with ours."""

    merchant_id: MerchantId
    id: GatewayAccountId
    gateway: str
    credentials: bytes
    webhook_secrets: bytes
    created_at: int
    listed_at: int


@dataclass(frozen=True, slots=True)
class ForeignPayment:
    """Money at the gateway that no attempt of ours stands for: parked where a person sees it."""

    gateway_account_id: GatewayAccountId
    gateway_ref: str
    reference: str
    status: str
    amount_minor: int | None
    currency: str | None
    found_at: int


async def insert_account(
    tx: Tx,
    merchant_id: MerchantId,
    account_id: GatewayAccountId,
    gateway: str,
    *,
    credentials: bytes,
    webhook_secrets: bytes,
    now: int,
) -> None:
    """A new account; its id must have been claimed in the directory."""
    await tx.run(
        _INSERT,
        merchant_id=merchant_id,
        id=account_id,
        gateway=gateway,
        credentials=credentials,
        webhook_secrets=webhook_secrets,
        created_at=now,
    )


async def get_account(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId) -> StoredAccount | None:
    """The account, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, account_id=account_id)
    return None if row is None else StoredAccount(*row)


async def accounts_of(tx: Tx, merchant_id: MerchantId) -> list[StoredAccount]:
    """The merchant's accounts, oldest first."""
    return [StoredAccount(*row) for row in await tx.all(_OF_MERCHANT, merchant_id=merchant_id)]


async def accounts_to_list(tx: Tx, *, before: int) -> list[StoredAccount]:
    """Accounts whose payments were last compared before then."""
    return [StoredAccount(*row) for row in await tx.all(_TO_LIST, before=before)]


async def set_listed(tx: Tx, account: StoredAccount, *, listed_at: int) -> bool:
    """Notes up to when an account was compared. False: another worker did it."""
    row = await tx.one(
        _LISTED,
        merchant_id=account.merchant_id,
        account_id=account.id,
        seen=account.listed_at,
        listed_at=listed_at,
    )
    return row is not None


async def park_foreign(tx: Tx, merchant_id: MerchantId, payment: ForeignPayment) -> bool:
    """Parks a payment that is not ours. False: it is parked already."""
    row = await tx.one(
        _PARK,
        merchant_id=merchant_id,
        gateway_account_id=payment.gateway_account_id,
        gateway_ref=payment.gateway_ref,
        reference=payment.reference,
        status=payment.status,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        found_at=payment.found_at,
    )
    return row is not None


async def list_foreign(tx: Tx, merchant_id: MerchantId) -> list[ForeignPayment]:
    """What is parked, newest first."""
    return [ForeignPayment(*row) for row in await tx.all(_FOREIGN, merchant_id=merchant_id)]
