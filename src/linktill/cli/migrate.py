"""`linktill migrate`: brings the database to this release's schema, as every start of a server does."""

from functools import partial

from linktill.cli.output import OK, AsJson, answer
from linktill.cli.running import run, settings_now
from linktill.storage.migrate import migrate as bring_up
from linktill.storage.schema_version import newest_version


def migrate(*, json: AsJson = False) -> int:
    """Waits while another process does it. Again does nothing."""
    settings = settings_now()
    is_changed = run(partial(bring_up, settings.database_url))
    version = newest_version()
    words = f"Brought to schema {version}." if is_changed else f"Schema {version} was in place already."
    answer({"changed": is_changed, "schema_version": version}, as_json=json, person=lambda: words)
    return OK
