"""${message}

Name the file <number>_<what>.py; numbers count up by one. Expand, migrate, contract: this must work with the release
before it and the release after it. Migrations are rendered to SQL, so they read nothing from the database.
"""

from alembic import op
import sqlalchemy as sa

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "raise NotImplementedError"}
