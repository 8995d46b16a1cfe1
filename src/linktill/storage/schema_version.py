"""Which schema a database has. Alembic's own table is the one that has no merchant and is not ours to define."""

from typing import Final

from sqlalchemy import column, select, table

from linktill.storage.database import Tx
from linktill.storage.migrate import known_versions
from linktill.storage.statements import compiled

_READ: Final = compiled(select(column("version_num")).select_from(table("alembic_version")))


async def schema_version(tx: Tx) -> str:
    """The version that the database was brought to. Raises StatementWrong where nobody ever did."""
    row = await tx.one(_READ)
    return "" if row is None else str(row[0])


def newest_version() -> str:
    """The version that this release needs."""
    return known_versions()[-1]
