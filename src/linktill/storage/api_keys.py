"""API keys. Only a hash of the secret is kept; `directory` finds the merchant by the key's public part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from linktill.core.ids import ApiKeyId, MerchantId
from linktill.core.merchant import Mode
from linktill.storage.database import Tx, Value
from linktill.storage.directory import API_KEY
from linktill.storage.statements import compiled
from linktill.storage.tables import api_key, directory, merchant

LISTED_MAX: Final = 100

K: Final = api_key.c
_THIS: Final = and_(K.merchant_id == bindparam("merchant_id"), K.id == bindparam("key_id"))
_INSERT: Final = compiled(
    insert(api_key).values(
        {
            name: bindparam(name)
            for name in ("merchant_id", "id", "name", "secret_hash", "last4", "created_at")
        }
    )
)
_FIND: Final = compiled(
    select(K.merchant_id, K.id, K.secret_hash, merchant.c.mode)
    .join(directory, and_(directory.c.merchant_id == K.merchant_id, directory.c.target_id == K.id))
    .join(merchant, merchant.c.merchant_id == K.merchant_id)
    .where(directory.c.kind == API_KEY, directory.c.key == bindparam("public_part"), K.revoked_at.is_(None))
)
_LIST: Final = compiled(
    select(K.id, K.name, K.last4, K.created_at, K.used_at, K.revoked_at)
    .where(K.merchant_id == bindparam("merchant_id"))
    .order_by(K.id.desc())
    .limit(LISTED_MAX)
)
_COUNT: Final = compiled(
    select(func.count()).where(K.merchant_id == bindparam("merchant_id"), K.revoked_at.is_(None))
)
_EXISTS: Final = compiled(select(K.id).where(_THIS))
_REVOKE: Final = compiled(
    update(api_key).where(_THIS, K.revoked_at.is_(None)).values(revoked_at=bindparam("now"))
)
_USED: Final = compiled(
    update(api_key)
    .where(_THIS, or_(K.used_at.is_(None), K.used_at < bindparam("used")))
    .values(used_at=bindparam("used"))
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed. Its secret is known to nobody here."""

    id: ApiKeyId
    name: str
    last4: str
    created_at: int
    used_at: int | None
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose key it is, and the hash that the presented secret must have."""

    merchant_id: MerchantId
    key_id: ApiKeyId
    secret_hash: str
    mode: Mode


async def insert_api_key(tx: Tx, merchant_id: MerchantId, new: ApiKey, *, secret_hash: str) -> None:
    """Writes a new key; its public part must have been claimed in the directory."""
    await tx.run(
        _INSERT,
        merchant_id=merchant_id,
        id=new.id,
        name=new.name,
        secret_hash=secret_hash,
        last4=new.last4,
        created_at=new.created_at,
    )


async def find_key(tx: Tx, public_part: str) -> KeyOwner | None:
    """The owner of a key that is not revoked, or None."""
    row = await tx.one(_FIND, public_part=public_part)
    return None if row is None else KeyOwner(row[0], row[1], row[2], Mode(row[3]))


async def list_api_keys(tx: Tx, merchant_id: MerchantId) -> list[ApiKey]:
    """The newest hundred, revoked ones too, newest first."""
    return [ApiKey(*row) for row in await tx.all(_LIST, merchant_id=merchant_id)]


async def count_api_keys(tx: Tx, merchant_id: MerchantId) -> int:
    """How many keys work."""
    row = await tx.one(_COUNT, merchant_id=merchant_id)
    assert row is not None, "a count has a row"
    return int(row[0])


async def revoke_api_key(tx: Tx, merchant_id: MerchantId, key_id: ApiKeyId, *, now: int) -> bool:
    """Ends a key; again does nothing. False: there is no such key."""
    if await tx.one(_EXISTS, merchant_id=merchant_id, key_id=key_id) is None:
        return False
    await tx.run(_REVOKE, merchant_id=merchant_id, key_id=key_id, now=now)
    return True


async def note_uses(tx: Tx, used: Mapping[tuple[MerchantId, ApiKeyId], int]) -> None:
    """Writes when keys were last used; an older time than the one known changes nothing."""
    rows: list[dict[str, Value]] = [
        {"merchant_id": key[0], "key_id": key[1], "used": at} for key, at in sorted(used.items())
    ]
    await tx.many(_USED, rows)
