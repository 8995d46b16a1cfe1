"""The first tables."""

from alembic import op
from sqlalchemy import text
from sqlalchemy.schema import CreateIndex, CreateTable

from linktill.storage.tables import metadata
from linktill.storage.tables.columns import CONDITION

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the first release."""
    # Until the first release the tables are what tables.py says; from then on this file holds its own copy.
    dialect = op.get_context().dialect.name
    for table in metadata.sorted_tables:
        op.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if CONDITION in index.info:
                index.dialect_options[dialect]["where"] = text(index.info[CONDITION])
            op.execute(CreateIndex(index))
