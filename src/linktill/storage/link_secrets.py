"""With what a merchant's signed addresses are signed: one secret for each merchant, sealed, made when it is first needed."""

from typing import Final

from sqlalchemy import bindparam, select

from linktill.core.ids import MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert_ignore
from linktill.storage.tables import link_secret

_SELECT: Final = compiled(
    select(link_secret.c.secret).where(link_secret.c.merchant_id == bindparam("merchant_id"))
)
_INSERT: Final = compiled(insert_ignore(link_secret))


async def link_secret_of(tx: Tx, merchant_id: MerchantId) -> bytes | None:
    """The sealed secret; None: nothing was ever signed."""
    row = await tx.one(_SELECT, merchant_id=merchant_id)
    return None if row is None else bytes(row[0])


async def keep_link_secret(tx: Tx, merchant_id: MerchantId, sealed: bytes) -> bytes:
    """Keeps a new one, unless there is one already; answers the one that counts."""
    await tx.run(_INSERT, merchant_id=merchant_id, secret=sealed)
    kept = await link_secret_of(tx, merchant_id)
    assert kept is not None, "it was kept just now"
    return kept
