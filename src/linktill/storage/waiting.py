"""How long work has been waiting that nobody has taken yet: what shows whether a worker runs."""

from typing import Final

from sqlalchemy import BindParameter, bindparam, func, select

from linktill.core.ids import MerchantId
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import inbox, outbox

_MINE: Final[BindParameter[str]] = bindparam("merchant_id")
_INBOX: Final = compiled(
    select(func.min(inbox.c.received_at)).where(
        inbox.c.merchant_id == _MINE,
        inbox.c.status == "pending",
        inbox.c.tries == 0,
        inbox.c.due_at <= bindparam("now"),
    )
)
_OUTBOX: Final = compiled(
    select(func.min(outbox.c.created_at)).where(
        outbox.c.merchant_id == _MINE,
        outbox.c.status == "pending",
        outbox.c.tries == 0,
        outbox.c.due_at <= bindparam("now"),
    )
)


async def waiting_since(tx: Tx, merchant_id: MerchantId, *, now: int) -> int | None:
    """Since when the oldest due webhook or promise has been waiting for its first try (microseconds UTC), or None."""
    found = [await tx.one(statement, merchant_id=merchant_id, now=now) for statement in (_INBOX, _OUTBOX)]
    return min((row[0] for row in found if row is not None and row[0] is not None), default=None)
