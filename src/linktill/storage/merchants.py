"""Merchants: one row each, read by most pages."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from linktill.core.ids import MerchantId
from linktill.core.merchant import Merchant, Mode, OnSurplus
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import merchant

M: Final = merchant.c
COLUMNS: Final = (
    M.merchant_id,
    M.mode,
    M.name,
    M.contact_email,
    M.currency,
    M.alert_email,
    M.created_at,
    M.on_surplus,
    M.language,
)
_THIS: Final = M.merchant_id == bindparam("merchant_id")
_INSERT: Final = compiled(
    insert(merchant).values({column.name: bindparam(column.name) for column in merchant.columns})
)
_SELECT: Final = compiled(select(*COLUMNS).where(_THIS))
# Without the key: rows that name the merchant may be written meanwhile.
_LOCK: Final = compiled(select(M.merchant_id).where(_THIS).with_for_update(key_share=True))
_UPDATE: Final = compiled(
    update(merchant)
    .where(_THIS)
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("name", "contact_email", "currency", "alert_email", "on_surplus", "language")
        }
    )
    .returning(M.merchant_id)
)


def merchant_from(row: Sequence[Any]) -> Merchant:
    """A row of `COLUMNS` as a merchant."""
    merchant_id, mode, name, contact_email, currency, alert_email, created_at, surplus, language = row
    mode, surplus = Mode(mode), OnSurplus(surplus)
    return Merchant(
        merchant_id, mode, name, contact_email, currency, alert_email, created_at, surplus, language
    )


async def insert_merchant(tx: Tx, new: Merchant) -> None:
    """Writes a new merchant."""
    await tx.run(
        _INSERT,
        merchant_id=new.id,
        mode=new.mode,
        name=new.name,
        contact_email=new.contact_email,
        currency=new.currency,
        alert_email=new.alert_email,
        created_at=new.created_at,
        on_surplus=new.on_surplus,
        language=new.language,
    )


async def get_merchant(tx: Tx, merchant_id: MerchantId) -> Merchant | None:
    """The merchant, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id)
    return None if row is None else merchant_from(row)


async def other_books(tx: Tx, merchant_id: MerchantId) -> MerchantId | None:
    """The merchant that holds the same business's books of the other mode, or None."""
    place = await directory.find(tx, directory.OTHER_BOOKS, merchant_id)
    return None if place is None else place.merchant_id


async def lock_merchant(tx: Tx, merchant_id: MerchantId) -> bool:
    """Until this unit ends, no other that asks for this goes on: what it counts of the merchant's stays so.

    False: there is no such merchant.
    """
    return await tx.one(_LOCK, merchant_id=merchant_id) is not None


async def update_merchant(tx: Tx, changed: Merchant) -> bool:
    """Writes name, addresses, currency and choices; id, mode and time of creation never change. False: no such merchant."""
    row = await tx.one(
        _UPDATE,
        merchant_id=changed.id,
        new_name=changed.name,
        new_contact_email=changed.contact_email,
        new_currency=changed.currency,
        new_alert_email=changed.alert_email,
        new_on_surplus=changed.on_surplus,
        new_language=changed.language,
    )
    return row is not None
