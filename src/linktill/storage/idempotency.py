"""Answers that were given under an idempotency key, kept to be given again."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, bindparam, delete, select, tuple_, update

from linktill.core.ids import MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import idempotency

I: Final = idempotency.c  # noqa: E741 the table's columns, as in the other modules
PURGED_AT_ONCE: Final = 500
_THIS: Final = and_(I.merchant_id == bindparam("merchant_id"), I.key == bindparam("key"))
_CLAIM: Final = compiled(
    insert(idempotency)
    .values({name: bindparam(name) for name in ("merchant_id", "key", "request_hash", "created_at")})
    .on_conflict_do_nothing()
    .returning(I.key)
)
_SELECT: Final = compiled(select(I.request_hash, I.status, I.body).where(_THIS))
_ANSWER: Final = compiled(
    update(idempotency).where(_THIS).values(status=bindparam("answer_status"), body=bindparam("answer_body"))
)
_PURGE: Final = compiled(
    delete(idempotency)
    .where(
        tuple_(I.merchant_id, I.key).in_(
            select(I.merchant_id, I.key)
            .where(I.created_at < bindparam("before"))
            .order_by(I.created_at)
            .limit(PURGED_AT_ONCE)
        )
    )
    .returning(I.key)
)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What is known under a key. `status` and `body` are None while the first request has not been answered."""

    request_hash: bytes
    status: int | None
    body: bytes | None


async def claim_key(tx: Tx, merchant_id: MerchantId, key: str, *, request_hash: bytes, now: int) -> bool:
    """Takes the key. False: it is taken. Waits while another unit that took it has not ended."""
    row = await tx.one(_CLAIM, merchant_id=merchant_id, key=key, request_hash=request_hash, created_at=now)
    return row is not None


async def get_answer(tx: Tx, merchant_id: MerchantId, key: str) -> StoredAnswer | None:
    """What is known under the key, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, key=key)
    return None if row is None else StoredAnswer(*row)


async def keep_answer(tx: Tx, merchant_id: MerchantId, key: str, *, status: int, body: bytes) -> None:
    """Keeps the answer under a key that this unit has claimed."""
    await tx.run(_ANSWER, merchant_id=merchant_id, key=key, answer_status=status, answer_body=body)


async def purge(tx: Tx, *, before: int) -> int:
    """Forgets some answers older than that, whoever's they are. Returns how many; 0: there are no more."""
    return len(await tx.all(_PURGE, before=before))
