"""Leases: who may do a job now. Judged by the database's clock, and fenced: each new holder gets a greater token.

A lease alone stops nobody who was asleep while it ran out. A write that only the holder may do goes into one unit of work
together with `confirm`, which fails for a holder that was overtaken and keeps others from overtaking until the unit ends.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, bindparam, update

from linktill.storage.database import Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import lease as table

_insert = insert(table).values(
    name=bindparam("name"), holder=bindparam("holder"), token=1, expires_at=bindparam("expires_at")
)
_ACQUIRE: Final = compiled(
    _insert.on_conflict_do_update(
        index_elements=[table.c.name],
        set_={
            "holder": _insert.excluded.holder,
            "token": table.c.token + 1,
            "expires_at": _insert.excluded.expires_at,
        },
        where=table.c.expires_at <= bindparam("now", type_=BigInteger),
    ).returning(table.c.token)
)
_HELD = (table.c.name == bindparam("name"), table.c.token == bindparam("token"))
_CONFIRM: Final = compiled(update(table).where(*_HELD).values(holder=table.c.holder).returning(table.c.token))
_RELEASE: Final = compiled(update(table).where(*_HELD).values(expires_at=0))


@dataclass(frozen=True, slots=True)
class Lease:
    """A job held until `expires_at`, under a fencing token that only grows."""

    name: str
    holder: str
    token: int
    expires_at: int


class LeaseLost(Exception):
    """Another holder took over. What this one meant to write must not be written."""


async def acquire(tx: Tx, name: str, holder: str, lasts_us: int) -> Lease | None:
    """Take the lease when nobody holds it; None when somebody does, even the same `holder`."""
    now = await tx.database_time()
    row = await tx.one(_ACQUIRE, name=name, holder=holder, now=now, expires_at=now + lasts_us)
    return None if row is None else Lease(name, holder, row[0], now + lasts_us)


async def confirm(tx: Tx, lease: Lease) -> None:
    """Raise `LeaseLost` when another holder took over; otherwise nobody can until this unit has ended."""
    if await tx.one(_CONFIRM, name=lease.name, token=lease.token) is None:
        raise LeaseLost(lease.name)


async def release(tx: Tx, lease: Lease) -> None:
    """Let others have it at once. Does nothing when another holder took over."""
    await tx.run(_RELEASE, name=lease.name, token=lease.token)
