"""What must be unique in the whole installation: slugs, domains, sign-in addresses, API key ids, and a business's other books."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, select

from linktill.core.ids import MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert_ignore
from linktill.storage.tables import directory

SLUG: Final = "slug"
EMAIL: Final = "email"
API_KEY: Final = "api_key"
GATEWAY_ACCOUNT: Final = "gateway_account"
DOMAIN: Final = "domain"
OTHER_BOOKS: Final = "other_books"
"""Merchant id → the merchant that holds the same business's books of the other mode. Written both ways, once for good."""

_CLAIM: Final = compiled(insert_ignore(directory))
_FIND: Final = compiled(
    select(directory.c.merchant_id, directory.c.target_id).where(
        directory.c.kind == bindparam("kind"), directory.c.key == bindparam("key")
    )
)
_RELEASE: Final = compiled(
    delete(directory).where(
        directory.c.kind == bindparam("kind"),
        directory.c.key == bindparam("key"),
        directory.c.merchant_id == bindparam("merchant_id"),
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose it is and what it points to."""

    merchant_id: MerchantId
    target_id: str


async def claim(tx: Tx, kind: str, key: str, merchant_id: MerchantId, target_id: str) -> bool:
    """Takes the key for this merchant. False: it is taken."""
    row = await tx.one(_CLAIM, kind=kind, key=key, merchant_id=merchant_id, target_id=target_id)
    return row is not None


async def find(tx: Tx, kind: str, key: str) -> Place | None:
    """Whose key it is, or None."""
    row = await tx.one(_FIND, kind=kind, key=key)
    return None if row is None else Place(row[0], row[1])


async def release(tx: Tx, kind: str, key: str, merchant_id: MerchantId) -> None:
    """Gives the key free, if it is this merchant's."""
    await tx.run(_RELEASE, kind=kind, key=key, merchant_id=merchant_id)
