"""When the last backup was made, which the dashboard shows. Apart from what makes one: no server needs that."""

from typing import Final

from linktill.storage.database import Tx
from linktill.storage.installation import get_fact

MADE_FACT: Final = "backup_made_at"
OVERDUE_US: Final = 26 * 3600 * 1_000_000
"""A day, and time for a slow one: whoever backs up each night hears of the first night that it did not happen."""


async def last_backup(tx: Tx) -> int | None:
    """Unit: when the last backup was made, microseconds UTC; None: backups were never made with `linktill backup`."""
    found = await get_fact(tx, MADE_FACT)
    return None if found is None else int(found)


def is_overdue(made_at: int | None, now: int) -> bool:
    """UB09: backups are made, and then they are not. Nobody hears of a job that fails in silence but from here."""
    return made_at is not None and now - made_at > OVERDUE_US
