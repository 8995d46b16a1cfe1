"""Renders migrations to SQL text. The only module that loads Alembic; see `migrate`."""

from io import StringIO
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config

FOLDER: Final = Path(__file__).parent / "migrations"


def render(dialect: str, version: str | None, versions: Path) -> str:
    """Return the SQL that brings a database of `dialect` from `version` (None: empty) to the newest of `versions`.

    The text has no BEGIN and COMMIT: who runs it has a transaction open.
    """
    output = StringIO()
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["dialect"] = dialect
    command.upgrade(config, f"{version or 'base'}:head", sql=True)
    return output.getvalue()
