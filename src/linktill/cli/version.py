"""`linktill version`: what runs here, for a report of a problem."""

import platform
from importlib.metadata import version as installed

from linktill.cli.output import OK, AsJson, Table, answer

_PARTS = ("litestar", "uvicorn", "sqlalchemy", "apsw", "asyncpg", "cryptography")


def linktill_version() -> str:
    """Such as 0.1.0."""
    return installed("linktill")


def version(*, json: AsJson = False) -> int:
    """Shows the versions of Linktill and of what it stands on."""
    parts = {
        "linktill": linktill_version(),
        "python": platform.python_version(),
        **{name: installed(name) for name in _PARTS},
    }
    answer(parts, as_json=json, person=lambda: Table(("Part", "Version"), [*parts.items()]))
    return OK
