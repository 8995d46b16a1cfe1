"""What makes a PostgreSQL refuse all work one day, seen before it does: transaction ids that run out, and units nobody ends."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import text

from linktill.storage.database import Tx
from linktill.storage.statements import Statement, compiled


@dataclass(frozen=True, slots=True)
class Strain:
    """`ids_used`: of the 2,147,483,647 transaction ids that PostgreSQL can tell apart, so many since it last tidied up.

    `oldest_s`: so long the oldest database transaction of anybody has been open. It holds up the tidying, and maybe a row.
    """

    ids_used: int
    oldest_s: int


async def read_strain(tx: Tx) -> Strain:
    """How it stands with the server. Only on PostgreSQL."""
    row = await tx.one(_strain())
    assert row is not None, "a SELECT without FROM has a row"
    return Strain(*row)


@cache
def _strain() -> Statement:
    # No constant of the module, as others are: SQLite has no such tables.
    return compiled(
        text(
            "SELECT (SELECT max(age(datfrozenxid)) FROM pg_database),"
            " (SELECT coalesce(max(CAST(extract(epoch FROM clock_timestamp() - xact_start) AS bigint)), 0)"
            " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"
        )
    )
