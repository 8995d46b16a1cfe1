"""Domains of merchants, one each. Whose a host is stands in the directory, too: no two merchants have one."""

from typing import Final

from sqlalchemy import bindparam, delete, select

from linktill.core.ids import MerchantId
from linktill.core.merchant_domain import MerchantDomain
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import merchant_domain

D: Final = merchant_domain.c
_CHANGING: Final = ("host", "token", "verified_at", "checked_at", "failure", "created_at")
_OF_MERCHANT: Final = D.merchant_id == bindparam("merchant_id")
_SELECT: Final = compiled(select(merchant_domain).where(_OF_MERCHANT))
_UPSERT: Final = compiled(
    (new := insert(merchant_domain)).on_conflict_do_update(
        index_elements=[D.merchant_id], set_={name: new.excluded[name] for name in _CHANGING}
    )
)
_DELETE: Final = compiled(delete(merchant_domain).where(_OF_MERCHANT))
_VERIFIED: Final = compiled(select(D.merchant_id, D.host).where(D.verified_at.is_not(None)))
_EVERY: Final = compiled(select(merchant_domain).order_by(D.merchant_id).limit(bindparam("limit")))


async def domain_of(tx: Tx, merchant_id: MerchantId) -> MerchantDomain | None:
    """The merchant's domain, verified or not; or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id)
    return None if row is None else MerchantDomain(*row)


async def put_domain(tx: Tx, after: MerchantDomain) -> None:
    """Keeps it in place of what the merchant has. In a unit that locked the merchant."""
    await tx.run(
        _UPSERT,
        merchant_id=after.merchant_id,
        host=after.host,
        token=after.token,
        verified_at=after.verified_at,
        checked_at=after.checked_at,
        failure=after.failure,
        created_at=after.created_at,
    )


async def delete_domain(tx: Tx, merchant_id: MerchantId) -> None:
    """Forgets it. In a unit that locked the merchant."""
    await tx.run(_DELETE, merchant_id=merchant_id)


async def verified_hosts(tx: Tx) -> list[tuple[MerchantId, str]]:
    """Every domain that is used, and whose it is."""
    return [(row[0], row[1]) for row in await tx.all(_VERIFIED)]


async def every_domain(tx: Tx, *, limit: int) -> list[MerchantDomain]:
    """The first domains of this installation, verified or not."""
    return [MerchantDomain(*row) for row in await tx.all(_EVERY, limit=limit)]


async def token_at(tx: Tx, host: str) -> str | None:
    """What is to be answered at this host's well-known address; None: it is nobody's."""
    place = await directory.find(tx, directory.DOMAIN, host)
    found = None if place is None else await domain_of(tx, place.merchant_id)
    return None if found is None or found.host != host else found.token
