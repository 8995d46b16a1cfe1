"""The first tables."""

from alembic import op
from sqlalchemy.schema import CreateIndex, CreateTable

from linktill.storage.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the first release."""
    # Until the first release the tables are what tables.py says; from then on this file holds its own copy.
    for table in metadata.sorted_tables:
        op.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            op.execute(CreateIndex(index))
